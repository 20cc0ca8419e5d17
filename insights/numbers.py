"""The definition of every number: pure functions over visits. Instants and durations are integer milliseconds.

`DEFINITIONS` is the one place that puts a number into words; docs/numbers.md, the pages and the API description repeat
it. None stands for an unknown number, which is not 0.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

DEFINITIONS: Final = {
    "duration": "Duration: how long a visit lasted, from its start to its end or, while it is open, to its last sign "
    "of life (the later of its last heartbeat and its start plus the duration reported so far); unknown where the "
    "browser sent none of these.",
    "active": "Active time: how long you were there, as your browser counted it, never more than the duration of the "
    "visit; a visit that crosses midnight or the full hour is split by the clock, and a visit of unknown active time "
    "is left out.",
    "time": "Time on pages: the durations of all visits added up, so that two browsers open at once count twice; a "
    "visit of unknown duration is left out.",
    "clock": "On the clock: the time in which at least one page was in front; each moment counts once, however many "
    "browsers were open, and a visit of unknown duration is left out.",
    "visits": "Visits: how many visits began in this period.",
    "sites": "Sites: how many different domains had a visit in this period.",
    "focus": "Focus: active time as a share of time on pages, over the visits for which both are known.",
    "longest": "Longest stay: the most active time of a single visit that began in this period.",
    "share": "Share: active time on this site out of the active time on all sites in this period.",
    "typical": "Typical stay: the median active time of the visits that began in this period; a visit of unknown "
    "active time is left out.",
    "change": "Change: compared with the period of the same length before; a period that is still running is compared "
    "with the same part of the one before.",
    "lifetime": "Open for: from the opening of a tab until it was closed or, while it is open, until it was last used.",
    "switched": "Most switched to: the tabs that showed the most pages; coming back to a tab counts as one more page.",
    "unread": "Never read: tabs in which your browser counted no active time.",
    "gap": "Nothing recorded: no browser reported a page in front; the browser may have been closed, paused or away.",
    "idle": "Away: idle, screen locked or another window in front, as your browser reported it within the visit.",
}


class Visit(NamedTuple):
    """The columns of a page visit that numbers need; `active_ms` is already capped, see `active_time`.

    `ended_at` is None where the duration is unknown.
    """

    started_at: int
    ended_at: int | None
    active_ms: int | None
    domain: str = ""
    category: str = ""

    @property
    def last_known_at(self) -> int:
        """The end, or the start where the end is unknown."""
        return self.started_at if self.ended_at is None else self.ended_at

    @property
    def duration_ms(self) -> int | None:
        """None where it is unknown."""
        return None if self.ended_at is None else self.ended_at - self.started_at


def end_of(started_at: int, ended_at: int | None, heartbeat_at: int | None, duration_ms: int | None) -> int | None:
    """Return the end of a visit, or its last sign of life while it is open; None where there is no sign."""
    if ended_at is not None:
        return ended_at
    if duration_ms is not None:
        heartbeat_at = max(heartbeat_at or 0, started_at + duration_ms)
    return None if heartbeat_at is None else max(started_at, heartbeat_at)


def active_time(started_at: int, ended_at: int | None, duration_ms: int | None, active_ms: int | None) -> int | None:
    """Return the active time, capped at the duration that was sent and at the time between start and end.

    Rows stored before durations could be unknown have 0 where none was sent, so 0 beside a later end caps nothing.
    """
    if active_ms is None or ended_at is None:
        return active_ms
    return min(active_ms, ended_at - started_at, duration_ms or ended_at - started_at)


class Part(NamedTuple):
    """The share of one visit that falls into [start, end) of some hour or period; unknown times count as 0."""

    active_ms: int = 0
    time_ms: int = 0
    visits: int = 0


def part(visit: Visit, start: int, end: int) -> Part:
    """Return the share of a visit that lies in [start, end).

    Active time is spread evenly over the visit and rounded down cumulatively, so that parts which touch add up exactly.
    A visit of unknown duration lies wholly where it began.
    """
    began_at, active_ms = visit.started_at, visit.active_ms or 0
    low, high = max(began_at, start), min(visit.last_known_at, end)
    begins = 1 if start <= began_at < end else 0
    if high <= low:
        return Part(active_ms * begins, 0, begins)
    duration_ms = visit.last_known_at - began_at
    before_high, before_low = (active_ms * (at - began_at) // duration_ms for at in (high, low))
    return Part(before_high - before_low, high - low, begins)


def parts(visit: Visit, starts: Sequence[int], end: int) -> Iterator[tuple[int, Part]]:
    """Yield (index, share) for each hour that a visit touches; hours run from one of `starts` to the next or `end`."""
    first = max(bisect_right(starts, visit.started_at) - 1, 0)
    last = max(bisect_left(starts, visit.last_known_at), first + 1)
    for index in range(first, min(last, len(starts))):
        share = part(visit, starts[index], starts[index + 1] if index + 1 < len(starts) else end)
        if share != (0, 0, 0):
            yield index, share


Span = tuple[int, int]


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

    def add_part(self, visit: Visit, share: Part) -> None:
        """Add the share of one visit, if something of the visit is unknown."""
        if visit.ended_at is None:
            self.visits_without_duration += share.visits
            self.active_without_duration_ms += share.active_ms
        if visit.active_ms is None:
            self.visits_without_active += share.visits
            self.time_without_active_ms += share.time_ms


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
        return without == (self.visits, self.time_sum_ms) != (0, 0)

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

    @property
    def focus(self) -> float | None:
        """Active time as a share of time on pages, over the visits for which both are known."""
        return focus(
            self.active_sum_ms - self.unknown.active_without_duration_ms,
            self.time_sum_ms - self.unknown.time_without_active_ms,
        )

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
    # The active time by category, "" for none.
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def clock_ms(self) -> int | None:
        """The time on the clock, in ms; None if it is unknown."""
        return None if self.is_time_unknown else self.clock_sum_ms

    def add(self, other: "Hour") -> None:
        """Add the numbers of another hour."""
        self.add_sums(other)
        self.clock_sum_ms += other.clock_sum_ms
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


@dataclass(slots=True)
class Tally:
    """The hours of a period by label, and its sites by domain. Tallies of disjoint periods add up."""

    hours: dict[int, Hour] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add the tally of other instants."""
        for label, hour in other.hours.items():
            self.hours.setdefault(label, Hour()).add(hour)
        for domain, site in other.sites.items():
            self.sites.setdefault(domain, Site()).add(site)


