"""The insights calls: a person's numbers as JSON, by the same definitions as the pages."""

from typing import Any

from django.core import signing
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer, ValidationError
from rest_framework.views import APIView

from insights import queries, reports, timeline
from insights.api.serializers import (
    DayQuery,
    DaysSerializer,
    FoundSerializer,
    HoursSerializer,
    PeriodQuery,
    SearchQuery,
    SitesQuery,
    SitesSerializer,
    SummarySerializer,
    TimelineSerializer,
)
from insights.number_format import browser_name
from insights.numbers import Hour, Totals
from insights.periods import Period
from insights.queries import Stay
from insights.reports import milliseconds_now, zone_of
from insights.search import Query, dumped, loaded, search, words_of

DAY = {"from": "2025-11-03", "to": "2025-11-03", "timeZone": "UTC", "start": 1762128000000, "end": 1762214400000}
TIMES = {"activeMs": 5_400_000, "timeMs": 7_200_000, "clockMs": 6_900_000, "visits": 48}
TOTALS = {**TIMES, "sites": 12, "focus": 0.75, "longestStay": {"activeMs": 1_260_000, "domain": "github.com"}}
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


class InsightView(APIView):
    """A call about the records of the person who makes it, and of nobody else."""

    def asked(self, request: Request, query: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the parameters of a call; raises ValidationError."""
        person: Any = request.user  # IsAuthenticated let only people in
        context = {"zone": zone_of(person.time_zone), "now": milliseconds_now()}
        serializer = query(data=request.query_params.dict(), context=context)
        serializer.is_valid(raise_exception=True)
        return {**serializer.validated_data, **context}

    def user_id(self, request: Request) -> int:
        """Return whose records are asked for."""
        person: Any = request.user
        return int(person.pk)


def answer_of(period: Period) -> dict[str, Any]:
    """Return what an answer says of its period."""
    return {
        "from": period.first,
        "to": period.last,
        "timeZone": period.zone.key,
        "start": period.start,
        "end": period.end,
    }


def times_of(hour: Hour | Totals) -> dict[str, Any]:
    """Return the durations and the visits."""
    return {"activeMs": hour.active, "timeMs": hour.time, "clockMs": hour.clock, "visits": hour.visits}


def totals_of(totals: Totals) -> dict[str, Any]:
    """Return the numbers of a period."""
    longest = {"activeMs": totals.longest, "domain": totals.longest_domain} if totals.longest_domain else None
    return {**times_of(totals), "sites": totals.sites, "focus": totals.focus, "longestStay": longest}


def visit_of(stay: Stay) -> dict[str, Any]:
    """Return a visit."""
    return {
        "id": stay.visit_id,
        "browser": str(stay.browser_id),
        "tabId": stay.tab_id,
        "url": stay.url,
        "domain": stay.visit.domain,
        "title": stay.title,
        "category": stay.visit.category or None,
        "start": stay.visit.start,
        "end": stay.visit.end,
        "open": stay.is_open,
        "activeMs": stay.visit.active,
        "away": [{"start": low, "end": high} for low, high in stay.away],
    }


class SummaryView(InsightView):
    """The numbers of a period."""

    @extend_schema(
        operation_id="insightsSummary",
        parameters=[PeriodQuery],
        responses={200: SummarySerializer},
        examples=[OpenApiExample("a day", {**DAY, **TOTALS, "previous": TOTALS}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the numbers of a period and of the one before it."""
        asked = self.asked(request, PeriodQuery)
        found = reports.report(self.user_id(request), asked["period"], asked["now"])
        previous = totals_of(found.previous) if found.previous else None
        return Response({**answer_of(found.period), **totals_of(found.totals), "previous": previous})


class DaysView(InsightView):
    """The days of a period."""

    @extend_schema(
        operation_id="insightsDays",
        parameters=[PeriodQuery],
        responses={200: DaysSerializer},
        examples=[OpenApiExample("a day", {**DAY, "days": [{"date": "2025-11-03", **TIMES}]}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the numbers of every day of a period; a visit across midnight is split."""
        period = self.asked(request, PeriodQuery)["period"]
        days = reports.days(reports.tally_of(self.user_id(request), period), period)
        return Response({**answer_of(period), "days": [{"date": day, **times_of(hour)} for day, hour in days]})


class HoursView(InsightView):
    """The hours of the week."""

    @extend_schema(
        operation_id="insightsHours",
        parameters=[PeriodQuery],
        responses={200: HoursSerializer},
        examples=[OpenApiExample("a day", {**DAY, "hours": [{"weekday": 1, "hour": 9, **TIMES}]}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the numbers by weekday and hour of the person's clock."""
        period = self.asked(request, PeriodQuery)["period"]
        matrix = reports.week_hours(reports.tally_of(self.user_id(request), period))
        hours = [
            {"weekday": weekday, "hour": number, **times_of(hour)}
            for weekday, hours in enumerate(matrix, 1)
            for number, hour in enumerate(hours)
        ]
        return Response({**answer_of(period), "hours": hours})


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
        asked = self.asked(request, SitesQuery)
        period = asked["period"]
        tallied = reports.tally_of(self.user_id(request), period)
        active = sum(site.active for site in tallied.sites.values())
        sites = [
            {
                "domain": domain,
                "category": site.category or None,
                "activeMs": site.active,
                "timeMs": site.time,
                "visits": site.visits,
                "share": site.active / active if active else None,
            }
            for domain, site in reports.top_sites(tallied, asked["limit"])
        ]
        return Response({**answer_of(period), "total": len(tallied.sites), "sites": sites})


class TimelineView(InsightView):
    """A day, visit by visit."""

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
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return every visit of a day by browser and tab, and the gaps of five minutes or more."""
        asked = self.asked(request, DayQuery)
        period = reports.day_period(asked["zone"], asked.get("date"), asked["now"])
        user_id = self.user_id(request)
        names = {browser.pk: browser_name(browser) for browser in queries.browsers(user_id)}
        stays = queries.stays(user_id, period.start, period.end)
        browsers = [
            {
                "id": str(found.browser_id),
                "name": names.get(found.browser_id, ""),
                "tabs": [
                    {"tabId": lane.tab_id, "visits": [visit_of(stay) for stay in lane.stays]} for lane in found.lanes
                ],
            }
            for found in timeline.lanes(stays)
        ]
        silences = timeline.silences(stays, period.start, period.end, asked["now"])
        gaps = [{"start": low, "end": high} for low, high in silences]
        return Response({**answer_of(period), "browsers": browsers, "gaps": gaps})


class SearchView(InsightView):
    """The history."""

    @extend_schema(
        operation_id="insightsSearch",
        parameters=[SearchQuery],
        responses={200: FoundSerializer},
        examples=[OpenApiExample("one visit", {"visits": [VISIT], "next": None, "complete": True}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the visits that match, newest first; words are looked for in title and URL."""
        asked = self.asked(request, SearchQuery)
        cursor = None
        if "cursor" in asked:
            try:
                cursor = loaded(asked["cursor"])
            except signing.BadSignature as error:
                raise ValidationError({"cursor": ["Send `next` of a page as it came."]}) from error
        zone = asked["zone"]
        query = Query(
            words=words_of(asked.get("q", "")),
            domain=asked.get("site", "").lower(),
            start=Period(zone, asked["from"], asked["from"]).start if "from" in asked else None,
            end=Period(zone, asked["to"], asked["to"]).end if "to" in asked else None,
            browser_id=int(asked["browser"]) if "browser" in asked else None,
            category=asked.get("category", ""),
        )
        found = search(self.user_id(request), query, asked["limit"], cursor)
        return Response(
            {
                "visits": [visit_of(stay) for stay in found.stays],
                "next": dumped(found.following),
                "complete": not found.is_cut_short,
            }
        )
