"""Every query to the database: few, narrow, each limited to one person, and answered from the reading index.

Instants are integer milliseconds since the epoch.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.db.models import Case, Count, Func, IntegerField, Max, Q, QuerySet, Sum, TextField, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import LessThan

from bounded_reading import keep_within_time
from insights.categories.resolver import Resolver
from insights.categories.stored_rules import resolver_of
from insights.numbers import Span, Visit, active_time, end_of, parts_away
from insights.periods import DAY_MS
from sync.models import HAS_IDLE_PERIODS, LONG_VISIT, PageVisit, SyncBatch, TabAggregate

TIME_COLUMNS = ("started_at", "ended_at", "last_heartbeat_at", "duration_ms", "active_duration_ms")
VISIT_COLUMNS = (*TIME_COLUMNS, "domain", "category", "browser_id")
CATEGORY = VISIT_COLUMNS.index("category")
LISTED_COLUMNS = (*VISIT_COLUMNS, "visit_id", "tab_id", "url", "title", "is_active", "closed_at", "updated_at")
# A visit without an end is open for this long after its browser last sent it. Heartbeats are minutes apart.
OPEN_MS = 3_600_000
# The sites whose category is kept while visits are read. Those of a person with 300,000 took 90 MiB.
MOST_KNOWN = 20_000
Periods = Sequence[Mapping[str, Any]]
_periods_of_text = msgspec.json.Decoder(list[dict[str, Any]]).decode

# The most visits that one page or call lists, and the most parts away of them: a visit may have a thousand.
MOST_LISTED = 3_000
MOST_LISTED_PARTS = 20_000
# Idle periods of this size and more, as they are stored, are read for one visit at a time: they may have 256 KiB.
LARGE_BYTES = 2_000
# Rows with small idle periods, a URL and a title that are read at once.
ROWS_AT_ONCE = 200
# A longer URL is told from others by its beginning and a hash.
LONGEST_KEY = 300


def small_idle() -> Case:
    """Return the idle periods as JSON text where they are stored in less than LARGE_BYTES, else null."""
    # PostgreSQL knows the size of a value without unpacking it.
    name = "pg_column_size" if connection.vendor == "postgresql" else "LENGTH"
    stored_bytes = Func("idle_periods", function=name, output_field=IntegerField())
    # As text, because msgspec parses it three times as fast as Django does.
    return Case(When(LessThan(stored_bytes, LARGE_BYTES), then=Cast("idle_periods", TextField())))


def visit_from_row(
    idle_periods: Periods,
    started_at: int,
    ended_at: int | None,
    heartbeat_at: int | None,
    duration_ms: int | None,
    active_ms: int | None,
    domain: str = "",
    category: str | None = "",
    browser_id: int = 0,
) -> Visit:
    """Return a visit from its idle periods, and its TIME_COLUMNS or VISIT_COLUMNS."""
    end = end_of(started_at, ended_at, heartbeat_at, duration_ms)
    if not idle_periods:
        # Most visits have none, and a year holds many visits.
        counted_ms = active_time(started_at, end, duration_ms, active_ms)
        return Visit(started_at, end, counted_ms, domain, category or "", browser_id)
    away = parts_away(started_at, end, idle_periods)
    away_ms = sum(high - low for low, high in away)
    counted_ms = active_time(started_at, end, duration_ms, active_ms, away_ms)
    return Visit(started_at, end, counted_ms, domain, category or "", browser_id, away)


def overlapping(user_id: int, start: int, end: int) -> tuple[QuerySet[PageVisit], QuerySet[PageVisit]]:
    """Return two disjoint sets that together hold every visit of [start, end): long ones from earlier, and the others.

    A visit shorter than a day that reaches into the period began at most a day before it. Longer visits have their own
    index. Visits that ended before `start` are in the sets too; callers leave them out with `is_within`.
    """
    mine = PageVisit.objects.filter(user_id=user_id)
    long = mine.filter(LONG_VISIT, started_at__lt=start - DAY_MS)
    return long, mine.filter(started_at__gte=start - DAY_MS, started_at__lt=end)


def is_within(visit: Visit, start: int) -> bool:
    """Tell whether a visit overlaps or begins at or after `start`."""
    return visit.started_at >= start or visit.reaches_until > start


def idle_periods_of(user_id: int, pk: int) -> Periods:
    """Return the idle periods of one visit; none if it is gone."""
    found: Periods = next(
        iter(PageVisit.objects.filter(user_id=user_id, pk=pk).values_list("idle_periods", flat=True)), ()
    )
    return found


def _idle_periods(user_id: int, pk: int, small: str | None) -> Periods:
    """Return the idle periods of one visit from their text, or from its row where they are large."""
    return idle_periods_of(user_id, pk) if small is None else _periods_of_text(small)


class _IdlePeriods:
    """The idle periods of visits, for a reader who comes through these in order of their start.

    The reading index cannot hold them. Few visits have any, and these have an index of their own. Those of one start
    are held at a time.
    """

    def __init__(self, user_id: int, found: QuerySet[PageVisit]) -> None:
        self.user_id = user_id
        rows = found.filter(HAS_IDLE_PERIODS).order_by("started_at").annotate(small_idle=small_idle())
        self.rows = rows.values_list("started_at", "pk", "small_idle").iterator(chunk_size=ROWS_AT_ONCE)
        self.started_at = 0
        self.held: dict[int, Periods | None] = {}
        self._next()

    def _next(self) -> None:
        self.coming = next(self.rows, None)
        # Visits that began before this instant have idle periods only where `held` has them.
        self.next_at = inf if self.coming is None else self.coming[0]

    def of(self, pk: int, started_at: int) -> Periods:
        """Return the idle periods of the visit with this key and start; ask for visits in the order of their starts."""
        if started_at > self.started_at:
            self.started_at = started_at
            self.held = {}
        while self.coming is not None and self.next_at <= started_at:
            if self.next_at == started_at:
                _, pk_coming, small = self.coming
                self.held[pk_coming] = None if small is None else _periods_of_text(small)
            self._next()
        if pk not in self.held:
            return ()
        periods = self.held.pop(pk)
        return idle_periods_of(self.user_id, pk) if periods is None else periods


def categories_by_path(user_id: int, start: int, end: int, resolver: Resolver) -> dict[int, str]:
    """Return {id of the row: category} for the visits of [start, end) whose category a rule for a path decides."""
    found: dict[int, str] = {}
    sites = {rule.site for rule in resolver.path_rules}
    for candidates in overlapping(user_id, start, end) if sites else ():
        # The index knows the domain, so only rows of these sites are read.
        ids = candidates.filter(domain__in=sites).values("pk")
        rows = PageVisit.objects.filter(user_id=user_id, pk__in=ids).values_list("pk", "domain", "url")
        for pk, domain, url in rows.iterator(chunk_size=10_000):
            rule = resolver.path_rule(domain, url)
            if rule is not None:
                found[pk] = rule.category
    return found


# Faster than the call of a named tuple, which passes each field on by itself.
_new_visit = tuple.__new__


def visits(
    user_id: int,
    start: int,
    end: int,
    only: Q | None = None,
    *,
    resolver: Resolver | None = None,
    site_name: Callable[[str], str] = str,
) -> Iterator[Visit]:
    """Yield every visit that overlaps or begins in [start, end), in order of their start.

    `site_name` returns the name under which the visits of a site are to stand.
    """
    resolver = resolver or resolver_of(user_id)
    by_path = categories_by_path(user_id, start, end, resolver)
    long, recent = (found.filter(only or Q()) for found in overlapping(user_id, start, end))
    rows = _with_small_idle(long.order_by("started_at"), VISIT_COLUMNS).iterator(chunk_size=ROWS_AT_ONCE)
    for pk, *columns, small in rows:
        visit = visit_from_row(_idle_periods(user_id, pk, small), *columns)
        # One of ten years is in 87,660 hours. The database does not see the time that their sums take.
        keep_within_time()
        if is_within(visit, start):
            category = by_path.get(pk) or resolver.category(visit.domain, columns[CATEGORY])
            yield visit._replace(domain=site_name(visit.domain), category=category)
    idle = _IdlePeriods(user_id, recent)
    rows = recent.order_by("started_at").values_list("pk", *VISIT_COLUMNS).iterator(chunk_size=10_000)
    known: dict[tuple[str, str | None], tuple[str, str]] = {}
    # A year holds some 300,000 visits, so a call less for each is seen.
    for pk, started_at, ended_at, heartbeat_at, duration_ms, active_ms, domain, sent, browser_id in rows:
        try:
            site, category = known[domain, sent]
        except KeyError:
            if len(known) == MOST_KNOWN:
                known.clear()
            site, category = known[domain, sent] = site_name(domain), resolver.category(domain, sent)
        if by_path:
            category = by_path.get(pk, category)
        if started_at < idle.next_at and not idle.held and ended_at is not None:
            counted_ms = active_time(started_at, ended_at, duration_ms, active_ms)
            if started_at >= start or ended_at > start:
                yield _new_visit(Visit, (started_at, ended_at, counted_ms, site, category, browser_id, ()))
            continue
        periods = idle.of(pk, started_at)
        visit = visit_from_row(
            periods, started_at, ended_at, heartbeat_at, duration_ms, active_ms, site, category, browser_id
        )
        if is_within(visit, start):
            yield visit


class LongVisit(NamedTuple):
    """A visit of a day or longer, and the push that wrote it last."""

    visit: Visit
    seq: int


def long_visits(user_id: int, before: int) -> list[LongVisit]:
    """Return the visits of a day or longer that began before an instant."""
    found = PageVisit.objects.filter(LONG_VISIT, user_id=user_id, started_at__lt=before)
    return [LongVisit(visit_from_row((), *row[:-1]), row[-1]) for row in found.values_list(*TIME_COLUMNS, "seq")]


def counts_and_highest_seqs(user_id: int, cuts: Sequence[int]) -> list[tuple[int, int]]:
    """Return the number and the highest seq of the visits that begin between each two neighbouring cuts."""
    if len(cuts) < 2:
        return []
    # One index range for each pair: a single pass that sorts every visit into its pair costs several times as much.
    ranges = [
        PageVisit.objects.filter(user_id=user_id, started_at__gte=low, started_at__lt=high)
        .values(place=Value(place))
        .annotate(count=Count("started_at"), seq=Max("seq"))
        .values_list("place", "count", "seq")
        for place, (low, high) in enumerate(pairwise(cuts))
    ]
    found = {place: (count, seq) for place, count, seq in ranges[0].union(*ranges[1:], all=True)}
    return [found.get(place, (0, 0)) for place in range(len(ranges))]


def first_started_at(user_id: int, only: Q | None = None) -> int | None:
    """Return the start of the person's first visit; None without any."""
    mine = PageVisit.objects.filter(only or Q(), user_id=user_id)
    return mine.order_by("started_at").values_list("started_at", flat=True).first()


