"""Keeps addresses of pages out of log lines."""

import logging
import re

QUERY = re.compile(r"\?[^\s\"']*")


class WithoutQuery(logging.Filter):
    """Cuts the query string from every message, since a search or a token may stand in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message without query strings; always let it pass."""
        message = record.getMessage()
        if "?" in message:
            record.msg, record.args = QUERY.sub("", message), None
        return True
