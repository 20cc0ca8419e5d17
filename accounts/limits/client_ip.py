"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

# What a Unix socket, or a proxy that writes no address, is counted as.
NOWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound to it


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address: what the outermost of our own NUM_PROXIES proxies saw, else the peer's.

    Entries of X-Forwarded-For further left are the client's own words and are never believed.
    """
    proxies = settings.NUM_PROXIES or 0
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies > 0 and seen:
        return _as_address(seen[-min(proxies, len(seen))])
    return _as_address(request.META.get("REMOTE_ADDR") or "")


def known_address(request: HttpRequest) -> str | None:
    """Return the client's address to write down, or None where there is none."""
    address = client_address(request)
    # A link-local address carries the name of an interface, which no column of addresses takes.
    return None if address == NOWHERE else address.partition("%")[0]


def _as_address(text: str) -> str:
    """Return the address in its one spelling; some proxies write a port behind it."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return NOWHERE
