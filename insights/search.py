"""History search: words in title or URL, newest first, paged by key, within a time limit.

There is no index over text, because it would cost pushes nine tenths of their speed. Visits are read newest first, some
thousands at a time, until a page is full or the time is up. The person can then go on with older visits.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.core import signing
from django.db.models import Q

from insights import queries
from insights.categories.conditions import condition
from insights.categories.stored_rules import resolver_of
from insights.numbers import union
from insights.queries import ListedVisit
from sync.models import PageVisit

TIME_LIMIT_SECONDS: Final = 0.075
# The most visits that one query looks at; the time is checked between two queries.
VISITS_PER_QUERY: Final = 4_000
MAX_WORDS: Final = 10
SALT: Final = "insights.search"


class Cursor(NamedTuple):
    """A place in the history; the next page begins with the visits before it. Visit id and browser break ties."""

    started_at: int
    visit_id: str
    browser_id: int


def cursor_to_text(cursor: Cursor | None) -> str | None:
    """Return a cursor as an opaque, signed string."""
    return signing.dumps(list(cursor), salt=SALT, compress=True) if cursor else None


def cursor_from_text(text: str) -> Cursor:
    """Return the cursor of a string made by `cursor_to_text`; raises signing.BadSignature."""
    return Cursor(*signing.loads(text, salt=SALT))


@dataclass(frozen=True, slots=True)
class Query:
    """The conditions of a search, all of which must hold; `start` and `end` are limits of a visit's start."""

    words: tuple[str, ...] = ()
    domain: str = ""
    start: int | None = None
    end: int | None = None
    browser_id: int | None = None
    category: str | None = None
    only: Q = field(default_factory=Q)

    @property
    def is_narrow(self) -> bool:
        """True if many visits may have to be read to find one that matches."""
        return bool(self.words or self.domain or self.browser_id is not None or self.category is not None or self.only)


@dataclass(slots=True)
class SearchPage:
    """A page of results; `next_cursor` is None when no older visits are left.

    `is_cut_short` tells that the time was up before the page was full.
    """

    visits: list[ListedVisit] = field(default_factory=list)
    next_cursor: Cursor | None = None
    is_cut_short: bool = False


def words_of(text: str) -> tuple[str, ...]:
    """Return the distinct words of a search, in lower case."""
    return tuple(dict.fromkeys(text.replace("\0", "").lower().split()))[:MAX_WORDS]


def _before(cursor: Cursor) -> Q:
    older = Q(started_at__lt=cursor.started_at)
    earlier_id = Q(started_at=cursor.started_at, visit_id__lt=cursor.visit_id)
    same_id = Q(started_at=cursor.started_at, visit_id=cursor.visit_id, browser_id__lt=cursor.browser_id)
    # The first condition repeats the others so that an index can serve it.
    return Q(started_at__lte=cursor.started_at) & (older | earlier_id | same_id)


def _matching(query: Query) -> Q:
    matching = Q()
    for word in query.words:
        matching &= Q(title__icontains=word) | Q(url__icontains=word)
    if query.domain:
        matching &= Q(domain=query.domain)
    if query.browser_id is not None:
        matching &= Q(browser_id=query.browser_id)
    return matching & query.only


def search(user_id: int, query: Query, size: int, cursor: Cursor | None = None) -> SearchPage:
    """Return at most `size` visits that match, newest first, from the cursor on."""
    deadline = time.monotonic() + TIME_LIMIT_SECONDS
    everything = PageVisit.objects.filter(user_id=user_id)
    if query.start is not None:
        everything = everything.filter(started_at__gte=query.start)
    if query.end is not None:
        everything = everything.filter(started_at__lt=query.end)
    matching = _matching(query)
    resolver = resolver_of(user_id)
    found = SearchPage()
    upper = cursor.started_at if cursor else None
    while True:
        left = everything if cursor is None else everything.filter(_before(cursor))
        if upper is not None:
            left = left.filter(started_at__lte=upper)
        lowest = None
        if query.is_narrow:
            # The start of the oldest visit that this query looks at; the index alone answers this.
            lowest = (
                left.order_by("-started_at")
                .values_list("started_at", flat=True)[VISITS_PER_QUERY : VISITS_PER_QUERY + 1]
                .first()
            )
        some = left if lowest is None else left.filter(started_at__gte=lowest)
        if query.category is not None:
            # The index alone answers which sites these visits are of.
            pairs = some.values_list("domain", "category").distinct()
            some = some.filter(condition(resolver, query.category, pairs))
        some = some.filter(matching)
        ordered = some.order_by("-started_at", "-visit_id", "-browser_id").values_list(*queries.LISTED_COLUMNS)
        for row in ordered[: size - len(found.visits) + 1]:
            found.visits.append(queries.listed_from_row(row, resolver))
        if len(found.visits) > size:
            found.visits.pop()
            last = found.visits[-1]
            found.next_cursor = Cursor(last.visit.started_at, last.visit_id, last.browser_id)
            return found
        if lowest is None:
            return found
        if time.monotonic() >= deadline:
            # All visits that began at `lowest` or later have been read.
            found.next_cursor = Cursor(lowest, "", 0)
            found.is_cut_short = True
            return found
        upper = lowest - 1


def split_at_words(text: str, words: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it matches one of the words."""
    lower = text.lower()
    if len(lower) != len(text):
        # A letter has a longer small form (such as İ), so positions in `lower` would not fit `text`.
        yield text, False
        return
    spans = []
    for word in words:
        at = lower.find(word)
        while at >= 0:
            spans.append((at, at + len(word)))
            at = lower.find(word, at + len(word))
    at = 0
    for low, high in union(spans):
        if low > at:
            yield text[at:low], False
        yield text[low:high], True
        at = high
    if at < len(text):
        yield text[at:], False
