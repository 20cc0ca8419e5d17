"""The calls by which an extension pushes records."""

import time
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.views import APIView

from strict_json.parsing import InvalidJSON
from sync import limits
from sync.api.push_description import (
    PAGE_VISITS_EXAMPLE,
    REPLY_EXAMPLE,
    TAB_AGGREGATES_EXAMPLE,
    PageVisitPushSerializer,
    PushReplySerializer,
    TabAggregatePushSerializer,
)
from sync.push import service
from sync.push.batch import Batch, split
from sync.push.request_body import BodyTooLarge, InvalidGzip, UnreadableBody, read_body
from sync.push.serializers import BulkSerializer, PageVisitSerializer, RecordSerializer, TabAggregateSerializer
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


def client_columns(client: Any) -> dict[str, str]:
    """Return what a sender tells of itself, by column; a value that is no string is ignored."""
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

    def push(self, request: Request) -> HttpResponse:
        """Judge, merge and store a batch; 200 whenever the envelope could be read, with the fate of each record."""
        started = time.monotonic()
        body = read_push(request)
        list_name = self.serializer_class.kind.list_name
        try:
            batch = split(body, list_name)
        except InvalidJSON as error:
            raise Refusal(status.HTTP_400_BAD_REQUEST, "invalid_json", str(error)) from error
        sender = check_envelope(batch, list_name)
        serializer = BulkSerializer(
            child=self.serializer_class(),
            data=batch.records,
            context={"now": int(time.time() * 1000), "anonymous_client_id": sender or ""},
        )
        serializer.is_valid(raise_exception=True)
        push = service.Push(
            sender=sender, client=client_columns(batch.envelope.get("client")), body_bytes=len(body), started=started
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


def check_envelope(batch: Batch, list_name: str) -> str | None:
    """Return the anonymousClientId of a batch's envelope, if it has one; raises Refusal."""
    if not isinstance(batch.envelope, dict):
        raise Refusal(status.HTTP_400_BAD_REQUEST, "invalid", f'Send an object with a list "{list_name}".')
    if batch.records is None:
        raise envelope_error(list_name, "Send a list of records.")
    sender: Any = batch.envelope.get("anonymousClientId")
    if sender is not None and not (
        isinstance(sender, str) and len(sender) <= limits.MAX_CLIENT_ID and storable(sender)
    ):
        text = f"Send a string of at most {limits.MAX_CLIENT_ID} characters, without NUL and lone surrogates."
        raise envelope_error("anonymousClientId", text)
    if batch.number > limits.MAX_RECORDS:
        held = f"{'' if batch.is_exact else 'at least '}{batch.number}"
        raise Refusal(
            status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
            "batch_too_large",
            f"A batch holds at most {limits.MAX_RECORDS} records; this one holds {held}.",
            maxRecords=limits.MAX_RECORDS,
        )
    return sender


class PageVisitsView(PushView):
    """Takes page visits."""

    serializer_class = PageVisitSerializer

    @extend_schema(
        operation_id="pushPageVisits",
        request=PageVisitPushSerializer,
        responses={200: PushReplySerializer},
        examples=[PAGE_VISITS_EXAMPLE, REPLY_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a batch of page visits, sent as JSON or gzipped JSON.

        Each is created, updated, unchanged when the server holds this version or a newer one, or rejected alone.
        """
        return self.push(request)


class TabAggregatesView(PushView):
    """Takes tab aggregates."""

    serializer_class = TabAggregateSerializer

    @extend_schema(
        operation_id="pushTabAggregates",
        request=TabAggregatePushSerializer,
        responses={200: PushReplySerializer},
        examples=[TAB_AGGREGATES_EXAMPLE, REPLY_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a batch of tab aggregates, sent as JSON or gzipped JSON.

        Each is created, updated, unchanged when the server holds this version or a newer one, or rejected alone.
        """
        return self.push(request)
