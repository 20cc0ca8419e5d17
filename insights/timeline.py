"""The timeline of a day: who was where, browser by browser and tab by tab, and where nothing is known. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from insights.numbers import Span, gaps, union
from insights.rows import Stay
from sync.models import TabAggregate

# Shorter than this, a pause between two visits is no gap worth a word.
SHORTEST_GAP_MS: Final = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Lane:
    """The visits of one tab, in order."""

    tab_id: int | None
    stays: list[Stay]


@dataclass(frozen=True, slots=True)
class BrowserLanes:
    """The tabs of one browser, the one used first on top."""

    browser_id: int
    lanes: list[Lane]


def lanes(stays: Sequence[Stay]) -> list[BrowserLanes]:
    """Return the visits by browser and tab, each in order of first use; visits without a tab share a lane."""
    found: dict[int, dict[int | None, list[Stay]]] = {}
    for stay in stays:
        found.setdefault(stay.browser_id, {}).setdefault(stay.tab_id, []).append(stay)
    return [BrowserLanes(browser, [Lane(*lane) for lane in tabs.items()]) for browser, tabs in found.items()]


def silences(stays: Sequence[Stay], start: int, end: int, now: int) -> list[Span]:
    """Return the gaps of [start, end) that are worth a word; what is still to come is none."""
    spans = union((stay.visit.start, stay.visit.end) for stay in stays)
    return gaps(spans, start, min(end, max(now, start)), SHORTEST_GAP_MS)


@dataclass(frozen=True, slots=True)
class TabLife:
    """A tab from its opening to its end or, while it is open, to its last sign of life."""

    browser_id: int
    tab_id: int
    url: str
    domain: str
    opened: int
    end: int
    is_open: bool
    active: int
    pages: int

    @property
    def lifetime(self) -> int:
        """How long it was open."""
        return self.end - self.opened

    @property
    def is_unread(self) -> bool:
        """Whether nobody was active in it from first to last."""
        return self.active == 0


def tab_life(tab: TabAggregate) -> TabLife:
    """Return the life of a tab."""
    return TabLife(
        browser_id=tab.browser_id,
        tab_id=tab.tab_id,
        url=tab.current_url or "",
        domain=tab.current_domain or "",
        opened=tab.started_at,
        end=max(tab.started_at, tab.last_active_at if tab.closed_at is None else tab.closed_at),
        is_open=tab.closed_at is None,
        active=tab.total_active_duration_ms,
        pages=tab.page_count,
    )
