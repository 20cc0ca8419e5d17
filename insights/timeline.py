"""The facts of a day's timeline: visits by browser and tab, gaps without records, and the list by hour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from insights.numbers import Hour, Span, gaps, union
from insights.periods import HourLabel, Period
from insights.queries import ListedVisit, is_within
from insights.tallying import tally

MINUTE_MS: Final = 60_000
# A shorter pause between two visits is not shown as a gap.
SHORTEST_GAP_MS: Final = 5 * 60_000


def within(visits: Sequence[ListedVisit], spans: Sequence[Span]) -> list[ListedVisit]:
    """Return the visits that overlap or begin in one of the spans."""
    return [
        each
        for each in visits
        if any(is_within(each.visit, low) and each.visit.started_at < high for low, high in spans)
    ]


@dataclass(frozen=True, slots=True)
class TabVisits:
    """The visits of one tab, in order."""

    tab_id: int | None
    visits: list[ListedVisit]


@dataclass(frozen=True, slots=True)
class BrowserVisits:
    """The tabs of one browser, the one used first on top."""

    browser_id: int
    tabs: list[TabVisits]


def by_browser_and_tab(visits: Sequence[ListedVisit]) -> list[BrowserVisits]:
    """Return the visits by browser and tab, each in order of first use; visits without a tab stand together."""
    found: dict[int, dict[int | None, list[ListedVisit]]] = {}
    for each in visits:
        found.setdefault(each.browser_id, {}).setdefault(each.tab_id, []).append(each)
    return [BrowserVisits(browser, [TabVisits(*tab) for tab in tabs.items()]) for browser, tabs in found.items()]


def recording_gaps(visits: Sequence[ListedVisit], start: int, end: int, now: int) -> list[Span]:
    """Return the gaps of [start, end) of five minutes or more; the time after `now` is no gap.

    A visit of unknown duration fills no time, and still ends the gap before it.
    """
    spans = union((each.visit.started_at, each.visit.last_known_at) for each in visits)
    starts = [(each.visit.started_at,) * 2 for each in visits if each.visit.ended_at is None]
    return gaps(sorted([*spans, *starts]), start, min(end, max(now, start)), SHORTEST_GAP_MS)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The part of a day that a timeline shows; `label` names it where it is one hour of the person's clock."""

    period: Period
    label: HourLabel | None
    starts_at: int
    ends_at: int

    @property
    def minutes(self) -> tuple[int, int]:
        """The first and the last minute, counted from the beginning of the day."""
        low, high = self.starts_at - self.period.starts_at, self.ends_at - self.period.starts_at
        return low // MINUTE_MS, -(-high // MINUTE_MS)

    def zoomed(self, factor: float, step: float = 0) -> "TimeRange":
        """Return a range that is `factor` times as long, its middle moved by `step` lengths of this one."""
        length = self.ends_at - self.starts_at
        whole = self.period.ends_at - self.period.starts_at
        new_length = min(max(int(length * factor), MINUTE_MS), whole)
        middle = self.starts_at + length // 2 + int(length * step)
        start = min(max(middle - new_length // 2, self.period.starts_at), self.period.ends_at - new_length)
        start -= (start - self.period.starts_at) % MINUTE_MS
        end = min(self.period.starts_at + -(-(start + new_length - self.period.starts_at) // MINUTE_MS) * MINUTE_MS,
                  self.period.ends_at)  # fmt: skip
        return TimeRange(self.period, None, start, end)


def time_range(period: Period, hour: int | None) -> TimeRange:
    """Return the range of a day, or of one hour by the person's clock; the day where it has no such hour."""
    starts, labels = period.hours
    label = next((label for label in labels if label % 24 == hour), None)
    if label is None:
        return TimeRange(period, None, period.starts_at, period.ends_at)
    # When clocks go back, two consecutive hours have this label.
    last = len(labels) - 1 - labels[::-1].index(label)
    end = starts[last + 1] if last + 1 < len(starts) else period.ends_at
    return TimeRange(period, label, starts[labels.index(label)], end)


def range_of_minutes(period: Period, text: str) -> TimeRange | None:
    """Return the range from one minute of a day to another, such as 540-600; None for any other text."""
    low, _, high = text.partition("-")
    if not (low.isdecimal() and high.isdecimal() and len(text) <= 9):
        return None
    start = period.starts_at + int(low) * MINUTE_MS
    end = min(period.starts_at + int(high) * MINUTE_MS, period.ends_at)
    return TimeRange(period, None, start, end) if start < end else None


def range_of_activity(period: Period, visits: Sequence[ListedVisit], now: int) -> TimeRange:
    """Return the full hours from the first visit of a day to the last one, or to `now`; the day without visits."""
    if not visits:
        return time_range(period, None)
    first = max(min(each.visit.started_at for each in visits), period.starts_at)
    last = max(first + 1, *(each.visit.reaches_until for each in visits))
    if period.starts_at <= now < period.ends_at:
        last = max(last, now)
    starts, _ = period.hours
    start = max(at for at in starts if at <= first)
    end = min((at for at in starts if at >= last), default=period.ends_at)
    return TimeRange(period, None, start, end)


@dataclass(frozen=True, slots=True)
class ListLine:
    """A line of an hour's list: a visit or, where `visit` is None, a gap until `gap_ends_at`."""

    starts_at: int
    visit: ListedVisit | None
    gap_ends_at: int = 0


@dataclass(frozen=True, slots=True)
class HourList:
    """The list of an hour, and the hour's numbers."""

    label: str
    lines: list[ListLine]
    numbers: Hour
    # The gap that the hour ends with, where it goes on beyond the hour.
    last_gap: ListLine | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some of the lines of a range, by hour; `last_page` is the number of pages."""

    hours: list[HourList]
    number: int
    last_page: int


def page_of_lists(hours: Sequence[HourList], number: int, size: int) -> ListPage:
    """Return the lines of one page, or of the nearest one that there is; pages are counted from 1."""
    last_page = max(1, -(-sum(len(hour.lines) for hour in hours) // size))
    number = min(max(number, 1), last_page)
    low, high = (number - 1) * size, number * size
    found = []
    at = 0
    for hour in hours:
        lines = hour.lines[max(low - at, 0) : max(high - at, 0)]
        at += len(hour.lines)
        if lines:
            found.append(replace(hour, lines=lines))
    return ListPage(found, number, last_page)


def hour_lists(visits: Sequence[ListedVisit], gaps_in_range: Sequence[Span], shown: TimeRange) -> list[HourList]:
    """Return the hours of a range that hold a visit or the beginning of a gap.

    A visit from before the range stands where the range begins, and again in an hour that it fills alone.
    """
    period = shown.period
    found: dict[HourLabel, list[ListLine]] = {}
    for each in visits:
        started_at = each.visit.started_at
        found.setdefault(period.hour_at(max(started_at, shown.starts_at)), []).append(ListLine(started_at, each))
    for low, high in gaps_in_range:
        found.setdefault(period.hour_at(low), []).append(ListLine(low, None, high))
    starts, labels = period.hours
    hours = tally((each.visit for each in visits), starts, labels, period.ends_at).hours
    begun = set(found)
    for start, label in zip(starts, labels, strict=True):
        # Where clocks go back over midnight, two hours of the day have one label.
        if label in hours and shown.starts_at <= start < shown.ends_at and label not in begun:
            found.setdefault(label, []).extend(
                ListLine(each.visit.started_at, each)
                for each in visits
                if each.visit.started_at < start < each.visit.reaches_until
            )
    return [_hour_list(label, found[label], hours.get(label, Hour()), period) for label in sorted(found)]


def _hour_list(label: HourLabel, lines: list[ListLine], numbers: Hour, period: Period) -> HourList:
    ordered = sorted(lines, key=lambda line: line.starts_at)
    last = ordered[-1]
    goes_on = last.visit is None and period.hour_at(min(last.gap_ends_at, period.ends_at - 1)) != label
    return HourList(f"{label % 24:02}:00", ordered, numbers, last if goes_on else None)
