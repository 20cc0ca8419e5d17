"""The cookie by which a web browser is known that has signed in before."""

import secrets
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

COOKIE: Final = "syncserver_known"
SALT: Final = "accounts.known_client"
YEAR: Final = 365 * 24 * 3600
# A browser is known for the people who signed in with it last.
PEOPLE_KEPT: Final = 5


def known_device(request: HttpRequest, user_id: int) -> str | None:
    """Return the name of the browser, if this person has signed in with it in the last year."""
    return dict(_people(request)).get(user_id)


def has_cookie(request: HttpRequest) -> bool:
    """Tell whether the request carries such a cookie, good or not."""
    return COOKIE in request.COOKIES


def remember(request: HttpRequest, response: HttpResponseBase, user_id: int) -> None:
    """Give the browser a cookie that says that this person signed in with it. It opens nothing."""
    device = known_device(request, user_id) or secrets.token_urlsafe(9)
    people = [(user_id, device), *(pair for pair in _people(request) if pair[0] != user_id)]
    response.set_cookie(
        COOKIE,
        signing.dumps(people[:PEOPLE_KEPT], salt=SALT),
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _people(request: HttpRequest) -> list[tuple[int, str]]:
    try:
        signed: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except signing.BadSignature:
        return []
    return [(user_id, device) for user_id, device in signed]
