"""Ids of rows as clients and query strings carry them: decimal text."""

import re
from typing import Final

# 18 digits at most: the number then fits into a bigint column, and the database never refuses it.
ID_PATTERN: Final = r"\A[0-9]{1,18}\Z"
_ID = re.compile(ID_PATTERN)


def parse_id(text: str) -> int | None:
    """Return the number, or None for text that no row can have as its id."""
    return int(text) if _ID.match(text) else None