def nearest_started_at(user_id: int, instant: int, only: Q | None = None) -> int | None:
    """Return the start of the last visit before an instant, else of the first one after it; None without any."""
    mine = PageVisit.objects.filter(only or Q(), user_id=user_id)
    before = mine.filter(started_at__lt=instant).order_by("-started_at").values_list("started_at", flat=True).first()
    return first_started_at(user_id, only) if before is None else before


class ListedVisit(NamedTuple):
    """A visit with the columns that lists and timelines show."""

    visit: Visit
    visit_id: str
    tab_id: int | None
    url: str
    title: str
    # The last change of a visit without an end, by the server's clock; 0 where it is over.
    open_at: int

    @property
    def browser_id(self) -> int:
        """The id of its browser."""
        return self.visit.browser_id

    @property
    def away(self) -> tuple[Span, ...]:
        """The disjoint parts of the visit in which the person was away."""
        return self.visit.away

    @property
    def is_open(self) -> bool:
        """True while it goes on: it has no end, and its browser sent something of it within the last hour."""
        return time.time() * 1000 - self.open_at < OPEN_MS


def listed_from_row(row: Sequence[Any], idle: Periods, resolver: Resolver) -> ListedVisit:
    """Return a visit from its LISTED_COLUMNS and its idle periods, with its category."""
    visit_id, tab_id, url, title, is_active, closed_at, updated_at = row[len(VISIT_COLUMNS) :]
    visit = visit_from_row(idle, *row[: len(VISIT_COLUMNS)])
    visit = visit._replace(category=resolver.category(visit.domain, visit.category, url))
    # An imported visit without any time is over; its end is only not known.
    is_open = row[1] is None and closed_at is None and (is_active or visit.ended_at is not None)
    return ListedVisit(visit, visit_id, tab_id, url, title, updated_at if is_open else 0)


