"""The IP of the client that a request comes from, and the names that a client is counted under."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

# Stands for the client where a Unix socket or a proxy gives no IP.
NOWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound to it
# The rate of a proxy that was not told of, as a multiple of the rate of one client.
SHARED_TIMES = 10


def client_ip(request: HttpRequest) -> str:
    """Return the client's IP as the outermost of our own NUM_PROXIES proxies saw it, else the peer's.

    Entries of X-Forwarded-For further left can be forged by the client and are ignored.
    """
    proxies, seen = settings.NUM_PROXIES or 0, _forwarded(request)
    if proxies > 0 and seen:
        return _normal_ip(seen[-min(proxies, len(seen))])
    return _normal_ip(request.META.get("REMOTE_ADDR") or "")


def client_ip_to_store(request: HttpRequest) -> str | None:
    """Return the client IP to store, or None where there is none."""
    found = client_ip(request)
    # A link-local IP carries the name of an interface, which no IP column takes.
    return None if found == NOWHERE else found.partition("%")[0]


def is_told_apart() -> bool:
    """Tell whether the client IP is that of the client: the operator has set the number of proxies, 0 included."""
    return settings.NUM_PROXIES is not None


def client_names(request: HttpRequest) -> list[tuple[str, int]]:
    """Return the names that a client is counted under, narrowest first, each with the multiple of a rate it has.

    Without NUM_PROXIES the peer may be a router that all people share. Behind a router the last entry of
    X-Forwarded-For is the client's own IP. Without a router it can be forged, so the peer is bounded as well.
    """
    peer = _network(client_ip(request))
    if is_told_apart() or not (seen := _forwarded(request)):
        return [(peer, 1)]
    return [(f"{_network(_normal_ip(seen[-1]))} by {peer}", 1), (peer, SHARED_TIMES)]


def _forwarded(request: HttpRequest) -> list[str]:
    return [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]


def _network(ip: str) -> str:
    """Return an IPv4 address as it is, and the /64 of an IPv6 address, of which one client has all addresses."""
    parsed = ip_address(ip.partition("%")[0])
    if not isinstance(parsed, IPv6Address):
        return ip
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))


def _normal_ip(text: str) -> str:
    """Return the IP in its one spelling; some proxies write a port behind it."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return NOWHERE
