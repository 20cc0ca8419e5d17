"""Refuses bodies without a Content-Length where nobody reads them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from syncserver.errors import error_response

NO_LENGTH = "Send the body with its Content-Length, and without Transfer-Encoding."


class ChunkedBodiesMiddleware:
    """Answers 411 to a chunked body, except at a view with `reads_chunks`. Django takes it for an empty body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; the view decides."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Return the refusal, or None."""
        if "HTTP_TRANSFER_ENCODING" not in request.META or getattr(getattr(view, "cls", None), "reads_chunks", False):
            return None
        if request.path.startswith("/api/"):
            return error_response(411, "length_required", NO_LENGTH)
        return HttpResponse(render_to_string("400.html", {"reason": NO_LENGTH}), status=411)
