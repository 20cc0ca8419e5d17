"""The person and the session that a page belongs to."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User
from accounts.sessions.middleware import SIGN_IN


def person(request: HttpRequest) -> User:
    """Return the signed-in person; for views behind login_required."""
    return cast("User", request.user)


def current_session_id(request: HttpRequest) -> int:
    """Return the id of this cookie's session row; 0 during the request that signs in."""
    return int(request.session.get(SIGN_IN, 0))
