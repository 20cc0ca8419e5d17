"""The base of the calls of a signed-in person."""

from typing import Any, cast

from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import account_service
from accounts.limits.failed_sign_ins import TooManyFailures
from accounts.models import User
from accounts.sessions.tokens import AccessToken

WRONG_PASSWORD = "The password is wrong."  # noqa: S105  # a sentence for people


def person(request: Request) -> User:
    """Return the person who sent the request; for calls that need a token."""
    return cast("User", request.user)


def current_session_id(request: Request) -> int:
    """Return the id of the session of the token."""
    return cast("AccessToken", request.auth).session_id


def valid(serializer: Any) -> dict[str, Any]:
    """Return the validated fields; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    sent: dict[str, Any] = serializer.validated_data
    return sent


def check_password(request: Request, password: str, field: str) -> None:
    """Raise ValidationError of `field` for a wrong password, Throttled after too many attempts."""
    try:
        account_service.check_own_password(person(request), password, request._request, current_session_id(request))
    except account_service.WrongPassword as error:
        raise ValidationError({field: [WRONG_PASSWORD]}) from error
    except TooManyFailures as error:
        raise Throttled(error.seconds) from error


class AccountView(APIView):
    """A call about one's own account, within AUTH_RATE for each person."""

    throttle_scope: str | None = "account"
