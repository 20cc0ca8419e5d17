"""Every query to the database: few, narrow, each limited to one person, and answered from the reading index.

Instants are integer milliseconds since the epoch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet, Sum, Value

from insights.numbers import Span, Visit, active_time, end_of, union
from sync.models import LONG_VISIT, PageVisit, SyncBatch, TabAggregate

DAY_MS = 86_400_000
TIME_COLUMNS = ("started_at", "ended_at", "last_heartbeat_at", "duration_ms", "active_duration_ms")
VISIT_COLUMNS = (*TIME_COLUMNS, "domain", "category")
LISTED_COLUMNS = (*VISIT_COLUMNS, "browser_id", "visit_id", "tab_id", "url", "title", "idle_periods", "is_active")

# The most visits that one page or call lists.
MOST_LISTED = 2_000


def visit_from_row(
    started_at: int,
    ended_at: int | None,
    heartbeat_at: int | None,
    duration_ms: int | None,
    active_ms: int | None,
    *domain_and_category: Any,
) -> Visit:
    """Return a visit from its TIME_COLUMNS or VISIT_COLUMNS."""
    end = end_of(started_at, ended_at, heartbeat_at, duration_ms)
    return Visit(started_at, end, active_time(started_at, end, duration_ms, active_ms), *domain_and_category)


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
    return visit.started_at >= start or visit.last_known_at > start


def visits(user_id: int, start: int, end: int, only: Q | None = None) -> Iterator[Visit]:
    """Yield every visit that overlaps or begins in [start, end), in order of their start."""
    for found in overlapping(user_id, start, end):
        rows = found.filter(only or Q()).order_by("started_at").values_list(*VISIT_COLUMNS)
        for row in rows.iterator(chunk_size=10_000):
            visit = visit_from_row(*row)
            if is_within(visit, start):
                yield visit


class LongVisit(NamedTuple):
    """A visit of a day or longer, and the push that wrote it last."""

    visit: Visit
    seq: int


def long_visits(user_id: int, before: int) -> list[LongVisit]:
    """Return the visits of a day or longer that began before an instant."""
    found = PageVisit.objects.filter(LONG_VISIT, user_id=user_id, started_at__lt=before)
    return [LongVisit(visit_from_row(*row[:-1]), row[-1]) for row in found.values_list(*TIME_COLUMNS, "seq")]


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


def first_started_at(user_id: int) -> int | None:
    """Return the start of the person's first visit; None without any."""
    return PageVisit.objects.filter(user_id=user_id).order_by("started_at").values_list("started_at", flat=True).first()


def nearest_started_at(user_id: int, instant: int) -> int | None:
    """Return the start of the last visit before an instant, else of the first one after it; None without any."""
    mine = PageVisit.objects.filter(user_id=user_id)
    before = mine.filter(started_at__lt=instant).order_by("-started_at").values_list("started_at", flat=True).first()
    return first_started_at(user_id) if before is None else before


class ListedVisit(NamedTuple):
    """A visit with the columns that lists and timelines show."""

    visit: Visit
    browser_id: int
    visit_id: str
    tab_id: int | None
    url: str
    title: str
    is_open: bool
    idle_periods: list[dict[str, Any]]

    @property
    def away(self) -> list[Span]:
        """The disjoint parts of the visit in which the person was away.

        A part without an end lasts until the end of the visit, and is left out where that is unknown.
        """
        start, end = self.visit.started_at, self.visit.ended_at
        spans = ((period["start"], end if period["end"] is None else period["end"]) for period in self.idle_periods)
        return union(
            (max(low, start), high if end is None else min(high, end)) for low, high in spans if high is not None
        )


def listed_from_row(row: Sequence[Any]) -> ListedVisit:
    """Return a visit from its LISTED_COLUMNS."""
    browser_id, visit_id, tab_id, url, title, idle_periods, is_active = row[len(VISIT_COLUMNS) :]
    visit = visit_from_row(*row[: len(VISIT_COLUMNS)])
    # An imported visit without any time is over; its end is only not known.
    is_open = row[1] is None and (is_active or visit.ended_at is not None)
    return ListedVisit(visit, browser_id, visit_id, tab_id, url, title, is_open, idle_periods)


