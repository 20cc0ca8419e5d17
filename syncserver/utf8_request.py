"""Requests whose query and form are UTF-8, whatever charset their Content-Type names."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.request import parse_header_parameters  # type: ignore[attr-defined]  # not in the stubs


class Utf8Request(WSGIRequest):
    """A request that no charset of its Content-Type can decode: `unicode_escape` makes surrogates, `hex` fails."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Handler(WSGIHandler):
    """The WSGI application, with such requests."""

    request_class = Utf8Request
