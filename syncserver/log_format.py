"""Keeps addresses of pages out of log lines."""

import logging
import re
import traceback
from typing import Any

from django.conf import settings

QUERY = re.compile(r"\?[^\s\"']*")


class WithoutQuery(logging.Filter):
    """Cuts the query string from every message, since a search or a token may stand in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message without query strings; always let it pass."""
        message = record.getMessage()
        if "?" in message:
            record.msg, record.args = QUERY.sub("", message), None
        return True


class Line(logging.Formatter):
    """One line a message; of an exception its kind and where it happened, since its words may hold a record."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return the frames and the exception's kind; its words only in DEBUG."""
        if settings.DEBUG:
            return super().formatException(ei)
        kind, error, _ = ei
        frames = traceback.format_tb(error.__traceback__) if error else []
        return "".join([*frames, kind.__name__ if kind else ""])