def listed_from_record(record: PageVisit) -> ListedVisit:
    """Return a stored visit as lists show it."""
    return listed_from_row([getattr(record, column) for column in LISTED_COLUMNS])


def listed_visits(user_id: int, start: int, end: int) -> list[ListedVisit]:
    """Return the first MOST_LISTED visits that overlap or begin in [start, end), in order of their start."""
    long, recent = overlapping(user_id, start, end)
    # A day of many visits before this one must not fill the list with visits that ended before it.
    reaching = Q(ended_at__gt=start) | Q(ended_at=None)
    earlier, within = (
        found.values_list(*LISTED_COLUMNS)
        for found in (recent.filter(reaching, started_at__lt=start), recent.filter(started_at__gte=start))
    )
    earlier = long.filter(reaching).values_list(*LISTED_COLUMNS).union(earlier, all=True)
    listed = [
        listed_from_row(row)
        for found in (earlier, within)
        for row in found.order_by("started_at", "visit_id", "browser_id")[:MOST_LISTED]
    ]
    return [each for each in listed if is_within(each.visit, start)][:MOST_LISTED]


def latest_visits(user_id: int, start: int, end: int, most: int) -> list[ListedVisit]:
    """Return at most `most` of the visits that begin in [start, end), newest first."""
    found = PageVisit.objects.filter(user_id=user_id, started_at__gte=start, started_at__lt=end)
    ordered = found.order_by("-started_at", "-visit_id", "-browser_id").values_list(*LISTED_COLUMNS)
    return [listed_from_row(row) for row in ordered[:most]]


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


def tab_spans(user_id: int, start: int, end: int) -> Iterator[TabSpan]:
    """Yield the tabs opened in [start, end), newest first."""
    found = TabAggregate.objects.filter(user_id=user_id, started_at__gte=start, started_at__lt=end)
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


def start_of_latest(user_id: int, domain: str, start: int, end: int, most: int) -> int | None:
    """Return the start of the visit before the latest `most` of a site in [start, end); None with no more of them."""
    found = PageVisit.objects.filter(user_id=user_id, domain=domain, started_at__gte=start, started_at__lt=end)
    return found.order_by("-started_at").values_list("started_at", flat=True)[most : most + 1].first()


class PageOfSite(NamedTuple):
    """One URL of a site and its numbers in a period; the active time is None where none is known."""

    url: str
    title: str
    visits: int
    active_ms: int | None


def pages_of_site(user_id: int, domain: str, start: int, end: int, most: int) -> list[PageOfSite]:
    """Return the URLs of a site with visits that begin in [start, end), most active time first."""
    mine = PageVisit.objects.filter(user_id=user_id)
    # The index knows the domain, so only rows of this site are read.
    ids = mine.filter(started_at__gte=start, started_at__lt=end, domain=domain).values("pk")
    found: dict[str, PageOfSite] = {}
    for url, title, *columns in mine.filter(pk__in=ids).values_list("url", "title", *TIME_COLUMNS):
        active_ms = visit_from_row(*columns).active_ms
        page = found.get(url, PageOfSite(url, "", 0, None))
        if page.active_ms is not None:
            active_ms = page.active_ms + (active_ms or 0)
        found[url] = PageOfSite(url, title or page.title, page.visits + 1, active_ms)
    return sorted(found.values(), key=lambda page: (-(page.active_ms or 0), -page.visits, page.url))[:most]


def categories(user_id: int, start: int, end: int) -> list[str]:
    """Return the categories of the visits that begin in [start, end), by name."""
    found = PageVisit.objects.filter(user_id=user_id, started_at__gte=start, started_at__lt=end)
    return sorted(name for name in found.values_list("category", flat=True).distinct() if name)
