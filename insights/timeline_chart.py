"""Places of the parts of a timeline's drawing, in percent of its width. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from insights.charts import percent
from insights.numbers import Span
from insights.queries import ListedVisit
from insights.timeline import TimeRange

MINUTE_MS = 60_000
# A shorter visit would be too narrow to be seen.
NARROWEST_PERCENT = 0.12


def bar(span: Span, start: int, end: int) -> tuple[str, str]:
    """Return the place and the width of a span on an axis from `start` to `end`."""
    low, high = max(span[0], start), min(span[1], end)
    width = max(high - low, 0) * 100 / (end - start)
    return percent((low - start) * 100 / (end - start)), percent(max(width, NARROWEST_PERCENT))


def bars(spans: Iterable[Span], start: int, end: int) -> list[tuple[str, str]]:
    """Return the place and the width of each span."""
    return [bar(span, start, end) for span in spans]


class Tick(NamedTuple):
    """A labelled line of the axis."""

    x: str
    text: str
    is_strong: bool


def ticks(shown: TimeRange) -> list[Tick]:
    """Return the ticks of a day, three hours apart, or of an hour, ten minutes apart."""
    start, end = shown.starts_at, shown.ends_at

    def place(at: int) -> str:
        return percent((at - start) * 100 / (end - start))

    if shown.label is not None:
        hour = f"{shown.label % 24:02}"
        return [
            Tick(place(at), f"{hour}:{(at - start) // MINUTE_MS % 60:02}", True)
            for at in range(start, end, 10 * MINUTE_MS)
        ]
    return [
        Tick(place(at), f"{label % 24:02}:00", label % 6 == 0)
        for at, label in zip(*shown.period.hours, strict=True)
        if label % 3 == 0
    ]


@dataclass(frozen=True, slots=True)
class DrawnVisit:
    """A visit on a time axis, and the parts of it spent away."""

    listed: ListedVisit
    x: str
    width: str
    away: list[tuple[str, str]]


def drawn_visit(listed: ListedVisit, start: int, end: int) -> DrawnVisit:
    """Return where a visit lies on an axis from `start` to `end`."""
    x, width = bar((listed.visit.started_at, listed.visit.last_known_at), start, end)
    away = [span for span in listed.away if span[1] > start and span[0] < end]
    return DrawnVisit(listed, x, width, bars(away, start, end))
