"""The tally of a period from its visits."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median_low
from typing import Final

from bounded_reading import ReadingTookTooLong
from insights import queries, tallying
from insights.categories.resolver import Resolver
from insights.filters import EVERYTHING, Selection
from insights.numbers import Site, Span, Tally, Visit
from insights.periods import Period
from insights.tallying import TooManyHeld, tally

# The numbers of a site take some 1,500 bytes. Nobody visits so many sites in a year.
MOST_SITES: Final = 25_000
OTHER_SITES: Final = "(other sites)"


def tally_visits(
    user_id: int,
    period: Period,
    until: int | None = None,
    only: Selection = EVERYTHING,
    *,
    resolver: Resolver | None = None,
) -> Tally:
    """Return the tally of a period from its visits, cut off at `until`."""
    end = period.ends_at if until is None else min(period.ends_at, until)
    spans = [(low, min(high, end)) for low, high in only.spans(period) if low < end]
    if not spans or end <= period.starts_at:
        return Tally()
    return tally_spans(_visits(user_id, period, spans, only, resolver, _name_among_most()), period, spans)


def _visits(
    user_id: int,
    period: Period,
    spans: Sequence[Span],
    only: Selection,
    resolver: Resolver | None,
    site_name: Callable[[str], str] = str,
) -> Iterator[Visit]:
    condition = only.condition & only.reaching(period)
    start, end = spans[0][0], spans[-1][1]
    return queries.visits(user_id, start, end, condition, resolver=resolver, site_name=site_name)


def tally_with_typical(
    user_id: int, period: Period, only: Selection, *, resolver: Resolver | None = None
) -> tuple[Tally, int | None]:
    """Return the tally of a period, and the median active time in ms of the visits that began in it.

    The median is None where no active time is known. It is the lower one of two, and all active times are held, so
    callers ask for few visits.
    """
    spans = only.spans(period)
    if not spans:
        return Tally(), None
    lows = [low for low, _ in spans]
    actives_ms: list[int] = []

    def noted() -> Iterator[Visit]:
        for visit in _visits(user_id, period, spans, only, resolver):
            place = bisect_right(lows, visit.started_at) - 1
            if visit.active_ms is not None and place >= 0 and visit.started_at < spans[place][1]:
                actives_ms.append(visit.active_ms)
            yield visit

    tallied = tally_spans(noted(), period, spans)
    return tallied, median_low(actives_ms) if actives_ms else None


def tally_spans(visits: Iterable[Visit], period: Period, spans: Sequence[Span]) -> Tally:
    """Return the tally of disjoint spans of a period, from its visits in order of their start."""
    starts, labels = period.hours
    whole = Tally()
    try:
        for (low, high), of_span in visits_by_span(visits, spans):
            place, within = bisect_left(starts, low), bisect_left(starts, high)
            whole.add(tally(of_span, starts[place:within], labels[place:within], high))
    except TooManyHeld as error:
        raise ReadingTookTooLong from error
    return whole


def visits_by_span(visits: Iterable[Visit], spans: Sequence[Span]) -> Iterator[tuple[Span, Iterable[Visit]]]:
    """Yield each span with the visits that overlap or begin in it; visits and disjoint spans come in order.

    Too many visits and parts away in one span raise TooManyHeld.
    """
    if len(spans) == 1:
        yield spans[0], visits
        return
    rest = iter(visits)
    coming = next(rest, None)
    of_span: list[Visit] = []
    for low, high in spans:
        # A visit that reached beyond the span before may reach into this one.
        of_span = [visit for visit in of_span if visit.reaches_until > low]
        held = sum(1 + len(visit.away) for visit in of_span)
        while coming is not None and coming.started_at < high:
            if queries.is_within(coming, low):
                of_span.append(coming)
                held += 1 + len(coming.away)
                if held > tallying.MOST_HELD:
                    raise TooManyHeld
            coming = next(rest, None)
        yield (low, high), of_span


def _name_among_most() -> Callable[[str], str]:
    """Return a function that returns the first MOST_SITES sites as they are, and OTHER_SITES for further ones."""
    named: set[str] = set()

    def site_name(site: str) -> str:
        if len(named) < MOST_SITES:
            named.add(site)
        return site if site in named else OTHER_SITES

    return site_name


def add_with_most_sites(whole: Tally, other: Tally) -> None:
    """Add the tally of other instants; the numbers of sites beyond the first MOST_SITES stand under OTHER_SITES."""
    if len(whole.sites) + len(other.sites) > MOST_SITES:
        for domain in [domain for domain in other.sites if domain not in whole.sites]:
            if len(whole.sites) < MOST_SITES:
                whole.sites[domain] = Site()
            elif domain != OTHER_SITES:
                other.sites.setdefault(OTHER_SITES, Site()).add(other.sites.pop(domain))
    whole.add(other)
