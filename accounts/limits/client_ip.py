"""The IP of the client that a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

# Stands for the client where a Unix socket or a proxy gives no IP.
NOWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound to it


def client_ip(request: HttpRequest) -> str:
    """Return the client's IP as the outermost of our own NUM_PROXIES proxies saw it, else the peer's.

    Entries of X-Forwarded-For further left can be forged by the client and are ignored.
    """
    proxies = settings.NUM_PROXIES or 0
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies > 0 and seen:
        return _normal_ip(seen[-min(proxies, len(seen))])
    return _normal_ip(request.META.get("REMOTE_ADDR") or "")


def client_ip_to_store(request: HttpRequest) -> str | None:
    """Return the client IP to store, or None where there is none."""
    found = client_ip(request)
    # A link-local IP carries the name of an interface, which no IP column takes.
    return None if found == NOWHERE else found.partition("%")[0]


def _normal_ip(text: str) -> str:
    """Return the IP in its one spelling; some proxies write a port behind it."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return NOWHERE
