"""The numbers of a day, a week, a month, a year or any days."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from insights import charts, number_format, queries, reports
from insights.categories.resolver import Resolver
from insights.categories.stored_rules import resolver_of
from insights.filter_query import browsers_of_page, chosen_of, narrowed_url, with_query
from insights.filters import Selection
from insights.numbers import Site, Tally, Totals, change
from insights.pages.chart_picture import FORMAT, chart_picture
from insights.pages.page_context import (
    PeriodLink,
    Viewer,
    day_of,
    page,
    period_from_url,
    period_links,
    period_name,
    selection,
    silent_browsers,
    viewer_of,
)
from insights.pages.page_files import NUMBERS, Row, file_links, file_name, numbers_row, page_file
from insights.period_query import period_url
from insights.periods import Period, Unit, date_at, period_of
from insights.queries import ListedVisit
from insights.reports import Report

TOP_SITES = 12
LAST_VISITS = 6
# “Just now” is true for this long after the last sign of life. Browsers tell one every few minutes.
NOW_MS = 600_000
FEWEST_CALENDAR_DAYS = 60


@page
def overview(request: HttpRequest, unit: Unit = "day", day: str = "") -> HttpResponse:
    """Show a day, week, month or year."""
    viewer = viewer_of(request)
    if not day and queries.first_started_at(viewer.pk) is None:
        return redirect("insights:start")
    return show_period(request, viewer, period_of(viewer.zone, unit, day_of(day) if day else viewer.today))


@page
def any_range(request: HttpRequest) -> HttpResponse:
    """Show the days from one to another."""
    viewer = viewer_of(request)
    fallback = Period(viewer.zone, viewer.today - timedelta(days=29), viewer.today)
    period, errors = period_from_url(viewer, request, fallback)
    if not errors and period.unit != "range":
        kept = {"format": request.GET.get("format", ""), **chosen_of(request).filter.parameters()}
        return redirect(with_query(period_url(period), kept))
    return show_period(request, viewer, period, errors)


def show_period(
    request: HttpRequest, viewer: Viewer, period: Period, errors: dict[str, list[str]] | None = None
) -> HttpResponse:
    """Show the numbers of a period."""
    resolver = resolver_of(viewer.pk)
    only = selection(request, viewer, period, resolver)
    found = reports.report(viewer.pk, period, viewer.now, only, resolver=resolver)
    days = reports.days(found.tally, period)
    is_day = period.first == period.last
    is_year = FEWEST_CALENDAR_DAYS <= len(days) <= charts.MOST_WEEK_DAYS
    is_running = period.starts_at <= viewer.now < period.ends_at
    sites = reports.top_sites(found.tally, TOP_SITES)
    active_ms = found.totals.active_ms or 0
    file = page_file(
        request, file_name("overview", period), NUMBERS, lambda: _rows(found.tally, found.totals, period, is_day=is_day)
    )
    chart = chart_of(found, compared_with(viewer, period, is_running=is_running))
    file = file or chart_picture(
        request, period_name(period, viewer.today), file_name("active-time", period), chart, found.totals
    )
    if file is not None:
        return file
    context: dict[str, Any] = {
        "files": [*file_links(request), PeriodLink("picture without names", narrowed_url(request, {"format": FORMAT}))],
        "links": period_links(request, viewer, period),
        "period": period,
        "errors": errors or {},
        "totals": found.totals,
        "previous": found.previous,
        "is_day": is_day,
        "is_running": is_running,
        "compared_with": compared_with(viewer, period, is_running=is_running) if shows_change(found) else "",
        "is_empty": not found.totals.visits and not found.totals.time_ms,
        "chart": chart,
        "calendar": charts.calendar(days, viewer.today) if is_year else None,
        "week": None if is_day else charts.week(reports.week_hours(found.tally)),
        "sites": site_shares(sites, active_ms),
        "sites_left": found.totals.sites - len(sites),
        "categories": category_shares(reports.categories(found.tally), active_ms),
        "last": latest(viewer, period, only, resolver) if is_day else [],
        "silent": silent_browsers(browsers_of_page(request)),
    }
    if context["last"] and is_running:
        last_sign_at = min(viewer.now, max(listed.visit.last_known_at for listed in context["last"]))
        context |= {"last_sign_at": last_sign_at, "is_now": viewer.now - last_sign_at < NOW_MS}
    if is_day and is_running:
        context["live_until"] = period.ends_at
    if context["is_empty"]:
        context["nearest"] = nearest(viewer, period, only)
    return render(request, "insights/overview.html", {**context, "nav": "overview"})


def chart_of(found: Report, name_before: str) -> charts.Chart:
    """Return the chart of a period, with the bars of the period before behind its own."""

    def drawn(tallied: Tally, period: Period) -> charts.Chart:
        if period.first == period.last:
            return charts.hours_of_day(tallied.hours, period)
        return charts.days_or_months(reports.days(tallied, period))

    chart = drawn(found.tally, found.period)
    # Without any record in the period before, there is nothing to compare with.
    if found.before is None or not found.before.hours:
        return chart
    return charts.with_period_before(chart, drawn(found.before, found.period.previous), name_before)


def _rows(tallied: Tally, totals: Totals, period: Period, *, is_day: bool) -> Iterator[Row]:
    """Yield the numbers of a period, of its hours or days, and of its sites."""
    yield numbers_row("total", f"{period.first} to {period.last}", totals)
    if is_day:
        for label, hour in sorted(tallied.hours.items()):
            yield numbers_row("hour", f"{label % 24:02}:00", hour)
    else:
        for day, hour in reports.days(tallied, period):
            yield numbers_row("day", day, hour)
    for domain, site in reports.top_sites(tallied):
        yield numbers_row("site", domain, site)


def latest(viewer: Viewer, period: Period, only: Selection, resolver: Resolver) -> list[ListedVisit]:
    """Return the last visits of a period, newest first."""
    began = only.condition & only.began(period)
    return queries.latest_visits(viewer.pk, period.starts_at, period.ends_at, LAST_VISITS, began, resolver=resolver)


def nearest(viewer: Viewer, period: Period, only: Selection) -> PeriodLink | None:
    """Return the nearest period of the same kind that has a visit, an earlier one before a later one."""
    at = queries.nearest_started_at(viewer.pk, period.starts_at, only.condition)
    if at is None:
        return None
    found = period_of(viewer.zone, "month" if period.unit == "range" else period.unit, date_at(viewer.zone, at))
    return PeriodLink(period_name(found, viewer.today), period_url(found))


def shows_change(found: Report) -> bool:
    """Tell whether any number of a report stands beside its growth, which is shown from half a percent on."""
    before = found.previous
    if before is None:
        return False
    names = ("active_ms", "clock_ms", "visits", "sites")
    return any(number_format.change(change(getattr(found.totals, name), getattr(before, name))) for name in names)


def compared_with(viewer: Viewer, period: Period, *, is_running: bool) -> str:
    """Return the period that the numbers are compared with, such as "Thursday until 05:45"."""
    before = period.previous
    if not is_running:
        return period_name(before, viewer.today)
    until = datetime.fromtimestamp(reports.compared_until(period, viewer.now) / 1000, viewer.zone)
    if period.unit == "day":
        return f"{before.first:%A} until {until:%H:%M}"
    return f"{period_name(before, viewer.today)} until {until.day} {until:%B, %H:%M}"


def site_shares(sites: Sequence[tuple[str, Site]], active_ms: int) -> list[tuple[str, Site, str, float | None]]:
    """Return domain, numbers, length of the bar and share of each site; the share is None where it is unknown."""
    most_ms = sites[0][1].active_sum_ms if sites else 0
    return [
        (
            domain,
            site,
            charts.share(site.active_sum_ms, most_ms),
            site.active_ms / active_ms if site.active_ms is not None and active_ms else None,
        )
        for domain, site in sites
    ]


def category_shares(categories: Sequence[tuple[str, int]], active_ms: int) -> list[tuple[str, int, str, float]]:
    """Return name, active time, length of the bar and share of each category; none where no visit has a category."""
    if not any(name for name, _ in categories):
        return []
    most = categories[0][1]
    return [(name, value, charts.share(value, most), value / active_ms) for name, value in categories]
