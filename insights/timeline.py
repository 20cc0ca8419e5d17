"""The timeline of a day: who was where, browser by browser and tab by tab, and where nothing is known. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from insights import charts
from insights.numbers import Hour, Span, gaps, tally, union
from insights.periods import Period
from insights.queries import Stay
from sync.models import TabAggregate

# Shorter than this, a pause between two visits is no gap worth a word.
SHORTEST_GAP_MS: Final = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Lane:
    """The visits of one tab, in order."""

    tab_id: int | None
    stays: list[Stay]


@dataclass(frozen=True, slots=True)
class BrowserLanes:
    """The tabs of one browser, the one used first on top."""

    browser_id: int
    lanes: list[Lane]


def lanes(stays: Sequence[Stay]) -> list[BrowserLanes]:
    """Return the visits by browser and tab, each in order of first use; visits without a tab share a lane."""
    found: dict[int, dict[int | None, list[Stay]]] = {}
    for stay in stays:
        found.setdefault(stay.browser_id, {}).setdefault(stay.tab_id, []).append(stay)
    return [BrowserLanes(browser, [Lane(*lane) for lane in tabs.items()]) for browser, tabs in found.items()]


def silences(stays: Sequence[Stay], start: int, end: int, now: int) -> list[Span]:
    """Return the gaps of [start, end) that are worth a word; what is still to come is none."""
    spans = union((stay.visit.start, stay.visit.end) for stay in stays)
    return gaps(spans, start, min(end, max(now, start)), SHORTEST_GAP_MS)


@dataclass(frozen=True, slots=True)
class Axis:
    """The stretch of a day a timeline shows: all of it, or the hour with a label."""

    period: Period
    label: int | None
    start: int
    end: int

    @property
    def ticks(self) -> list[tuple[str, str, bool]]:
        """Place, text and weight of its marks: three hours apart, or ten minutes."""
        if self.label is not None:
            return [
                (self._place(at), f"{self.label % 24:02}:{(at - self.start) // 60_000 % 60:02}", True)
                for at in range(self.start, self.end, 10 * 60_000)
            ]
        return [
            (self._place(at), f"{label % 24:02}:00", label % 6 == 0)
            for at, label in zip(*self.period.hours, strict=True)
            if label % 3 == 0
        ]

    def _place(self, at: int) -> str:
        return charts.percent((at - self.start) * 100 / (self.end - self.start))


def axis(period: Period, hour: int | None) -> Axis:
    """Return the axis of a day, or of the hour of it that the clock names so; the day where it has no such hour."""
    starts, labels = period.hours
    label = next((label for label in labels if label % 24 == hour), None)
    if label is None:
        return Axis(period, None, period.start, period.end)
    # Where clocks go back, the hour has two of its kind and lasts as long as both.
    last = len(labels) - 1 - labels[::-1].index(label)
    end = starts[last + 1] if last + 1 < len(starts) else period.end
    return Axis(period, label, starts[labels.index(label)], end)


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit on a time axis, and the parts of it spent away."""

    stay: Stay
    x: str
    width: str
    away: list[tuple[str, str]]


def mark(stay: Stay, start: int, end: int) -> Mark:
    """Return where a visit lies on an axis."""
    x, width = charts.place((stay.visit.start, stay.visit.end), start, end)
    away = [charts.place(span, start, end) for span in stay.away if span[1] > start and span[0] < end]
    return Mark(stay, x, width, away)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list: a visit or, without one, a silence until an instant."""

    at: int
    stay: Stay | None
    until: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """An hour of a day in the list below the axis, its numbers, and what begins in it."""

    label: str
    entries: list[Entry]
    numbers: Hour
    # The silence it ends with, when that goes on beyond the hour.
    silence: Entry | None


def groups(stays: Sequence[Stay], quiet: Sequence[Span], axis: Axis) -> list[Group]:
    """Return the hours of an axis in which there is something.

    A visit from before is listed where the axis begins, and again in an hour that it fills alone.
    """
    period = axis.period
    found: dict[int, list[Entry]] = {}
    for stay in stays:
        found.setdefault(period.hour_of(max(stay.visit.start, axis.start)), []).append(Entry(stay.visit.start, stay))
    for low, high in quiet:
        found.setdefault(period.hour_of(low), []).append(Entry(low, None, high))
    starts, labels = period.hours
    hours = tally((stay.visit for stay in stays), starts, labels, period.end).hours
    for start, label in zip(starts, labels, strict=True):
        if label in hours and axis.start <= start < axis.end and label not in found:
            found[label] = [Entry(stay.visit.start, stay) for stay in stays
                            if stay.visit.start < start < stay.visit.end]  # fmt: skip
    grouped = []
    for label in sorted(found):
        entries = sorted(found[label], key=lambda entry: entry.at)
        last = entries[-1]
        goes_on = last.stay is None and period.hour_of(min(last.until, period.end - 1)) != label
        grouped.append(Group(f"{label % 24:02}:00", entries, hours.get(label, Hour()), last if goes_on else None))
    return grouped


@dataclass(frozen=True, slots=True)
class TabLife:
    """A tab from its opening to its end or, while it is open, to its last sign of life."""

    browser_id: int
    tab_id: int
    url: str
    domain: str
    opened: int
    end: int
    is_open: bool
    active: int
    pages: int

    @property
    def lifetime(self) -> int:
        """How long it was open."""
        return self.end - self.opened

    @property
    def is_unread(self) -> bool:
        """Whether nobody was active in it from first to last."""
        return self.active == 0


def tab_life(tab: TabAggregate) -> TabLife:
    """Return the life of a tab."""
    return TabLife(
        browser_id=tab.browser_id,
        tab_id=tab.tab_id,
        url=tab.current_url or "",
        domain=tab.current_domain or "",
        opened=tab.started_at,
        end=max(tab.started_at, tab.last_active_at if tab.closed_at is None else tab.closed_at),
        is_open=tab.closed_at is None,
        active=tab.total_active_duration_ms,
        pages=tab.page_count,
    )
