"""A day, a week, a month, a year or any days in numbers."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from insights import charts, queries, reports
from insights.pages.page_context import (
    Step,
    Visitor,
    asked_period,
    day_of,
    page,
    period_links,
    period_name,
    period_url,
    silent_browsers,
    visitor,
)
from insights.periods import Period, Unit, period_of, today

TOP_SITES = 12
LAST_VISITS = 6
FEWEST_CALENDAR_DAYS = 60


@page
def overview(request: HttpRequest, unit: Unit = "day", day: str = "") -> HttpResponse:
    """Show a day, week, month or year."""
    who = visitor(request)
    if not day and queries.first_visit(who.pk) is None:
        return redirect("insights:start")
    return show_period(request, who, period_of(who.zone, unit, day_of(day) if day else who.today))


@page
def any_range(request: HttpRequest) -> HttpResponse:
    """Show the days from one to another."""
    who = visitor(request)
    fallback = Period(who.zone, who.today - timedelta(days=29), who.today)
    period, errors = asked_period(who, request, fallback)
    if not errors and period.unit != "range":
        return redirect(period_url(period))
    return show_period(request, who, period, errors)


def show_period(
    request: HttpRequest, who: Visitor, period: Period, errors: dict[str, list[str]] | None = None
) -> HttpResponse:
    """Show the numbers of a period."""
    found = reports.report(who.pk, period, who.now)
    days = reports.days(found.tally, period)
    is_day = period.first == period.last
    is_year = FEWEST_CALENDAR_DAYS <= len(days) <= charts.MOST_DAY_BARS
    sites = reports.top_sites(found.tally, TOP_SITES)
    active = found.totals.active
    context = {
        "links": period_links(who, period),
        "period": period,
        "errors": errors or {},
        "totals": found.totals,
        "previous": found.previous,
        "is_day": is_day,
        "is_running": period.start <= who.now < period.end,
        "is_empty": not found.totals.visits and not found.totals.time,
        "chart": charts.hours_of_day(found.tally.hours, period) if is_day else charts.days_or_months(days),
        "calendar": charts.calendar(days, who.today) if is_year else None,
        "week": None if is_day else charts.week(reports.week_hours(found.tally)),
        "sites": [(domain, site, charts.share(site.active, sites[0][1].active or 1),
                   site.active / active if active else None) for domain, site in sites],
        "sites_left": found.totals.sites - len(sites),
        "categories": category_shares(reports.categories(found.tally), active),
        "last": queries.latest_stays(who.pk, period.start, period.end, LAST_VISITS) if is_day else [],
        "silent": silent_browsers(who.pk),
    }  # fmt: skip
    if context["is_empty"]:
        context["nearest"] = nearest(who, period)
    return render(request, "insights/overview.html", {**context, "nav": "overview"})


def nearest(who: Visitor, period: Period) -> Step | None:
    """Return the last period of the same kind with a visit before an empty one, else the first after it."""
    at = queries.nearest_visit(who.pk, period.start)
    if at is None:
        return None
    found = period_of(who.zone, "month" if period.unit == "range" else period.unit, today(who.zone, at))
    return Step(period_name(found, who.today), period_url(found))


def category_shares(categories: Sequence[tuple[str, int]], active: int) -> list[tuple[str, int, str, float]]:
    """Return name, active time, length of the bar and share of each category; nothing when none was sent."""
    if not any(name for name, _ in categories):
        return []
    most = categories[0][1]
    return [(name, value, charts.share(value, most), value / active) for name, value in categories[:10]]
