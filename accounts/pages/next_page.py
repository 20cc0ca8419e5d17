"""The pages to which a form leads: the one that a person wanted, or the one they came from."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def next_of(request: HttpRequest) -> str:
    """Return the `next` of the request if it is another page of this host, else an empty text."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if _is_own(request, wanted) and wanted != request.path else ""


def wanted_page(request: HttpRequest, otherwise: str) -> str:
    """Return the URL that `next_of` gives, else the URL of the page with the name or URL `otherwise`."""
    return next_of(request) or resolve_url(otherwise)


def page_before(request: HttpRequest, otherwise: str) -> str:
    """Return the path and query of the page that a request comes from, else the name or URL `otherwise`.

    It is the `next` of the request or, without one, its Referer, if it is a page of this host.
    """
    url = request.POST.get("next") or request.GET.get("next") or request.headers.get("Referer", "")
    if not _is_own(request, url):
        return otherwise
    parts = urlsplit(url)
    local = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # The path of a URL of this host may be //other.example, which is another host on its own.
    return local if url_has_allowed_host_and_scheme(local, None) else otherwise


def _is_own(request: HttpRequest, url: str) -> bool:
    # redirect() would take a relative URL, such as `x`, for the name of a view, and fail.
    is_absolute = url.startswith(("/", "http://", "https://"))
    return is_absolute and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
