"""The lifetimes of tabs."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import nlargest
from itertools import islice

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries
from insights.pages.page_context import latest_days_links, page, period_from_url, period_name, period_query, viewer_of
from insights.pages.page_files import TABS, Row, file_links, file_name, page_file, tab_row
from insights.periods import HOUR_MS, Period
from insights.queries import TabSpan
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
    summed = _summed(queries.tab_spans(viewer.pk, period.starts_at, period.ends_at))
    spans = {"longest": summed.longest, "switched": summed.switched, "unread": summed.unread}
    aggregates = queries.tab_aggregates(viewer.pk, [span for of_part in spans.values() for span in of_part])
    shown = {
        part: [tab_lifetime(aggregates[span.pk]) for span in of_part if span.pk in aggregates]
        for part, of_part in spans.items()
    }

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
        "count": sum(summed.counts),
        "lifetimes": [
            (name, count, charts.share(count, max(summed.counts)))
            for (name, _), count in zip(LIFETIMES, summed.counts, strict=True)
        ],
        "unread_count": summed.unread_count,
    }
    return render(request, "insights/tabs.html", context)


@dataclass(slots=True)
class Summed:
    """The number of tabs by row of LIFETIMES, and the few that the page shows."""

    counts: list[int] = field(default_factory=lambda: [0] * len(LIFETIMES))
    unread_count: int = 0
    longest: list[TabSpan] = field(default_factory=list)
    switched: list[TabSpan] = field(default_factory=list)
    unread: list[TabSpan] = field(default_factory=list)


def _summed(spans: Iterator[TabSpan]) -> Summed:
    """Return the numbers of tabs, newest first, without keeping more than some thousands of them."""
    found = Summed()
    limits = [limit_ms for _, limit_ms in LIFETIMES if limit_ms is not None]
    while some := list(islice(spans, 10_000)):
        for span in some:
            found.counts[bisect_right(limits, span.lifetime_ms)] += 1
        unread = [span for span in some if span.total_active_duration_ms == 0]
        found.unread_count += len(unread)
        found.unread = [*found.unread, *unread][:TABS_SHOWN]
        # Both sorts are stable: of equal tabs the newest come first.
        found.longest = nlargest(TABS_SHOWN, [*found.longest, *some], key=lambda span: span.lifetime_ms)
        switched = [span for span in some if span.page_count > 1]
        found.switched = nlargest(TABS_SHOWN, [*found.switched, *switched], key=lambda span: span.page_count)
    return found
