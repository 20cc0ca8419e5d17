"""The timeline: a day, or an hour of it, visit by visit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries, timeline
from insights.pages.page_context import day_of, page, period_name, visitor
from insights.periods import period_of


@page
def day_timeline(request: HttpRequest, day: str = "") -> HttpResponse:
    """Show a day visit by visit, by browser and tab."""
    who = visitor(request)
    period = period_of(who.zone, "day", day_of(day) if day else who.today)
    asked = request.GET.get("hour", "")
    axis = timeline.axis(period, int(asked[:2]) if asked.isdecimal() else None)
    start, end = axis.start, axis.end
    names = {browser.pk: browser for browser in queries.browsers(who.pk)}
    stays = queries.stays(who.pk, start, end)
    quiet = timeline.silences(stays, start, end, who.now)
    context = {
        "nav": "timeline",
        "period": period,
        "name": period_name(period, who.today),
        "before": period.previous.first,
        "after": period.following.first if period.following.first <= who.today else None,
        "hour": None if axis.label is None else axis.label % 24,
        "hours": [(label % 24, label == axis.label) for label in dict.fromkeys(period.hours[1])],
        "ticks": axis.ticks,
        "browsers": [
            (
                names.get(found.browser_id),
                [(lane, [timeline.mark(stay, start, end) for stay in lane.stays]) for lane in found.lanes],
            )
            for found in timeline.lanes(stays)
        ],
        "groups": timeline.groups(stays, quiet, axis),
        "gaps": [charts.place(gap, start, end) for gap in quiet],
    }
    return render(request, "insights/timeline.html", context)