def listed_from_record(record: PageVisit, resolver: Resolver) -> ListedVisit:
    """Return a stored visit as lists show it."""
    return listed_from_row([getattr(record, column) for column in LISTED_COLUMNS], record.idle_periods, resolver)


def _with_small_idle(found: QuerySet[PageVisit], columns: Sequence[str]) -> QuerySet[Any, Any]:
    """Return primary key, columns, and the idle periods, which are null where they are large."""
    return found.annotate(small_idle=small_idle()).values_list("pk", *columns, "small_idle")


def _listed(user_id: int, rows: QuerySet[Any, Any], resolver: Resolver) -> Iterator[ListedVisit]:
    """Yield the visits of rows with LISTED_COLUMNS."""
    for pk, *row, small in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield listed_from_row(row, _idle_periods(user_id, pk, small), resolver)


def _first_listed(visits: Iterable[ListedVisit]) -> tuple[list[ListedVisit], bool]:
    """Return the first visits, at most MOST_LISTED with at most MOST_LISTED_PARTS, and whether there are more."""
    listed: list[ListedVisit] = []
    parts = 0
    for each in visits:
        parts += len(each.away)
        if listed and (len(listed) == MOST_LISTED or parts > MOST_LISTED_PARTS):
            return listed, True
        listed.append(each)
    return listed, False


