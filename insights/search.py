"""Search in the history: visits that match, newest first, in bounded steps with a cursor to go on.

There is no index over text, because it would cost pushes most of their speed (docs/numbers.md). Visits are read newest
first by the reading index, some hundred at a time, and compared here, so that both databases find the same. After each
visit the clock is looked at: no text, however long, and no number of stored visits makes a request longer.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Q

from insights import queries
from insights.categories.conditions import NOTHING, condition
from insights.categories.names import name_of
from insights.categories.resolver import Resolver
from insights.filters import NO_CATEGORY
from insights.folded_text import fold, readable_url
from insights.periods import Period
from insights.queries import ListedVisit
from insights.search_words import Choice, SearchWords
from sync.models import PageVisit

# The time for the first results, and the one for each further step of a search that goes on.
FIRST_SECONDS: Final = 0.05
STEP_SECONDS: Final = 0.25
# How many visits one query looks at: few at first, because the visits may be large, and more while they are read fast.
FIRST_WINDOW: Final = 250
LARGEST_WINDOW: Final = 4_000
WINDOW_SECONDS: Final = 0.02
SALT: Final = "insights.search.3"


class Place(NamedTuple):
    """A place in the history; the next step begins with the visits before it. Visit id and browser break ties."""

    started_at: int
    visit_id: str
    browser_id: int


class Cursor(NamedTuple):
    """Where a person's search goes on, and how many visits it has found so far."""

    user_id: int
    place: Place
    found: int = 0


def cursor_to_text(cursor: Cursor | None) -> str | None:
    """Return a cursor as an opaque, signed string."""
    if cursor is None:
        return None
    return signing.dumps([cursor.user_id, *cursor.place, cursor.found], salt=SALT, compress=True)


def cursor_from_text(user_id: int, text: str) -> Cursor:
    """Return the person's cursor of a string made by `cursor_to_text`; raises signing.BadSignature for any other."""
    owner, *place, found = signing.loads(text, salt=SALT)
    if owner != user_id:
        raise signing.BadSignature
    return Cursor(user_id, Place(*place), found)


@dataclass(frozen=True, slots=True)
class Query:
    """The conditions of a search, all of which must hold; `start` and `end` are limits of a visit's start.

    `condition` is about columns of page visits.
    """

    words: SearchWords = field(default_factory=SearchWords)
    start: int | None = None
    end: int | None = None
    condition: Q = field(default_factory=Q)
    # "" stands for visits without one.
    category: str | None = None
    url: str = ""

    @property
    def asks_categories(self) -> bool:
        """True if the category of a visit decides."""
        return self.category is not None or bool(self.words.categories)


@dataclass(slots=True)
class SearchPage:
    """The visits of one step; `next_cursor` is None when no older visits are left.

    `found` counts the visits of the earlier steps too. `is_cut_short` tells that the time was up before the page was
    full.
    """

    visits: list[ListedVisit] = field(default_factory=list)
    next_cursor: Cursor | None = None
    is_cut_short: bool = False
    found: int = 0


def query_of(words: SearchWords, zone: ZoneInfo, first: date | None, last: date | None, **more: Any) -> Query:
    """Return the query of a search from a first to a last day, both included; each may be absent."""
    starts = [Period(zone, day, day).starts_at for day in (first, words.after) if day]
    ends = [Period(zone, last, last).ends_at] if last else []
    # `before` is itself left out.
    ends += [Period(zone, words.before, words.before).starts_at] if words.before else []
    return Query(words, start=max(starts, default=None), end=min(ends, default=None), **more)


def site_condition(sites: Choice) -> Q:
    """Return the condition that a visit's site is one of the wanted ones or below it, and none of the unwanted."""
    condition = Q()
    for site in sites.wanted:
        condition |= _covered_by(site)
    for site in sites.unwanted:
        condition &= ~_covered_by(site)
    return condition


def category_condition(query: Query, resolver: Resolver, pairs: set[tuple[str, str | None]]) -> Q:
    """Return the condition that the category is as asked, for visits of these (site, category sent) pairs.

    A category is asked for by its key or by its name.
    """
    known = {resolver.category(*pair) for pair in pairs} | {rule.category for rule in resolver.path_rules}

    def any_of(wanted: Iterable[str]) -> Q:
        typed = {fold(text) for text in wanted}
        found = [name for name in known if not typed.isdisjoint({fold(name or NO_CATEGORY), fold(name_of(name))})]
        return reduce(or_, [condition(resolver, name, lambda: pairs) for name in found], NOTHING)

    met = Q() if query.category is None else condition(resolver, query.category, lambda: pairs)
    asked = query.words.categories
    met &= any_of(asked.wanted) if asked.wanted else Q()
    return met & ~any_of(asked.unwanted) if asked.unwanted else met


def _covered_by(site: str) -> Q:
    # The same as for erasures: example.org covers docs.example.org. A host without a port covers its ports.
    covered = Q(domain=site) | Q(domain__endswith=f".{site}")
    if ":" not in site or site.endswith("]"):
        covered |= Q(domain__startswith=f"{site}:") | Q(domain__contains=f".{site}:")
    if "." not in site and ":" not in site:
        # One label, such as wikipedia, is meant as the name of a site.
        covered |= Q(domain__startswith=f"{site}.") | Q(domain__contains=f".{site}.")
    return covered


def _before(place: Place) -> Q:
    older = Q(started_at__lt=place.started_at)
    earlier_id = Q(started_at=place.started_at, visit_id__lt=place.visit_id)
    same_id = Q(started_at=place.started_at, visit_id=place.visit_id, browser_id__lt=place.browser_id)
    if not place.visit_id:
        # No visit has an empty id. So the index alone answers, which knows no ids.
        return Q(started_at__lt=place.started_at)
    # The first condition repeats the others so that an index can serve it.
    return Q(started_at__lte=place.started_at) & (older | earlier_id | same_id)


