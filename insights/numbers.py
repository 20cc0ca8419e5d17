"""The definition of every number: pure functions over visits. Instants and durations are integer milliseconds.

`DEFINITIONS` is the one place that puts a number into words, in short sentences. docs/numbers.md, the pages and the API
description repeat it. None stands for an unknown number, which is not 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

DEFINITIONS: Final = {
    "duration": "Duration: the time from the start of a visit to its end. A visit that has no end yet lasts until "
    "its browser last reported it (the later of its last heartbeat and its start plus the duration reported so "
    "far). The duration is unknown where the browser sent none of these.",
    "active": "Active time: the time in which you used a page, as your browser counted it. It is laid into each "
    "visit from its start on, outside its parts away. In each hour, one browser has at most the time in which its "
    "pages were in front. A visit of unknown active time is left out.",
    "time": "Time on pages: the durations of all visits, added up. Two browsers that are open at once count twice. "
    "A visit of unknown duration is left out.",
    "clock": "On the clock: the time in which you were at a browser, which is the time of all visits without their "
    "parts away. Each moment counts once, however many browsers were open. A visit of unknown duration is left "
    "out.",
    "visits": "Visits: how many visits began in this period.",
    "sites": "Sites: how many different sites you visited in this period.",
    "focus": "Focus: active time as a share of the time on pages. Only visits for which both are known count.",
    "longest": "Longest stay: the longest active time of a single visit that began in this period.",
    "share": "Share: the part of the active time in this period that was on this site.",
    "typical": "Typical stay: the median active time of the visits that began in this period, so that half of them "
    "were shorter and half were longer. A visit of unknown active time is left out.",
    "change": "Change: the difference from the period of the same kind before. It is shown only if your records "
    "begin before that period and it can be added up in time. A period that is still running is compared with the "
    "same part of the one before.",
    "open": "Open: a visit that has no end yet, and that its browser reported within the last hour.",
    "lifetime": "Open for: the time from the opening of a tab until it was closed or, while nobody closed it, until "
    "it was last used. A tab that was not used for a week no longer counts as open.",
    "switched": "Most switched to: the tabs that showed the most pages. Coming back to a tab counts as one more page.",
    "unread": "Never read: tabs in which your browser counted no active time.",
    "gap": "Nothing recorded: no browser reported a page in front. The browser may have been closed or paused, or "
    "you were away.",
    "idle": "Away: you used neither keyboard nor mouse, the screen was locked, or another window was in front, as "
    "your browser reported it within the visit.",
    "browsers": "Browsers: how many browsers had active time in this period. Their active times are added up.",
    "rest": "Not known: the part of a visit in which the browser counted no active time and did not report you away.",
}
# The active time of a visit of unknown duration lies within so much of it.
LONGEST_UNKNOWN_MS: Final = 86_400_000
Span = tuple[int, int]


class Visit(NamedTuple):
    """The columns of a page visit that numbers need; `active_ms` is already capped, see `active_time`.

    `ended_at` is None where the duration is unknown. `away` holds its parts away, disjoint, ordered and within it.
    """

    started_at: int
    ended_at: int | None
    active_ms: int | None
    domain: str = ""
    category: str = ""
    browser_id: int = 0
    away: tuple[Span, ...] = ()

    @property
    def last_known_at(self) -> int:
        """The end, or the start where the end is unknown."""
        return self.started_at if self.ended_at is None else self.ended_at

    @property
    def duration_ms(self) -> int | None:
        """None where it is unknown."""
        return None if self.ended_at is None else self.ended_at - self.started_at

    @property
    def present(self) -> list[Span]:
        """The visit without its parts away; nothing where the duration is unknown."""
        whole = (self.started_at, self.last_known_at)
        return subtract([whole], self.away) if whole[1] > whole[0] else []

    @property
    def active(self) -> list[Span]:
        """Where the active time lies: from the start on, outside the parts away."""
        return laid_out(self.started_at, self.active_ms or 0, self.away)

    @property
    def reaches_until(self) -> int:
        """The end of all that is known of it."""
        return max([self.last_known_at, *(high for _, high in self.active[-1:])])


def end_of(started_at: int, ended_at: int | None, heartbeat_at: int | None, duration_ms: int | None) -> int | None:
    """Return the end of a visit, or its last sign of life while it is open; None where there is no sign."""
    if ended_at is not None:
        return ended_at
    if duration_ms is not None:
        heartbeat_at = max(heartbeat_at or 0, started_at + duration_ms)
    return None if heartbeat_at is None else max(started_at, heartbeat_at)


def latest_end(started_at: int, ended_at: int | None) -> int:
    """Return the end of the span that can hold a visit's active time: a day at most where the end is unknown."""
    return started_at + LONGEST_UNKNOWN_MS if ended_at is None else ended_at


