"""Checks the URL of a record, and derives the site from it."""

import re
from functools import lru_cache

import can_ada

from sync import limits

# The form in which browsers write a URL. They also accept others, such as tabs in the host, but never write them.
_ABSOLUTE = re.compile(r"(https?://)([^/?#\\\x00-\x20]{1,1000})(?=[/?#\\]|\Z)", re.IGNORECASE)


def site_of_text(text: str) -> str:
    """Return the site that a person means by a host or a URL as typed; the text in lower case where it is neither."""
    text = text.strip()
    found = read_page_url(text) or read_page_url(f"http://{text}")
    return found[1] if found else text.lower()


def site_of_domain(text: str) -> str | None:
    """Return the site of a domain as typed, with its port if any; None for anything else, such as a URL."""
    if any(character in "/?#\\@" for character in text):
        return None
    found = read_page_url(f"http://{text.strip()}")
    return found[1] if found else None


def read_page_url(text: str) -> tuple[str, str] | None:
    """Return (the URL without credentials, its site), or None if the text is no absolute http(s) URL."""
    found = _ABSOLUTE.match(text)
    if found is None:
        return None
    origin, scheme, authority = found[0], found[1], found[2]
    if "@" in authority:
        origin = scheme + authority.rpartition("@")[2]
        text = origin + text[found.end() :]
    site = _site_of(origin)
    return (text, site) if site else None


# Cached, because most visits of a batch are to few sites. No path or query makes a URL parser refuse a URL, so the
# origin is enough.
@lru_cache(maxsize=2048)
def _site_of(origin: str) -> str | None:
    """Return the site of a URL without its path, or None where a browser refuses it.

    The site is the host as a browser parses it (WHATWG URL): lower case, ASCII, without a leading `www.` and without a
    last dot. A port that is not the scheme's own follows where the host is an IP address or on this machine.
    """
    try:
        parsed = can_ada.parse(origin)
    except ValueError:
        return None
    site: str = parsed.hostname.removesuffix(".").removeprefix("www.") or parsed.hostname
    # By the WHATWG rules a host that ends in a number is an IPv4 address.
    is_local = site == "localhost" or site.endswith((".localhost", "]")) or site.rpartition(".")[2].isdigit()
    if parsed.port and is_local:
        site = f"{site}:{parsed.port}"
    return site if len(site) <= limits.MAX_DOMAIN else None
