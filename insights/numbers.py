"""What every number means: pure functions over visits. Instants and durations are integer milliseconds.

`DEFINITIONS` is the one place where a number is put into words; docs/numbers.md and the tooltips repeat it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

DEFINITIONS: Final = {
    "duration": "Duration: how long a visit lasted, from its start to its end or, while it is open, to its last sign "
    "of life (the later of its last heartbeat and its start plus the duration reported so far).",
    "active": "Active time: how long you were there, as your browser counted it, never more than the duration of the "
    "visit; of a visit that crosses midnight or the full hour, each side gets its share by the clock.",
    "time": "Time on pages: the durations of all visits added up, so that two browsers open at once count twice.",
    "clock": "On the clock: the time in which at least one page was in front, each moment counted once however many "
    "browsers were open.",
    "visits": "Visits: how many visits began in this period.",
    "sites": "Sites: how many different domains had a visit in this period.",
    "focus": "Focus: active time as a share of time on pages.",
    "longest": "Longest stay: the most active time of a single visit that began in this period.",
    "share": "Share: active time on this site out of the active time on all sites in this period.",
    "typical": "Typical stay: the median active time of the visits that began in this period.",
    "change": "Change: against the period of the same length before; for one that is still running, against as much of "
    "the one before.",
    "lifetime": "Open for: from when a tab was opened until it was closed or, while open, until it was last used.",
    "switched": "Most switched to: the tabs with most pages, where coming back to a tab counts as one more.",
    "unread": "Never read: tabs in which your browser counted no active time from first to last.",
    "gap": "Nothing recorded: no browser reported a page in front; the browser may have been closed, paused or away.",
    "idle": "Away: idle, locked or another window in front, as your browser reported it within the visit.",
}


class Visit(NamedTuple):
    """As much of a page visit as the numbers need; active time is already capped, see `active_time`."""

    start: int
    end: int
    active: int
    domain: str = ""
    category: str | None = None

    @property
    def duration(self) -> int:
        """How long it lasted."""
        return self.end - self.start


def end_of(start: int, ended: int | None, heartbeat: int | None, duration: int) -> int:
    """Return when a visit ended or, while it is open, its last sign of life."""
    if ended is not None:
        return ended
    return max(start + duration, heartbeat if heartbeat is not None else start)


def active_time(start: int, end: int, duration: int, active: int) -> int:
    """Return the active time capped at the duration: at the one the browser sent, and at what lies between the ends.

    A duration of 0 beside an end that is later means that the browser sent none.
    """
    return min(active, end - start, duration or end - start)


class Part(NamedTuple):
    """What falls into one stretch of time."""

    active: int = 0
    time: int = 0
    visits: int = 0


def part(visit: Visit, start: int, end: int) -> Part:
    """Return the share of a visit that lies in [start, end).

    Active time is spread evenly over the visit and rounded down cumulatively, so parts that touch add up exactly.
    """
    low, high = max(visit.start, start), min(visit.end, end)
    begins = 1 if start <= visit.start < end else 0
    if high <= low:
        return Part(visits=begins)
    duration = visit.end - visit.start
    active = visit.active * (high - visit.start) // duration - visit.active * (low - visit.start) // duration
    return Part(active, high - low, begins)


def pieces(visit: Visit, starts: Sequence[int], end: int) -> Iterator[tuple[int, Part]]:
    """Yield (index, share) for each stretch a visit touches; each runs from one of `starts` to the next or `end`."""
    first = max(bisect_right(starts, visit.start) - 1, 0)
    last = max(bisect_left(starts, visit.end), first + 1)
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


def covered(spans: Sequence[Span], starts: Sequence[int], end: int) -> list[int]:
    """Return how much of each stretch the disjoint, ordered spans cover; stretches as in `pieces`."""
    sums = [0] * len(starts)
    for low, high in spans:
        index = max(bisect_right(starts, low) - 1, 0)
        while index < len(starts) and starts[index] < high:
            stop = starts[index + 1] if index + 1 < len(starts) else end
            sums[index] += max(0, min(high, stop) - max(low, starts[index]))
            index += 1
    return sums


def gaps(spans: Sequence[Span], start: int, end: int, shortest: int) -> list[Span]:
    """Return the stretches of [start, end) of at least `shortest` that the disjoint, ordered spans leave free."""
    free: list[Span] = []
    at = start
    for low, high in spans:
        if low - at >= shortest:
            free.append((at, low))
        at = max(at, high)
    if end - at >= shortest:
        free.append((at, end))
    return free


def focus(active: int, time: int) -> float | None:
    """Return active time as a share of time on pages; None where there was none."""
    return active / time if time else None


def change(now: int, before: int) -> float | None:
    """Return by which share a number grew; None where there was nothing before."""
    return (now - before) / before if before else None


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of one period."""

    active: int
    time: int
    clock: int
    visits: int
    sites: int
    longest: int
    longest_domain: str | None

    @property
    def focus(self) -> float | None:
        """Active time as a share of time on pages."""
        return focus(self.active, self.time)


