"""What the calls of a signed-in person share."""

from typing import Any, cast

from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import account_service
from accounts.models import User
from accounts.sessions.tokens import AccessToken

WRONG = "The password is wrong."


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
