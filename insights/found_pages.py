"""The pages among the visits that a search found: the visits of one URL together, with their sums."""

from collections.abc import Iterable
from dataclasses import dataclass

from insights.queries import ListedVisit


@dataclass(slots=True)
class FoundPage:
    """One URL and its visits in a step of a search; title, site and category are those of its latest visit.

    The active time is None where none is known. Instants are starts of visits.
    """

    latest: ListedVisit
    first_at: int
    visits: int = 0
    active_ms: int | None = None


def found_pages(visits: Iterable[ListedVisit]) -> list[FoundPage]:
    """Return the pages of visits that come newest first, in the order of their latest visits."""
    pages: dict[str, FoundPage] = {}
    for listed in visits:
        started_at, active_ms = listed.visit.started_at, listed.visit.active_ms
        page = pages.setdefault(listed.url, FoundPage(listed, started_at))
        if listed.title and not page.latest.title:
            # A page that is not loaded yet has no title.
            page.latest = page.latest._replace(title=listed.title)
        page.visits += 1
        page.first_at = started_at
        if active_ms is not None:
            page.active_ms = (page.active_ms or 0) + active_ms
    return list(pages.values())
