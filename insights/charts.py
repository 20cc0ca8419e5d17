"""Places and sizes of the parts of a chart, in percent of the drawing, as SVG attributes take them. Pure.

Templates draw the charts as plain SVG. Chart packages need scripts, or put styles and scripts into their SVG, which the
Content-Security-Policy forbids.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import mode
from typing import Final, NamedTuple

from insights.categories.names import color_of, order_of
from insights.numbers import Hour, add_by_category
from insights.periods import HOUR_MS, Period, weeks

LEVELS: Final = 4
WEEKDAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# More days than this are drawn by week: a phone shows a bar for each day of a year one pixel wide.
MOST_DAY_BARS: Final = 100
# More days than this are drawn by month.
MOST_WEEK_DAYS: Final = 400
# Steps between the lines of a scale, in milliseconds, at round minutes and hours.
STEPS_MS: Final = [minutes * 60_000 for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440)]

# The height of the drawing of bars, in units. It is as many units wide as there are bars.
DRAWING_HEIGHT: Final = 1_000


def percent(value: float) -> str:
    """Return a place or size as an SVG attribute."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the scale, and the duration it stands for."""

    y: str
    value_ms: int


@dataclass(frozen=True, slots=True)
class BarValue:
    """The numbers of a bar, its name, the text below it ("" for none), and the day on which its time begins."""

    label: str
    tick: str
    hour: Hour
    day: date
    hour_of_day: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, its place and its size; `before_ms` is the active time of the period before."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    value: BarValue
    before_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """One category in all bars, or the bars themselves: the class of its colour, and a path of upright lines."""

    color: str
    path: str


class LegendEntry(NamedTuple):
    """A category, its colour and its active time."""

    category: str
    color: int
    active_ms: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over a scale; `unit` is the length of time that one bar stands for, such as day.

    `stacks` divide the bars by category, the lowest first; where no visit has a category, there is one for the bars.
    `before` is the path of the bars of the period before, "" without them, and `before_name` names that period. Their
    lines are `bar_width` and `before_width` units wide.
    """

    bars: list[Bar]
    lines: list[Line]
    unit: str
    stacks: list[Stack]
    legend: list[LegendEntry]
    bar_width: float
    before_width: float
    before: str = ""
    before_name: str = ""


def scale(highest_ms: int) -> tuple[int, list[int]]:
    """Return the top of a scale and its lines, at most five of them, at round values."""
    step = next((step for step in STEPS_MS if highest_ms <= 4 * step), None)
    if step is None:
        step = math.ceil(highest_ms / 4 / HOUR_MS / 24) * 24 * HOUR_MS
    top = max(1, math.ceil(highest_ms / step)) * step
    return top, list(range(step, top + 1, step))


def lines(highest_ms: int) -> list[Line]:
    """Return the lines of a scale."""
    top, values = scale(highest_ms)
    return [Line(percent(100 - 100 * value / top), value) for value in values]


def chart(values: Sequence[BarValue], unit: str, before_ms: Sequence[int] = ()) -> Chart:
    """Return a bar for each value over a scale that holds the highest, also of the period before."""
    before_ms = before_ms[: len(values)]
    highest_ms = max((*(value.hour.active_sum_ms for value in values), *before_ms), default=0)
    top, _ = scale(highest_ms)
    slot = 100 / max(1, len(values))
    gap = 0.28 if len(values) <= 60 else 0.12
    bars = []
    shapes: dict[str, list[str]] = {}
    whole: list[str] = []
    for place, value in enumerate(values):
        height = 100 * value.hour.active_sum_ms / top
        if value.hour.active_sum_ms:
            # A few seconds would otherwise be too low to be seen.
            height = max(height, 0.8)
        bars.append(
            Bar(
                x=percent(slot * (place + gap / 2)),
                y=percent(100 - height),
                width=percent(slot * (1 - gap)),
                height=percent(height),
                middle=percent(slot * (place + 0.5)),
                value=value,
                before_ms=before_ms[place] if place < len(before_ms) else None,
            )
        )
        for category, line in stacked(value.hour.categories, place, height):
            shapes.setdefault(category, []).append(line)
        whole.append(_upright_line(place, 0, height))
    sums: dict[str, int] = {}
    for value in values:
        add_by_category(sums, value.hour.categories)
    entries = legend(sums)
    stacks = [Stack(f"cat-{entry.color}", "".join(shapes[entry.category])) for entry in entries]
    before = "".join(_upright_line(place, 0, 100 * value / top) for place, value in enumerate(before_ms) if value)
    return Chart(
        bars,
        lines(highest_ms),
        unit,
        stacks or [Stack("plain", "".join(whole))],
        entries,
        bar_width=round(1 - gap, 2),
        # A little wider, so that it is seen behind the bars.
        before_width=round(1 - gap / 3, 2),
        before=before,
    )


def with_period_before(drawn: Chart, before: Chart, name: str) -> Chart:
    """Return a chart with the bars of the period before behind its own, by their place."""
    values = [bar.value for bar in drawn.bars]
    found = chart(values, drawn.unit, [bar.value.hour.active_sum_ms for bar in before.bars])
    return replace(found, before_name=name)


def legend(active_ms: Mapping[str, int]) -> list[LegendEntry]:
    """Return the categories with active time in the order of stacks; none where no visit has a category."""
    found = sorted((category for category, value in active_ms.items() if value), key=order_of)
    return [LegendEntry(category, color_of(category), active_ms[category]) for category in found] if any(found) else []


def stacked(active_ms: Mapping[str, int], place: int, height: float) -> list[tuple[str, str]]:
    """Return category and line of each part of a bar, from below; the height is in percent."""
    whole_ms = sum(active_ms.values())
    found = []
    below_ms = 0
    for category in sorted(active_ms, key=order_of):
        if active_ms[category]:
            low = height * below_ms / whole_ms
            below_ms += active_ms[category]
            found.append((category, _upright_line(place, low, height * below_ms / whole_ms)))
    return found


def _upright_line(place: int, low: float, high: float) -> str:
    """Return the path of an upright line in the middle of a bar's place; its ends are in percent, from below."""
    # A line takes half the letters of a rectangle, and a year has hundreds of them.
    bottom, top = (round(DRAWING_HEIGHT * (1 - end / 100)) for end in (low, high))
    return f"M{place} {bottom}V{top}"


