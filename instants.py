"""Instants as the wire and the record tables have them: whole milliseconds since the Unix epoch."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Return an aware datetime as milliseconds; a fraction of a millisecond is cut off."""
    # Exact integers: float seconds times 1000 are one millisecond short for some moments.
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(ms: int) -> datetime:
    """Return an instant as a datetime in UTC; raises OverflowError where the calendar ends before it."""
    return _EPOCH + ms * _MILLISECOND


def now_ms() -> int:
    """Return the present instant."""
    return int(time.time() * 1000)
