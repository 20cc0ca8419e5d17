"""A year on one page that can be printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, month_tallies, queries, reports, year_facts
from insights.categories.names import color_of, name_of, order_of
from insights.categories.stored_rules import resolver_of
from insights.numbers import totals
from insights.pages.page_context import page, selection, viewer_of
from insights.period_query import EARLIEST_DAY, LATEST_DAY, period_url
from insights.periods import Period, period_of

NEW_SITES = 10
MOST_CATEGORIES = 6


@dataclass(frozen=True, slots=True)
class MonthBar:
    """The active time of a category in a month, and the length of its bar on the scale of the whole year."""

    name: str
    color: int
    active_ms: int
    length: str


@dataclass(frozen=True, slots=True)
class MonthPanel:
    """One of the small charts of a year."""

    name: str
    url: str
    active_ms: int
    bars: Sequence[MonthBar]


@page
def your_year(request: HttpRequest, year: int = 0) -> HttpResponse:
    """Show what stands out in a year, its days, and its months by category."""
    viewer = viewer_of(request)
    year = year or viewer.today.year
    if not EARLIEST_DAY.year <= year <= LATEST_DAY.year:
        raise Http404
    period = period_of(viewer.zone, "year", date(year, 1, 1))
    resolver = resolver_of(viewer.pk)
    only = selection(request, viewer, period, resolver)
    tallied = month_tallies.tally_of(viewer.pk, period, only=only, resolver=resolver)
    days = reports.days(tallied, period)
    # Of many years that were visited before, it takes too long to read: the page then names no new sites.
    known = reports.in_time(lambda: queries.sites_before(viewer.pk, period.starts_at)) or set()
    new_sites = [(domain, site) for domain, site in reports.top_sites(tallied) if domain and domain not in known]
    clock = year_facts.earliest_and_latest(tallied.hours)
    context = {
        "nav": "overview",
        "year": year,
        "period": period,
        "before": year - 1 if year > EARLIEST_DAY.year else None,
        "after": year + 1 if year < viewer.today.year else None,
        "totals": totals(tallied),
        "days_with_visits": year_facts.days_with_visits(days),
        "streak": year_facts.longest_streak(days),
        "busiest": year_facts.busiest_day(days),
        "clock": list(zip(("Earliest hour", "Latest hour"), clock, strict=True)) if clock else [],
        "calendar": charts.calendar(days, viewer.today),
        "panels": panels(period, year_facts.months_by_category(tallied.hours)),
        "is_first_year": not known,
        "new_sites": new_sites[:NEW_SITES] if known else [],
        "new_site_count": len(new_sites),
        "top_sites": reports.top_sites(tallied, NEW_SITES),
    }
    return render(request, "insights/your_year.html", context)


def panels(period: Period, months: Mapping[date, Mapping[str, int]]) -> list[MonthPanel]:
    """Return a panel for each month of a year, with the categories that have the most active time in the year."""
    sums: dict[str, int] = {}
    for by_category in months.values():
        for name, active_ms in by_category.items():
            sums[name] = sums.get(name, 0) + active_ms
    most = sorted((name for name in sums if sums[name]), key=lambda name: (-sums[name], name))[:MOST_CATEGORIES]
    names = sorted(most, key=order_of)
    highest_ms = max((found.get(name, 0) for found in months.values() for name in names), default=0)
    made = []
    for number in range(1, 13):
        first = date(period.first.year, number, 1)
        found = months.get(first, {})
        bars = [
            MonthBar(name_of(name), color_of(name), found.get(name, 0), charts.share(found.get(name, 0), highest_ms))
            for name in names
        ]
        month = period_of(period.zone, "month", first)
        made.append(MonthPanel(f"{first:%B}", period_url(month), sum(found.values()), bars))
    return made
