"""The history with its search, and the page of one visit."""

from datetime import date
from urllib.parse import urlencode

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from id_numbers import parse_id
from insights import queries, timeline_chart
from insights.categories.names import order_of
from insights.categories.stored_rules import resolver_of
from insights.pages.page_context import Viewer, day_of, page, period_name, viewer_of
from insights.pages.page_files import VISITS, file_links, page_file, visit_row
from insights.periods import DAY_MS, Period, date_at, period_of
from insights.queries import ListedVisit
from insights.search import Query, cursor_from_text, cursor_to_text, search, words_of
from sync.browsers import browsers_of, name_of
from sync.models import Browser
from sync.records.page_url import site_of_text

PAGE_SIZE = 50
# Stands in the filter in place of a browser.
WITHOUT_IMPORTS = "recorded"


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
    browsers = browsers_of(viewer.pk)
    cursor = None
    if request.GET.get("after"):
        try:
            cursor = cursor_from_text(request.GET["after"])
        except signing.BadSignature as error:
            raise Http404 from error
    query = Query(
        words=words_of(asked["q"]),
        domain=site_of_text(asked["site"]) if asked["site"] else "",
        start=instants["from"],
        end=instants["to"],
        browser_id=parse_id(asked["browser"]),
        category=asked["category"],
        without_browsers=tuple(browser.pk for browser in browsers if browser.kind == Browser.Kind.IMPORT)
        if asked["browser"] == WITHOUT_IMPORTS
        else (),
    )
    found = search(viewer.pk, query, PAGE_SIZE, cursor)
    named = {browser.pk: name_of(browser) for browser in browsers}
    rows = [visit_row(each, named.get(each.browser_id, "")) for each in found.visits]
    file = page_file(request, "history", VISITS, lambda: rows)
    if file is not None:
        return file
    older = cursor_to_text(found.next_cursor)
    kept = {name: value for name, value in asked.items() if value}
    days: dict[date, list[ListedVisit]] = {}
    for each in found.visits:
        days.setdefault(date_at(viewer.zone, each.visit.started_at), []).append(each)
    context = {
        "files": file_links(request),
        "nav": "history",
        "asked": asked,
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
    browser_id = parse_id(request.GET.get("browser", ""))
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
        "browser": next((browser for browser in browsers_of(viewer.pk) if browser.pk == listed.browser_id), None),
        "day": date_at(viewer.zone, start),
        "ends_later": date_at(viewer.zone, end) != date_at(viewer.zone, start),
        "metadata": sorted((name, value) for name, value in record.metadata.items() if isinstance(value, (str, int))),
    }
    return render(request, "insights/visit.html", context)
