"""The format of log lines: no path, no URL, no text of a client; one line an event, as text or as JSON."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from syncserver.request_facts import current_request, route_of

QUERY = re.compile(r"\?[^\s\"']*")
# The site of a person's page, in lines that name a path without a request, such as those of runserver.
SITE = re.compile(r"(/dashboard/sites/)\S+")
# How gunicorn's lines begin that repeat what a client sent.
GUNICORN_REFUSED = "Invalid request"
GUNICORN_FAILED = "Error handling request"
SECURITY = "syncserver.audit"


class ClientTextFilter(logging.Filter):
    """Takes out of every record what a client could have written: paths, queries, hosts, origins."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; return True, so that it is always logged."""
        request = getattr(record, "request", None)
        if record.name.startswith("django.security"):
            record.msg, record.args = "refused: %s", (record.name.rpartition(".")[2],)
        elif record.name == "django.request" and isinstance(request, HttpRequest):
            record.msg, record.args = "%s %s", (getattr(record, "status_code", "-"), route_of(request))
        elif record.name == "gunicorn.error" and str(record.msg).startswith(GUNICORN_REFUSED):
            # The text quotes the line or the header that gunicorn could not read.
            kind = sys.exc_info()[0]
            record.msg, record.args = "refused: %s", (kind.__name__ if kind else "not HTTP",)
        elif record.name == "gunicorn.error" and str(record.msg).startswith(GUNICORN_FAILED):
            record.msg, record.args = GUNICORN_FAILED, None
        elif record.name == "gunicorn.error" and record.levelno == logging.DEBUG and isinstance(record.args, tuple):
            record.args = ("(…)",) * len(record.args)
        message = record.getMessage()
        if "?" in message or "/dashboard/sites/" in message:
            record.msg, record.args = SITE.sub(r"\1<site>", QUERY.sub("", message)), None
        return True


class LineFormatter(logging.Formatter):
    """Writes a record as one line, and an exception as its class and where it was.

    The message of an exception may contain a record, so it is left out. In DEBUG it stands under the line.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {quoted(record.getMessage())}"
        if not record.exc_info:
            return line
        if settings.DEBUG:
            return f"{line}\n{self.formatException(record.exc_info)}"
        return f"{line}: {trace(record.exc_info)}"


def quoted(text: str) -> str:
    """Return a text with controls, marks of direction and halves of surrogate pairs as escapes.

    They would end a line, or change how a terminal shows it.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def trace(raised: Any) -> str:
    """Return the class of an exception and the places that it passed, the innermost first, without its message."""
    kind, error, _ = raised
    frames = traceback.extract_tb(error.__traceback__) if error else []
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return " < ".join([kind.__name__ if kind else "no exception", *places])


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON, with the facts of the request that it belongs to.

    `kind` is `security` for the audit trail alone, whose messages hold numbers and fixed words.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        kinds = {SECURITY: "security", "syncserver.requests": "request"}
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "kind": kinds.get(record.name, "log"),
            "logger": record.name,
            "message": record.getMessage(),
            **current_request(),
        }
        if record.exc_info:
            line["exception"] = trace(record.exc_info)
        return json.dumps(line, default=str)
