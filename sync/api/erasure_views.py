"""The calls by which a person's program erases records and sees how far that is."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.scopes import Scope
from id_numbers import parse_id
from sync import limits
from sync.erasures import erasure_service
from sync.erasures.openapi import (
    PROGRESS_EXAMPLE,
    REPLY_EXAMPLES,
    REQUEST_EXAMPLES,
    EraseSerializer,
    ErasureReplySerializer,
)
from sync.erasures.rule import erasure_to_wire
from sync.erasures.wire_conditions import Wrong, read_body
from sync.models import Erasure


def progress(erasure: Erasure) -> dict[str, Any]:
    """Return the reply about an erasure."""
    erased = {"pageVisits": erasure.page_visits, "tabAggregates": erasure.tab_aggregates}
    return {"erasure": erasure_to_wire(erasure), "erased": erased, "done": erasure.is_done}


class ErasuresView(APIView):
    """Erases records."""

    throttle_scope = "erase"
    token_scope = Scope.ERASE
    max_body_bytes = limits.MAX_ERASURE_BYTES

    @extend_schema(
        operation_id="erase",
        request=EraseSerializer,
        responses={200: ErasureReplySerializer},
        examples=[*REQUEST_EXAMPLES, *REPLY_EXAMPLES],
    )
    def post(self, request: Request) -> Response:
        """Erase the records that a rule concerns, for good, and refuse them when they are pushed later.

        The rule concerns what began before `at` and is kept, without the domain or the ids themselves.
        """
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        sent: Any = request.data  # a dict: the parser takes objects alone
        try:
            conditions, is_preview = read_body(sent)
        except Wrong as wrong:
            raise ValidationError(wrong.errors) from wrong
        if is_preview:
            counts = erasure_service.preview(person.pk, conditions)
            erased = {"pageVisits": counts.page_visits, "tabAggregates": counts.tab_aggregates}
            return Response({"erasure": None, "erased": erased, "done": True})
        return Response(progress(erasure_service.erase(person.pk, conditions)))


class ErasureView(APIView):
    """One erasure."""

    token_scope = Scope.READ  # a follower waits until an erasure is done, before it reads on
    other_token_scope = Scope.ERASE  # who erases asks how far it is

    @extend_schema(
        operation_id="erasure",
        responses={200: ErasureReplySerializer},
        examples=[*REPLY_EXAMPLES[:1], PROGRESS_EXAMPLE],
    )
    def get(self, request: Request, erasure_id: str) -> Response:
        """Return how far an erasure is; one that was interrupted goes on."""
        person: Any = request.user  # never anonymous: IsAuthenticated has run
        number = parse_id(erasure_id)
        found = None if number is None else erasure_service.find(person.pk, number)
        if found is not None and not found.is_done:
            erasure_service.run_in_request(person.pk, found)
            found = erasure_service.find(person.pk, found.pk)
        if found is None:
            raise Http404
        return Response(progress(found))
