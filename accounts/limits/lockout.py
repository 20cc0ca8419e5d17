"""The lock on failed sign-ins: the name an account is counted under, and the answer to a locked sign-in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.email_address import normalize_email


def login_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the normalised e-mail address that an attempt is counted under."""
    name = (credentials or {}).get("username") or request.POST.get("username") or ""
    return normalize_email(str(name))[:254]


def locked_out_response(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer 429 with the longest time that a lock lasts: JSON to the API, a page elsewhere."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    minutes = max(1, seconds // 60)
    response: HttpResponse
    if request.path.startswith("/api/"):
        detail = f"Too many failed sign-ins. Wait {minutes} minutes and try again."
        response = JsonResponse({"code": "throttled", "detail": detail}, status=429)
    else:
        response = render(request, "locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(seconds)
    return response
