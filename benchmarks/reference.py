"""The designs with which the engine is compared: the usual one, the ORM's bulk upsert, one committed row.

Same tables, same authentication and throttle, stock parser, ModelSerializer(many=True), one transaction a batch.
"""

import time
from typing import Any, ClassVar

from django.db import transaction
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.data import CLIENT_ID
from sync.models import Browser, PageVisit, SyncBatch, SyncRecord, TabAggregate


class UsualVisitSerializer(serializers.ModelSerializer[PageVisit]):
    """A page visit as a ModelSerializer reads it."""

    id = serializers.CharField(source="visit_id", max_length=128)
    startedAt = serializers.IntegerField(source="started_at")
    endedAt = serializers.IntegerField(source="ended_at", allow_null=True, required=False)
    tabId = serializers.IntegerField(source="tab_id", allow_null=True, required=False)
    duration = serializers.IntegerField(source="duration_ms", default=0)
    isActive = serializers.BooleanField(source="is_active", default=False)
    activeDuration = serializers.IntegerField(source="active_duration_ms", default=0)
    engagementRate = serializers.FloatField(source="engagement_rate", default=0)
    idlePeriods = serializers.JSONField(source="idle_periods", default=list)
    lastHeartbeat = serializers.IntegerField(source="last_heartbeat_at", allow_null=True, required=False)
    categoryConfidence = serializers.FloatField(source="category_confidence", allow_null=True, required=False)
    categoryMethod = serializers.CharField(source="category_method", allow_null=True, required=False)
    closedAt = serializers.IntegerField(source="closed_at", allow_null=True, required=False)

    class Meta:
        model = PageVisit
        fields = (
            "id", "url", "domain", "title", "category", "metadata", "revision", "startedAt", "endedAt", "tabId",
            "duration", "isActive", "activeDuration", "engagementRate", "idlePeriods", "lastHeartbeat",
            "categoryConfidence", "categoryMethod", "closedAt",
        )  # fmt: skip


class UsualAggregateSerializer(serializers.ModelSerializer[TabAggregate]):
    """A tab aggregate as a ModelSerializer reads it."""

    tabId = serializers.IntegerField(source="tab_id")
    startTime = serializers.IntegerField(source="started_at")
    totalActiveDuration = serializers.IntegerField(source="total_active_duration_ms")
    lastActiveTime = serializers.IntegerField(source="last_active_at")
    domainDurations = serializers.JSONField(source="domain_durations", default=dict)
    pageCount = serializers.IntegerField(source="page_count", default=0)
    currentUrl = serializers.CharField(source="current_url", allow_null=True, required=False)
    currentDomain = serializers.CharField(source="current_domain", allow_null=True, required=False)

    class Meta:
        model = TabAggregate
        fields = (
            "tabId", "startTime", "totalActiveDuration", "lastActiveTime", "domainDurations", "pageCount",
            "currentUrl", "currentDomain", "statistics", "revision",
        )  # fmt: skip


def bookkeeping() -> dict[str, Any]:
    """Return the columns that our engine fills beside the content."""
    now = int(time.time() * 1000)
    return {"digest": bytes(18), "seq": 1, "received_at": now, "updated_at": now}


class Reference(APIView):
    """A push endpoint of the usual shape."""

    throttle_scope = "push"
    parser_classes = (JSONParser,)
    serializer_class: ClassVar[type[serializers.ModelSerializer[Any]]]
    list_name: ClassVar[str]
    key: ClassVar[tuple[str, ...]]

    def store(self, request: Request, browser: Browser, records: list[dict[str, Any]]) -> list[str]:
        """Store the records; return their results."""
        raise NotImplementedError

    def post(self, request: Request) -> Response:
        """Validate and store all records."""
        serializer = self.serializer_class(data=request.data[self.list_name], many=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            browser, _ = Browser.objects.get_or_create(user=request.user, client_id=CLIENT_ID)
            return Response({"results": self.store(request, browser, serializer.validated_data)})


class Usual(Reference):
    """Reference (a): one `update_or_create` for each record."""

    model: ClassVar[type[SyncRecord]]

    def store(self, request: Request, browser: Browser, records: list[dict[str, Any]]) -> list[str]:
        """Store one after the other."""
        results = []
        for record in records:
            key = {name: record.pop(name) for name in self.key}
            _, created = self.model._default_manager.update_or_create(
                user=request.user, browser=browser, **key, defaults={**record, **bookkeeping()}
            )
            results.append("created" if created else "updated")
        return results


class UsualVisits(Usual):
    """The usual design, for page visits."""

    serializer_class = UsualVisitSerializer
    model = PageVisit
    list_name = "visits"
    key = ("visit_id",)


class UsualAggregates(Usual):
    """(a) for tab aggregates."""

    serializer_class = UsualAggregateSerializer
    model = TabAggregate
    list_name = "aggregates"
    key = ("tab_id", "started_at")


class BulkVisits(Reference):
    """(b) `bulk_create(update_conflicts=True)`."""

    serializer_class = UsualVisitSerializer
    list_name = "visits"
    key = ("visit_id",)

    def store(self, request: Request, browser: Browser, records: list[dict[str, Any]]) -> list[str]:
        """Store all by the ORM's upsert."""
        written = bookkeeping()
        PageVisit.objects.bulk_create(
            [PageVisit(user=request.user, browser=browser, **record, **written) for record in records],
            update_conflicts=True,
            unique_fields=["user", "browser", "visit_id"],
            update_fields=sorted({*records[0], *written} - {"visit_id", "received_at"}),
        )
        return ["stored"] * len(records)


class OneRow(APIView):
    """An authenticated request that commits one row."""

    throttle_scope = "push"

    def post(self, request: Request) -> Response:
        """Write one small row."""
        SyncBatch.objects.create(
            user=request.user, kind=SyncBatch.Kind.PAGE_VISITS, created=1, updated=0, unchanged=0, rejected=0,
            body_bytes=0, duration_ms=0,
        )  # fmt: skip
        return Response({"results": ["created"]})
