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
from insights.periods import HOUR_MS, Period, weeks

LEVELS: Final = 4
WEEKDAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# More days than this are shown by month.
MOST_DAY_BARS: Final = 400
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
class Value:
    """What a bar shows: its name, what stands below it ("" is nothing), and the day it leads to."""

    label: str
    tick: str
    hour: Hour
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart and where it stands."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    of: Value


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over a scale; `unit` is what one of them stands for."""

    bars: list[Bar]
    lines: list[Line]
    unit: str


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


def chart(values: Sequence[Value], unit: str) -> Chart:
    """Return a bar for each value over a scale that holds the highest."""
    highest = max((value.hour.active for value in values), default=0)
    top, _ = scale(highest)
    slot = 100 / max(1, len(values))
    gap = 0.28 if len(values) <= 60 else 0.12
    bars = []
    for place, value in enumerate(values):
        height = 100 * value.hour.active / top
        if value.hour.active:
            # Next to nothing is still something.
            height = max(height, 0.8)
        bars.append(
            Bar(
                x=percent(slot * (place + gap / 2)),
                y=percent(100 - height),
                width=percent(slot * (1 - gap)),
                height=percent(height),
                middle=percent(slot * (place + 0.5)),
                of=value,
            )
        )
    return Chart(bars, lines(highest), unit)


def hours_of_day(hours: dict[int, Hour], period: Period) -> Chart:
    """Return the chart of a day by hour, those that clocks skip left out."""
    _, labels = period.hours
    names = {label: f"{label % 24:02}" for label in labels}
    values = [
        Value(name, "" if place % 3 else name, hours.get(label, Hour()))
        for place, (label, name) in enumerate(names.items())
    ]
    return chart(values, "hour")


def days_or_months(days: Sequence[tuple[date, Hour]]) -> Chart:
    """Return the chart of some days in a row by day, or by month when there are very many."""
    if len(days) > MOST_DAY_BARS:
        return months(days)
    return chart([Value(f"{day.day} {day:%b}", tick(days, place), hour, day)
                  for place, (day, hour) in enumerate(days)], "day")  # fmt: skip


def tick(days: Sequence[tuple[date, Hour]], place: int) -> str:
    """Return what stands below a day: weekdays of a week, days of a month, weeks of a season, months of a year."""
    day, _ = days[place]
    if len(days) <= 7:
        return f"{day:%a}"
    if len(days) <= 31 and days[0][0].month == days[-1][0].month:
        return "" if place % 3 else f"{day.day}"
    if len(days) > 100:
        # The last month has no room for its name when it has hardly begun.
        return f"{day:%b}" if day.day == 1 and len(days) - place > 14 else ""
    every = max(2, round(len(days) / 8))
    return "" if place % every or len(days) - place < every / 2 else f"{day.day} {day:%b}"


def months(days: Sequence[tuple[date, Hour]]) -> Chart:
    """Return the chart of very many days by month."""
    sums: dict[date, Hour] = {}
    for day, hour in days:
        sums.setdefault(day.replace(day=1), Hour()).add(hour)
    every = max(1, len(sums) // 8)
    values = [
        Value(f"{day:%b %Y}", "" if place % every else f"{day:%b %Y}", hour)
        for place, (day, hour) in enumerate(sums.items())
    ]
    return chart(values, "month")


def levels(values: Sequence[int]) -> list[int]:
    """Return for each value a level of colour: 0 is nothing, then quarters of the highest, outliers apart."""
    ranked = sorted(value for value in values if value > 0)
    if not ranked:
        return [0] * len(values)
    # One long night must not make every other day look idle.
    high = min(ranked[-1], ranked[(len(ranked) - 1) * 9 // 10] * 5 / 4)
    return [min(LEVELS, math.ceil(LEVELS * max(value, 0) / high)) for value in values]


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
    # Whether its second half holds something: what a narrow screen shows first.
    is_late: bool


CELL: Final = 11
PITCH: Final = 14
LEFT: Final = 30
TOP: Final = 18


def calendar(days: Sequence[tuple[date, Hour]], until: date) -> Calendar:
    """Return the calendar of some days in a row, those after `until` left out."""
    found = dict(days)
    rank = dict(zip(found, levels([hour.active for hour in found.values()]), strict=True))
    cells, names = [], []
    columns = list(weeks(days[0][0], days[-1][0]))
    for column, week in enumerate(columns):
        for row, day in enumerate(week):
            if day is not None and day <= until:
                hour = found[day]
                cells.append(Cell(LEFT + column * PITCH, TOP + row * PITCH, rank[day], day, hour.active, hour.visits))
            # A name needs two columns of room.
            if day is not None and day.day == 1 and column < len(columns) - 2:
                names.append(Month(LEFT + column * PITCH, f"{day:%b}"))
    width = LEFT + len(columns) * PITCH
    return Calendar(cells, names, width, TOP + 7 * PITCH, CELL, any(cell.x * 2 > width for cell in cells if cell.value))


def place(span: Span, start: int, end: int) -> tuple[str, str]:
    """Return where a span lies on an axis from `start` to `end`: its beginning and its length."""
    low, high = max(span[0], start), min(span[1], end)
    length = max(high - low, 0) * 100 / (end - start)
    return percent((low - start) * 100 / (end - start)), percent(max(length, 0.12))


def share(value: int, of: int) -> str:
    """Return the length of a bar that shows a share."""
    return percent(100 * value / of) if of else "0%"


def week(matrix: list[list[Hour]]) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Return weekday, then hour, active time and level of colour of each of its hours."""
    ranked = levels([hour.active for hours in matrix for hour in hours])
    return [
        (name, [(number, hour.active, ranked[row * 24 + number]) for number, hour in enumerate(matrix[row])])
        for row, name in enumerate(WEEKDAYS)
    ]
