"""What a URL of a record may be, and the site it belongs to."""

import re

import can_ada

from sync import limits

# Browsers write a URL so; what they merely forgive (tabs in the host, other slashes) never comes from one.
_ABSOLUTE = re.compile(r"(https?://)([^/?#\\\x00-\x20]{1,1000})(?=[/?#\\]|\Z)", re.IGNORECASE)


def read_page_url(text: str) -> tuple[str, str] | None:
    """Return (the URL without credentials, its site), or None for what is no absolute http(s) URL.

    The site is the host as a browser parses it (WHATWG URL): lower case, ASCII, without a leading `www.` and without a
    last dot. A port that is not the scheme's own follows where the host is an IP address or on this machine.
    """
    found = _ABSOLUTE.match(text)
    if found is None:
        return None
    scheme, authority = found.groups()
    if "@" in authority:
        text = scheme + authority.rpartition("@")[2] + text[found.end() :]
    try:
        parsed = can_ada.parse(text)
    except ValueError:
        return None
    host = parsed.hostname
    site = host.removesuffix(".").removeprefix("www.") or host
    if parsed.port and _has_ports_of_its_own(site):
        site = f"{site}:{parsed.port}"
    return (text, site) if len(site) <= limits.MAX_DOMAIN else None


def _has_ports_of_its_own(site: str) -> bool:
    # A WHATWG host whose last label is a number is an IPv4 address.
    return site == "localhost" or site.endswith((".localhost", "]")) or site.rpartition(".")[2].isdigit()
