"""The calls by which a person looks after their account."""

from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import account_closing, account_service, emails
from accounts.api.serializers import (
    AddressSerializer,
    ClosedSerializer,
    EmailStateSerializer,
    EndedSerializer,
    EventListSerializer,
    EventSerializer,
    LabelSerializer,
    LinkSerializer,
    NewEmailSerializer,
    NewPasswordSerializer,
    OwnPasswordSerializer,
    PersonChangeSerializer,
    ResetSerializer,
    SessionListSerializer,
    SessionSerializer,
    UserSerializer,
    check_new_password,
)
from accounts.api.sign_in_views import PERSON, OpenView
from accounts.models import AuditEvent, Session, User
from accounts.sessions import session_service
from accounts.sessions.tokens import AccessToken
from id_numbers import parse_id

EVENTS_A_PAGE = 50
WRONG = "The password is wrong."
DEAD_LINK = "This link is not good: it is older than an hour, was used, or is not whole. Ask for another one."

SESSION = {
    "id": "12",
    "kind": "tokens",
    "label": "Firefox 153 on Linux",
    "isCurrent": True,
    "createdAt": 1772353800000,
    "lastUsedAt": 1772440200000,
    "lastAddress": "192.0.2.1",
    "expiresAt": 1780216200000,
    "endedAt": None,
    "endReason": None,
}
STOLEN = {
    **SESSION,
    "id": "9",
    "label": "Chrome 148 on Windows",
    "isCurrent": False,
    "endedAt": 1772430000000,
    "endReason": "refresh_reuse",
}
EVENT = {"id": "31", "at": 1772353800000, "kind": "sign_in", "by": "you", "address": "192.0.2.1", "detail": "tokens"}


def example(name: str, value: Any, *, reply: bool = False, status_code: int = 200) -> OpenApiExample:
    """Return an example of a body or of a reply."""
    return OpenApiExample(name, value, request_only=not reply, response_only=reply, status_codes=[str(status_code)])


def person(request: Request) -> User:
    """Return who sent the request; IsAuthenticated let only people in."""
    return cast("User", request.user)


def current(request: Request) -> int:
    """Return the number of the session a request came by."""
    return cast("AccessToken", request.auth).session_id


def valid(serializer: Any) -> dict[str, Any]:
    """Return what was sent; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    sent: dict[str, Any] = serializer.validated_data
    return sent


def check_password(request: Request, password: str, field: str) -> None:
    """Raise ValidationError of `field`, or Throttled, unless it is the person's password."""
    try:
        account_service.check_own_password(person(request), password, request._request)
    except account_service.WrongPassword as error:
        raise ValidationError({field: [WRONG]}) from error
    except account_service.TooManyAttempts as error:
        raise Throttled(error.seconds) from error


class AccountView(APIView):
    """A call about one's own account, within AUTH_RATE for each person."""

    throttle_scope: str | None = "account"


