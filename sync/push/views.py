"""The calls an extension makes to sync."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, UnsupportedMediaType
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sync import limits
from sync.push import service
from sync.push.request_body import Batch, BodyTooLarge, InvalidGzip, InvalidJSON, UnreadableBody, parse_batch, read_body
from sync.push.serializers import (
    BulkSerializer,
    LimitsSerializer,
    PageVisitPushSerializer,
    PageVisitSerializer,
    PushReplySerializer,
    RecordSerializer,
    TabAggregatePushSerializer,
    TabAggregateSerializer,
)
from sync.records.fields import UNSTORABLE, storable

CLIENT_COLUMNS = {
    "extensionVersion": "extension_version",
    "browserName": "browser_name",
    "browserVersion": "browser_version",
    "platform": "platform",
}
MAX_CLIENT_TEXT = 64


class Refusal(APIException):
    """A push that is answered as a whole, before any record is judged; `more` joins the error body."""

    def __init__(self, status_code: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail, code)
        self.status_code = status_code
        self.more = more


def read_push(request: Request) -> bytes:
    """Return the inflated body of a push; raises UnsupportedMediaType or Refusal."""
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(media_type or "(none)", "Send the batch as Content-Type: application/json.")
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise UnsupportedMediaType(encoding, "Send the batch as it is, or with Content-Encoding: gzip.")
    stream = request._request
    if request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" and request.META.get(
        "wsgi.input_terminated"
    ):
        stream = request.META["wsgi.input"]  # Django reads as far as Content-Length, which a chunked body has not
    try:
        return read_body(stream, gzipped=encoding == "gzip")
    except BodyTooLarge as error:
        raise Refusal(
            status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            f"A body holds at most {limits.MAX_BODY_BYTES} bytes after inflating; send fewer records at once.",
            maxBodyBytes=limits.MAX_BODY_BYTES,
        ) from error
    except UnreadableBody as error:
        raise Refusal(status.HTTP_400_BAD_REQUEST, "unreadable_body", str(error)) from error
    except InvalidGzip as error:
        raise Refusal(status.HTTP_400_BAD_REQUEST, "invalid_gzip", str(error)) from error


def told_of_client(client: Any) -> dict[str, str]:
    """Return what a sender tells of itself, by column; whatever is not a short string is ignored."""
    if not isinstance(client, dict):
        return {}
    return {
        column: UNSTORABLE.sub("", text)[:MAX_CLIENT_TEXT]
        for wire, column in CLIENT_COLUMNS.items()
        if isinstance(text := client.get(wire), str) and text
    }


def envelope_error(field: str, text: str) -> Refusal:
    """Return the 400 for an envelope whose `field` is wrong."""
    detail = f"Correct these fields. {field}: {text}"
    return Refusal(status.HTTP_400_BAD_REQUEST, "invalid", detail, errors={field: [text]})


class PushView(APIView):
    """Takes one batch of records of one kind."""

    throttle_scope = "push"
    serializer_class: ClassVar[type[RecordSerializer]]
    # The name of the list in the body.
    list_name: ClassVar[str]

    def push(self, request: Request) -> HttpResponse:
        """Judge, merge and store a batch; 200 whenever the envelope could be read, with the fate of each record."""
        started = time.monotonic()
        now = int(time.time() * 1000)
        body = read_push(request)
        try:
            batch = parse_batch(body, self.list_name, self._short_cut(now))
        except InvalidJSON as error:
            raise Refusal(status.HTTP_400_BAD_REQUEST, "invalid_json", str(error)) from error
        sender = self._sender(batch)
        serializer = BulkSerializer(
            child=self.serializer_class(),
            data=batch.records,
            context={
                "now": now,
                "anonymous_client_id": sender or "",
                # Without escapes there is no NUL and no lone surrogate: neither can stand in UTF-8 JSON as itself.
                "clean": b"\\" not in body or b"\\u" not in body,
                "sizes": batch.sizes,
            },
        )
        serializer.is_valid(raise_exception=True)
        push = service.Push(
            sender=sender, client=told_of_client(batch.envelope.get("client")), body_bytes=len(body), started=started
        )
        try:
            results = serializer.save(user=request.user, push=push)
        except service.PersonGone as error:
            raise AuthenticationFailed("This token belongs to nobody who may sign in.", "token_invalid") from error
        except service.TooManyBrowsers as error:
            raise Refusal(
                status.HTTP_403_FORBIDDEN,
                "quota_exceeded",
                f"A person has at most {limits.MAX_BROWSERS} browsers; this batch would add another.",
                maxBrowsers=limits.MAX_BROWSERS,
            ) from error
        reply = {
            "results": results,
            "rejected": serializer.rejected,
            "trimmed": serializer.trimmed,
            "serverTime": int(time.time() * 1000),
        }
        return HttpResponse(msgspec.json.encode(reply), content_type="application/json")

    def _short_cut(self, now: int) -> Callable[[bytes], Any] | None:
        """Return what reads the JSON of an everyday record in one step."""
        everyday = self.serializer_class.everyday()
        return partial(everyday.read, latest=now + limits.CLOCK_LEEWAY_MS) if everyday else None

    def _sender(self, batch: Batch) -> str | None:
        """Judge the envelope and return its anonymousClientId; raises Refusal."""
        if not isinstance(batch.envelope, dict):
            raise Refusal(status.HTTP_400_BAD_REQUEST, "invalid", f'Send an object with a list "{self.list_name}".')
        if not isinstance(batch.records, list):
            raise envelope_error(self.list_name, "Send a list of records.")
        sender: Any = batch.envelope.get("anonymousClientId")
        if sender is not None and not (
            isinstance(sender, str) and len(sender) <= limits.MAX_CLIENT_ID and storable(sender)
        ):
            text = f"Send a string of at most {limits.MAX_CLIENT_ID} characters, without NUL and lone surrogates."
            raise envelope_error("anonymousClientId", text)
        if len(batch.records) > limits.MAX_RECORDS:
            held = f"{'' if batch.all_counted else 'at least '}{len(batch.records)}"
            raise Refusal(
                status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
                "batch_too_large",
                f"A batch holds at most {limits.MAX_RECORDS} records; this one holds {held}.",
                maxRecords=limits.MAX_RECORDS,
            )
        return sender


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
REPLY = OpenApiExample(
    "one stored, one refused, one cut",
    {
        "results": ["created", "rejected", "updated"],
        "rejected": [{"index": 1, "id": "pv_9", "errors": {"url": ["Enter an absolute http or https URL."]}}],
        "trimmed": [{"index": 2, "fields": ["title"]}],
        "serverTime": 1763863200000,
    },
    response_only=True,
)


class PageVisitsView(PushView):
    """Takes page visits."""

    serializer_class = PageVisitSerializer
    list_name = "visits"

    @extend_schema(
        operation_id="pushPageVisits",
        request=PageVisitPushSerializer,
        responses={200: PushReplySerializer},
        examples=[OpenApiExample("one visit", {"visits": [VISIT], **SENDER}, request_only=True), REPLY],
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a batch of page visits, sent as JSON or gzipped JSON.

        Each is created, updated, unchanged when the server holds this version or a newer one, or rejected alone.
        """
        return self.push(request)


class TabAggregatesView(PushView):
    """Takes tab aggregates."""

    serializer_class = TabAggregateSerializer
    list_name = "aggregates"

    @extend_schema(
        operation_id="pushTabAggregates",
        request=TabAggregatePushSerializer,
        responses={200: PushReplySerializer},
        examples=[OpenApiExample("one aggregate", {"aggregates": [AGGREGATE], **SENDER}, request_only=True), REPLY],
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a batch of tab aggregates, sent as JSON or gzipped JSON.

        Each is created, updated, unchanged when the server holds this version or a newer one, or rejected alone.
        """
        return self.push(request)


LIMITS = {
    "maxRecords": limits.MAX_RECORDS,
    "maxBodyBytes": limits.MAX_BODY_BYTES,
    "maxRecordBytes": limits.MAX_RECORD_BYTES,
    "minSyncIntervalSeconds": limits.MIN_SYNC_INTERVAL_SECONDS,
    "maxBrowsers": limits.MAX_BROWSERS,
}


class LimitsView(APIView):
    """Tells the limits."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="limits",
        responses={200: LimitsSerializer},
        examples=[OpenApiExample("the limits", LIMITS, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the limits a sender keeps to; it reads them here and does not hard-code them."""
        return Response(LIMITS)
