"""What became of the tabs."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries, timeline
from insights.pages.page_context import asked_period, page, period_name, period_query, site_spans, visitor
from insights.periods import HOUR_MS, Period

TABS_SHOWN = 10
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
    """Show what became of the tabs that were opened in a period."""
    who = visitor(request)
    fallback = Period(who.zone, who.today - timedelta(days=29), who.today)
    period, errors = asked_period(who, request, fallback)
    found = [timeline.tab_life(tab) for tab in queries.tabs(who.pk, period.start, period.end)]
    counts = [0] * len(LIFETIMES)
    for life in found:
        counts[next(n for n, (_, limit) in enumerate(LIFETIMES) if limit is None or life.lifetime < limit)] += 1
    unread = [life for life in found if life.is_unread]
    context = {
        "nav": "tabs",
        "period": period,
        "name": period_name(period, who.today),
        "spans": site_spans(who),
        "current": "?" + period_query(period),
        "errors": errors,
        "count": len(found),
        "lifetimes": [
            (name, count, charts.share(count, max(counts))) for (name, _), count in zip(LIFETIMES, counts, strict=True)
        ],
        "longest": sorted(found, key=lambda life: -life.lifetime)[:TABS_SHOWN],
        "switched": sorted((life for life in found if life.pages > 1), key=lambda life: -life.pages)[:TABS_SHOWN],
        "unread": unread[:TABS_SHOWN],
        "unread_count": len(unread),
        "names": {browser.pk: browser for browser in queries.browsers(who.pk)},
    }
    return render(request, "insights/tabs.html", context)
