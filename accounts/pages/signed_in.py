"""The person and the session that a page belongs to."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User
from accounts.sessions.middleware import SIGN_IN


def person(request: HttpRequest) -> User:
    """Return who is signed in; login_required let only people in."""
    return cast("User", request.user)


def current(request: HttpRequest) -> int:
    """Return the number of the session the cookie belongs to; 0 on the page that begins it."""
    return int(request.session.get(SIGN_IN, 0))
