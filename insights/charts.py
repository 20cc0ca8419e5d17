"""Where the marks of a chart go: pure. Places and sizes are percent of the drawing, ready for SVG attributes.

The charts are drawn by templates as plain SVG: chart packages either need scripts or put styles and scripts into their
SVG, which the Content-Security-Policy forbids, and none of those looked at draws a calendar, a week or a timeline.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from insights.numbers import Hour, Span
from insights.periods import HOUR_MS, weeks

LEVELS: Final = 4
# Steps a person reads easily, in milliseconds: minutes, then hours.
STEPS: Final = [minutes * 60_000 for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440)]


def percent(value: float) -> str:
    """Return a place or size as an SVG attribute."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the scale: how high it lies, and what it stands for."""

    y: str
    value: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, its label below it and what it says."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    shows_label: bool
    value: int
    visits: int
    day: date | None = None


def scale(highest: int) -> tuple[int, list[int]]:
    """Return where a scale ends and its lines, three to five of them, at values a person reads easily."""
    step = next((step for step in STEPS if highest <= 4 * step), None)
    if step is None:
        step = math.ceil(highest / 4 / HOUR_MS / 24) * 24 * HOUR_MS
    top = max(1, math.ceil(highest / step)) * step
    return top, list(range(step, top + 1, step))


def lines(highest: int) -> list[Line]:
    """Return the lines of a scale."""
    top, values = scale(highest)
    return [Line(percent(100 - 100 * value / top), value) for value in values]


def bars(values: Sequence[tuple[str, Hour]], every: int = 1, days: Sequence[date] | None = None) -> list[Bar]:
    """Return a bar for each labelled value; every so many labels is shown."""
    top, _ = scale(max((hour.active for _, hour in values), default=0))
    slot = 100 / max(1, len(values))
    gap = 0.28 if len(values) <= 60 else 0.12
    found = []
    for place, (label, hour) in enumerate(values):
        height = 100 * hour.active / top
        if hour.active:
            # Next to nothing is still something.
            height = max(height, 0.8)
        found.append(
            Bar(
                x=percent(slot * (place + gap / 2)),
                y=percent(100 - height),
                width=percent(slot * (1 - gap)),
                height=percent(height),
                middle=percent(slot * (place + 0.5)),
                label=label,
                shows_label=place % every == 0,
                value=hour.active,
                visits=hour.visits,
                day=days[place] if days else None,
            )
        )
    return found


def levels(values: Sequence[int]) -> list[int]:
    """Return for each value a level of colour: 0 is nothing, then quarters of those that are something, by rank."""
    ranked = sorted(value for value in values if value > 0)
    if not ranked:
        return [0] * len(values)
    limits = [ranked[min(len(ranked) - 1, len(ranked) * quarter // LEVELS)] for quarter in range(1, LEVELS)]
    return [0 if value <= 0 else 1 + sum(value > limit for limit in limits) for value in values]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar."""

    x: int
    y: int
    level: int
    day: date
    value: int
    visits: int


@dataclass(frozen=True, slots=True)
class Month:
    """Where the name of a month stands above the calendar."""

    x: int
    name: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A year of days, a column a week."""

    cells: list[Cell]
    months: list[Month]
    width: int
    height: int
    size: int


CELL: Final = 11
PITCH: Final = 14
LEFT: Final = 30
TOP: Final = 18


def calendar(days: Sequence[tuple[date, Hour]]) -> Calendar:
    """Return the calendar of some days in a row."""
    found = dict(days)
    rank = dict(zip(found, levels([hour.active for hour in found.values()]), strict=True))
    cells, months = [], []
    columns = list(weeks(days[0][0], days[-1][0]))
    for column, week in enumerate(columns):
        for row, day in enumerate(week):
            if day is not None:
                hour = found[day]
                cells.append(Cell(LEFT + column * PITCH, TOP + row * PITCH, rank[day], day, hour.active, hour.visits))
                # A name needs two columns of room.
                if day.day == 1 and column < len(columns) - 2:
                    months.append(Month(LEFT + column * PITCH, f"{day:%b}"))
    return Calendar(cells, months, LEFT + len(columns) * PITCH, TOP + 7 * PITCH, CELL)


def place(span: Span, start: int, end: int) -> tuple[str, str]:
    """Return where a span lies on an axis from `start` to `end`: its beginning and its length."""
    low, high = max(span[0], start), min(span[1], end)
    length = max(high - low, 0) * 100 / (end - start)
    return percent((low - start) * 100 / (end - start)), percent(max(length, 0.12))


def share(value: int, of: int) -> str:
    """Return the length of a bar that shows a share."""
    return percent(100 * value / of) if of else "0%"
