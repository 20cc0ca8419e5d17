"""The timeline of a day: who was where, browser by browser and tab by tab, and where nothing is known. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from insights.numbers import Span, gaps, union
from insights.rows import Stay

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
