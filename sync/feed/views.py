"""The calls by which a person's programs read back what the server has."""

from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.limits.throttling import READ
from accounts.scopes import Scope
from instants import now_ms
from sync import browsers
from sync.erasures import erasure_service
from sync.feed import cursor
from sync.feed.examples import CHANGES_EXAMPLE, LABEL_EXAMPLE, NAMED_EXAMPLE, STATUS_EXAMPLE
from sync.feed.pages import ResyncRequired, counter_of, read_page
from sync.feed.serializers import (
    BrowserLabelSerializer,
    BrowserSerializer,
    ChangesQuery,
    ChangesSerializer,
    StatusSerializer,
)
from sync.feed.sources import NAMES
from sync.feed.status import browser_fields, browser_statuses
from sync.server_identity import server_identity

NOT_YOURS = "This is no cursor that the server gave you. Send the one of your last page, or none to begin anew."
OTHER_KINDS = "This cursor is of other kinds. Leave `kinds` out to go on, or the cursor to begin anew."


class Gone(APIException):
    """410: the cursor leads nowhere any more."""

    status_code = status.HTTP_410_GONE
    default_code = "resync_required"
    default_detail = (
        "The server was restored from a backup. Begin anew without a cursor, replace what you have, and drop what the "
        "new pass does not bring."
    )


def person_id(request: Request) -> int:
    """Return the caller's key; for calls that need a token."""
    return cast("int", request.user.pk)


class ChangesView(APIView):
    """The feed."""

    token_scope = Scope.READ
    throttle_scope = READ

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the answer, and forget it."""
        response = super().dispatch(request, *args, **kwargs)
        # The view and its request refer to each other. Each page would stay in memory until the garbage collector runs,
        # and a worker would hold 20 MiB more.
        del self.response
        return response

    @extend_schema(
        operation_id="changes",
        parameters=[ChangesQuery],
        responses={200: ChangesSerializer},
        examples=[CHANGES_EXAMPLE],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a page of all that is yours, in the order in which it changed last.

        A record stands there once, in its present version. Sent back, it is unchanged. Ask with the `cursor` of the
        page before until `more` is false, and later again with the last one. docs/follow.md shows a whole program.
        """
        query = ChangesQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        user_id, epoch = person_id(request), server_identity().epoch
        start = read_cursor(user_id, asked.get("cursor"), asked.get("kinds"))
        try:
            page = read_page(user_id, epoch, asked.get("kinds", NAMES), start, asked["limit"])
        except ResyncRequired as error:
            raise Gone from error
        rest = {"cursor": cursor.to_text(page.cursor), "more": page.more, "serverTime": now_ms()}
        # The changes are JSON already.
        content = b'{"changes":[%b],%b' % (b",".join(page.changes), msgspec.json.encode(rest)[1:])
        return HttpResponse(content, content_type="application/json")


def read_cursor(user_id: int, text: str | None, names: tuple[str, ...] | None) -> cursor.Cursor | None:
    """Return the cursor of a text, None without one; raises ValidationError for somebody else's or other kinds."""
    if not text:
        return None
    start = cursor.from_text(text)
    if start is None or start.user_id != user_id:
        raise ValidationError({"cursor": [NOT_YOURS]})
    if names is not None and names != start.names:
        raise ValidationError({"kinds": [OTHER_KINDS]})
    return start


class StatusView(APIView):
    """The state of the person's records."""

    token_scope = Scope.READ
    throttle_scope = READ

    @extend_schema(operation_id="syncStatus", responses={200: StatusSerializer}, examples=[STATUS_EXAMPLE])
    def get(self, request: Request) -> Response:
        """Return each browser with the number of its records, so that a sender can compare its own count."""
        user_id = person_id(request)
        answer: dict[str, Any] = {"browsers": browser_statuses(user_id), "seq": counter_of(user_id)}
        answer["erasureKey"] = erasure_service.erasure_key(user_id)
        return Response({**answer, "serverTime": now_ms()})


class BrowsersView(APIView):
    """The names of the person's browsers."""

    @extend_schema(
        operation_id="nameBrowser",
        request=BrowserLabelSerializer,
        responses={200: BrowserSerializer},
        examples=[LABEL_EXAMPLE, NAMED_EXAMPLE],
    )
    def put(self, request: Request) -> Response:
        """Give a browser a name. `GET /api/sync/status` lists the browsers."""
        sent = BrowserLabelSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        named = browsers.set_label(
            person_id(request), sent.validated_data["anonymousClientId"], sent.validated_data["label"]
        )
        if named is None:
            raise NotFound("You have no browser with this anonymousClientId.")
        return Response(browser_fields(named))