class MeView(AccountView):
    """Who is signed in."""

    @property
    def throttle_scope(self) -> str | None:  # type: ignore[override]  # reading is not limited
        """Return the scope of what changes something."""
        return None if self.request.method == "GET" else "account"

    @extend_schema(
        operation_id="me", responses={200: UserSerializer}, examples=[example("the person", PERSON, reply=True)]
    )
    def get(self, request: Request) -> Response:
        """Return the person the access token belongs to."""
        return Response(UserSerializer(person(request)).data)

    @extend_schema(
        operation_id="changeMe",
        request=PersonChangeSerializer,
        responses={200: UserSerializer},
        examples=[example("a time zone", {"timeZone": "Europe/Berlin"}), example("the person", PERSON, reply=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change the name or the time zone."""
        sent, user = valid(PersonChangeSerializer(data=request.data)), person(request)
        user.name, user.time_zone = sent.get("name", user.name), sent.get("timeZone", user.time_zone)
        user.save(update_fields=["name", "time_zone"])
        return Response(UserSerializer(user).data)

    @extend_schema(
        operation_id="closeAccount",
        request=OwnPasswordSerializer,
        responses={200: ClosedSerializer},
        examples=[
            example("the password", {"password": "correct horse battery staple"}),
            example("closed", {"erased": {"page visits": 51203, "users": 1}, "isFinished": True}, reply=True),
        ],
    )
    def delete(self, request: Request) -> Response:
        """Close the account: erase the person and all they own, for good, and sign out every browser."""
        sent = valid(OwnPasswordSerializer(data=request.data))
        check_password(request, sent["password"], "password")
        try:
            done = account_closing.close(person(request), request._request, in_background=True)
        except account_closing.CannotClose as error:
            raise PermissionDenied(str(error), code="cannot_close") from error
        return Response({"erased": done.erased, "isFinished": done.finished})


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
        session.label = valid(LabelSerializer(data=request.data))["label"]
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


class PasswordView(AccountView):
    """The password."""

    @extend_schema(
        operation_id="changePassword",
        request=NewPasswordSerializer,
        responses={204: None},
        examples=[
            example(
                "both", {"currentPassword": "correct horse battery staple", "newPassword": "staple battery horse right"}
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Change the password, and sign out every browser but the one that asks."""
        sent, user = valid(NewPasswordSerializer(data=request.data)), person(request)
        check_password(request, sent["currentPassword"], "currentPassword")
        check_new_password(sent["newPassword"], user, "newPassword")
        session_service.change_password(user, sent["newPassword"], current(request), request._request, by_mail=False)
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailView(AccountView):
    """The e-mail address."""

    @extend_schema(
        operation_id="email",
        responses={200: EmailStateSerializer},
        examples=[
            example(
                "not yet changed",
                {"email": "alice@example.org", "isConfirmed": True, "pendingEmail": "alice@example.com"},
                reply=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the address, whether it is confirmed, and which one is wanted instead."""
        return Response(self._state(person(request)))

    @extend_schema(
        operation_id="changeEmail",
        request=NewEmailSerializer,
        responses={202: EmailStateSerializer},
        examples=[
            example("another address", {"email": "alice@example.com", "password": "correct horse battery staple"}),
            example(
                "a link is on its way",
                {"email": "alice@example.org", "isConfirmed": True, "pendingEmail": "alice@example.com"},
                reply=True,
                status_code=202,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Ask for another address, or send the present one another link; it changes when the link is followed.

        The answer is the same whether or not somebody else has the address.
        """
        sent, user = valid(NewEmailSerializer(data=request.data)), person(request)
        check_password(request, sent["password"], "password")
        account_service.want_email(user, sent["email"], request._request)
        return Response(self._state(user), status=status.HTTP_202_ACCEPTED)

    def _state(self, user: User) -> dict[str, Any]:
        return {
            "email": user.email,
            "isConfirmed": user.email_confirmed_at is not None,
            "pendingEmail": user.pending_email or None,
        }


class EmailConfirmView(OpenView):
    """A link that came by e-mail."""

    @extend_schema(
        operation_id="confirmEmail",
        request=LinkSerializer,
        responses={204: None},
        examples=[example("a link", {"link": "7.d0k2hp-0f9d…"})],
    )
    def post(self, request: Request) -> Response:
        """Confirm an address by what its link carries; works once and for an hour."""
        sent = valid(LinkSerializer(data=request.data))
        if account_service.confirm_email(sent["link"], request._request) is None:
            raise ValidationError({"link": [DEAD_LINK]})
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(APIView):
    """A forgotten password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "reset"

    @extend_schema(
        operation_id="forgotPassword",
        request=AddressSerializer,
        responses={202: None},
        examples=[example("an address", {"email": "alice@example.org"})],
    )
    def post(self, request: Request) -> Response:
        """Send a link to set a new password, if somebody has this address; the answer is the same if nobody has."""
        sent = valid(AddressSerializer(data=request.data))
        emails.offer_reset(sent["email"], emails.site_of(request._request))
        return Response(status=status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(OpenView):
    """A link that came by e-mail, and the next password."""

    @extend_schema(
        operation_id="resetPassword",
        request=ResetSerializer,
        responses={204: None},
        examples=[example("both", {"link": "7.d0k2hp-0f9d…", "newPassword": "staple battery horse right"})],
    )
    def post(self, request: Request) -> Response:
        """Set a new password by what a link carries, which signs out every browser; works once and for an hour."""
        sent = valid(ResetSerializer(data=request.data))
        user = account_service.reader_of_reset(sent["link"])
        if user is None:
            raise ValidationError({"link": [DEAD_LINK]})
        check_new_password(sent["newPassword"], user, "newPassword")
        session_service.change_password(user, sent["newPassword"], 0, request._request, by_mail=True)
        return Response(status=status.HTTP_204_NO_CONTENT)


class EventsView(AccountView):
    """What happened to the account."""

    @extend_schema(
        operation_id="events",
        parameters=[OpenApiParameter("before", str, description="What `next` of the page before said.")],
        responses={200: EventListSerializer},
        examples=[example("one sign-in", {"events": [EVENT], "next": None}, reply=True)],
    )
    def get(self, request: Request) -> Response:
        """Return what happened to one's account, newest first: sign-ins, failed ones too, changes, and staff."""
        before = request.query_params.get("before", "")
        number = parse_id(before)
        if before and number is None:
            raise ValidationError({"before": ["Send what `next` said."]})
        found = list(events_of(person(request), number or 0, EVENTS_A_PAGE + 1))
        shown = found[:EVENTS_A_PAGE]
        following = str(shown[-1].pk) if len(found) > EVENTS_A_PAGE else None
        return Response({"events": EventSerializer(shown, many=True).data, "next": following})


def events_of(user: User, before: int, at_most: int) -> list[AuditEvent]:
    """Return events of a person's account, newest first, those before an event if its number is given."""
    events = AuditEvent.objects.about(user.pk).order_by("-pk")
    return list((events.filter(pk__lt=before) if before else events)[:at_most])
