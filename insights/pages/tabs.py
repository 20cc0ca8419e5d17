"""The lifetimes of tabs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries
from insights.filter_query import browsers_of_page
from insights.pages.lists import paged
from insights.pages.page_context import (
    Viewer,
    latest_days_links,
    page,
    period_from_url,
    period_name,
    selection,
    viewer_of,
)
from insights.pages.page_files import TABS, Row, file_links, file_name, page_file, tab_row
from insights.periods import HOUR_MS, Period
from insights.queries import TabSpan
from insights.tab_lifetimes import TabLifetime, tab_lifetime
from sync.browsers import name_of

TABS_SHOWN = 10
PARTS = ("longest", "switched", "unread")
# The name and the longest lifetime, in milliseconds, of each row; the URL of its list carries the key.
LIFETIMES: dict[str, tuple[str, int | None]] = {
    "minute": ("under a minute", 60_000),
    "minutes": ("1 to 10 minutes", 600_000),
    "hour": ("10 to 60 minutes", HOUR_MS),
    "hours": ("1 to 8 hours", 8 * HOUR_MS),
    "day": ("8 to 24 hours", 24 * HOUR_MS),
    "days": ("over a day", None),
}


@dataclass(frozen=True, slots=True)
class TabList:
    """A list of tabs, and the number that its rows show."""

    name: str
    spans: list[TabSpan]
    shows: Literal["lifetime", "pages"] = "lifetime"


@page
def tabs(request: HttpRequest) -> HttpResponse:
    """Show how long the tabs opened in a period were open and used."""
    viewer = viewer_of(request)
    fallback = Period(viewer.zone, viewer.today - timedelta(days=29), viewer.today)
    period, errors = period_from_url(viewer, request, fallback)
    only = selection(request, viewer, period)
    opened = only.tab_condition & only.began(period)
    spans = list(queries.tab_spans(viewer.pk, period.starts_at, period.ends_at, opened))
    lists = {
        "longest": TabList("Longest open", sorted(spans, key=lambda span: -span.lifetime_ms)),
        "switched": TabList(
            "Most switched to",
            sorted((span for span in spans if span.page_count > 1), key=lambda span: -span.page_count),
            "pages",
        ),
        "unread": TabList("Opened and never read", [span for span in spans if span.total_active_duration_ms == 0]),
        **by_lifetime(spans),
    }
    chosen = lists.get(request.GET.get("list", ""))
    listed = paged(request, chosen.spans) if chosen else None
    if chosen and listed is not None:
        in_file = chosen.spans[: queries.MOST_LISTED] if "format" in request.GET else list(listed.object_list)
        shown = {"list": in_file}
    else:
        shown = {name: lists[name].spans[:TABS_SHOWN] for name in PARTS}
    parts = {name: lifetimes_of(viewer, of_part) for name, of_part in shown.items()}

    def rows() -> Iterator[Row]:
        named = {browser.pk: name_of(browser) for browser in browsers_of_page(request)}
        for part, of_part in parts.items():
            yield from (tab_row(part, tab, named.get(tab.browser_id, "")) for tab in of_part)

    file = page_file(request, file_name("tabs", period), TABS, rows)
    if file is not None:
        return file
    most = max(len(lists[key].spans) for key in LIFETIMES)
    context: dict[str, Any] = {
        **parts,
        "files": file_links(request),
        "nav": "tabs",
        "period": period,
        "name": period_name(period, viewer.today),
        "spans": latest_days_links(request, viewer, period),
        "errors": errors,
        "count": len(spans),
        "lifetimes": [
            (key, lists[key].name, len(lists[key].spans), charts.share(len(lists[key].spans), most))
            for key in LIFETIMES
        ],
        "switched_count": len(lists["switched"].spans),
        "unread_count": len(lists["unread"].spans),
    }
    if chosen and listed is not None:
        listed.object_list = parts["list"]  # type: ignore[assignment]  # the page of spans, with their URLs
        context |= {"listed": listed, "listed_name": chosen.name, "shows": chosen.shows}
    return render(request, "insights/tabs.html", context)


def by_lifetime(spans: Sequence[TabSpan]) -> dict[str, TabList]:
    """Return the tabs by how long they were open, longest first."""
    found = {key: TabList(name, []) for key, (name, _) in LIFETIMES.items()}
    for span in sorted(spans, key=lambda span: -span.lifetime_ms):
        key = next(key for key, (_, limit) in LIFETIMES.items() if limit is None or span.lifetime_ms < limit)
        found[key].spans.append(span)
    return found


def lifetimes_of(viewer: Viewer, spans: Sequence[TabSpan]) -> list[TabLifetime]:
    """Return the few tabs that are shown, with their URLs."""
    aggregates = queries.tab_aggregates(viewer.pk, spans)
    return [tab_lifetime(aggregates[span.pk], viewer.now) for span in spans if span.pk in aggregates]