def tally(  # noqa: PLR0912  # most visits take a short way of their own
    visits: Iterable[Visit], starts: Sequence[int], labels: Sequence[int], end: int
) -> Tally:
    """Return the tally of the hours that begin at `starts` and are over at `end`; visits come in order of their start.

    A visit that reaches beyond the hours counts with its share, and is counted as a visit only where it began.
    """
    hours = [Hour() for _ in starts]
    sites: dict[str, Site] = {}
    stops = [*starts[1:], end]
    # All instants before this one are on the clock already.
    clocked_until = starts[0]
    for visit in visits:
        started_at, ended_at, active_ms, domain, category = visit
        index = bisect_right(starts, started_at) - 1
        stop = started_at if ended_at is None else ended_at
        fresh = max(started_at, clocked_until)
        if index >= 0 and started_at < end and stop <= stops[index]:
            # Most visits lie within one hour. A year holds many, so no Part is made for them.
            hour = hours[index]
            inside_ms, time_ms, begins = active_ms or 0, stop - started_at, 1
            hour.active_sum_ms += inside_ms
            hour.time_sum_ms += time_ms
            hour.visits += 1
            if inside_ms:
                hour.categories[category] = hour.categories.get(category, 0) + inside_ms
            if stop > fresh:
                hour.clock_sum_ms += stop - fresh
                clocked_until = stop
            if ended_at is None or active_ms is None:
                hour.unknown.add_part(visit, Part(inside_ms, time_ms, 1))
        else:
            inside_ms, time_ms, begins = share = part(visit, starts[0], end)
            if share == (0, 0, 0):
                continue
            for place, of_hour in parts(visit, starts, end):
                _add_part(hours[place], visit, of_hour)
                if of_hour.active_ms:
                    add_by_category(hours[place].categories, {category: of_hour.active_ms})
            stop = min(stop, end)
            _add_to_clock(hours, starts, stops, fresh, stop)
            clocked_until = max(clocked_until, stop)
        site = sites.get(domain)
        if site is None:
            site = sites[domain] = Site()
        site.active_sum_ms += inside_ms
        site.time_sum_ms += time_ms
        if begins:
            site.visits += 1
            if active_ms and active_ms > site.longest_ms:
                site.longest_ms = active_ms
        if ended_at is None or active_ms is None:
            site.unknown.add_part(visit, Part(inside_ms, time_ms, begins))
        site.categories[category] = site.categories.get(category, 0) + inside_ms
    return Tally(_by_label(labels, hours), sites)


def _by_label(labels: Sequence[int], hours: Sequence[Hour]) -> dict[int, Hour]:
    """Return the hours that hold anything; where clocks go back across midnight, two hours have one label."""
    found: dict[int, Hour] = {}
    for label, hour in zip(labels, hours, strict=True):
        if hour.time_sum_ms or hour.visits:
            found.setdefault(label, Hour()).add(hour)
    return found


def _add_part(sums: Sums, visit: Visit, share: Part) -> None:
    sums.active_sum_ms += share.active_ms
    sums.time_sum_ms += share.time_ms
    sums.visits += share.visits
    sums.unknown.add_part(visit, share)


def _add_to_clock(hours: Sequence[Hour], starts: Sequence[int], stops: Sequence[int], start: int, stop: int) -> None:
    """Add the instants [start, stop) to the clock of each hour that they touch."""
    place = max(bisect_right(starts, start) - 1, 0)
    while start < stop:
        until = min(stop, stops[place])
        hours[place].clock_sum_ms += until - start
        start, place = until, place + 1


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
    )
