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
from insights.pages.page_context import latest_days_links, page, period_from_url, period_name, selection, viewer_of
from insights.pages.page_files import TABS, Row, file_links, file_name, page_file, tab_row
from insights.periods import HOUR_MS, Period
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
    tabs: list[TabLifetime]
    shows: Literal["lifetime", "pages"] = "lifetime"


@page
def tabs(request: HttpRequest) -> HttpResponse:
    """Show how long the tabs opened in a period were open and used."""
    viewer = viewer_of(request)
    fallback = Period(viewer.zone, viewer.today - timedelta(days=29), viewer.today)
    period, errors = period_from_url(viewer, request, fallback)
    only = selection(request, viewer, period)
    opened = only.tab_condition & only.began(period)
    aggregates = queries.tab_aggregates(viewer.pk, period.starts_at, period.ends_at, opened)
    found = [tab_lifetime(tab, viewer.now) for tab in aggregates]
    lists = {
        "longest": TabList("Longest open", sorted(found, key=lambda tab: -tab.lifetime_ms)),
        "switched": TabList(
            "Most switched to", sorted((tab for tab in found if tab.pages > 1), key=lambda tab: -tab.pages), "pages"
        ),
        "unread": TabList("Opened and never read", [tab for tab in found if tab.is_unread]),
        **by_lifetime(found),
    }
    chosen = lists.get(request.GET.get("list", ""))
    parts = {"list": chosen.tabs} if chosen else {name: lists[name].tabs[:TABS_SHOWN] for name in PARTS}

    def rows() -> Iterator[Row]:
        named = {browser.pk: name_of(browser) for browser in browsers_of_page(request)}
        for part, of_part in parts.items():
            yield from (tab_row(part, tab, named.get(tab.browser_id, "")) for tab in of_part)

    file = page_file(request, file_name("tabs", period), TABS, rows)
    if file is not None:
        return file
    most = max(len(lists[key].tabs) for key in LIFETIMES)
    context: dict[str, Any] = {
        **parts,
        "files": file_links(request),
        "nav": "tabs",
        "period": period,
        "name": period_name(period, viewer.today),
        "spans": latest_days_links(request, viewer, period),
        "errors": errors,
        "count": len(found),
        "lifetimes": [
            (key, lists[key].name, len(lists[key].tabs), charts.share(len(lists[key].tabs), most)) for key in LIFETIMES
        ],
        "switched_count": len(lists["switched"].tabs),
        "unread_count": len(lists["unread"].tabs),
    }
    if chosen:
        context |= {"listed": paged(request, chosen.tabs), "listed_name": chosen.name, "shows": chosen.shows}
    return render(request, "insights/tabs.html", context)


def by_lifetime(tabs: Sequence[TabLifetime]) -> dict[str, TabList]:
    """Return the tabs by how long they were open, longest first."""
    found = {key: TabList(name, []) for key, (name, _) in LIFETIMES.items()}
    for tab in sorted(tabs, key=lambda tab: -tab.lifetime_ms):
        key = next(key for key, (_, limit) in LIFETIMES.items() if limit is None or tab.lifetime_ms < limit)
        found[key].tabs.append(tab)
    return found
