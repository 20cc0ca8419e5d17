"""The timeline of a day, or of an hour of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import queries, timeline, timeline_chart
from insights.pages.page_context import day_of, page, period_name, viewer_of
from insights.periods import period_of
from sync.browsers import browsers_of

# An imported day may hold thousands of visits. The history of the day has them all, page by page.
LINES_AN_HOUR = 100
LINES_OF_ONE_HOUR = 1_000


@page
def day_timeline(request: HttpRequest, day: str = "") -> HttpResponse:
    """Show the visits of a day by browser and tab, and hour by hour."""
    viewer = viewer_of(request)
    period = period_of(viewer.zone, "day", day_of(day) if day else viewer.today)
    asked = request.GET.get("hour", "")
    shown = timeline.time_range(period, int(asked[:2]) if asked.isdecimal() else None)
    start, end = shown.starts_at, shown.ends_at
    names = {browser.pk: browser for browser in browsers_of(viewer.pk)}
    visits = queries.listed_visits(viewer.pk, start, end)
    is_cut = len(visits) == queries.MOST_LISTED
    listed_until = visits[-1].visit.started_at if is_cut else end
    gaps = timeline.recording_gaps(visits, start, listed_until, viewer.now)
    context = {
        "nav": "timeline",
        "period": period,
        "name": period_name(period, viewer.today),
        "before": period.previous.first,
        "after": period.following.first if period.following.first <= viewer.today else None,
        "hour": None if shown.label is None else shown.label % 24,
        "hours": [(label % 24, label == shown.label) for label in dict.fromkeys(period.hours[1])],
        "ticks": timeline_chart.ticks(shown),
        "browsers": [
            (
                names.get(found.browser_id),
                [(tab, [timeline_chart.drawn_visit(each, start, end) for each in tab.visits]) for tab in found.tabs],
            )
            for found in timeline.by_browser_and_tab(visits)
        ],
        "most_lines": f":{LINES_AN_HOUR if shown.label is None else LINES_OF_ONE_HOUR}",
        "hour_lists": timeline.hour_lists(visits, gaps, shown),
        "listed_until": listed_until if is_cut else None,
        "gaps": timeline_chart.bars(gaps, start, end),
    }
    return render(request, "insights/timeline.html", context)
