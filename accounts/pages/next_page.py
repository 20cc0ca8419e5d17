"""The page that a person wanted before they were asked to sign in, to sign up or to take a second step."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def wanted_page(request: HttpRequest, otherwise: str) -> str:
    """Return the `next` of the request if it is a page of this host, else the name or URL `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return otherwise
