"""The timeline of a day, or of an hour of it."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries, timeline, timeline_chart
from insights.filter_query import browsers_of_page
from insights.numbers import Visit, add_by_category
from insights.pages.page_context import day_of, page, period_name, selection, viewer_of
from insights.periods import period_of

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
    names = {browser.pk: browser for browser in browsers_of_page(request)}
    only = selection(request, viewer, period)
    listed = queries.listed_visits(viewer.pk, start, end, only.condition)
    is_cut = len(listed) == queries.MOST_LISTED
    listed_until = listed[-1].visit.started_at if is_cut else end
    visits = timeline.within(listed, only.spans(period))
    # Time that a filter leaves out is no gap in the records.
    gaps = timeline.recording_gaps(visits, start, listed_until, viewer.now) if only.is_everything else []
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
        "legend": charts.legend(active_by_category(each.visit for each in visits)),
        "hour_lists": timeline.hour_lists(visits, gaps, shown),
        "listed_until": listed_until if is_cut else None,
        "gaps": timeline_chart.bars(gaps, start, end),
    }
    return render(request, "insights/timeline.html", context)


def active_by_category(visits: Iterable[Visit]) -> dict[str, int]:
    """Return the active time of visits by category."""
    found: dict[str, int] = {}
    for visit in visits:
        add_by_category(found, {visit.category: visit.active_ms or 0})
    return found
