"""The tally of visits by hour, site and category, in one pass. Instants and durations are integer milliseconds.

Records of one browser may overlap, and would then claim more active time than there was. So in each hour, the active
time of one browser is at most the time in which its pages were in front and nobody was away. The same holds for the
visits of one site, and of one category: each of these numbers depends on nothing but the visits that it is about, in
whatever way pages and filters ask for them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from insights.numbers import Hour, Site, Span, Tally, Visit, add_by_category, subtract, total_ms, union

# The pieces of visits in hours that go on, and their spans, that are held at a time: some 60 MB.
MOST_HELD: Final = 250_000


class TooManyHeld(Exception):
    """More visits overlap than can be held at a time."""


class Piece(NamedTuple):
    """The share of a visit that lies in one hour; `covered` holds the spans that can hold its active time."""

    visit: Visit
    begins: bool
    active_ms: int
    time_ms: int
    covered: list[Span]


# Faster than the call of a named tuple, which passes each field on by itself.
_new_piece = tuple.__new__


class Covered:
    """The instants that visits cover, as far as they lie after the start of the latest one."""

    __slots__ = ("spans", "until")

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.until = 0

    def add(self, start: int, spans: list[Span]) -> list[Span]:
        """Cover the disjoint, ordered spans of a visit; return their parts that were not covered before.

        Visits come in order of their start.
        """
        if not spans:
            return spans
        if start >= self.until:
            self.spans, self.until = spans, spans[-1][1]
            return spans
        (first, until), (low, high) = self.spans[0], spans[0]
        if len(spans) == 1 and len(self.spans) == 1 and first <= low <= until:
            # Most visits that overlap others are one span beside one other.
            self.until = max(high, until)
            self.spans = [(first, self.until)]
            return [(until, high)] if high > until else []
        before = [span for span in self.spans if span[1] > start]
        self.spans = union([*before, *spans])
        self.until = self.spans[-1][1]
        return subtract(spans, before)


def tally(visits: Iterable[Visit], starts: Sequence[int], labels: Sequence[int], end: int) -> Tally:
    """Return the tally of the hours that begin at `starts` and are over at `end`; visits come in order of their start.

    A visit that reaches beyond the hours counts with its share, and is counted as a visit only where it began. Too many
    that overlap raise TooManyHeld.
    """
    tallying = Tallying(starts, end)
    for visit in visits:
        tallying.add(visit)
    tallying.finish(len(starts))
    return Tally(_by_label(labels, tallying.hours), tallying.sites)


class Tallying:
    """The sums over the hours so far, and the visits of the hours that go on."""

    def __init__(self, starts: Sequence[int], end: int) -> None:
        self.starts, self.stops, self.end = starts, [*starts[1:], end], end
        # By its place in `starts`. Ten years have 87,660 hours, most of them without a visit.
        self.hours: defaultdict[int, Hour] = defaultdict(Hour)
        self.sites: dict[str, Site] = {}
        self.clock = Covered()
        self.pending: dict[int, dict[int, list[Piece]]] = {}
        self.finished = 0
        self.held = 0

    def add(self, visit: Visit) -> None:
        """Add a visit that begins at or after the one before it; raises TooManyHeld."""
        started_at, ended_at, active_ms, _, _, browser_id, away = visit
        index = bisect_right(self.starts, started_at) - 1
        if index > self.finished:
            self.finish(index)
        if self.held > MOST_HELD:
            raise TooManyHeld
        if away or index < 0 or ended_at is None or ended_at > self.stops[index]:
            self._add_any(visit, index)
            return
        # Most visits lie within one hour. A year may hold a million, so this path does as little as possible.
        covered = [(started_at, ended_at)] if ended_at > started_at else []
        for low, high in self.clock.add(started_at, covered):
            self.hours[index].clock_sum_ms += high - low
        self.held += 1 + len(covered)
        piece = _new_piece(Piece, (visit, True, active_ms or 0, ended_at - started_at, covered))
        try:
            self.pending[index][browser_id].append(piece)
        except KeyError:
            self._pieces(index, browser_id).append(piece)

    def _pieces(self, index: int, browser_id: int) -> list[Piece]:
        return self.pending.setdefault(index, {}).setdefault(browser_id, [])

    def _add_any(self, visit: Visit, index: int) -> None:
        """Add a visit that may be in several hours, partly away, or of unknown duration."""
        for place, low, high in self._by_hour(self.clock.add(visit.started_at, visit.present)):
            self.hours[place].clock_sum_ms += high - low
        found: dict[int, tuple[list[Span], list[Span]]] = {}
        active = visit.active
        for number, spans in enumerate((active, visit.present if visit.ended_at is not None else active)):
            for place, low, high in self._by_hour(spans):
                found.setdefault(place, ([], []))[number].append((low, high))
        whole = [(visit.started_at, visit.last_known_at)]
        places = {*found, *(place for place, _, _ in self._by_hour(whole))}
        begins_in = index if visit.started_at < self.end else -1
        if begins_in >= 0:
            places.add(begins_in)
        # Its parts away are told by the covered spans, and a piece lives for some hours.
        apart = visit._replace(away=())
        for place in places:
            low, high = self.starts[place], self.stops[place]
            spans, covered = found.get(place, ([], []))
            self.held += 1 + len(covered)
            self._pieces(place, visit.browser_id).append(
                Piece(apart, place == begins_in, total_ms(spans, low, high), total_ms(whole, low, high), covered)
            )

    def _by_hour(self, spans: Iterable[Span]) -> Iterator[tuple[int, int, int]]:
        """Yield the index of each hour that the spans touch, and the part of the span within it."""
        for start, stop in spans:
            low, high = max(start, self.starts[0]), min(stop, self.end)
            place = bisect_right(self.starts, low) - 1
            while low < high:
                until = min(high, self.stops[place])
                yield place, low, until
                low, place = until, place + 1

    def finish(self, index: int) -> None:
        """Sum up the hours before one; no visit that is still to come begins in them."""
        self.finished = index
        for place in [place for place in self.pending if place < index]:
            hour = self.hours[place]
            for browser_id, pieces in self.pending.pop(place).items():
                self.held -= sum(1 + len(piece.covered) for piece in pieces)
                active_ms = self._sum_up(hour, pieces) if _are_apart(pieces) else self._sum_up_capped(hour, pieces)
                if active_ms:
                    hour.browsers.add(browser_id)

    def _sum_up(self, hour: Hour, pieces: Iterable[Piece]) -> int:
        """Add the pieces of one browser to the hour and to their sites and categories; return the active time."""
        sum_ms = 0
        for piece in pieces:
            active_ms = piece.active_ms
            sum_ms += active_ms
            site = self._add_times(hour, piece)
            site.active_sum_ms += active_ms
            visit = piece.visit
            category = visit.category
            site.categories[category] = site.categories.get(category, 0) + active_ms
            if active_ms:
                hour.categories[category] = hour.categories.get(category, 0) + active_ms
            if visit.ended_at is None:
                hour.unknown.active_without_duration_ms += active_ms
        hour.active_sum_ms += sum_ms
        return sum_ms

    def _sum_up_capped(self, hour: Hour, pieces: Sequence[Piece]) -> int:
        """Add pieces of one browser that overlap; return the active time."""
        by_category: dict[str, list[Piece]] = {}
        by_both: dict[str, dict[str, list[Piece]]] = {}
        known = []
        for piece in pieces:
            domain, category = piece.visit.domain, piece.visit.category
            by_category.setdefault(category, []).append(piece)
            by_both.setdefault(domain, {}).setdefault(category, []).append(piece)
            if piece.visit.ended_at is not None:
                known.append(piece)
            self._add_times(hour, piece)
        for domain, of_site in by_both.items():
            of_both_ms = {category: capped(of_both) for category, of_both in of_site.items()}
            site = self.sites[domain]
            add_by_category(site.categories, of_both_ms)
            # Most sites have one category.
            one_ms = sum(of_both_ms.values())
            site.active_sum_ms += one_ms if len(of_site) == 1 else capped([*chain.from_iterable(of_site.values())])
        for category, of_category in by_category.items():
            if of_category_ms := capped(of_category):
                add_by_category(hour.categories, {category: of_category_ms})
        whole_ms = capped(pieces)
        hour.active_sum_ms += whole_ms
        if len(known) < len(pieces):
            hour.unknown.active_without_duration_ms += whole_ms - capped(known)
        return whole_ms

    def _add_times(self, hour: Hour, piece: Piece) -> Site:
        """Add all but the active time to the hour and the site; return the site."""
        visit, begins, _, time_ms, _ = piece
        site = self.sites.get(visit.domain)
        if site is None:
            site = self.sites[visit.domain] = Site()
        hour.time_sum_ms += time_ms
        site.time_sum_ms += time_ms
        if begins:
            hour.visits += 1
            site.visits += 1
            if visit.active_ms and visit.active_ms > site.longest_ms:
                site.longest_ms = visit.active_ms
        if visit.active_ms is None or visit.ended_at is None:
            for sums in (hour, site):
                sums.unknown.visits_without_duration += begins and visit.ended_at is None
                sums.unknown.visits_without_active += begins and visit.active_ms is None
                sums.unknown.time_without_active_ms += time_ms if visit.active_ms is None else 0
        return site


def _are_apart(pieces: Sequence[Piece]) -> bool:
    """Tell whether no two pieces cover the same instant, as far as their order tells."""
    until = 0
    for piece in pieces:
        covered = piece.covered
        if covered:
            if covered[0][0] < until:
                return False
            until = covered[-1][1]
    return True


def capped(pieces: Sequence[Piece]) -> int:
    """Return the active time of pieces of one hour in one browser: at most the time that they cover."""
    if len(pieces) == 1:
        return pieces[0].active_ms
    sum_ms = covered_ms = started_at = until = 0
    for _, _, active_ms, _, covered in pieces:
        sum_ms += active_ms
        # Most pieces are one span, and most come in order of their start.
        for low, high in covered:
            if low < started_at:
                return min(sum(piece.active_ms for piece in pieces), _covered_ms(pieces))
            started_at = low
            if high > until:
                covered_ms += high - max(low, until)
                until = high
    return min(sum_ms, covered_ms)


def _covered_ms(pieces: Sequence[Piece]) -> int:
    return sum(high - low for low, high in union(span for piece in pieces for span in piece.covered))


def _by_label(labels: Sequence[int], hours: Mapping[int, Hour]) -> dict[int, Hour]:
    """Return the hours that hold anything; where clocks go back across midnight, two hours have one label."""
    found: dict[int, Hour] = {}
    for place in sorted(hours):
        hour = hours[place]
        if hour.time_sum_ms or hour.visits or hour.active_sum_ms:
            found.setdefault(labels[place], Hour()).add(hour)
    return found
