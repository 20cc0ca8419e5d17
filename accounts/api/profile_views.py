"""The calls about the person: who is signed in, name and time zone, closing the account."""

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import account_closing
from accounts.api.account_view import AccountView, check_password, person, valid
from accounts.api.examples import PERSON, example
from accounts.api.serializers import (
    ClosedSerializer,
    OwnPasswordSerializer,
    PersonChangeSerializer,
    UserSerializer,
)
from accounts.limits.throttling import READ


class MeView(AccountView):
    """The person who is signed in."""

    @property
    def throttle_scope(self) -> str | None:  # type: ignore[override]  # by method
        """Return the scope of the call."""
        return READ if self.request.method == "GET" else "account"

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
            example(
                "closed",
                {"erased": {"pageVisits": 51203, "sessions": 2, "accounts": 1}, "isFinished": True},
                reply=True,
            ),
        ],
    )
    def delete(self, request: Request) -> Response:
        """Close the account: erase the person and all they own, for good, and end every session."""
        sent = valid(OwnPasswordSerializer(data=request.data))
        check_password(request, sent["password"], "password")
        try:
            done = account_closing.close(person(request), request._request, in_background=True)
        except account_closing.CannotClose as error:
            raise PermissionDenied(str(error), code="cannot_close") from error
        return Response({"erased": done.erased, "isFinished": done.finished})
