"""What the pages' templates need: durations, instants and shares in words, safe links, tooltips."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from insights import number_format, numbers, search
from insights.numbers import DEFINITIONS
from instants import from_milliseconds

register = template.Library()
register.filter("duration", number_format.duration)
register.filter("exact", number_format.exact)
register.filter("mark", number_format.mark)
register.filter("percent", number_format.percent)
register.filter("category", number_format.category)
register.filter("browser_name", number_format.browser_name)
# How many colours the icons of sites come in.
HUES = 8
# A number that grew more than this many times over is told beside what it was.
MOST_GROWTH = 4


@register.filter
def instant(ms: int) -> datetime:
    """Return an instant as a moment in the zone of the person who looks."""
    return timezone.localtime(from_milliseconds(ms))


@register.filter
def span(ms: int) -> SafeString:
    """Return a duration as an element that machines read too."""
    return format_html('<time datetime="{}">{}</time>', number_format.machine_duration(ms), number_format.duration(ms))


@register.filter
def safe_url(url: str | None) -> str:
    """Return an http(s) URL as it is, and of anything else nothing: it must not become a link."""
    try:
        return url if url and urlsplit(url).scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


@register.filter
def short_url(url: str) -> str:
    """Return a URL without what everybody knows: its scheme and a bare slash at the end."""
    return url.split("://", 1)[-1].removesuffix("/")


@register.filter
def path(url: str) -> str:
    """Return what follows the host in a URL; nothing where that is a bare slash."""
    return short_url(url).partition("/")[1] + short_url(url).partition("/")[2]


@register.filter
def breakable(domain: str) -> SafeString:
    """Return a domain that may be broken before its dots."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in re.split(r"(?=\.)", domain)))


@register.filter
def marked(text: str, looked_for: tuple[str, ...]) -> SafeString:
    """Return text with the words that were looked for marked."""
    return format_html_join(
        "",
        "{}",
        ((format_html("<mark>{}</mark>", piece) if hit else piece,) for piece, hit in search.marked(text, looked_for)),
    )


@register.filter
def initial(domain: str) -> str:
    """Return the letter that stands for a site."""
    names = domain.split(".")
    # Of en.wikipedia.org and news.example.co.uk the name that people say.
    name = max(names[:-1], key=len) if len(names) > 1 else domain
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


@register.filter
def hue(domain: str) -> int:
    """Return which colour a site's icon has, always the same."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(domain)) % HUES


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}"


@register.filter
def get(values: Mapping[Any, Any], key: Any) -> Any:
    """Return the value of a key that only the template knows."""
    return values.get(key)


@register.inclusion_tag("insights/_what.html")
def what(name: str) -> dict[str, str]:
    """Say what a number means, at a press of a button."""
    return {"name": name, "title": DEFINITIONS[name].split(":")[0], "sentence": DEFINITIONS[name]}


@register.inclusion_tag("insights/_change.html")
def change(now: int, before: int, kind: str = "") -> dict[str, Any]:
    """Say by how much a number grew; where that says little, what it was."""
    if now and not before:
        return {"text": "none before"}
    share = numbers.change(now, before)
    if share is not None and share > MOST_GROWTH:
        return {"text": f"{number_format.duration(before) if kind else thousands(before)} before"}
    return {"text": number_format.change(share)}


@register.inclusion_tag("insights/_site.html")
def site(domain: str, query: str = "") -> dict[str, str]:
    """Show a site with its icon, as a link to its page."""
    return {"domain": domain, "query": query}
