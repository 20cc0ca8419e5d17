"""The calls about sessions."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account_view import AccountView, current_session_id, person, valid
from accounts.api.examples import SESSION, STOLEN, example
from accounts.api.serializers import (
    EndedSerializer,
    LabelSerializer,
    SessionListSerializer,
    SessionSerializer,
)
from accounts.models import Session
from accounts.sessions import session_service
from id_numbers import parse_id


class SessionsView(AccountView):
    """The list of sessions."""

    @extend_schema(
        operation_id="sessions",
        responses={200: SessionListSerializer},
        examples=[example("two sessions", {"sessions": [SESSION, STOLEN]}, reply=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the sessions, last used first, then those ended for safety in the last 30 days."""
        shown = session_service.sessions_to_show(person(request))
        return Response(
            {"sessions": SessionSerializer(shown, many=True, context={"current": current_session_id(request)}).data}
        )


class SessionView(AccountView):
    """One session."""

    @extend_schema(
        operation_id="nameSession",
        request=LabelSerializer,
        responses={200: SessionSerializer},
        examples=[
            example("a name", {"label": "Work laptop"}),
            example("the session", {**SESSION, "label": "Work laptop"}, reply=True),
        ],
    )
    def patch(self, request: Request, session_id: str) -> Response:
        """Name a session."""
        session = self._own(request, session_id)
        session.label = valid(LabelSerializer(data=request.data)).get("label", session.label)
        session.save(update_fields=["label"])
        return Response(SessionSerializer(session, context={"current": current_session_id(request)}).data)

    @extend_schema(operation_id="endSession", responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        """End a session; 204 also for one that has ended already."""
        session = self._own(request, session_id)
        is_here = session.pk == current_session_id(request)
        reason = Session.Reason.SIGNED_OUT if is_here else Session.Reason.REMOTELY
        session_service.end_one(person(request), session.pk, reason, request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _own(self, request: Request, session_id: str) -> Session:
        """Return a session of the person; raises Http404 for any other id."""
        number = parse_id(session_id)
        own = Session.objects.of(person(request).pk)
        found: Session | None = None if number is None else own.filter(pk=number).first()
        if found is None:
            raise Http404
        return found


class LogoutOthersView(AccountView):
    """All other sessions."""

    @extend_schema(
        operation_id="endOtherSessions",
        request=None,
        responses={200: EndedSerializer},
        examples=[example("three sessions", {"ended": 3}, reply=True)],
    )
    def post(self, request: Request) -> Response:
        """End every session but the one that asks."""
        reason = Session.Reason.REMOTELY
        ended = session_service.end_others(person(request), current_session_id(request), reason, request._request)
        return Response({"ended": ended})