class ListedPart(NamedTuple):
    """The first visits of a period, and whether there are more than are listed."""

    visits: list[ListedVisit]
    is_cut: bool


def listed_visits(user_id: int, start: int, end: int, only: Q | None = None) -> ListedPart:
    """Return the first visits that overlap or begin in [start, end), in order of their start."""
    resolver = resolver_of(user_id)
    long, recent = (found.filter(only or Q()) for found in overlapping(user_id, start, end))
    # A day of many visits before this one must not fill the list with visits that ended before it.
    reaching = Q(ended_at__gt=start) | Q(ended_at=None)
    visits = (
        each
        for found in (long.filter(reaching), recent.filter(reaching | Q(started_at__gte=start)))
        for each in _listed(user_id, _in_order(found)[: MOST_LISTED + 1], resolver)
        if is_within(each.visit, start)
    )
    return ListedPart(*_first_listed(visits))


def _in_order(found: QuerySet[PageVisit]) -> QuerySet[Any, Any]:
    return _with_small_idle(found, LISTED_COLUMNS).order_by("started_at", "visit_id", "browser_id")


def _newest_first(found: QuerySet[PageVisit]) -> QuerySet[Any, Any]:
    return _with_small_idle(found, LISTED_COLUMNS).order_by("-started_at", "-visit_id", "-browser_id")


def latest_visits(
    user_id: int, start: int, end: int, most: int, only: Q | None = None, *, resolver: Resolver | None = None
) -> list[ListedVisit]:
    """Return at most `most` of the visits that begin in [start, end), newest first."""
    found = PageVisit.objects.filter(only or Q(), user_id=user_id, started_at__gte=start, started_at__lt=end)
    resolver = resolver or resolver_of(user_id)
    return list(_listed(user_id, _newest_first(found)[:most], resolver))


def listed_of_keys(user_id: int, keys: list[int], resolver: Resolver) -> ListedPart:
    """Return the first of the visits that have these primary keys, newest first."""
    if not keys:
        return ListedPart([], is_cut=False)
    found = PageVisit.objects.filter(user_id=user_id, pk__in=keys)
    return ListedPart(*_first_listed(_listed(user_id, _newest_first(found), resolver)))


def stored_visit(user_id: int, browser_id: int, visit_id: str) -> PageVisit | None:
    """Return a visit of the person; None when they have no such visit."""
    found = PageVisit.objects.filter(user_id=user_id, browser_id=browser_id, visit_id=visit_id)
    return found.defer("digest").first()


def results_by_browser(user_id: int, since: datetime) -> dict[int | None, Mapping[str, Any]]:
    """Return, by browser, how many of the records pushed since a moment were created, updated, unchanged, rejected."""
    found = (
        SyncBatch.objects.filter(user_id=user_id, received_at__gte=since)
        .values("browser_id")
        .annotate(
            batches=Count("pk"),
            created=Sum("created"),
            updated=Sum("updated"),
            unchanged=Sum("unchanged"),
            rejected=Sum("rejected"),
        )
    )
    return {row["browser_id"]: row for row in found}


def batch_errors(user_id: int, since: datetime, most: int) -> list[tuple[int | None, list[dict[str, Any]]]]:
    """Return browser and errors of the latest batches with a rejected record."""
    found = SyncBatch.objects.filter(user_id=user_id, received_at__gte=since, rejected__gt=0)
    return list(found.order_by("-received_at").values_list("browser_id", "errors")[:most])


def tab_end(started_at: int, last_active_at: int, closed_at: int | None) -> int:
    """Return when a tab ended; without a closing time that is its last activity."""
    return max(started_at, last_active_at if closed_at is None else closed_at)


