"""The WSGI application: requests are UTF-8 whatever charset they name, and the reply to HEAD has no body."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import parse_header_parameters  # type: ignore[attr-defined]  # not in the stubs


class Utf8Request(WSGIRequest):
    """A request that no charset of its Content-Type can decode: `unicode_escape` makes surrogates, `hex` fails."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Handler(WSGIHandler):
    """The WSGI application, with such requests."""

    request_class = Utf8Request

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Return the reply to a request; gunicorn writes a warning for each reply to HEAD that has a body."""
        response = super().get_response(request)
        if request.method != "HEAD":
            return response
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        elif isinstance(response, HttpResponse):
            response.content = b""
        return response
