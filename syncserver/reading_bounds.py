"""Keeps every page and every call that reads within the bounds of reading, so that a new one cannot forget them."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from rest_framework.exceptions import Throttled

from accounts.limits.throttling import READ, check_rate
from bounded_reading import bounded_reading

# The beginnings of paths outside the bounds. An export is sent in parts, as long as that takes, and has a rate of its
# own. A call that asks how far an erasure is goes on with it for some seconds.
UNBOUNDED: Final = ("/api/export", "/api/sync/erasures/")


class ReadingBoundsMiddleware:
    """Gives each GET the time READING_SECONDS, and each person the rate READ_RATE for the pages.

    The innermost middleware: the reading of the others, such as that of the cookie, is of one row each. The throttle of
    the API counts its calls, since it knows their person. Other methods write. Each of them bounds its own work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request within the time."""
        if not _reads(request):
            return self.get_response(request)
        with bounded_reading():
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], arguments: list[Any], named: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Count a page; beyond the rate return 429."""
        if _reads(request) and not request.path_info.startswith("/api/") and request.user.is_authenticated:
            try:
                check_rate(READ, f"person {request.user.pk}")
            except Throttled as error:
                return _too_many(request, error)
        return None


def _reads(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and not request.path_info.startswith(UNBOUNDED)


def _too_many(request: HttpRequest, error: Throttled) -> HttpResponseBase:
    seconds = int(getattr(error, "wait", 0) or 0) + 1
    response = render(request, "accounts/too_many.html", {"seconds": seconds, "is_reading": True}, status=429)
    response["Retry-After"] = str(seconds)
    return response
