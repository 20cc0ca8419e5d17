"""The bodies, replies and examples of the push calls, for the API's description."""

from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from sync import limits
from sync.browsers import CLIENT_COLUMNS
from sync.push import service
from sync.push.serializers import BulkSerializer, PageVisitSerializer, TabAggregateSerializer

_optional_text = partial(serializers.CharField, required=False, allow_blank=True, allow_null=True)


class PushSerializer(serializers.Serializer[Any]):
    """The fields of every push beside its records."""

    anonymousClientId = _optional_text(
        max_length=limits.MAX_CLIENT_ID, help_text="The browser of every record that names none itself."
    )
    client = inline_serializer(
        "Client",
        {wire: _optional_text() for wire in CLIENT_COLUMNS},
        required=False, allow_null=True, help_text="The sender's description of itself; a wrong value is ignored.",
    )  # fmt: skip


class PageVisitPushSerializer(PushSerializer):
    """The body of a push of page visits."""

    visits = BulkSerializer(child=PageVisitSerializer(), max_length=limits.MAX_RECORDS)


class TabAggregatePushSerializer(PushSerializer):
    """The body of a push of tab aggregates."""

    aggregates = BulkSerializer(child=TabAggregateSerializer(), max_length=limits.MAX_RECORDS)


class RejectedSerializer(serializers.Serializer[Any]):
    """A record that was not stored."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    id = serializers.CharField(allow_null=True, help_text="Its id, if that is a valid string.")
    errors = serializers.DictField(  # type: ignore[assignment]  # the wire's name
        child=serializers.ListField(child=serializers.CharField()),
        help_text="By wire field as sent; `record` for the whole.",
    )
    retry = serializers.BooleanField(required=False, help_text="True if a mended clock may put it right.")


class TrimmedSerializer(serializers.Serializer[Any]):
    """A record that was stored with something mended or cut."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the wire's name


class PushReplySerializer(serializers.Serializer[Any]):
    """The result of each record of a push."""

    results = serializers.ListField(child=serializers.ChoiceField(service.RESULTS))
    rejected = RejectedSerializer(many=True)
    trimmed = TrimmedSerializer(many=True)
    serverTime = serializers.IntegerField(help_text="Milliseconds since the epoch, by the server's clock.")


VISIT = {
    "id": "pv_1762158615806_3",
    "url": "https://docs.example.org/guide?page=2",
    "title": "The guide",
    "tabId": 3,
    "startedAt": 1762158615806,
    "endedAt": 1762158675806,
    "duration": 60000,
    "activeDuration": 48000,
    "engagementRate": 0.8,
    "idlePeriods": [
        {"start": 1762158640000, "end": 1762158652000, "reason": "idle", "durationMs": 12000, "resumeReason": "active"}
    ],
    "revision": 2,
}
AGGREGATE = {
    "tabId": 3,
    "startTime": 1762158602801,
    "totalActiveDuration": 48000,
    "lastActiveTime": 1762158675806,
    "domainDurations": {"docs.example.org": 48000},
    "pageCount": 1,
    "currentUrl": "https://docs.example.org/guide?page=2",
    "statistics": {"mostVisitedDomain": "docs.example.org", "averagePageDuration": 48000},
    "revision": 2,
}
SENDER = {
    "anonymousClientId": "038a5898-dc23-426f-9ec7-e48ffcc3924b",
    "client": {"extensionVersion": "1.0.0", "browserName": "Firefox", "browserVersion": "153.0", "platform": "linux"},
}
REPLY_EXAMPLE = OpenApiExample(
    "one stored, one refused, one cut",
    {
        "results": ["created", "rejected", "updated"],
        "rejected": [{"index": 1, "id": "pv_9", "errors": {"url": ["Enter an absolute http or https URL."]}}],
        "trimmed": [{"index": 2, "fields": ["title"]}],
        "serverTime": 1763863200000,
    },
    response_only=True,
)
PAGE_VISITS = [OpenApiExample("one visit", {"visits": [VISIT], **SENDER}, request_only=True), REPLY_EXAMPLE]
TAB_AGGREGATES = [
    OpenApiExample("one aggregate", {"aggregates": [AGGREGATE], **SENDER}, request_only=True),
    REPLY_EXAMPLE,
]
