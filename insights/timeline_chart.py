"""Places of the parts of a timeline's drawing, in percent of its width and in pixels from its top. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from insights.charts import percent
from insights.numbers import Span, subtract
from insights.periods import Period
from insights.queries import ListedVisit
from insights.timeline import BrowserVisits, TimeRange

MINUTE_MS = 60_000
# More visits than this are drawn for the part of the day that is shown alone, and short ones at one place as one.
MOST_DRAWN: Final = 2_500
NAME_HEIGHT: Final = 18
LANE_HEIGHT: Final = 22
# Minutes between the labels of an axis, of which at most so many are shown.
STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360)
MOST_TICKS: Final = 9


class Box(NamedTuple):
    """The place and the width of a part of a visit; `kind` is active, rest or away."""

    kind: str
    x: str
    width: str


def box(kind: str, span: Span, start: int, end: int) -> Box:
    """Return the box of a span on an axis from `start` to `end`."""
    low, high = max(span[0], start), min(span[1], end)
    return Box(kind, percent((low - start) * 100 / (end - start)), percent(max(high - low, 0) * 100 / (end - start)))


class Tick(NamedTuple):
    """A labelled line of the axis."""

    x: str
    text: str


def ticks(shown: TimeRange, drawn: TimeRange) -> list[Tick]:
    """Return the labels of the shown part of a drawing, at round times of the person's clock."""
    step = tick_minutes(shown)
    found = []
    starts, labels = shown.period.hours
    for start, label in zip(starts, labels, strict=True):
        for at in range(start, start + 60 * MINUTE_MS, min(step, 60) * MINUTE_MS):
            if shown.starts_at <= at < shown.ends_at and label % max(step // 60, 1) == 0:
                x = percent((at - drawn.starts_at) * 100 / (drawn.ends_at - drawn.starts_at))
                found.append(Tick(x, f"{label % 24:02}:{(at - start) // MINUTE_MS:02}"))
    return found


def tick_minutes(shown: TimeRange) -> int:
    """Return the minutes between two labels."""
    length = (shown.ends_at - shown.starts_at) / MINUTE_MS
    return next((step for step in STEPS if length <= step * MOST_TICKS), STEPS[-1])


def hour_marks(period: Period) -> list[tuple[int, int]]:
    """Return the first minute of each hour, counted from the beginning of the day, and its number on the clock."""
    return [((start - period.starts_at) // MINUTE_MS, label % 24) for start, label in zip(*period.hours, strict=True)]


@dataclass(frozen=True, slots=True)
class DrawnVisit:
    """A visit on a time axis: its active time, its parts away, and the rest, of which nothing is known."""

    listed: ListedVisit
    boxes: list[Box]


def drawn_visit(listed: ListedVisit, start: int, end: int) -> DrawnVisit:
    """Return where a visit lies on an axis from `start` to `end`."""
    visit = listed.visit
    active = visit.active
    rest = subtract(visit.present, active)
    if not active and not visit.away and not rest:
        # A visit of unknown duration is drawn where it began.
        rest = [(visit.started_at, visit.started_at)]
    spans = [("rest", rest), ("away", visit.away), ("active", active)]
    return DrawnVisit(
        listed,
        [box(kind, span, start, end) for kind, found in spans for span in found if span[1] >= start and span[0] < end],
    )


@dataclass(frozen=True, slots=True)
class Lane:
    """The visits of a browser or a tab; `y` is the top of its bars."""

    browser_id: int
    tab_id: int | None
    is_first: bool
    y: int
    visits: list[DrawnVisit]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lanes below each other; `x` and `width` place what is drawn so that the shown part fills the picture."""

    lanes: list[Lane]
    height: int
    x: str
    width: str
    is_whole_day: bool
    now: str


def drawing(browsers: Sequence[BrowserVisits], shown: TimeRange, now: int, *, by_tab: bool) -> Drawing:
    """Return a lane for each browser, or for each tab."""
    is_whole_day = sum(len(tab.visits) for browser in browsers for tab in browser.tabs) <= MOST_DRAWN
    drawn = TimeRange(shown.period, None, shown.period.starts_at, shown.period.ends_at) if is_whole_day else shown
    lanes: list[Lane] = []
    y = 0
    for browser in browsers:
        y += NAME_HEIGHT
        rows = (
            [(tab.tab_id, tab.visits) for tab in browser.tabs]
            if by_tab
            else [(None, sorted((v for tab in browser.tabs for v in tab.visits), key=lambda v: v.visit.started_at))]
        )
        for number, (tab_id, visits) in enumerate(rows):
            found = visits if is_whole_day else _apart(visits, shown)
            boxes = [drawn_visit(each, drawn.starts_at, drawn.ends_at) for each in found]
            lanes.append(Lane(browser.browser_id, tab_id, number == 0, y, boxes))
            y += LANE_HEIGHT
        y += 6
    start, length = drawn.starts_at, drawn.ends_at - drawn.starts_at
    part = shown.ends_at - shown.starts_at
    return Drawing(
        lanes,
        y,
        percent((start - shown.starts_at) * 100 / part),
        percent(length * 100 / part),
        is_whole_day,
        percent((now - start) * 100 / length) if start <= now < drawn.ends_at else "",
    )


def _apart(visits: Sequence[ListedVisit], shown: TimeRange) -> list[ListedVisit]:
    """Return the visits of a range, without short ones at a place where another one begins."""
    found = []
    place_ms = max((shown.ends_at - shown.starts_at) // MOST_DRAWN, 1)
    last = -1
    for each in visits:
        start, end = each.visit.started_at, each.visit.reaches_until
        if end < shown.starts_at or start >= shown.ends_at:
            continue
        place = start // place_ms
        if place != last or end - start > place_ms:
            found.append(each)
            last = place
    return found
