"""The insights calls: a person's numbers as JSON, with the same definitions as on the pages."""

from collections.abc import Callable
from typing import Any

from django.core import signing
from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer, ValidationError
from rest_framework.views import APIView

from accounts.limits.throttling import READ
from accounts.scopes import Scope
from insights import queries, reports, timeline
from insights.api.serializers import (
    MAX_PAGE_VISITS,
    DayQuery,
    DaysSerializer,
    FilteredPeriodQuery,
    FoundPagesQuery,
    FoundPagesSerializer,
    HoursSerializer,
    SearchPageSerializer,
    SearchQuery,
    SitesQuery,
    SitesSerializer,
    SummarySerializer,
    TimelineSerializer,
)
from insights.categories import names as categories
from insights.categories.stored_rules import resolver_of
from insights.filters import Selection, category_from_parameter
from insights.found_pages import FoundPage, found_pages
from insights.month_tallies import tally_of
from insights.numbers import Hour, Site, Totals
from insights.periods import Period
from insights.queries import ListedVisit
from insights.reports import zone_of
from insights.search import Limits, SearchPage, cursor_from_text, cursor_to_text, query_of, search
from insights.search_words import search_words
from instants import now_ms
from sync.browsers import browsers_of, name_of
from sync.records.page_url import site_of_text

DAY = {"from": "2025-11-03", "to": "2025-11-03", "timeZone": "UTC", "start": 1762128000000, "end": 1762214400000}
TIMES = {"activeMs": 5_400_000, "timeMs": 7_200_000, "clockMs": 6_900_000, "visits": 48}
HOUR_CATEGORY = {"category": "development", "name": "Development", "color": 1, "activeMs": 5_400_000}
HOUR = {"weekday": 1, "hour": 9, **TIMES, "categories": [HOUR_CATEGORY]}
TOTALS = {
    **TIMES,
    "sites": 12,
    "focus": 0.75,
    "browsers": 1,
    "longestStay": {"activeMs": 1_260_000, "domain": "github.com"},
}
VISIT = {
    "id": "pv_1762158615806_3",
    "browser": "1",
    "tabId": 3,
    "url": "https://en.wikipedia.org/wiki/Garden",
    "domain": "en.wikipedia.org",
    "title": "Garden",
    "category": "reference",
    "start": 1762158615806,
    "end": 1762158735806,
    "open": False,
    "activeMs": 90_000,
    "away": [{"start": 1762158700000, "end": 1762158730000}],
}


FOUND_PAGE = {
    "url": "https://en.wikipedia.org/wiki/Garden",
    "domain": "en.wikipedia.org",
    "title": "Garden",
    "category": "reference",
    "visits": 3,
    "activeMs": 270_000,
    "firstStart": 1762158615806,
    "lastStart": 1762331415806,
}


