"""The numbers of a person's period as pages and calls have them, from its tally."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bounded_reading import ReadingTookTooLong, bounded_reading, seconds_left
from insights import queries
from insights.categories.resolver import Resolver
from insights.categories.stored_rules import resolver_of
from insights.filters import EVERYTHING, Filter, Selection, selection_of
from insights.month_tallies import tally_of
from insights.numbers import Hour, Site, Tally, Totals, add_by_category, totals
from insights.periods import Period, date_at, date_of_hour, period_of
from insights.visit_tallies import tally_spans
from sync.models import Browser

Found = TypeVar("Found")
# A statement that names more sites takes seconds to put together.
MOST_PAIRS: Final = 50_000
# Pages whose URLs and titles are read at once.
PAGES_AT_ONCE: Final = 200
# The time that a page needs after its numbers.
REST_SECONDS: Final = 0.2


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name; UTC for a name that the server does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def selection(
    user_id: int, chosen: Filter, browsers: Sequence[Browser], period: Period, resolver: Resolver | None = None
) -> Selection:
    """Return the visits that a filter selects in a period and in the one before.

    Without a resolver, the person's rules are read if a category is chosen.
    """
    if chosen.category is None:
        return selection_of(chosen, browsers, Resolver())
    return selection_of(
        chosen,
        browsers,
        resolver or resolver_of(user_id),
        lambda: _pairs(user_id, period),
    )


def _pairs(user_id: int, period: Period) -> set[tuple[str, str | None]]:
    found = queries.sources(user_id, period.previous.starts_at, period.ends_at)
    if len(found) > MOST_PAIRS:
        raise ReadingTookTooLong
    return found


def compared_until(period: Period, now: int) -> int:
    """Return the instant of the period before that corresponds to `now` in this one."""
    before = period.previous
    return min(before.starts_at + now - period.starts_at, before.ends_at)


@dataclass(frozen=True, slots=True)
class Report:
    """A period with its numbers, and the period before.

    That is None where the records begin within it, or where it could not be added up in time.
    """

    period: Period
    tally: Tally
    totals: Totals
    previous: Totals | None
    before: Tally | None = None


def report(
    user_id: int,
    period: Period,
    now: int,
    only: Selection = EVERYTHING,
    *,
    compare: bool = True,
    resolver: Resolver | None = None,
) -> Report:
    """Return the report of a period; a running period is compared with the same part of the one before."""
    resolver = resolver or resolver_of(user_id)
    tallied = tally_of(user_id, period, only=only, resolver=resolver)
    previous = tally_before = None
    if compare and is_recorded_since(user_id, period.previous.starts_at):
        is_running = period.starts_at <= now < period.ends_at
        until = compared_until(period, now) if is_running else None
        tally_before = in_time(lambda: tally_of(user_id, period.previous, until, only, resolver=resolver))
        previous = None if tally_before is None else totals(tally_before)
    return Report(period, tallied, totals(tallied), previous, tally_before)


def in_time(read: Callable[[], Found]) -> Found | None:
    """Return what is read; None where the time for reading would not be enough for the rest of a page too."""
    try:
        with bounded_reading(max(seconds_left() - REST_SECONDS, 0)):
            return read()
    except ReadingTookTooLong:
        return None


def is_recorded_since(user_id: int, instant: int) -> bool:
    """Tell whether the person's records begin at an instant or before, so that a period from there on is complete."""
    first = queries.first_started_at(user_id)
    return first is not None and first <= instant


def days(tallied: Tally, period: Period) -> list[tuple[date, Hour]]:
    """Return the numbers of every day of a period, in order."""
    found = {day: Hour() for day in period.dates}
    for label, hour in tallied.hours.items():
        day = found.get(date_of_hour(label))
        if day is not None:
            day.add(hour)
    return list(found.items())


def week_hours(tallied: Tally) -> list[list[Hour]]:
    """Return the numbers by weekday, from Monday, and by hour of the person's clock."""
    matrix = [[Hour() for _ in range(24)] for _ in range(7)]
    for label, hour in tallied.hours.items():
        matrix[date_of_hour(label).weekday()][label % 24].add(hour)
    return matrix


def _site_order(domain_and_site: tuple[str, Site]) -> tuple[int, int, int, str]:
    domain, site = domain_and_site
    return -site.active_sum_ms, -site.time_sum_ms, -site.visits, domain


def top_sites(tallied: Tally, most: int | None = None) -> list[tuple[str, Site]]:
    """Return sites by active time, then time on pages, visits and name."""
    order = sorted(tallied.sites.items(), key=_site_order)
    return list(islice(order, most))


def categories(tallied: Tally) -> list[tuple[str, int]]:
    """Return the active time by category, most first; "" stands for visits without a category."""
    sums: dict[str, int] = {}
    for hour in tallied.hours.values():
        add_by_category(sums, hour.categories)
    found = ((name, active_ms) for name, active_ms in sums.items() if active_ms)
    return sorted(found, key=lambda category: (-category[1], category[0]))


@dataclass(frozen=True, slots=True)
class PageNumbers:
    """The numbers of one URL in a period, and the key of a visit to it that tells URL and title."""

    key: int
    numbers: Site


@dataclass(frozen=True, slots=True)
class NamedPage:
    """One URL, its latest title, and its numbers in a period."""

    url: str
    title: str
    numbers: Site

    @property
    def visits(self) -> int:
        """How many visits began in the period."""
        return self.numbers.visits

    @property
    def active_ms(self) -> int | None:
        """The active time; None where it is unknown."""
        return self.numbers.active_ms


def pages(user_id: int, period: Period, only: Selection) -> list[PageNumbers]:
    """Return the pages of a period by active time, then time on pages, visits and name."""
    keys: dict[str, int] = {}
    found = queries.visits_by_page(user_id, period.starts_at, period.ends_at, only.condition, keys)
    whole = tally_spans(found, period, only.spans(period))
    return [PageNumbers(keys[page], numbers) for page, numbers in top_sites(whole)]


def named_pages(user_id: int, pages_of_list: Iterable[PageNumbers]) -> Iterator[NamedPage]:
    """Yield pages with their URLs and titles, some hundred at a time; a page that was erased meanwhile is left out."""
    rest = iter(pages_of_list)
    while some := list(islice(rest, PAGES_AT_ONCE)):
        found = queries.urls_and_titles(user_id, [page.key for page in some])
        yield from (NamedPage(*found[page.key], page.numbers) for page in some if page.key in found)


def day_period(zone: ZoneInfo, day: date | None, now: int) -> Period:
    """Return a day as a period; today where none is given."""
    return period_of(zone, "day", day or date_at(zone, now))
