"""History search: words in title or URL, newest first, paged by key, within a budget of time.

No index over text is kept: it would cost the pushes nine tenths of their speed. Visits are read newest first, a stretch
at a time, until a page is full or the budget is spent; then the reader may go on with older ones.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.core import signing
from django.db.models import Q

from insights import queries
from insights.numbers import union
from insights.queries import Stay
from sync.models import PageVisit

BUDGET_SECONDS: Final = 0.075
# How many visits one question to the database looks at; the budget is checked between two of them.
STRETCH: Final = 4_000
MAX_WORDS: Final = 10
SALT: Final = "insights.search"


class Cursor(NamedTuple):
    """A place in the history; what lies before it is older. Visit id and browser break ties of the start."""

    started_at: int
    visit_id: str
    browser_id: int


def dumped(cursor: Cursor | None) -> str | None:
    """Return a place in the history as an opaque string."""
    return signing.dumps(list(cursor), salt=SALT, compress=True) if cursor else None


def loaded(text: str) -> Cursor:
    """Return the place that `dumped` made the string of; raises signing.BadSignature."""
    return Cursor(*signing.loads(text, salt=SALT))


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; everything given must hold. Instants bound the start of a visit."""

    words: tuple[str, ...] = ()
    domain: str = ""
    start: int | None = None
    end: int | None = None
    browser_id: int | None = None
    category: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether many visits may have to be looked at for one that is found."""
        return bool(self.words or self.domain or self.browser_id is not None or self.category)


@dataclass(slots=True)
class Found:
    """A page of results. `following` is where the next page begins, None when nothing older is left."""

    stays: list[Stay] = field(default_factory=list)
    following: Cursor | None = None
    # The page may have room left because the budget was spent.
    is_cut_short: bool = False


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a search, without doubles."""
    return tuple(dict.fromkeys(text.replace("\0", "").lower().split()))[:MAX_WORDS]


def _before(cursor: Cursor) -> Q:
    older = Q(started_at__lt=cursor.started_at)
    earlier_id = Q(started_at=cursor.started_at, visit_id__lt=cursor.visit_id)
    same_id = Q(started_at=cursor.started_at, visit_id=cursor.visit_id, browser_id__lt=cursor.browser_id)
    # The first condition is the one an index serves.
    return Q(started_at__lte=cursor.started_at) & (older | earlier_id | same_id)


def _matching(query: Query) -> Q:
    matching = Q()
    for word in query.words:
        matching &= Q(title__icontains=word) | Q(url__icontains=word)
    if query.domain:
        matching &= Q(domain=query.domain)
    if query.category:
        matching &= Q(category=query.category)
    if query.browser_id is not None:
        matching &= Q(browser_id=query.browser_id)
    return matching


def search(user_id: int, query: Query, size: int, cursor: Cursor | None = None) -> Found:
    """Return the newest visits that match, at most `size`, from a place in the history on."""
    deadline = time.monotonic() + BUDGET_SECONDS
    everything = PageVisit.objects.filter(user_id=user_id)
    if query.start is not None:
        everything = everything.filter(started_at__gte=query.start)
    if query.end is not None:
        everything = everything.filter(started_at__lt=query.end)
    matching = _matching(query)
    found = Found()
    upper = cursor.started_at if cursor else None
    while True:
        left = everything if cursor is None else everything.filter(_before(cursor))
        if upper is not None:
            left = left.filter(started_at__lte=upper)
        lowest = None
        if query.is_narrow:
            # Where this stretch ends: read from the index alone.
            lowest = left.order_by("-started_at").values_list("started_at", flat=True)[STRETCH : STRETCH + 1].first()
        some = left.filter(matching)
        if lowest is not None:
            some = some.filter(started_at__gte=lowest)
        ordered = some.order_by("-started_at", "-visit_id", "-browser_id").values_list(*queries.STAY_COLUMNS)
        for row in ordered[: size - len(found.stays) + 1]:
            found.stays.append(queries.read_stay(row))
        if len(found.stays) > size:
            found.stays.pop()
            last = found.stays[-1]
            found.following = Cursor(last.visit.start, last.visit_id, last.browser_id)
            return found
        if lowest is None:
            return found
        if time.monotonic() >= deadline:
            # Every visit that began at `lowest` or later was looked at.
            found.following = Cursor(lowest, "", 0)
            found.is_cut_short = True
            return found
        upper = lowest - 1


def marked(text: str, words: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, and whether a piece is one of the words that were looked for."""
    lower = text.lower()
    if len(lower) != len(text):
        # A letter whose small form is longer: places would not fit.
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