def matches(words: SearchWords, title: str, url: str) -> bool:
    """Tell whether the text of a visit has all the words, and none of those that it must not have."""
    folded_title, folded_url = fold(title), fold(readable_url(url))
    return all(each.stand_in(folded_title, folded_url, url) for each in words.wanted) and not any(
        each.stand_in(folded_title, folded_url, url) for each in words.unwanted
    )


_PLACE_COLUMNS: Final = ("started_at", "visit_id", "browser_id")


# The start, id and browser of a visit, its primary key, its URL and its title.
_Row = tuple[int, str, int, int, str, str]


@dataclass
class _Reader:
    """Reads the visits of one person that meet the conditions of a query, apart from its words, newest first."""

    user_id: int
    query: Query
    resolver: Resolver
    most: int
    window: int = FIRST_WINDOW

    def __post_init__(self) -> None:
        self.condition = self.query.condition & site_condition(self.query.words.sites)

    def read(self, place: Place | None) -> Iterator[_Row | Place]:
        """Yield each visit before a place, and after each query the place that it reached."""
        while True:
            began = time.monotonic()
            rows, place = self._window(place)
            yield from rows
            if place is None:
                return
            yield place
            took = max(time.monotonic() - began, 0.001)
            self.window = min(
                max(int(self.window * WINDOW_SECONDS / took), FIRST_WINDOW), 2 * self.window, LARGEST_WINDOW
            )

    def _window(self, place: Place | None) -> tuple[list[_Row], Place | None]:
        """Return the visits of the next window, and the place after it; None at the end of the history."""
        visits = PageVisit.objects.filter(user_id=self.user_id)
        within = visits
        if self.query.start is not None:
            within = within.filter(started_at__gte=self.query.start)
        if self.query.end is not None:
            within = within.filter(started_at__lt=self.query.end)
        left = within if place is None else within.filter(_before(place))
        # Visits that began together with the last one of the window belong to it too.
        most = min(self.most, 2 * self.window)
        # The index alone first finds how far the window reaches. Without this bound PostgreSQL, which keeps no
        # statistics of the person, may sort all older visits to return some (0.5 s instead of 3 ms for 2,000).
        reached = within if place is None else within.filter(started_at__lte=place.started_at)
        starts = reached.order_by("-started_at").values_list("started_at", flat=True)
        lowest = starts[self.window : self.window + 1].first()
        if lowest is not None:
            left = left.filter(started_at__gte=lowest)
        if self.condition or self.query.asks_categories:
            # The index knows site and category too, so that rows are read only of visits that have these.
            asked = self.condition
            if self.query.asks_categories:
                pairs = set(left.values_list("domain", "category").distinct())
                asked &= category_condition(self.query, self.resolver, pairs)
            left = visits.filter(pk__in=left.filter(asked).values("pk"))
        newest_first = left.order_by("-started_at", "-visit_id", "-browser_id")
        rows = list(newest_first.values_list(*_PLACE_COLUMNS, "pk", "url", "title")[:most])
        if len(rows) == most:
            return rows, Place(*rows[-1][:3])
        # All visits that began at `lowest` or later have been looked at.
        return rows, None if lowest is None else Place(lowest, "", 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a step of a search ends: at its visits, at its different URLs if these are limited, or when its time is up.

    With `only_counts` it counts visits and returns none.
    """

    visits: int = 50
    urls: int | None = None
    only_counts: bool = False


def search(user_id: int, query: Query, resolver: Resolver, limits: Limits, cursor: Cursor | None = None) -> SearchPage:
    """Return the next visits that match, newest first, from the cursor on; none where the words have errors.

    The first step takes FIRST_SECONDS after its first query, and one from a cursor STEP_SECONDS.
    """
    page = SearchPage(found=cursor.found if cursor else 0)
    if query.words.errors:
        return page
    # Without words every visit that is read matches. One more than asked for tells whether there are older ones.
    reads_all = query.words.reads_text or query.url or limits.urls is not None or limits.only_counts
    reader = _Reader(user_id, query, resolver, LARGEST_WINDOW if reads_all else limits.visits + 1)
    place = cursor.place if cursor else None
    keys: list[int] = []
    urls: set[str] = set()
    last: tuple[Any, ...] | None = place
    deadline = None
    for row in reader.read(place):
        # The time begins with the first visits, so that a step of a busy server still looks at some.
        deadline = deadline or time.monotonic() + (STEP_SECONDS if cursor else FIRST_SECONDS)
        if not isinstance(row, Place) and _is_wanted(query, row):
            url = row[4]
            if len(keys) == limits.visits or (len(urls) == limits.urls and url not in urls):
                break
            page.found += 1
            if not limits.only_counts:
                keys.append(row[3])
                urls.add(url)
        last = row
        if time.monotonic() >= deadline:
            page.is_cut_short = True
            break
    else:
        last = None
    page.visits, is_cut = queries.listed_of_keys(user_id, keys, resolver)
    if is_cut:
        # The next step begins with the first visit that is left out.
        listed = page.visits[-1]
        last = (listed.visit.started_at, listed.visit_id, listed.browser_id)
        page.found -= len(keys) - len(page.visits)
    page.next_cursor = Cursor(user_id, Place(*last[:3]), page.found) if last else None
    return page


def _is_wanted(query: Query, row: _Row) -> bool:
    *_, url, title = row
    if query.url and url != query.url:
        return False
    return not query.words.reads_text or matches(query.words, title, url)
