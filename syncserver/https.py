"""The answer to plain HTTP where HTTPS is required."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from syncserver.errors import error_response

MISCONFIGURED = (
    "A proxy forwards HTTPS requests to this server, but the server is not set to trust the proxy. "
    "Operator: set TRUST_PROXY_HTTPS=true (only if the proxy sets X-Forwarded-Proto itself), "
    "or SECURE_SSL_REDIRECT=false."
)


class HttpsMiddleware:
    """Answers 403 to plain HTTP under /api/, where a redirect would hide that the token was sent in the clear.

    Behind a proxy that is not trusted, every request looks like plain HTTP. Redirecting it would never end, so pages
    answer 500 with the setting to change. Other pages are redirected by Django's SecurityMiddleware, which runs next.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer plain HTTP where HTTPS is required; pass everything else on."""
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            behind_https = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip() == "https"
            if request.path.startswith("/api/"):
                detail = MISCONFIGURED if behind_https else "Use HTTPS: this server takes no tokens over plain HTTP."
                return error_response(403, "https_required", detail)
            if behind_https:
                return HttpResponse(MISCONFIGURED, status=500, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
