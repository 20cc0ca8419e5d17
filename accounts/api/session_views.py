"""The calls about sessions."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account_view import AccountView, current, person, valid
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
    """The browsers that are signed in."""

    @extend_schema(
        operation_id="sessions",
        responses={200: SessionListSerializer},
        examples=[example("two sessions", {"sessions": [SESSION, STOLEN]}, reply=True)],
    )
    def get(self, request: Request) -> Response:
        """Return one's sessions, last used first, then those lately signed out for safety."""
        shown = session_service.shown(person(request))
        return Response({"sessions": SessionSerializer(shown, many=True, context={"current": current(request)}).data})


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
        """Name a browser."""
        session = self._own(request, session_id)
        session.label = valid(LabelSerializer(data=request.data)).get("label", session.label)
        session.save(update_fields=["label"])
        return Response(SessionSerializer(session, context={"current": current(request)}).data)

    @extend_schema(operation_id="endSession", responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        """Sign a browser out; 204 for one that has ended already, too."""
        session = self._own(request, session_id)
        is_here = session.pk == current(request)
        reason = Session.Reason.SIGNED_OUT if is_here else Session.Reason.REMOTELY
        session_service.end_one(person(request), session.pk, reason, request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _own(self, request: Request, session_id: str) -> Session:
        """Return a session of the person; raises Http404 for anybody else's as for none."""
        number = parse_id(session_id)
        own = Session.objects.of(person(request).pk)
        found: Session | None = None if number is None else own.filter(pk=number).first()
        if found is None:
            raise Http404
        return found


class LogoutOthersView(AccountView):
    """Every browser but this."""

    @extend_schema(
        operation_id="endOtherSessions",
        request=None,
        responses={200: EndedSerializer},
        examples=[example("three browsers", {"ended": 3}, reply=True)],
    )
    def post(self, request: Request) -> Response:
        """Sign out every browser but the one that asks."""
        reason = Session.Reason.REMOTELY
        ended = session_service.end_others(person(request), current(request), reason, request._request)
        return Response({"ended": ended})
