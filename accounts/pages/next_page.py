"""The pages to which a form leads: the one that a person wanted, or the one they came from."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def wanted_page(request: HttpRequest, otherwise: str) -> str:
    """Return the `next` of the request if it is a page of this host, else the name or URL `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if _is_own(request, wanted) else otherwise


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
    return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