def hours_of_day(hours: dict[int, Hour], period: Period) -> Chart:
    """Return the chart of a day by hour, without hours that clocks skip."""
    _, labels = period.hours
    names = {label: f"{label % 24:02}" for label in labels}
    values = [
        BarValue(name, "" if place % 3 else name, hours.get(label, Hour()), period.first, label % 24)
        for place, (label, name) in enumerate(names.items())
    ]
    return chart(values, "hour")


def days_or_months(days: Sequence[tuple[date, Hour]]) -> Chart:
    """Return the chart of consecutive days by day, or by week or month when there are very many."""
    if len(days) > MOST_WEEK_DAYS:
        return months(days)
    if len(days) > MOST_DAY_BARS:
        return by_week(days)
    values = [BarValue(f"{day.day} {day:%b}", tick(days, place), hour, day) for place, (day, hour) in enumerate(days)]
    return chart(values, "day")


def by_week(days: Sequence[tuple[date, Hour]]) -> Chart:
    """Return the chart of consecutive days by week, with the name of a month below the week in which it begins."""
    numbers = dict(days)
    values = []
    for week in weeks(days[0][0], days[-1][0]):
        inside = [day for day in week if day is not None]
        whole = Hour()
        for day in inside:
            whole.add(numbers[day])
        first = next((day for day in inside if day.day == 1), None)
        name = f"{inside[0].day} {inside[0]:%b} – {inside[-1].day} {inside[-1]:%b}"
        values.append(BarValue(name, f"{first:%b}" if first else "", whole, inside[0]))
    return chart(values, "week")


def tick(days: Sequence[tuple[date, Hour]], place: int) -> str:
    """Return the text below a day: its weekday in a week, its day in a month or season."""
    day, _ = days[place]
    if len(days) <= 7:
        return f"{day:%a}"
    if len(days) <= 31 and days[0][0].month == days[-1][0].month:
        return "" if place % 3 else f"{day.day}"
    every = max(2, round(len(days) / 8))
    return "" if place % every or len(days) - place < every / 2 else f"{day.day} {day:%b}"


