"""Spans of time in ms, each from its start to before its end. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

# Before every instant that a record may have, and after.
EARLIEST: Final = -1
LATEST: Final = 1 << 62
# The starts and the ends of spans in order, of which no two meet.
Spans = tuple[list[int], list[int]]


def joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return the spans in order; those that meet are joined."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(spans):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        elif start < end:
            starts.append(start)
            ends.append(end)
    return starts, ends


def holds(spans: Spans, instant: int) -> bool:
    """Tell whether an instant is in one of the spans."""
    starts, ends = spans
    place = bisect_right(starts, instant) - 1
    return place >= 0 and instant < ends[place]
