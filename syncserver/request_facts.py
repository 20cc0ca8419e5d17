"""The facts of the request that is being answered, for every log line about it."""

from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest

# The name under which gunicorn's access log finds the route of a request in its environment.
ROUTE = "syncserver.route"
# A client may write anything in place of these.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
held: ContextVar[dict[str, Any] | None] = ContextVar("request", default=None)


def current_request() -> dict[str, Any]:
    """Return the facts of the request that is being answered, by name; its reply adds more of them."""
    return held.get() or {}


def method_of(method: str | None) -> str:
    """Return the method where it is a usual one, else `other`."""
    return method if method in METHODS else "other"


def route_of(request: HttpRequest) -> str:
    """Return the pattern that the path matched, with names in place of values; `-` where none did."""
    match = request.resolver_match
    return "-" if match is None else f"/{match.route}".replace("/^", "/")
