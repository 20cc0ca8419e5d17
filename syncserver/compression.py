"""Compresses pages for a browser that asks from a page of this server, or at a person's own wish."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# What a browser says of requests that no other site began: a link of this server, the address bar, a bookmark.
OWN = ("same-origin", "none")


class CompressionMiddleware(GZipMiddleware):
    """Compresses HTML, and only where no other site can have chosen a part of the page.

    The length of a compressed page tells whether a text that an attacker put into its URL occurs in it (BREACH). The
    attacker must make the browser ask thousands of times from another site, and such requests are not compressed.
    Django adds a random number of bytes to each page besides.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, compressed where that is safe."""
        if not isinstance(response, HttpResponse) or not response.get("Content-Type", "").startswith("text/html"):
            return response
        patch_vary_headers(response, ["Sec-Fetch-Site"])
        if request.headers.get("Sec-Fetch-Site") not in OWN:
            return response
        return super().process_response(request, response)
