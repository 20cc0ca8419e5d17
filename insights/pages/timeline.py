"""The timeline of a day, or of a part of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries, reports, timeline, timeline_chart, visit_tallies
from insights.filter_query import browsers_of_page
from insights.numbers import Tally
from insights.pages.page_context import Viewer, day_of, page, period_name, selection, viewer_of
from insights.periods import HOUR_MS, Period, period_of
from insights.queries import ListedVisit
from insights.timeline import TimeRange

# An imported day may hold thousands of visits, and a line takes a millisecond.
LINES_A_PAGE = 100
LEGEND_SITES = 6


@page
def day_timeline(request: HttpRequest, day: str = "") -> HttpResponse:
    """Show the visits of a day by browser and tab, and hour by hour."""
    viewer = viewer_of(request)
    period = period_of(viewer.zone, "day", day_of(day) if day else viewer.today)
    names = {browser.pk: browser for browser in browsers_of_page(request)}
    only = selection(request, viewer, period)
    spans = only.spans(period)
    found, is_cut = queries.listed_visits(viewer.pk, period.starts_at, period.ends_at, only.condition)
    listed_until = found[-1].visit.started_at if is_cut else period.ends_at
    visits = timeline.within(found, spans)
    shown = shown_range(request, period, visits, viewer)
    start, end = shown.starts_at, shown.ends_at
    within = timeline.within(visits, [(start, end)])
    # Time that a filter leaves out is no gap in the records.
    gaps = (
        timeline.recording_gaps(within, start, max(start, min(end, listed_until)), viewer.now)
        if only.is_everything
        else []
    )
    numbers = visit_tallies.tally_spans((each.visit for each in visits), period, spans)
    by_tab = request.GET.get("tabs") == "1"
    drawing = timeline_chart.drawing(timeline.by_browser_and_tab(visits), shown, viewer.now, by_tab=by_tab)
    number = request.GET.get("page", "")
    context = {
        "nav": "timeline",
        "period": period,
        "name": period_name(period, viewer.today),
        "before": period.previous.first,
        "after": period.following.first if period.following.first <= viewer.today else None,
        "hour": None if shown.label is None else shown.label % 24,
        "hours": hours_with_visits(period, numbers, shown),
        "view": view_text(shown),
        "zoom": zoom_links(shown),
        "is_activity": not {"view", "hour"} & set(request.GET),
        "is_close": end - start <= HOUR_MS,
        "is_whole_day": (start, end) == (period.starts_at, period.ends_at),
        "minutes": (period.ends_at - period.starts_at) // timeline_chart.MINUTE_MS,
        "hour_marks": timeline_chart.hour_marks(period),
        "ticks": timeline_chart.ticks(shown, shown),
        "by_tab": by_tab,
        "drawing": drawing,
        "names": names,
        "legend": charts.legend(dict(reports.categories(numbers))),
        "sites": [(domain, site.active_ms) for domain, site in reports.top_sites(numbers, LEGEND_SITES)],
        "has_begun": period.starts_at <= viewer.now,
        "has_visits": bool(within),
        "list": timeline.page_of_lists(
            timeline.hour_lists(within, gaps, shown),
            int(number) if number.isdecimal() and len(number) < 7 else 1,
            LINES_A_PAGE,
        ),
        "listed_until": listed_until if is_cut else None,
        "live_until": period.ends_at if period.starts_at <= viewer.now < period.ends_at else None,
    }
    return render(request, "insights/timeline.html", context)


def shown_range(request: HttpRequest, period: Period, visits: list[ListedVisit], viewer: Viewer) -> TimeRange:
    """Return the part of the day that ?view or ?hour ask for; the hours with visits without a valid one."""
    asked, view = request.GET.get("hour", ""), request.GET.get("view", "")
    if view == "all":
        return timeline.time_range(period, None)
    found = timeline.range_of_minutes(period, view)
    if found is None and asked.isdecimal():
        found = timeline.time_range(period, int(asked[:2]))
    return found or timeline.range_of_activity(period, visits, viewer.now)


def hours_with_visits(period: Period, numbers: Tally, shown: TimeRange) -> list[tuple[int, bool]]:
    """Return the hours of the clock that hold a part of a visit, each with whether it is the one that is shown."""
    found = dict.fromkeys(label for label in period.hours[1] if label in numbers.hours)
    return [(label % 24, label == shown.label) for label in found]


def view_text(shown: TimeRange) -> str:
    """Return the parameter of a URL that shows a range."""
    return "{}-{}".format(*shown.minutes)


def zoom_links(shown: TimeRange) -> dict[str, str]:
    """Return the parameters of the links that move and zoom without scripts."""
    ranges = {
        "earlier": shown.zoomed(1, -0.5),
        "later": shown.zoomed(1, 0.5),
        "closer": shown.zoomed(0.5),
        "wider": shown.zoomed(2),
    }
    return {name: view_text(found) for name, found in ranges.items()}
