"""The tally of visits by hour, site and category, in one pass. Instants and durations are integer milliseconds.

Records of one browser may overlap, and would then claim more active time than there was. So in each hour, the active
time of one browser is at most the time in which its pages were in front and nobody was away. The same holds for the
visits of one site, and of one category: each of these numbers depends on nothing but the visits that it is about, in
whatever way pages and filters ask for them.

The part of a visit that lies in one hour is itself a `Visit`. Its active time is that of the visit in this hour.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter, le
from typing import Final

from insights.numbers import Hour, Site, Span, Tally, Unknown, Visit

# The parts of visits in hours that go on, and their parts away, that are held at a time: some 60 MB.
MOST_HELD: Final = 250_000
_start, _end, _active, _domain, _category = map(itemgetter, range(5))


class TooManyHeld(Exception):
    """More visits overlap than can be held at a time."""


def tally(visits: Iterable[Visit], starts: Sequence[int], labels: Sequence[int], end: int) -> Tally:
    """Return the tally of the hours that begin at `starts` and are over at `end`; visits come in order of their start.

    A visit that reaches beyond the hours counts with its share, and is counted as a visit only where it began. Too many
    that overlap raise TooManyHeld.
    """
    tallying = Tallying(starts, end)
    tallying.add(visits)
    tallying.finish(len(starts))
    return Tally(_by_label(labels, tallying.hours), dict(tallying.sites))


class Held:
    """The parts of visits of one browser in one hour.

    `whole` are visits that lie in it, of known times and without parts away, which most are. `begun` are the parts of
    others that began in it, and `earlier` those of visits that began before.
    """

    __slots__ = ("begun", "earlier", "whole")

    def __init__(self) -> None:
        self.whole: list[Visit] = []
        self.begun: list[Visit] = []
        self.earlier: list[Visit] = []


class Tallying:
    """The sums over the hours so far, and the parts of visits in the hours that go on."""

    def __init__(self, starts: Sequence[int], end: int) -> None:
        self.starts, self.stops, self.end = starts, [*starts[1:], end], end
        # By its place in `starts`. Ten years have 87,660 hours, most of them without a visit.
        self.hours: defaultdict[int, Hour] = defaultdict(Hour)
        self.sites: defaultdict[str, Site] = defaultdict(Site)
        self.held: defaultdict[int, defaultdict[int, Held]] = defaultdict(lambda: defaultdict(Held))
        self.count_held = 0

    def add(self, visits: Iterable[Visit]) -> None:
        """Add visits in order of their start; raises TooManyHeld."""
        start = stop = self.starts[0]
        latest = self.held[0]
        for visit in visits:
            started_at, ended_at, active_ms, _, _, browser_id, away = visit
            if started_at >= stop:
                place = bisect_right(self.starts, started_at) - 1
                self.finish(place)
                start, stop, latest = self.starts[place], self.stops[place], self.held[place]
            if ended_at is None or ended_at > stop or started_at < start:
                self._add_by_hour(visit)
            elif away or active_ms is None:
                latest[browser_id].begun.append(visit)
                self.count_held += 1 + len(away)
            else:
                latest[browser_id].whole.append(visit)
                self.count_held += 1
            if self.count_held > MOST_HELD:
                raise TooManyHeld

    def _add_by_hour(self, visit: Visit) -> None:
        """Add a visit that may be in several hours, or of unknown duration."""
        started_at, ended_at, active_ms, domain, _, browser_id, away = visit
        active_by_hour: defaultdict[int, int] = defaultdict(int)
        for place, low, high in self._by_hour(visit.active):
            active_by_hour[place] += high - low
        places = {*active_by_hour, *(place for place, _, _ in self._by_hour([(started_at, visit.last_known_at)]))}
        begins_in = bisect_right(self.starts, started_at) - 1 if started_at < self.end else -1
        if begins_in >= 0:
            places.add(begins_in)
            site = self.sites[domain]
            site.longest_ms = max(site.longest_ms, active_ms or 0)
        for place in places:
            low, high = self.starts[place], self.stops[place]
            part = visit._replace(
                started_at=max(started_at, low),
                ended_at=None if ended_at is None else min(ended_at, high),
                active_ms=None if active_ms is None else active_by_hour[place],
                away=away[bisect_right(away, low, key=_end) : bisect_left(away, high, key=_start)],
            )
            held = self.held[place][browser_id]
            (held.begun if place == begins_in else held.earlier).append(part)
            self.count_held += 1 + len(part.away)

    def _by_hour(self, spans: Iterable[Span]) -> Iterator[tuple[int, int, int]]:
        """Yield the index of each hour that the spans touch, and the part of the span within it."""
        for start, stop in spans:
            low, high = max(start, self.starts[0]), min(stop, self.end)
            place = bisect_right(self.starts, low) - 1
            while low < high:
                until = min(high, self.stops[place])
                yield place, low, until
                low, place = until, place + 1

    def finish(self, place: int) -> None:
        """Sum up the hours before one; no visit that is still to come begins in them."""
        for over in [over for over in self.held if over < place]:
            hour = self.hours[over]
            clock: list[Visit] = []
            for browser_id, held in self.held.pop(over).items():
                active_ms = self._sum_up(hour, held.whole, begin=True)
                active_ms += self._sum_up(hour, held.begun, begin=True) + self._sum_up(hour, held.earlier, begin=False)
                if active_ms:
                    hour.browsers.add(browser_id)
                parts = held.begun + held.earlier
                self.count_held -= len(held.whole) + len(parts) + sum(len(part.away) for part in parts)
                known = held.whole + covered_by([part for part in parts if part.ended_at is not None])
                known.sort(key=_start)
                self._take_off_excess(hour, known, covered_by([part for part in parts if part.ended_at is None]))
                clock += known
            clock.sort(key=_start)
            hour.clock_sum_ms = union_ms(clock)

    def _sum_up(self, hour: Hour, parts: Sequence[Visit], *, begin: bool) -> int:
        """Add parts of one browser to the hour and to their sites and categories; return the active time."""
        sites, categories = self.sites, hour.categories
        active_sum_ms = time_sum_ms = 0
        for part in parts:
            started_at, ended_at, active_ms, domain, category, _, _ = part
            site = sites[domain]
            if ended_at is None or active_ms is None:
                for sums in (hour, site):
                    sums.unknown.add(_unknown(part, begin=begin))
                active_ms = active_ms or 0
            time_ms = 0 if ended_at is None else ended_at - started_at
            time_sum_ms += time_ms
            site.time_sum_ms += time_ms
            active_sum_ms += active_ms
            site.active_sum_ms += active_ms
            site.categories[category] = site.categories.get(category, 0) + active_ms
            if active_ms:
                categories[category] = categories.get(category, 0) + active_ms
            if begin:
                site.visits += 1
                if active_ms > site.longest_ms:  # noqa: PLR1730  # a call for each of a year's visits takes long
                    site.longest_ms = active_ms
        hour.time_sum_ms += time_sum_ms
        hour.active_sum_ms += active_sum_ms
        hour.visits += len(parts) if begin else 0
        return active_sum_ms

    def _take_off_excess(self, hour: Hour, known: Sequence[Visit], unknown: Sequence[Visit]) -> None:
        """Take off the active time that overlapping visits of one browser claim beyond the time that they cover."""
        spans = sorted(chain(known, unknown), key=_start) if unknown else known
        if _are_apart(spans):
            return
        whole_ms = excess_ms(spans)
        hour.active_sum_ms -= whole_ms
        if unknown:
            hour.unknown.active_without_duration_ms -= whole_ms - excess_ms(known)
        for category, of_category in _grouped(spans, _category):
            if taken_ms := excess_ms(of_category):
                hour.categories[category] -= taken_ms
        for domain, of_site in _grouped(spans, _domain):
            if not _are_apart(of_site):
                site = self.sites[domain]
                site.active_sum_ms -= excess_ms(of_site)
                for category, of_both in _grouped(of_site, _category):
                    site.categories[category] -= excess_ms(of_both)


def _unknown(part: Visit, *, begin: bool) -> Unknown:
    """Return what a part of a visit adds to the sums of visits of unknown duration or active time."""
    _, ended_at, active_ms, *_ = part
    return Unknown(
        visits_without_duration=int(begin and ended_at is None),
        active_without_duration_ms=active_ms or 0 if ended_at is None else 0,
        visits_without_active=int(begin and active_ms is None),
        time_without_active_ms=part.duration_ms or 0 if active_ms is None else 0,
    )


def covered_by(parts: Iterable[Visit]) -> list[Visit]:
    """Return the spans that can hold the active time of parts, each as a visit.

    The first span of a part has its active time, and its other spans have 0.
    """
    found = []
    for part in parts:
        active_ms = part.active_ms or 0
        for low, high in part.active if part.ended_at is None else part.present:
            found.append(Visit(low, high, active_ms, part.domain, part.category))
            active_ms = 0
    return found


def _grouped(spans: Iterable[Visit], key: Callable[[Visit], str]) -> Iterable[tuple[str, list[Visit]]]:
    """Return spans by site or category, where there is more than one of it."""
    found: defaultdict[str, list[Visit]] = defaultdict(list)
    for span in spans:
        found[key(span)].append(span)
    return [(of, group) for of, group in found.items() if len(group) > 1]


def _are_apart(spans: Sequence[Visit]) -> bool:
    """Tell whether no two spans overlap; they come in order of their start."""
    return all(map(le, map(_end, spans), map(_start, islice(spans, 1, None))))


def excess_ms(spans: Sequence[Visit]) -> int:
    """Return how much more active time spans have than they cover; they come in order of their start."""
    active_ms: int = sum(map(_active, spans))
    return max(active_ms - union_ms(spans), 0)


def union_ms(spans: Sequence[Visit]) -> int:
    """Return how long at least one of the spans goes on; they come in order of their start."""
    found_ms = until = 0
    for low, high in zip(map(_start, spans), map(_end, spans), strict=True):
        if high > until:
            found_ms += high - (low if low > until else until)
            until = high
    return found_ms


def _by_label(labels: Sequence[int], hours: Mapping[int, Hour]) -> dict[int, Hour]:
    """Return the hours that hold anything; where clocks go back across midnight, two hours have one label."""
    found: dict[int, Hour] = {}
    for place in sorted(hours):
        hour = hours[place]
        if hour.time_sum_ms or hour.visits or hour.active_sum_ms:
            found.setdefault(labels[place], Hour()).add(hour)
    return found
