"""What the database is asked: few narrow queries, each scoped by the person, answered from the reading index."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, Sum, Value

from insights.numbers import Span, Visit, active_time, end_of, union
from sync.models import LONG_VISIT, Browser, PageVisit, SyncBatch, TabAggregate

DAY_MS = 86_400_000
COLUMNS = ("started_at", "ended_at", "last_heartbeat_at", "duration_ms", "active_duration_ms")


class LongVisit(NamedTuple):
    """A visit of a day or longer, and the push that wrote it last."""

    visit: Visit
    seq: int


def read_visit(start: int, ended: int | None, heartbeat: int | None, duration: int, active: int, *of: Any) -> Visit:
    """Return a visit from its stored columns."""
    end = end_of(start, ended, heartbeat, duration)
    return Visit(start, end, active_time(start, end, duration, active), *of)


def visits(user_id: int, start: int, end: int, only: Q | None = None) -> Iterator[Visit]:
    """Yield every visit that overlaps or begins in [start, end), in order of their start.

    A visit shorter than a day that reaches into the period began at most a day before it; the others have their index.
    """
    earlier = start - DAY_MS
    mine = PageVisit.objects.filter(user_id=user_id)
    if only is not None:
        mine = mine.filter(only)
    columns = (*COLUMNS, "domain", "category")
    long = mine.filter(LONG_VISIT, started_at__lt=earlier).order_by("started_at").values_list(*columns)
    near = mine.filter(started_at__gte=earlier, started_at__lt=end).order_by("started_at").values_list(*columns)
    for found in (long, near):
        for row in found.iterator(chunk_size=10_000):
            visit = read_visit(*row)
            if visit.end > start or visit.start >= start:
                yield visit


def long_visits(user_id: int, before: int) -> list[LongVisit]:
    """Return the visits of a day or longer that began before an instant."""
    found = PageVisit.objects.filter(LONG_VISIT, user_id=user_id, started_at__lt=before)
    return [LongVisit(read_visit(*row[:-1]), row[-1]) for row in found.values_list(*COLUMNS, "seq")]


def states(user_id: int, cuts: Sequence[int]) -> list[tuple[int, int]]:
    """Return, for each stretch between two neighbouring cuts, how many visits begin in it and their highest seq."""
    if len(cuts) < 2:
        return []
    # A range of the index each: one pass that sorts every visit into its stretch costs several times as much.
    asked = [
        PageVisit.objects.filter(user_id=user_id, started_at__gte=low, started_at__lt=high)
        .values(place=Value(place))
        .annotate(count=Count("started_at"), seq=Max("seq"))
        .values_list("place", "count", "seq")
        for place, (low, high) in enumerate(pairwise(cuts))
    ]
    found = {place: (count, seq) for place, count, seq in asked[0].union(*asked[1:], all=True)}
    return [found.get(place, (0, 0)) for place in range(len(asked))]


def first_visit(user_id: int) -> int | None:
    """Return when the person's first visit began; None when there is none."""
    return PageVisit.objects.filter(user_id=user_id).order_by("started_at").values_list("started_at", flat=True).first()


def nearest_visit(user_id: int, instant: int) -> int | None:
    """Return when the last visit before an instant began, else the first one from then on; None without any."""
    mine = PageVisit.objects.filter(user_id=user_id)
    begins = mine.filter(started_at__lt=instant).order_by("-started_at").values_list("started_at", flat=True).first()
    return first_visit(user_id) if begins is None else begins


class Stay(NamedTuple):
    """A visit as a timeline shows it."""

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
        """The disjoint parts of the visit in which the person was away; one without an end lasts as long as it."""
        start, end = self.visit.start, self.visit.end
        spans = ((period["start"], period["end"]) for period in self.idle_periods)
        return union((max(low, start), min(end if high is None else high, end)) for low, high in spans)


STAY_COLUMNS = (*COLUMNS, "domain", "category", "browser_id", "visit_id", "tab_id", "url", "title", "idle_periods")