class TabSpan(NamedTuple):
    """The narrow columns of the aggregate of a tab. A person may have 100,000, each with a URL of some kilobytes."""

    pk: int
    started_at: int
    last_active_at: int
    closed_at: int | None
    total_active_duration_ms: int
    page_count: int

    @property
    def lifetime_ms(self) -> int:
        """The time from its opening to its end."""
        return tab_end(self.started_at, self.last_active_at, self.closed_at) - self.started_at


def tab_spans(user_id: int, start: int, end: int, only: Q | None = None) -> Iterator[TabSpan]:
    """Yield the tabs opened in [start, end), newest first."""
    found = TabAggregate.objects.filter(only or Q(), user_id=user_id, started_at__gte=start, started_at__lt=end)
    columns = found.order_by("-started_at").values_list(*TabSpan._fields)
    return (TabSpan(*row) for row in columns.iterator(chunk_size=10_000))


def tab_aggregates(user_id: int, spans: Iterable[TabSpan]) -> dict[int, TabAggregate]:
    """Return the whole aggregates of a few tabs, by their key."""
    found = TabAggregate.objects.filter(user_id=user_id, pk__in={span.pk for span in spans})
    return {tab.pk: tab for tab in found.defer("digest", "statistics", "domain_durations")}


def site_started_at(user_id: int, domain: str, *, last: bool) -> int | None:
    """Return the start of the first or the last visit to a site; None without any."""
    found = PageVisit.objects.filter(user_id=user_id, domain=domain).order_by("-started_at" if last else "started_at")
    return found.values_list("started_at", flat=True).first()


def sites_before(user_id: int, instant: int) -> set[str]:
    """Return the sites of the visits that began before an instant."""
    found = PageVisit.objects.filter(user_id=user_id, started_at__lt=instant)
    return set(found.values_list("domain", flat=True).distinct())


def start_of_latest(user_id: int, domain: str, start: int, end: int, most: int) -> int | None:
    """Return the start of the visit before the latest `most` of a site in [start, end); None with no more of them."""
    found = PageVisit.objects.filter(user_id=user_id, domain=domain, started_at__gte=start, started_at__lt=end)
    return found.order_by("-started_at").values_list("started_at", flat=True)[most : most + 1].first()


def count_visits(user_id: int, start: int, end: int, only: Q) -> int:
    """Return the number of visits that begin in [start, end)."""
    return PageVisit.objects.filter(only, user_id=user_id, started_at__gte=start, started_at__lt=end).count()


def page_key(url: str) -> str:
    """Return a URL, or a shorter text that stands for a long one: a list of pages would hold hundreds of MB of them."""
    if len(url) <= LONGEST_KEY:
        return url
    return f"{url[:LONGEST_KEY]} {blake2b(url.encode(), digest_size=16).hexdigest()}"


def visits_by_page(user_id: int, start: int, end: int, only: Q, keys: dict[str, int]) -> Iterator[Visit]:
    """Yield the visits that overlap or begin in [start, end), in order of their start, each with its page as domain.

    `keys` gets the primary key of the latest visit of each page, if possible of one with a title. The URL of every
    visit is read from its row, so callers ask for periods or sites of limited size.
    """
    untitled: set[str] = set()
    for candidates in overlapping(user_id, start, end):
        # The index knows the conditions, so only rows that meet them are read.
        chosen = PageVisit.objects.filter(user_id=user_id, pk__in=candidates.filter(only).values("pk"))
        found = (chosen if only else candidates).order_by("started_at")
        rows = _with_small_idle(found, ("url", "title", *VISIT_COLUMNS))
        for pk, url, title, *row, small in rows.iterator(chunk_size=ROWS_AT_ONCE):
            visit = visit_from_row(_idle_periods(user_id, pk, small), *row)
            if not is_within(visit, start):
                continue
            page = page_key(url)
            if title.strip():
                untitled.discard(page)
                keys[page] = pk
            elif page not in keys or page in untitled:
                untitled.add(page)
                keys[page] = pk
            yield visit._replace(domain=page, category="")


def urls_and_titles(user_id: int, keys: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return the URL and the title of a few visits, by their primary key."""
    found = PageVisit.objects.filter(user_id=user_id, pk__in=keys).values_list("pk", "url", "title")
    return {pk: (url, title.strip()) for pk, url, title in found}


def sources(user_id: int, start: int, end: int) -> set[tuple[str, str | None]]:
    """Return the pairs of site and category sent of the visits that overlap or begin in [start, end), and of others."""
    long, recent = (found.values_list("domain", "category").distinct() for found in overlapping(user_id, start, end))
    return {*long, *recent}
