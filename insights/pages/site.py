"""One site over time."""

from collections.abc import Iterator
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, queries, reports, visit_tallies
from insights.categories.stored_rules import resolver_of
from insights.numbers import totals
from insights.pages.page_context import latest_days_links, page, period_from_url, period_name, selection, viewer_of
from insights.pages.page_files import NUMBERS, Row, file_links, file_name, numbers_row, page_file
from insights.periods import Period, date_at

SITE_PAGES = 25
# More visits than these are not added up at once, so the page shows the latest days of them.
MOST_VISITS = 20_000


@page
def site(request: HttpRequest, domain: str) -> HttpResponse:
    """Show one site over time."""
    viewer = viewer_of(request)
    fallback = Period(viewer.zone, viewer.today - timedelta(days=89), viewer.today)
    period, errors = period_from_url(viewer, request, fallback)
    first = queries.site_started_at(viewer.pk, domain, last=False)
    if first is None:
        raise Http404
    whole = period
    latest = queries.start_of_latest(viewer.pk, domain, period.starts_at, period.ends_at, MOST_VISITS)
    if latest is not None:
        # The days after it. Its own day may hold any number of visits, and is shown only where it is the last one.
        after = date_at(viewer.zone, latest) + timedelta(days=1)
        period = Period(viewer.zone, min(after, period.last), period.last)
    resolver = resolver_of(viewer.pk)
    # The site of the path is the one that is shown, whichever site the filter of other pages has.
    only = selection(request, viewer, period, resolver, site=domain)
    found, typical_ms = visit_tallies.tally_with_typical(viewer.pk, period, only, resolver=resolver)
    days = reports.days(found, period)
    pages = reports.pages(viewer.pk, period, only)

    def rows() -> Iterator[Row]:
        yield numbers_row("total", domain, totals(found))
        yield from (numbers_row("day", day, hour) for day, hour in days)
        named = reports.named_pages(viewer.pk, pages)
        yield from (("page", page.url, page.active_ms, None, None, page.visits) for page in named)

    file = page_file(request, file_name("site", period), NUMBERS, rows)
    if file is not None:
        return file
    context = {
        "files": file_links(request),
        "nav": "",
        "domain": domain,
        "period": period,
        "name": period_name(period, viewer.today),
        "spans": latest_days_links(request, viewer, period),
        "errors": errors,
        "is_cut": period != whole,
        "totals": totals(found),
        "typical_ms": typical_ms,
        "first_at": first,
        "last_at": queries.site_started_at(viewer.pk, domain, last=True),
        "chart": charts.days_or_months(days),
        "week": charts.week(reports.week_hours(found)),
        "pages": list(reports.named_pages(viewer.pk, pages[:SITE_PAGES])),
        "page_count": len(pages),
        "category": found.sites[domain].category if domain in found.sites else resolver.category(domain, None),
    }
    return render(request, "insights/site.html", context)
