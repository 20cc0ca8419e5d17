"""The format of log lines: no path, no URL, no text of a client; one line a record, as text or as JSON."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from syncserver.request_log import current_request, route_of

QUERY = re.compile(r"\?[^\s\"']*")
# The site of a person's page, in lines that name a path without a request, such as those of runserver.
SITE = re.compile(r"(/dashboard/sites/)\S+")
# What would end a line, or change how a terminal shows it.
CONTROLS = {code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160), 0x2028, 0x2029]}
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
        elif record.name == "gunicorn.error" and isinstance(record.args, tuple):
            record.args = tuple("(path)" if isinstance(arg, str) and "/" in arg else arg for arg in record.args)
        message = record.getMessage()
        if "?" in message or "/dashboard/sites/" in message:
            record.msg, record.args = SITE.sub(r"\1<site>", QUERY.sub("", message)), None
        return True


class LineFormatter(logging.Formatter):
    """Writes an exception as its class and stack frames, without its message, which may contain a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """Return the line, with control characters quoted: a line break in a name would forge a line."""
        record.message = record.message.translate(CONTROLS)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return the stack frames and the class of the exception; in DEBUG its message too."""
        if settings.DEBUG:
            return super().formatException(ei)
        kind, error, _ = ei
        frames = traceback.format_tb(error.__traceback__) if error else []
        return "".join([*frames, kind.__name__ if kind else ""])


class JsonFormatter(LineFormatter):
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
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
