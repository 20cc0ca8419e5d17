"""The lifetimes of tabs, from their aggregates. Instants and durations are integer milliseconds."""

from dataclasses import dataclass

from insights.periods import DAY_MS
from insights.queries import tab_end
from sync.models import TabAggregate

# A tab counts as open for this time after its last sign of life. A browser that was removed never tells of its end.
OPEN_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class TabLifetime:
    """A tab from its opening to its end or, while it is open, to its last sign of life."""

    browser_id: int
    tab_id: int
    url: str
    domain: str
    opened_at: int
    ended_at: int
    is_open: bool
    active_ms: int
    pages: int

    @property
    def lifetime_ms(self) -> int:
        """The time from `opened_at` to `ended_at`."""
        return self.ended_at - self.opened_at


def tab_lifetime(tab: TabAggregate, now: int) -> TabLifetime:
    """Return the lifetime that an aggregate tells; without a closing time it ends at the last activity.

    A tab that nobody closed counts as open until a week after its last activity.
    """
    return TabLifetime(
        browser_id=tab.browser_id,
        tab_id=tab.tab_id,
        url=tab.current_url or "",
        domain=tab.current_domain or "",
        opened_at=tab.started_at,
        ended_at=tab_end(tab.started_at, tab.last_active_at, tab.closed_at),
        is_open=tab.closed_at is None and now - max(tab.started_at, tab.last_active_at) < OPEN_MS,
        active_ms=tab.total_active_duration_ms,
        pages=tab.page_count,
    )
