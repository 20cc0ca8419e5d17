"""The history with its search, and the page of one visit."""

from datetime import date
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from id_numbers import parse_id
from insights import queries, timeline_chart
from insights.categories.names import order_of
from insights.categories.resolver import Resolver
from insights.categories.stored_rules import resolver_of
from insights.filter_query import browsers_of_page, chosen_of
from insights.filters import selection_of
from insights.pages.page_context import Viewer, day_of, page, period_name, viewer_of
from insights.pages.page_files import VISITS, file_links, page_file, visit_row
from insights.periods import DAY_MS, Period, date_at, period_of
from insights.queries import ListedVisit
from insights.search import Query, cursor_from_text, cursor_to_text, search, words_of
from sync.browsers import name_of
from sync.models import Browser

PAGE_SIZE = 50


@page
def history(request: HttpRequest) -> HttpResponse:
    """Show the history, newest first, or the visits that match a search."""
    viewer = viewer_of(request)
    asked = {name: request.GET.get(name, "").strip().replace("\0", "")[:253] for name in
             ("q", "site", "from", "to", "browser", "category")}  # fmt: skip
    errors: list[str] = []
    instants: dict[str, int | None] = {}
    for name in ("from", "to"):
        try:
            day = day_of(asked[name]) if len(asked[name]) == 10 else None
        except Http404:
            day = None
        if asked[name] and day is None:
            errors.append(f"“{asked[name]}” is not a day. Enter it as 2025-11-03.")
        bounds = Period(viewer.zone, day, day) if day else None
        instants[name] = None if bounds is None else bounds.starts_at if name == "from" else bounds.ends_at
    browsers = browsers_of_page(request)
    cursor = None
    if request.GET.get("after"):
        try:
            cursor = cursor_from_text(request.GET["after"])
        except signing.BadSignature as error:
            raise Http404 from error
    filter_ = chosen_of(request).filter
    # The search finds the visits of a category itself, some thousands at a time.
    only = selection_of(filter_.without("category"), browsers, (), Resolver())
    query = Query(
        words=words_of(asked["q"]),
        start=instants["from"],
        end=instants["to"],
        category=filter_.category,
        only=only.condition & (only.began(whole_history(viewer)) if only.weekdays or only.hours else Q()),
    )
    found = search(viewer.pk, query, PAGE_SIZE, cursor)
    named = {browser.pk: name_of(browser) for browser in browsers}
    rows = [visit_row(each, named.get(each.browser_id, "")) for each in found.visits]
    file = page_file(request, "history", VISITS, lambda: rows)
    if file is not None:
        return file
    older = cursor_to_text(found.next_cursor)
    chosen = filter_.parameters()
    kept = {name: asked[name] for name in ("q", "from", "to") if asked[name]} | chosen
    asked |= chosen
    days: dict[date, list[ListedVisit]] = {}
    for each in found.visits:
        days.setdefault(date_at(viewer.zone, each.visit.started_at), []).append(each)
    context = {
        "files": file_links(request),
        "nav": "history",
        "asked": asked,
        "kept_fields": {name: value for name, value in chosen.items() if name in ("weekdays", "hours")},
        "errors": errors,
        "is_narrow": bool(kept),
        "words": query.words,
        "days": [
            (day, period_name(period_of(viewer.zone, "day", day), viewer.today), found) for day, found in days.items()
        ],
        "count": len(found.visits),
        "older": f"?{urlencode({**kept, 'after': older})}" if older else "",
        "newest": f"?{urlencode(kept)}" if cursor else "",
        "is_cut_short": found.is_cut_short,
        "reached": found.next_cursor.started_at if found.next_cursor else None,
        "browsers": browsers,
        "has_imports": any(browser.kind == Browser.Kind.IMPORT for browser in browsers),
        "names": {browser.pk: browser for browser in browsers},
        "categories": _choices(viewer),
    }
    return render(request, "insights/history.html", context)


def whole_history(viewer: Viewer) -> Period:
    """Return the days from the first visit until today."""
    first = queries.first_started_at(viewer.pk)
    return Period(viewer.zone, viewer.today if first is None else date_at(viewer.zone, first), viewer.today)


def _choices(viewer: Viewer) -> list[str]:
    """Return the categories of the last 90 days, in the order of legends."""
    resolver = resolver_of(viewer.pk)
    pairs = queries.sources(viewer.pk, viewer.now - 90 * DAY_MS, viewer.now)
    found = {resolver.category(site, sent) for site, sent in pairs} | {rule.category for rule in resolver.path_rules}
    return sorted(found - {""}, key=order_of)


@page
def visit(request: HttpRequest) -> HttpResponse:
    """Show one visit with all its fields."""
    viewer = viewer_of(request)
    browser_id = parse_id(request.GET.get("of", request.GET.get("browser", "")))
    if browser_id is None:
        raise Http404
    record = queries.stored_visit(viewer.pk, browser_id, request.GET.get("id", "").replace("\0", ""))
    if record is None:
        raise Http404
    listed = queries.listed_from_record(record, resolver_of(viewer.pk))
    start, end = listed.visit.started_at, listed.visit.last_known_at
    context = {
        "nav": "",
        "record": record,
        "listed": listed,
        "drawn": timeline_chart.drawn_visit(listed, start, max(end, start + 1)),
        "away_ms": sum(high - low for low, high in listed.away),
        "browser": next((browser for browser in browsers_of_page(request) if browser.pk == listed.browser_id), None),
        "day": date_at(viewer.zone, start),
        "ends_later": date_at(viewer.zone, end) != date_at(viewer.zone, start),
        "metadata": sorted((name, value) for name, value in record.metadata.items() if isinstance(value, (str, int))),
    }
    return render(request, "insights/visit.html", context)
