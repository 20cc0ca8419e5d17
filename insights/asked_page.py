"""The page whose filter and days the links of a page keep."""

from typing import NamedTuple
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

from accounts.pages.next_page import page_before

# These lead from one page to another. The parameters of the first one have the names of filters and mean other things.
FORGET = "insights:forget"
PAGES_BETWEEN = (FORGET, "insights:category")


class AskedPage(NamedTuple):
    """A page, None where the URL is of none, and the parameters of its URL."""

    match: ResolverMatch | None
    parameters: dict[str, str]


def asked_page(request: HttpRequest) -> AskedPage:
    """Return the page of a request or, for a page between two others, the page before it."""
    match = request.resolver_match
    own = AskedPage(match, {name: str(value) for name, value in request.GET.items()})
    if match is None or match.view_name not in PAGES_BETWEEN:
        return own
    before = url_before(request)
    if before:
        path, _, query = before.partition("?")
        return AskedPage(resolve(path), dict(parse_qsl(query)))
    return AskedPage(None, {}) if match.view_name == FORGET else own


def url_before(request: HttpRequest) -> str:
    """Return the URL of the page of insights from which a page between two others was opened; "" if there is none."""
    url = page_before(request, "")
    try:
        match = resolve(url.partition("?")[0])
    except Resolver404:
        return ""
    return url if match.namespace == "insights" and match.view_name not in PAGES_BETWEEN else ""