@dataclass(slots=True)
class Hour:
    """The numbers of one hour of the person's clock."""

    active: int = 0
    time: int = 0
    clock: int = 0
    visits: int = 0

    def add(self, other: "Hour") -> None:
        """Take in the numbers of other instants."""
        self.active += other.active
        self.time += other.time
        self.clock += other.clock
        self.visits += other.visits


@dataclass(slots=True)
class Site:
    """The numbers of one domain in a period; `categories` holds the active time of each category, "" is none."""

    active: int = 0
    time: int = 0
    visits: int = 0
    longest: int = 0
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def category(self) -> str:
        """The category of most of its active time; of equals the first by name, and "" only when there is no other."""
        named = [(-active, name) for name, active in self.categories.items() if name]
        return min(named)[1] if named else ""


@dataclass(slots=True)
class Tally:
    """All there is to know of a stretch of time: its hours by label, its sites by domain. Tallies add up."""

    hours: dict[int, Hour] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Take in the tally of other instants."""
        for label, more in other.hours.items():
            self.hours.setdefault(label, Hour()).add(more)
        for domain, found in other.sites.items():
            site = self.sites.setdefault(domain, Site())
            site.active += found.active
            site.time += found.time
            site.visits += found.visits
            site.longest = max(site.longest, found.longest)
            for category, active in found.categories.items():
                site.categories[category] = site.categories.get(category, 0) + active


def tally(visits: Iterable[Visit], starts: Sequence[int], labels: Sequence[int], end: int) -> Tally:
    """Return the tally of the hours that begin at `starts` and are over at `end`; visits come in order of their start.

    A visit that reaches beyond the hours counts with its share, and as begun only where it began.
    """
    hours = [Hour() for _ in starts]
    sites: dict[str, Site] = {}
    stops = [*starts[1:], end]
    reached = starts[0]
    for visit in visits:
        start, stop, active, domain, category = visit
        index = bisect_right(starts, start) - 1
        fresh = max(start, reached)
        if index >= 0 and start < end and stop <= stops[index]:
            hour = hours[index]
            time, begun = stop - start, 1
            hour.active += active
            hour.time += time
            hour.visits += 1
            if stop > fresh:
                hour.clock += stop - fresh
                reached = stop
        else:
            inside = part(visit, starts[0], end)
            if inside == (0, 0, 0):
                continue
            active, time, begun = inside
            for place, share in pieces(visit, starts, end):
                hour = hours[place]
                hour.active += share.active
                hour.time += share.time
                hour.visits += share.visits
            stop = min(stop, end)
            place = max(bisect_right(starts, fresh) - 1, 0)
            while fresh < stop:
                until = min(stop, stops[place])
                hours[place].clock += until - fresh
                fresh, place = until, place + 1
            reached = max(reached, stop)
        site = sites.get(domain)
        if site is None:
            site = sites[domain] = Site()
        site.active += active
        site.time += time
        if begun:
            site.visits += 1
            site.longest = max(site.longest, visit.active)
        category = category or ""
        site.categories[category] = site.categories.get(category, 0) + active
    whole = Tally({}, sites)
    for label, hour in zip(labels, hours, strict=True):
        if hour.time or hour.visits:
            # Where clocks went back across midnight, a label comes twice.
            whole.hours.setdefault(label, Hour()).add(hour)
    return whole


def totals(tallied: Tally) -> Totals:
    """Return the numbers of a period from its tally."""
    hours = tallied.hours.values()
    longest, domain = min(((-site.longest, domain) for domain, site in tallied.sites.items()), default=(0, None))
    return Totals(
        active=sum(hour.active for hour in hours),
        time=sum(hour.time for hour in hours),
        clock=sum(hour.clock for hour in hours),
        visits=sum(hour.visits for hour in hours),
        sites=len(tallied.sites),
        longest=-longest,
        longest_domain=domain if longest else None,
    )
