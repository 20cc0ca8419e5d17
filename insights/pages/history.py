"""The history with its search, and one visit of it."""

from datetime import date
from urllib.parse import urlencode

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from id_numbers import parse_id
from insights import queries, timeline
from insights.pages.page_context import day_of, page, period_name, visitor
from insights.periods import DAY_MS, Period, period_of, today
from insights.queries import Stay
from insights.search import Query, dumped, loaded, search, words_of

PAGE_SIZE = 50


@page
def history(request: HttpRequest) -> HttpResponse:
    """Show the history, newest first, and what of it matches a search."""
    who = visitor(request)
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
            errors.append(f"“{asked[name]}” is no day. Enter it as 2025-11-03.")
        bounds = Period(who.zone, day, day) if day else None
        instants[name] = None if bounds is None else bounds.start if name == "from" else bounds.end
    browsers = queries.browsers(who.pk)
    cursor = None
    if request.GET.get("after"):
        try:
            cursor = loaded(request.GET["after"])
        except signing.BadSignature as error:
            raise Http404 from error
    query = Query(
        words=words_of(asked["q"]),
        domain=asked["site"].lower(),
        start=instants["from"],
        end=instants["to"],
        browser_id=parse_id(asked["browser"]),
        category=asked["category"],
    )
    found = search(who.pk, query, PAGE_SIZE, cursor)
    following = dumped(found.following)
    kept = {name: value for name, value in asked.items() if value}
    days: dict[date, list[Stay]] = {}
    for stay in found.stays:
        days.setdefault(today(who.zone, stay.visit.start), []).append(stay)
    context = {
        "nav": "history",
        "asked": asked,
        "errors": errors,
        "is_narrow": bool(kept),
        "words": query.words,
        "days": [(day, period_name(period_of(who.zone, "day", day), who.today), stays) for day, stays in days.items()],
        "count": len(found.stays),
        "older": f"?{urlencode({**kept, 'after': following})}" if following else "",
        "newest": f"?{urlencode(kept)}" if cursor else "",
        "is_cut_short": found.is_cut_short,
        "reached": found.following.started_at if found.following else None,
        "browsers": browsers,
        "names": {browser.pk: browser for browser in browsers},
        "categories": queries.categories(who.pk, who.now - 90 * DAY_MS, who.now),
    }
    return render(request, "insights/history.html", context)


@page
def visit(request: HttpRequest) -> HttpResponse:
    """Show one visit with all that is known of it."""
    who = visitor(request)
    browser_id = parse_id(request.GET.get("browser", ""))
    if browser_id is None:
        raise Http404
    record = queries.one_visit(who.pk, browser_id, request.GET.get("id", "").replace("\0", ""))
    if record is None:
        raise Http404
    stay = queries.stay_of(record)
    start, end = stay.visit.start, max(stay.visit.end, stay.visit.start + 1)
    context = {
        "nav": "",
        "record": record,
        "stay": stay,
        "mark": timeline.mark(stay, start, end),
        "away": sum(high - low for low, high in stay.away),
        "browser": next((browser for browser in queries.browsers(who.pk) if browser.pk == stay.browser_id), None),
        "day": today(who.zone, start),
        "ends_later": today(who.zone, stay.visit.end) != today(who.zone, start),
        "metadata": sorted((name, value) for name, value in record.metadata.items() if isinstance(value, (str, int))),
    }
    return render(request, "insights/visit.html", context)
