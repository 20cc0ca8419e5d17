"""The format of log lines, which keeps URLs and records out of them."""

import logging
import re
import traceback
from typing import Any

from django.conf import settings

QUERY = re.compile(r"\?[^\s\"']*")


class QueryStringFilter(logging.Filter):
    """Cuts the query string from every message; it may contain a search or a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove query strings from the message; return True, so that the line is always logged."""
        message = record.getMessage()
        if "?" in message:
            record.msg, record.args = QUERY.sub("", message), None
        return True


class LineFormatter(logging.Formatter):
    """Writes an exception as its class and stack frames, without its message, which may contain a record."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return the stack frames and the class of the exception; in DEBUG its message too."""
        if settings.DEBUG:
            return super().formatException(ei)
        kind, error, _ = ei
        frames = traceback.format_tb(error.__traceback__) if error else []
        return "".join([*frames, kind.__name__ if kind else ""])
