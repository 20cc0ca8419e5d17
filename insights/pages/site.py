"""One site over time."""

from datetime import timedelta
from statistics import median_low

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries, reports
from insights.numbers import totals
from insights.pages.page_context import asked_period, page, period_name, period_query, site_spans, visitor
from insights.periods import Period

SITE_PAGES = 25


@page
def site(request: HttpRequest, domain: str) -> HttpResponse:
    """Show one site over time."""
    who = visitor(request)
    fallback = Period(who.zone, who.today - timedelta(days=89), who.today)
    period, errors = asked_period(who, request, fallback)
    first = queries.edge_of_site(who.pk, domain, last=False)
    if first is None:
        raise Http404
    only = Q(domain=domain)
    found = reports.tally_visits(who.pk, period, only=only)
    actives = [
        visit.active
        for visit in queries.visits(who.pk, period.start, period.end, only)
        if period.start <= visit.start < period.end
    ]
    days = reports.days(found, period)
    summed = totals(found)
    context = {
        "nav": "",
        "domain": domain,
        "period": period,
        "name": period_name(period, who.today),
        "spans": site_spans(who),
        "current": "?" + period_query(period),
        "errors": errors,
        "totals": summed,
        "typical": median_low(actives) if actives else None,
        "first": first,
        "last": queries.edge_of_site(who.pk, domain, last=True),
        "chart": charts.days_or_months(days),
        "week": charts.week(reports.week_hours(found)),
        "pages": queries.pages_of_site(who.pk, domain, period.start, period.end, SITE_PAGES),
        "category": found.sites[domain].category if domain in found.sites else "",
    }
    return render(request, "insights/site.html", context)