def read_stay(row: tuple[Any, ...]) -> Stay:
    """Return a visit from the columns of STAY_COLUMNS."""
    browser_id, visit_id, tab_id, url, title, idle_periods = row[7:]
    return Stay(read_visit(*row[:7]), browser_id, visit_id, tab_id, url, title, row[1] is None, idle_periods)


def stays(user_id: int, start: int, end: int) -> list[Stay]:
    """Return every visit that overlaps or begins in [start, end), in order of their start, as a timeline shows it."""
    earlier = start - DAY_MS
    mine = PageVisit.objects.filter(user_id=user_id)
    found = []
    for some in (
        mine.filter(LONG_VISIT, started_at__lt=earlier),
        mine.filter(started_at__gte=earlier, started_at__lt=end),
    ):
        for row in some.order_by("started_at", "visit_id", "browser_id").values_list(*STAY_COLUMNS):
            stay = read_stay(row)
            if stay.visit.end > start or stay.visit.start >= start:
                found.append(stay)
    return found


def stay_of(record: PageVisit) -> Stay:
    """Return what a timeline shows of a stored visit."""
    return read_stay(tuple(getattr(record, column) for column in STAY_COLUMNS))


def latest_stays(user_id: int, start: int, end: int, most: int) -> list[Stay]:
    """Return the latest visits that begin in [start, end), newest first."""
    found = PageVisit.objects.filter(user_id=user_id, started_at__gte=start, started_at__lt=end)
    ordered = found.order_by("-started_at", "-visit_id", "-browser_id").values_list(*STAY_COLUMNS)
    return [read_stay(row) for row in ordered[:most]]


def browsers(user_id: int) -> list[Browser]:
    """Return the person's browsers, the latest to push first."""
    return list(Browser.objects.filter(user_id=user_id).order_by("-last_push_at", "client_id"))


def batch_sums(user_id: int, since: datetime) -> dict[int | None, Mapping[str, Any]]:
    """Return, by browser, what became of the records pushed since a moment."""
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


def tabs(user_id: int, start: int, end: int) -> list[TabAggregate]:
    """Return the aggregates of the tabs opened in [start, end)."""
    found = TabAggregate.objects.filter(user_id=user_id, started_at__gte=start, started_at__lt=end)
    return list(found.defer("digest", "statistics").order_by("-started_at"))


def edge_of_site(user_id: int, domain: str, *, last: bool) -> int | None:
    """Return when the first or the last visit to a site began."""
    found = PageVisit.objects.filter(user_id=user_id, domain=domain).order_by("-started_at" if last else "started_at")
    return found.values_list("started_at", flat=True).first()


class Page(NamedTuple):
    """One address of a site and what became of it in a period."""

    url: str
    title: str
    visits: int
    active: int


def pages_of_site(user_id: int, domain: str, start: int, end: int, most: int) -> list[Page]:
    """Return the addresses of a site whose visits begin in [start, end), most active time first."""
    mine = PageVisit.objects.filter(user_id=user_id)
    # The index knows the domain; only rows of this site are looked up.
    ids = mine.filter(started_at__gte=start, started_at__lt=end, domain=domain).values("pk")
    found: dict[str, list[Any]] = {}
    for url, title, *columns in mine.filter(pk__in=ids).values_list("url", "title", *COLUMNS):
        page = found.setdefault(url, ["", 0, 0])
        page[0] = title or page[0]
        page[1] += 1
        page[2] += read_visit(*columns).active
    pages = [Page(url, *numbers) for url, numbers in found.items()]
    return sorted(pages, key=lambda page: (-page.active, -page.visits, page.url))[:most]


def one_visit(user_id: int, browser_id: int, visit_id: str) -> PageVisit | None:
    """Return a visit of the person; None when they have no such visit."""
    found = PageVisit.objects.filter(user_id=user_id, browser_id=browser_id, visit_id=visit_id)
    return found.defer("digest").first()


def categories(user_id: int, start: int, end: int) -> list[str]:
    """Return the categories of the visits that begin in [start, end), by name."""
    found = PageVisit.objects.filter(user_id=user_id, started_at__gte=start, started_at__lt=end)
    return sorted(name for name in found.values_list("category", flat=True).distinct() if name)
