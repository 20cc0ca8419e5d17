"""Where a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's address: what the outermost of our own NUM_PROXIES proxies saw, else the peer's.

    Entries of X-Forwarded-For further left are the client's own words and are never believed.
    """
    peer: str = request.META.get("REMOTE_ADDR") or "unknown"
    proxies = settings.NUM_PROXIES or 0
    if proxies < 1:
        return peer
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    return seen[-min(proxies, len(seen))][:64] if seen else peer
