"""The calls by which an extension pushes records."""

import time
from collections import Counter
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.refusal import Refusal
from accounts.models import PersonalToken
from accounts.scopes import Scope
from instants import now_ms
from strict_json.request_body import read_body
from sync import limits
from sync.browsers import CLIENT_COLUMNS, Sender, client_id_of_token
from sync.push import service
from sync.push.batch import Batch, split
from sync.push.openapi import (
    PAGE_VISITS,
    TAB_AGGREGATES,
    PageVisitPushSerializer,
    PushReplySerializer,
    TabAggregatePushSerializer,
)
from sync.push.serializers import BulkSerializer, PageVisitSerializer, RecordSerializer, TabAggregateSerializer
from sync.records.fields import UNSTORABLE, Judgement, Wrong
from sync.records.record_kind import CLIENT_ID_FIELD


def client_columns(client: Any) -> dict[str, str]:
    """Return the sender's description of itself by column; a value that is no string is ignored."""
    if not isinstance(client, dict):
        return {}
    return {
        column: UNSTORABLE.sub("", text)[: limits.MAX_CLIENT_TEXT]
        for wire, column in CLIENT_COLUMNS.items()
        if isinstance(text := client.get(wire), str) and text
    }


class PushView(APIView):
    """Takes one batch of records of one kind."""

    throttle_scope = "push"
    token_scope = Scope.WRITE
    reads_chunks = True
    serializer_class: ClassVar[type[RecordSerializer]]

    @extend_schema(responses={200: PushReplySerializer})
    def post(self, request: Request) -> HttpResponse:
        """Store a batch of records, sent as JSON or gzipped JSON.

        Each is created, updated, unchanged when the server holds this version or a newer one, or rejected alone.
        """
        started = time.monotonic()
        body = read_body(request, limits.MAX_BODY_BYTES)
        list_name = self.serializer_class.kind.list_name
        batch = split(body, list_name)
        client_id = check_envelope(batch, list_name)
        token = request.auth if isinstance(request.auth, PersonalToken) else None
        if token and not client_id:
            client_id = client_id_of_token(token)
        serializer = BulkSerializer(
            child=self.serializer_class(),
            data=batch.records,
            context={"now": now_ms(), "anonymous_client_id": client_id or ""},
        )
        serializer.is_valid(raise_exception=True)
        for content in serializer.validated_data if token else ():
            content.client_id = content.client_id or client_id
        session_id = None if token else request.auth.session_id  # type: ignore[union-attr]  # a person's call has one
        sender = Sender(client_id, client_columns(batch.envelope.get("client")), session_id, token)
        push = service.Push(sender, body_bytes=len(body), started=started, leaves_out_recorded=True)
        results = serializer.save(user=request.user, push=push)
        # The serializer and its child refer to each other. Without this the batch stays in memory until the garbage
        # collector runs (a worker grew by 15 MiB more).
        serializer.child.parent = None  # type: ignore[assignment]  # the stubs know no end of it
        request.META["syncserver.counts"] = dict(Counter(results))  # for the log line of the request
        reply = {
            "results": results,
            "rejected": serializer.rejected,
            "trimmed": serializer.trimmed,
            "serverTime": now_ms(),
        }
        return HttpResponse(msgspec.json.encode(reply), content_type="application/json")


def check_envelope(batch: Batch, list_name: str) -> str | None:
    """Return the anonymousClientId of a batch's envelope, if it has one; raises ValidationError or Refusal."""
    if not isinstance(batch.envelope, dict):
        raise ValidationError([f'Send an object with a list "{list_name}".'])
    if batch.records is None:
        raise ValidationError({list_name: ["Send a list of records."]})
    sender: str | None = batch.envelope.get(CLIENT_ID_FIELD.wire)
    try:
        if sender is not None:
            CLIENT_ID_FIELD.value.read(sender, CLIENT_ID_FIELD.wire, Judgement(0, clean=False))
    except Wrong as wrong:
        raise ValidationError({CLIENT_ID_FIELD.wire: [str(wrong)]}) from wrong
    if batch.number > limits.MAX_RECORDS:
        held = f"{'' if batch.is_exact else 'at least '}{batch.number}"
        raise Refusal(
            status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
            "batch_too_large",
            f"A batch holds at most {limits.MAX_RECORDS} records; this one holds {held}.",
            maxRecords=limits.MAX_RECORDS,
        )
    return sender


@extend_schema_view(
    post=extend_schema(operation_id="pushPageVisits", request=PageVisitPushSerializer, examples=PAGE_VISITS)
)
class PageVisitsView(PushView):
    """Takes page visits."""

    serializer_class = PageVisitSerializer


@extend_schema_view(
    post=extend_schema(operation_id="pushTabAggregates", request=TabAggregatePushSerializer, examples=TAB_AGGREGATES)
)
class TabAggregatesView(PushView):
    """Takes tab aggregates."""

    serializer_class = TabAggregateSerializer
