"""The history with its search, and the page of one visit."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from id_numbers import parse_id
from insights import queries, search, timeline_chart
from insights.categories.names import name_of as category_name
from insights.categories.names import order_of
from insights.categories.resolver import Resolver
from insights.categories.stored_rules import resolver_of
from insights.filter_query import browsers_of_page, chosen_of
from insights.filters import Filter, category_to_parameter, selection_of
from insights.found_pages import found_pages
from insights.number_format import percent
from insights.pages.page_context import Viewer, day_of, page, period_name, viewer_of
from insights.pages.page_files import VISITS, file_links, page_file, visit_row
from insights.period_query import BACKWARD, days_of
from insights.periods import DAY_MS, Period, date_at, period_of
from insights.queries import ListedVisit
from insights.search_words import MAX_QUERY, SearchWords, search_words
from sync.browsers import name_of
from sync.limits import MAX_URL
from sync.models import Browser
from sync.records.page_url import site_of_text

PAGE_SIZE: Final = 50
# The visits of one step in which pages are grouped. A page that was opened again and again fills no step.
GROUPED_VISITS: Final = 500
# The longest value of each parameter; a longer one is refused and not cut.
PARAMETERS: Final = {"q": MAX_QUERY, "from": 10, "to": 10, "url": MAX_URL}


@dataclass(slots=True)
class Asked:
    """What the URL of the history asks for, and sentences about what is wrong with it."""

    values: dict[str, str]
    filter: Filter = field(default_factory=Filter)
    words: SearchWords = field(default_factory=SearchWords)
    days: dict[str, date | None] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def kept(self) -> dict[str, str]:
        """The parameters that links repeat."""
        return {name: value for name, value in self.values.items() if value} | self.filter.parameters()

    @property
    def groups_pages(self) -> bool:
        """True if the visits of one URL are shown together."""
        return bool(self.values["q"] and not self.values["url"])


def asked_of(request: HttpRequest) -> Asked:
    """Return what a URL asks for."""
    values = {name: request.GET.get(name, "").replace("\0", " ").strip() for name in PARAMETERS}
    asked = Asked(values, chosen_of(request).filter)
    for name, most in PARAMETERS.items():
        value = asked.values[name]
        if name in ("from", "to"):
            try:
                asked.days[name] = day_of(value) if value else None
            except Http404:
                asked.errors.append(f"“{value[:30]}” is not a day. Enter it as 2025-11-03.")
        elif len(value) > most:
            asked.errors.append(f"Enter at most {most:,} characters, not {len(value):,}.")
            asked.values[name] = value[:most]
        elif name == "q":
            asked.words = search_words(value)
            asked.errors += asked.words.errors
    first, last = asked.days.get("from"), asked.days.get("to")
    if first and last and last < first:
        asked.errors.append(BACKWARD)
    return asked


@page
def history(request: HttpRequest) -> HttpResponse:
    """Show the history, newest first, or the pages and visits that match a search.

    `?part=list` returns one more step of results alone, and `?part=count` only counts on.
    """
    viewer = viewer_of(request)
    asked = asked_of(request)
    browsers = browsers_of_page(request)
    try:
        cursor = search.cursor_from_text(viewer.pk, request.GET["after"]) if request.GET.get("after") else None
    except signing.BadSignature as error:
        raise Http404 from error
    resolver = resolver_of(viewer.pk)
    query = query_of(viewer, asked, browsers)
    part = request.GET.get("part", "")
    found = search.SearchPage()
    if not asked.errors:
        found = search.search(viewer.pk, query, resolver, limits_of(asked, part), cursor)
    if part == "count":
        state = search_state(viewer, query, found)
        return JsonResponse({"status": state["status"], "share": state["share"], "next": link_to(asked, found)})
    named = {browser.pk: name_of(browser) for browser in browsers}
    rows = [visit_row(each, named.get(each.browser_id, "")) for each in found.visits]
    file = page_file(request, "history", VISITS, lambda: rows)
    if file is not None:
        return file
    has_imports = any(browser.kind == Browser.Kind.IMPORT for browser in browsers)
    context = {
        "files": file_links(request),
        "nav": "history",
        "asked": asked.values | asked.filter.parameters(),
        "kept_fields": {
            name: value
            for name, value in asked.kept.items()
            if name in ("url", "weekdays", "hours") or (name == "imports" and not has_imports)
        },
        "errors": asked.errors,
        "most_letters": MAX_QUERY,
        "is_narrow": bool(asked.kept),
        "words": asked.words.wanted,
        "names": {browser.pk: browser for browser in browsers},
        "older": link_to(asked, found),
        # A list of visits ends with its page. A search goes on, for its count and for the sums of its pages.
        "goes_on": asked.groups_pages or found.is_cut_short,
        "newest": f"?{urlencode(asked.kept)}" if cursor else "",
        "days_asked": {name: asked.values[name] for name in ("from", "to")},
        **(search_state(viewer, query, found) if asked.kept else {}),
        **results_of(viewer, asked, found),
    }
    if part == "list":
        return render(request, "insights/_found.html", context)
    context |= {
        "browsers": browsers,
        "has_imports": has_imports,
        "categories": categories_of(viewer, resolver, asked.filter.category),
    }
    return render(request, "insights/history.html", context)


def query_of(viewer: Viewer, asked: Asked, browsers: list[Browser]) -> search.Query:
    """Return the query of a search with the filters beside it."""
    # The search itself finds the visits of a category, some thousands at a time.
    only = selection_of(asked.filter.without("category"), browsers, Resolver())
    condition = only.condition
    if only.weekdays or only.hours:
        condition &= only.began(whole_history(viewer))
    if asked.values["url"]:
        # The index knows the site and not the URL.
        condition &= Q(domain=site_of_text(asked.values["url"]))
    return search.query_of(
        asked.words,
        viewer.zone,
        asked.days.get("from"),
        asked.days.get("to"),
        condition=condition,
        category=asked.filter.category,
        url=asked.values["url"],
    )


def whole_history(viewer: Viewer) -> Period:
    """Return the days from the first visit until today."""
    first = queries.first_started_at(viewer.pk)
    return Period(viewer.zone, viewer.today if first is None else date_at(viewer.zone, first), viewer.today)


def categories_of(viewer: Viewer, resolver: Resolver, chosen: str | None) -> list[tuple[str, str]]:
    """Return parameter and name of the chosen category and of those of the last 90 days, in the order of legends."""
    pairs = queries.sources(viewer.pk, viewer.now - 90 * DAY_MS, viewer.now)
    found = {resolver.category(site, sent) for site, sent in pairs} | {rule.category for rule in resolver.path_rules}
    offered = found - {""} | ({chosen} if chosen is not None else set())
    return [(category_to_parameter(each), category_name(each)) for each in sorted(offered, key=order_of)]


def limits_of(asked: Asked, part: str) -> search.Limits:
    """Return the limits of one step."""
    if part == "count":
        return search.Limits(only_counts=True)
    if asked.groups_pages:
        return search.Limits(GROUPED_VISITS, PAGE_SIZE)
    return search.Limits(PAGE_SIZE)


def link_to(asked: Asked, found: search.SearchPage) -> str:
    """Return the URL of the next step, "" at the end."""
    after = search.cursor_to_text(found.next_cursor)
    return f"?{urlencode({**asked.kept, 'after': after})}" if after else ""


def results_of(viewer: Viewer, asked: Asked, found: search.SearchPage) -> dict[str, Any]:
    """Return the pages that were found, or the visits by day."""
    if asked.groups_pages:
        return {"pages": found_pages(found.visits)}
    days: dict[date, list[ListedVisit]] = {}
    for each in found.visits:
        days.setdefault(date_at(viewer.zone, each.visit.started_at), []).append(each)
    return {
        "days": [
            (day, period_name(period_of(viewer.zone, "day", day), viewer.today), visits) for day, visits in days.items()
        ]
    }


def search_state(viewer: Viewer, query: search.Query, found: search.SearchPage) -> dict[str, Any]:
    """Return how many visits a search has found and how far it is, in one sentence and as a share of the time."""
    count = f"{found.found:,} visit{'' if found.found == 1 else 's'}"
    if found.next_cursor is None:
        return {"status": f"{count} found." if found.found else "No visit matches.", "share": None}
    reached = found.next_cursor.place.started_at
    first = queries.first_started_at(viewer.pk)
    low = max(reached if first is None else first, query.start or 0)
    # From the newest visit on, which may be years ago in a history that was imported.
    end = min(viewer.now, query.end or viewer.now)
    high = queries.nearest_started_at(viewer.pk, end) or end
    share = min(max((high - reached) / max(high - low, 1), 0), 1)
    day = date_at(viewer.zone, reached)
    status = f"{count} found so far, back to {day.day} {day:%B %Y} ({percent(share)} of the time)."
    return {"status": status, "share": round(share, 4)}


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
    if "from" not in request.GET:
        # The links of the page lead to the day of the visit where no days were chosen.
        day = date_at(viewer.zone, start)
        request.chosen_days = days_of(Period(viewer.zone, day, day))  # type: ignore[attr-defined]  # kept for its links
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