class InsightView(APIView):
    """A call that answers with the caller's own records."""

    token_scope = Scope.READ
    throttle_scope = READ

    def parameters(self, request: Request, query: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the parameters of a call with the caller's `zone` and `now`; raises ValidationError."""
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        context = {"zone": zone_of(person.time_zone), "now": now_ms()}
        serializer = query(data=request.query_params.dict(), context=context)
        serializer.is_valid(raise_exception=True)
        return {**serializer.validated_data, **context}

    def selection(self, user_id: int, asked: dict[str, Any], period: Period) -> Selection:
        """Return the visits that the filter of a call selects."""
        return reports.selection(user_id, asked["filter"], browsers_of(user_id), period)

    def user_id(self, request: Request) -> int:
        """Return the caller's key."""
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        return int(person.pk)


def period_fields(period: Period) -> dict[str, Any]:
    """Return the fields of PeriodAnswer."""
    return {
        "from": period.first,
        "to": period.last,
        "timeZone": period.zone.key,
        "start": period.starts_at,
        "end": period.ends_at,
    }


def times_fields(times: Hour | Totals) -> dict[str, Any]:
    """Return the fields of TimesSerializer."""
    return {"activeMs": times.active_ms, "timeMs": times.time_ms, "clockMs": times.clock_ms, "visits": times.visits}


def categories_fields(hour: Hour) -> list[dict[str, Any]]:
    """Return the fields of CategoryTimeSerializer for each category of an hour with active time."""
    return [
        {
            "category": name or None,
            "name": categories.name_of(name),
            "color": categories.color_of(name),
            "activeMs": hour.categories[name],
        }
        for name in sorted(hour.categories, key=categories.order_of)
        if hour.categories[name]
    ]


def totals_fields(totals: Totals) -> dict[str, Any]:
    """Return the fields of TotalsSerializer."""
    longest = {"activeMs": totals.longest_ms, "domain": totals.longest_domain} if totals.longest_domain else None
    return {**times_fields(totals), "sites": totals.sites, "focus": totals.focus, "browsers": totals.browsers,
            "longestStay": longest}  # fmt: skip


def share_of(site: Site, active_ms: int) -> float | None:
    """Return the site's share of the active time of the period; None where it is unknown or there was none."""
    return None if site.active_ms is None or not active_ms else site.active_ms / active_ms


def visit_fields(listed: ListedVisit) -> dict[str, Any]:
    """Return the fields of VisitSerializer."""
    return {
        "id": listed.visit_id,
        "browser": str(listed.browser_id),
        "tabId": listed.tab_id,
        "url": listed.url,
        "domain": listed.visit.domain,
        "title": listed.title,
        "category": listed.visit.category or None,
        "start": listed.visit.started_at,
        "end": listed.visit.ended_at,
        "open": listed.is_open,
        "activeMs": listed.visit.active_ms,
        "away": [{"start": low, "end": high} for low, high in listed.away],
    }


class SummaryView(InsightView):
    """The numbers of a period."""

    @extend_schema(
        operation_id="insightsSummary",
        parameters=[FilteredPeriodQuery],
        responses={200: SummarySerializer},
        examples=[OpenApiExample("a day", {**DAY, **TOTALS, "previous": TOTALS}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the numbers of a period and of the period before."""
        asked = self.parameters(request, FilteredPeriodQuery)
        period = asked["period"]
        user_id = self.user_id(request)
        found = reports.report(user_id, period, asked["now"], self.selection(user_id, asked, period))
        previous = totals_fields(found.previous) if found.previous else None
        return Response({**period_fields(found.period), **totals_fields(found.totals), "previous": previous})


class DaysView(InsightView):
    """The days of a period."""

    @extend_schema(
        operation_id="insightsDays",
        parameters=[FilteredPeriodQuery],
        responses={200: DaysSerializer},
        examples=[OpenApiExample("a day", {**DAY, "days": [{"date": "2025-11-03", **TIMES}]}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the numbers of every day of a period; a visit across midnight is split."""
        asked = self.parameters(request, FilteredPeriodQuery)
        period, user_id = asked["period"], self.user_id(request)
        days = reports.days(tally_of(user_id, period, only=self.selection(user_id, asked, period)), period)
        return Response({**period_fields(period), "days": [{"date": day, **times_fields(hour)} for day, hour in days]})


class HoursView(InsightView):
    """The hours of the week."""

    @extend_schema(
        operation_id="insightsHours",
        parameters=[FilteredPeriodQuery],
        responses={200: HoursSerializer},
        examples=[
            OpenApiExample(
                "a day",
                {**DAY, "hours": [HOUR]},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the numbers by weekday and hour of the person's clock."""
        asked = self.parameters(request, FilteredPeriodQuery)
        period, user_id = asked["period"], self.user_id(request)
        matrix = reports.week_hours(tally_of(user_id, period, only=self.selection(user_id, asked, period)))
        hours = [
            {"weekday": weekday, "hour": number, **times_fields(hour), "categories": categories_fields(hour)}
            for weekday, hours in enumerate(matrix, 1)
            for number, hour in enumerate(hours)
        ]
        return Response({**period_fields(period), "hours": hours})


class SitesView(InsightView):
    """The sites of a period."""

    @extend_schema(
        operation_id="insightsSites",
        parameters=[SitesQuery],
        responses={200: SitesSerializer},
        examples=[
            OpenApiExample(
                "a day",
                {
                    **DAY,
                    "total": 12,
                    "sites": [
                        {
                            "domain": "github.com",
                            "category": "work_coding",
                            "activeMs": 2_700_000,
                            "timeMs": 3_000_000,
                            "visits": 19,
                            "share": 0.5,
                        }
                    ],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the sites of a period, most active time first."""
        asked = self.parameters(request, SitesQuery)
        period = asked["period"]
        user_id = self.user_id(request)
        tallied = tally_of(user_id, period, only=self.selection(user_id, asked, period))
        active_ms = sum(hour.active_sum_ms for hour in tallied.hours.values())
        sites = [
            {
                "domain": domain,
                "category": site.category or None,
                "activeMs": site.active_ms,
                "timeMs": site.time_ms,
                "visits": site.visits,
                "share": share_of(site, active_ms),
            }
            for domain, site in reports.top_sites(tallied, asked["limit"])
        ]
        return Response({**period_fields(period), "total": len(tallied.sites), "sites": sites})


class TimelineView(InsightView):
    """The visits of a day."""

    @extend_schema(
        operation_id="insightsTimeline",
        parameters=[DayQuery],
        responses={200: TimelineSerializer},
        examples=[
            OpenApiExample(
                "a day",
                {
                    **DAY,
                    "browsers": [{"id": "1", "name": "Chromium on linux", "tabs": [{"tabId": 3, "visits": [VISIT]}]}],
                    "gaps": [{"start": 1762128000000, "end": 1762158615806}],
                    "complete": True,
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return every visit of a day by browser and tab, and the gaps of five minutes or more."""
        asked = self.parameters(request, DayQuery)
        period = reports.day_period(asked["zone"], asked.get("date"), asked["now"])
        user_id = self.user_id(request)
        names = {browser.pk: name_of(browser) for browser in browsers_of(user_id)}
        only = self.selection(user_id, asked, period)
        listed, is_cut = queries.listed_visits(user_id, period.starts_at, period.ends_at, only.condition)
        visits = timeline.within(listed, only.spans(period))
        browsers = [
            {
                "id": str(found.browser_id),
                "name": names.get(found.browser_id, ""),
                "tabs": [
                    {"tabId": tab.tab_id, "visits": [visit_fields(listed) for listed in tab.visits]}
                    for tab in found.tabs
                ],
            }
            for found in timeline.by_browser_and_tab(visits)
        ]
        listed_until = listed[-1].visit.started_at if is_cut else period.ends_at
        spans = timeline.recording_gaps(visits, period.starts_at, listed_until, asked["now"])
        gaps = [{"start": low, "end": high} for low, high in spans]
        return Response({**period_fields(period), "browsers": browsers, "gaps": gaps, "complete": not is_cut})


class SearchCall(InsightView):
    """A call that searches in the history."""

    def step(self, request: Request, query: type[Serializer[Any]], limits_of: Callable[[int], Limits]) -> SearchPage:
        """Return the next step of a search; raises ValidationError."""
        asked, user_id = self.parameters(request, query), self.user_id(request)
        cursor = None
        if "cursor" in asked:
            try:
                cursor = cursor_from_text(user_id, asked["cursor"])
            except signing.BadSignature as error:
                raise ValidationError({"cursor": ["Send the `next` of a page without a change."]}) from error
        words = search_words(asked.get("q", ""))
        if words.errors:
            raise ValidationError({"q": list(words.errors)})
        condition = Q()
        if asked.get("site"):
            condition &= Q(domain=site_of_text(asked["site"]))
        if "browser" in asked:
            condition &= Q(browser_id=int(asked["browser"]))
        found = query_of(
            words,
            asked["zone"],
            asked.get("from"),
            asked.get("to"),
            condition=condition,
            category=_category(asked),
        )
        return search(user_id, found, resolver_of(user_id), limits_of(asked["limit"]), cursor)


def _category(asked: dict[str, Any]) -> str | None:
    return category_from_parameter(asked["category"]) if asked.get("category") else None


class SearchView(SearchCall):
    """The search in the history."""

    @extend_schema(
        operation_id="insightsSearch",
        parameters=[SearchQuery],
        responses={200: SearchPageSerializer},
        examples=[
            OpenApiExample(
                "one visit", {"visits": [VISIT], "found": 1, "next": None, "complete": True}, response_only=True
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the visits that match, newest first."""
        found = self.step(request, SearchQuery, lambda limit: Limits(visits=limit))
        return Response({"visits": [visit_fields(listed) for listed in found.visits], **step_fields(found)})


class FoundPagesView(SearchCall):
    """The pages that a search finds."""

    @extend_schema(
        operation_id="insightsSearchPages",
        parameters=[FoundPagesQuery],
        responses={200: FoundPagesSerializer},
        examples=[
            OpenApiExample(
                "one page", {"pages": [FOUND_PAGE], "found": 3, "next": None, "complete": True}, response_only=True
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the pages of visits that match, the latest first; the visits of one URL are one page."""
        found = self.step(request, FoundPagesQuery, lambda limit: Limits(visits=MAX_PAGE_VISITS, urls=limit))
        return Response({"pages": [page_fields(page) for page in found_pages(found.visits)], **step_fields(found)})


def step_fields(found: SearchPage) -> dict[str, Any]:
    """Return the fields of SearchStepSerializer."""
    return {"found": found.found, "next": cursor_to_text(found.next_cursor), "complete": not found.is_cut_short}


def page_fields(page: FoundPage) -> dict[str, Any]:
    """Return the fields of FoundPageSerializer."""
    visit = page.latest.visit
    return {
        "url": page.latest.url,
        "domain": visit.domain,
        "title": page.latest.title,
        "category": visit.category or None,
        "visits": page.visits,
        "activeMs": page.active_ms,
        "firstStart": page.first_at,
        "lastStart": visit.started_at,
    }
