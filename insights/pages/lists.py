"""The whole lists of a period, page by page: its sites, and the pages that were visited."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from insights import charts, month_tallies, queries, reports
from insights.categories.stored_rules import resolver_of
from insights.numbers import totals
from insights.pages.page_context import (
    Viewer,
    latest_days_links,
    page,
    period_from_url,
    period_name,
    selection,
    viewer_of,
)
from insights.pages.page_files import NUMBERS, Row, file_links, file_name, numbers_row, page_file
from insights.periods import Period

ROWS_A_PAGE = 100
# The URL of each visit is read from its row. More rows than this take longer than a page may.
MOST_VISITS_READ = 40_000
Item = TypeVar("Item")


def paged(request: HttpRequest, rows: Sequence[Item]) -> Page[Item]:
    """Return the rows of ?page, or of the nearest page that there is."""
    return Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page", "1"))


def _days(request: HttpRequest, viewer: Viewer) -> tuple[Period, dict[str, Any]]:
    fallback = Period(viewer.zone, viewer.today - timedelta(days=29), viewer.today)
    period, errors = period_from_url(viewer, request, fallback)
    context = {
        "nav": "sites",
        "files": file_links(request),
        "period": period,
        "name": period_name(period, viewer.today),
        "spans": latest_days_links(request, viewer, period),
        "errors": errors,
    }
    return period, context


@page
def sites(request: HttpRequest) -> HttpResponse:
    """Show every site of a period, most active time first."""
    viewer = viewer_of(request)
    period, context = _days(request, viewer)
    resolver = resolver_of(viewer.pk)
    only = selection(request, viewer, period, resolver)
    tallied = month_tallies.tally_of(viewer.pk, period, only=only, resolver=resolver)
    found = reports.top_sites(tallied)

    def rows() -> Iterator[Row]:
        yield from (numbers_row("site", domain, site) for domain, site in found)

    file = page_file(request, file_name("sites", period), NUMBERS, rows)
    if file is not None:
        return file
    active_ms = totals(tallied).active_ms
    most_ms = found[0][1].active_sum_ms if found else 0
    listed = paged(request, found)
    context |= {
        "listed": listed,
        "sites": [
            (
                domain,
                site,
                charts.share(site.active_sum_ms, most_ms),
                site.active_ms / active_ms if site.active_ms is not None and active_ms else None,
            )
            for domain, site in listed
        ],
    }
    return render(request, "insights/sites.html", context)


@page
def pages(request: HttpRequest) -> HttpResponse:
    """Show every page of a period, most active time first; a period with too many visits asks for a shorter one."""
    viewer = viewer_of(request)
    period, context = _days(request, viewer)
    only = selection(request, viewer, period)
    began = only.condition & only.began(period)
    count = queries.count_visits(viewer.pk, period.starts_at, period.ends_at, began)
    is_too_much = count > MOST_VISITS_READ
    found = [] if is_too_much else reports.pages(viewer.pk, period, only)

    def rows() -> Iterator[Row]:
        named = reports.named_pages(viewer.pk, found)
        yield from (("page", each.url, each.active_ms, None, None, each.visits) for each in named)

    # A file of no rows would tell that nothing was visited.
    file = None if is_too_much else page_file(request, file_name("pages", period), NUMBERS, rows)
    if file is not None:
        return file
    listed = paged(request, found)
    shown = list(reports.named_pages(viewer.pk, listed.object_list))
    listed.object_list = shown  # type: ignore[assignment]  # the same pages, with their URLs
    context |= {"listed": listed, "count": count, "most": MOST_VISITS_READ, "is_too_much": is_too_much}
    return render(request, "insights/pages.html", context)
