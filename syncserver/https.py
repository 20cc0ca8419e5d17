"""HTTPS: what plain HTTP is told when it should have been HTTPS."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from syncserver.errors import error_response

MISCONFIGURED = (
    "This server is reached through a proxy that speaks HTTPS, but is not told to believe it. "
    "Operator: set TRUST_PROXY_HTTPS=true (only if the proxy sets X-Forwarded-Proto itself), "
    "or SECURE_SSL_REDIRECT=false."
)


class HttpsMiddleware:
    """Answers 403 to plain HTTP under /api/, and stops the endless redirect of a proxy we were not told to believe.

    A redirect would make a client send its token twice, the first time in the clear. Pages are redirected by Django's
    SecurityMiddleware, which comes next.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on unless it came over plain HTTP where HTTPS is required."""
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            behind_https = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip() == "https"
            if request.path.startswith("/api/"):
                detail = MISCONFIGURED if behind_https else "Use HTTPS: this server takes no tokens over plain HTTP."
                return error_response(403, "https_required", detail)
            if behind_https:
                return HttpResponse(MISCONFIGURED, status=500, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
