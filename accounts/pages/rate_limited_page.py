"""The base of pages with a form that anyone may send."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.exceptions import Throttled

from accounts.limits.throttling import check_client_rate


def too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    """Return the page that tells the seconds to wait, with status 429."""
    seconds = int(getattr(error, "wait", 0) or 0) + 1
    response = render(request, "accounts/too_many.html", {"seconds": seconds}, status=429)
    response["Retry-After"] = str(seconds)
    return response


class RateLimitedPage:
    """A page whose form anyone may send, within the rate of `scope` for each client."""

    scope = "auth"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Pass the form on; beyond the rate, answer 429 with the seconds to wait."""
        try:
            self.check_rate(request)
        except Throttled as error:
            return too_many(request, error)
        answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]  # the class that it is mixed into has it
        return answer

    def check_rate(self, request: HttpRequest) -> None:
        """Count the form; raises Throttled."""
        check_client_rate(self.scope, request)