def months(days: Sequence[tuple[date, Hour]]) -> Chart:
    """Return the chart of very many days by month."""
    sums: dict[date, Hour] = {}
    for day, hour in days:
        sums.setdefault(day.replace(day=1), Hour()).add(hour)
    every = max(1, len(sums) // 8)
    values = [
        BarValue(f"{day:%b %Y}", "" if place % every else f"{day:%b %Y}", hour, day)
        for place, (day, hour) in enumerate(sums.items())
    ]
    return chart(values, "month")


def levels(values: Sequence[int]) -> list[int]:
    """Return a colour level for each value: 0 for no time, then 1 to 4 by quarters of the highest value.

    Outliers are capped.
    """
    ranked = sorted(value for value in values if value > 0)
    if not ranked:
        return [0] * len(values)
    # Without this cap, one very long day would make all other days look idle.
    high = min(ranked[-1], ranked[(len(ranked) - 1) * 9 // 10] * 5 / 4)
    return [min(LEVELS, math.ceil(LEVELS * max(value, 0) / high)) for value in values]


def main_category(active_ms: Mapping[str, int]) -> str:
    """Return the category with the most active time, of equal ones the first in legends; "" without any."""
    return min(active_ms, key=lambda category: (-active_ms[category], order_of(category)), default="")


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar."""

    level: int
    day: date
    hour: Hour

    @property
    def color(self) -> int:
        """The colour of the category with the most active time."""
        return color_of(main_category(self.hour.categories))


@dataclass(frozen=True, slots=True)
class Week:
    """A column of the calendar: the place of its first day, and its days up to today."""

    x: int
    y: int
    cells: list[Cell]

    @property
    def color(self) -> int:
        """The colour of most of its days, which those of another colour override."""
        return mode(cell.color for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Month:
    """The name of a month and its place above the calendar."""

    x: int
    name: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A year of days, one column for each week that has begun.

    `is_late` tells that its second half holds active time; a narrow screen then shows that half first.
    """

    first: date
    weeks: list[Week]
    months: list[Month]
    width: int
    height: int
    is_late: bool


PITCH: Final = 14
LEFT: Final = 30
TOP: Final = 18


def calendar(days: Sequence[tuple[date, Hour]], until: date) -> Calendar:
    """Return the calendar of consecutive days up to `until`."""
    found = dict(days)
    rank = dict(zip(found, levels([hour.active_sum_ms for hour in found.values()]), strict=True))
    drawn, names = [], []
    columns = list(weeks(days[0][0], days[-1][0]))
    for column, week in enumerate(columns):
        x = LEFT + column * PITCH
        inside = [day for day in week if day is not None]
        cells = [Cell(rank[day], day, found[day]) for day in inside if day <= until]
        if cells:
            drawn.append(Week(x, TOP + cells[0].day.weekday() * PITCH, cells))
        # The name of a month needs two columns, so a month that begins in the last two gets none.
        if column < len(columns) - 2:
            names += [Month(x, f"{day:%b}") for day in inside if day.day == 1]
    width = LEFT + len(columns) * PITCH
    is_late = any(week.x * 2 > width for week in drawn if any(cell.hour.active_sum_ms for cell in week.cells))
    return Calendar(days[0][0], drawn, names, width, TOP + 7 * PITCH, is_late)


def share(value: int, of: int) -> str:
    """Return the length of a bar that shows a share."""
    return percent(100 * value / of) if of else "0%"


class WeekCell(NamedTuple):
    """An hour of a weekday."""

    hour: int
    active_ms: int | None
    level: int


def week(matrix: list[list[Hour]]) -> list[tuple[str, list[WeekCell]]]:
    """Return the hours of each weekday, by its name."""
    ranked = levels([hour.active_sum_ms for hours in matrix for hour in hours])
    return [
        (name, [WeekCell(number, hour.active_ms, ranked[row * 24 + number]) for number, hour in enumerate(matrix[row])])
        for row, name in enumerate(WEEKDAYS)
    ]