def active_time(
    started_at: int, ended_at: int | None, duration_ms: int | None, active_ms: int | None, away_ms: int = 0
) -> int | None:
    """Return the active time, capped at the duration that was sent and at the time between start and end not away.

    Rows stored before durations could be unknown have 0 where none was sent, so 0 beside a later end caps nothing.
    """
    if active_ms is None:
        return None
    longest_ms = latest_end(started_at, ended_at) - started_at - away_ms
    if duration_ms and duration_ms < longest_ms:
        longest_ms = duration_ms
    # Comparisons in place of min(): a year holds many visits.
    return active_ms if active_ms < longest_ms else longest_ms


def parts_away(started_at: int, ended_at: int | None, periods: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Return the disjoint, ordered parts away within a visit, from its idle periods.

    A period without an end lasts until the end of the visit, and is left out where that is unknown.
    """
    until = latest_end(started_at, ended_at)
    spans = ((period["start"], ended_at if period["end"] is None else period["end"]) for period in periods)
    return tuple(union((max(low, started_at), min(high, until)) for low, high in spans if high is not None))


def laid_out(start: int, length_ms: int, away: Iterable[Span]) -> list[Span]:
    """Return the first `length_ms` from `start` on that lie outside the parts away."""
    found: list[Span] = []
    at = start
    for low, high in away:
        if low > at and length_ms > 0:
            taken = min(low - at, length_ms)
            found.append((at, at + taken))
            length_ms -= taken
        at = max(at, high)
    if length_ms > 0:
        found.append((at, at + length_ms))
    return found


def union(spans: Iterable[Span]) -> list[Span]:
    """Return disjoint spans in order that cover the same instants; spans that touch are joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def subtract(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Return the parts of some spans outside others; both are disjoint and ordered."""
    left: list[Span] = []
    place = 0
    for start, high in spans:
        low = start
        while place < len(taken) and taken[place][1] <= low:
            place += 1
        at = place
        while at < len(taken) and taken[at][0] < high:
            if taken[at][0] > low:
                left.append((low, taken[at][0]))
            low = max(low, taken[at][1])
            at += 1
        if low < high:
            left.append((low, high))
    return left


def gaps(spans: Sequence[Span], start: int, end: int, shortest_ms: int) -> list[Span]:
    """Return the spans within [start, end) of at least `shortest_ms` that the disjoint, ordered spans leave free."""
    free: list[Span] = []
    at = start
    for low, high in spans:
        if low - at >= shortest_ms:
            free.append((at, low))
        at = max(at, high)
    if end - at >= shortest_ms:
        free.append((at, end))
    return free


def focus(active_ms: int, time_ms: int) -> float | None:
    """Return active time as a share of time on pages; None where there was none."""
    return active_ms / time_ms if time_ms else None


def change(now: int | None, before: int | None) -> float | None:
    """Return the growth as a share of `before`; None if a number is unknown or `before` is 0."""
    return None if now is None or not before else (now - before) / before


@dataclass(slots=True)
class Unknown:
    """The part of some sums that comes from visits of unknown duration or unknown active time."""

    visits_without_duration: int = 0
    active_without_duration_ms: int = 0
    visits_without_active: int = 0
    time_without_active_ms: int = 0

    def add(self, other: "Unknown") -> None:
        """Add the part of other sums."""
        self.visits_without_duration += other.visits_without_duration
        self.active_without_duration_ms += other.active_without_duration_ms
        self.visits_without_active += other.visits_without_active
        self.time_without_active_ms += other.time_without_active_ms


@dataclass(slots=True)
class Sums:
    """Sums over visits. The sums leave unknown times out; `active_ms` and `time_ms` are None where none was known."""

    active_sum_ms: int = 0
    time_sum_ms: int = 0
    visits: int = 0
    unknown: Unknown = field(default_factory=Unknown)

    @property
    def is_active_unknown(self) -> bool:
        """True if there are visits, and none has a known active time."""
        without = (self.unknown.visits_without_active, self.unknown.time_without_active_ms)
        return not self.active_sum_ms and without == (self.visits, self.time_sum_ms) != (0, 0)

    @property
    def is_time_unknown(self) -> bool:
        """True if there are visits, and none has a known duration."""
        return not self.time_sum_ms and 0 < self.visits == self.unknown.visits_without_duration

    @property
    def active_ms(self) -> int | None:
        """The active time."""
        return None if self.is_active_unknown else self.active_sum_ms

    @property
    def time_ms(self) -> int | None:
        """The time on pages, in ms; None if it is unknown."""
        return None if self.is_time_unknown else self.time_sum_ms

    def add_sums(self, other: "Sums") -> None:
        """Add other sums."""
        self.active_sum_ms += other.active_sum_ms
        self.time_sum_ms += other.time_sum_ms
        self.visits += other.visits
        self.unknown.add(other.unknown)


def add_by_category(sums: dict[str, int], others: Mapping[str, int]) -> None:
    """Add the active time of others to that of each category."""
    for category, active_ms in others.items():
        sums[category] = sums.get(category, 0) + active_ms


@dataclass(slots=True)
class Hour(Sums):
    """The numbers of one hour of the person's clock, or of several added up."""

    clock_sum_ms: int = 0
    # The browsers with active time.
    browsers: set[int] = field(default_factory=set)
    # The active time by category, "" for none.
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def clock_ms(self) -> int | None:
        """The time on the clock, in ms; None if it is unknown."""
        return None if self.is_time_unknown else self.clock_sum_ms

    @property
    def focus(self) -> float | None:
        """Active time as a share of time on pages, over the visits for which both are known."""
        return focus(
            self.active_sum_ms - self.unknown.active_without_duration_ms,
            self.time_sum_ms - self.unknown.time_without_active_ms,
        )

    def add(self, other: "Hour") -> None:
        """Add the numbers of another hour."""
        self.add_sums(other)
        self.clock_sum_ms += other.clock_sum_ms
        self.browsers |= other.browsers
        add_by_category(self.categories, other.categories)


@dataclass(slots=True)
class Site(Sums):
    """The numbers of one domain; `categories` holds the active time of each category, "" stands for none."""

    longest_ms: int = 0
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def category(self) -> str:
        """The category with the most active time, of equal ones the first by name; "" only where there is no other."""
        named = [(-active_ms, name) for name, active_ms in self.categories.items() if name]
        return min(named)[1] if named else ""

    def add(self, other: "Site") -> None:
        """Add the numbers of the same domain at other instants."""
        self.add_sums(other)
        self.longest_ms = max(self.longest_ms, other.longest_ms)
        add_by_category(self.categories, other.categories)


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of one period."""

    active_ms: int | None
    time_ms: int | None
    clock_ms: int | None
    visits: int
    sites: int
    focus: float | None
    longest_ms: int | None
    longest_domain: str | None
    browsers: int = 1


@dataclass(slots=True)
class Tally:
    """The hours of a period by label, and its sites by domain. Tallies of disjoint periods add up."""

    hours: dict[int, Hour] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add the tally of other instants, which is of no use afterwards: its hours and sites may go on in this one."""
        for label, hour in other.hours.items():
            if label in self.hours:
                self.hours[label].add(hour)
            else:
                self.hours[label] = hour
        for domain, site in other.sites.items():
            if domain in self.sites:
                self.sites[domain].add(site)
            else:
                self.sites[domain] = site


def totals(tallied: Tally) -> Totals:
    """Return the numbers of a period from its tally."""
    whole = Hour()
    for hour in tallied.hours.values():
        whole.add(hour)
    longest, domain = min(((-site.longest_ms, domain) for domain, site in tallied.sites.items()), default=(0, None))
    is_longest_unknown = 0 < whole.visits == whole.unknown.visits_without_active
    return Totals(
        active_ms=whole.active_ms,
        time_ms=whole.time_ms,
        clock_ms=whole.clock_ms,
        visits=whole.visits,
        sites=len(tallied.sites),
        focus=whole.focus,
        longest_ms=None if is_longest_unknown else -longest,
        longest_domain=domain if longest else None,
        browsers=len(whole.browsers),
    )
