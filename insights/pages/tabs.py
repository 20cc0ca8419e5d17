"""The lifetimes of tabs."""

from collections.abc import Iterator
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries
from insights.pages.page_context import latest_days_links, page, period_from_url, period_name, period_query, viewer_of
from insights.pages.page_files import TABS, Row, file_links, file_name, page_file, tab_row
from insights.periods import HOUR_MS, Period
from insights.tab_lifetimes import tab_lifetime
from sync.browsers import browsers_of, name_of

TABS_SHOWN = 10
# The longest lifetime of each row, in milliseconds.
LIFETIMES = [
    ("under a minute", 60_000),
    ("1 to 10 minutes", 600_000),
    ("10 to 60 minutes", HOUR_MS),
    ("1 to 8 hours", 8 * HOUR_MS),
    ("8 to 24 hours", 24 * HOUR_MS),
    ("over a day", None),
]


@page
def tabs(request: HttpRequest) -> HttpResponse:
    """Show how long the tabs opened in a period were open and used."""
    viewer = viewer_of(request)
    fallback = Period(viewer.zone, viewer.today - timedelta(days=29), viewer.today)
    period, errors = period_from_url(viewer, request, fallback)
    aggregates = queries.tab_aggregates(viewer.pk, period.starts_at, period.ends_at)
    found = [tab_lifetime(tab, viewer.now) for tab in aggregates]
    counts = [0] * len(LIFETIMES)
    for tab in found:
        counts[
            next(n for n, (_, limit_ms) in enumerate(LIFETIMES) if limit_ms is None or tab.lifetime_ms < limit_ms)
        ] += 1
    unread = [tab for tab in found if tab.is_unread]
    longest = sorted(found, key=lambda tab: -tab.lifetime_ms)[:TABS_SHOWN]
    switched = sorted((tab for tab in found if tab.pages > 1), key=lambda tab: -tab.pages)[:TABS_SHOWN]
    shown = {"longest": longest, "switched": switched, "unread": unread[:TABS_SHOWN]}

    def rows() -> Iterator[Row]:
        named = {browser.pk: name_of(browser) for browser in browsers_of(viewer.pk)}
        for part, of_part in shown.items():
            yield from (tab_row(part, tab, named.get(tab.browser_id, "")) for tab in of_part)

    file = page_file(request, file_name("tabs", period), TABS, rows)
    if file is not None:
        return file
    context = {
        **shown,
        "files": file_links(request),
        "nav": "tabs",
        "period": period,
        "name": period_name(period, viewer.today),
        "spans": latest_days_links(viewer),
        "current": "?" + period_query(period),
        "errors": errors,
        "count": len(found),
        "lifetimes": [
            (name, count, charts.share(count, max(counts))) for (name, _), count in zip(LIFETIMES, counts, strict=True)
        ],
        "unread_count": len(unread),
    }
    return render(request, "insights/tabs.html", context)
