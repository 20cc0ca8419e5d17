"""How every endpoint reads and answers JSON."""

from collections.abc import Mapping
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from strict_json.parsing import parse
from sync import limits
from sync.push.request_body import BodyTooLarge, chunks, read_some

# The calls that use this parser carry an e-mail address and a password at most.
MAX_BYTES = 65_536


class StrictJSONParser(BaseParser):
    """Parses a small JSON body by RFC 8259; NaN, bad UTF-8 and deep nesting are `invalid_json`, never a crash."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body; raises InvalidJSON with the position, BodyTooLarge or ParseError."""
        body = read_some(stream, MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            for _ in chunks(stream, limits.MAX_BODY_BYTES):
                pass  # so that the sender gets the reply and not a broken pipe
            raise BodyTooLarge(MAX_BYTES, " in this call")
        return parse(body)


class JSONOnlyNegotiation(BaseContentNegotiation):
    """Answers JSON whatever the Accept header says: there is no other form to choose."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """Return the parser whose media type the request names, or None, which is a 415."""
        sent = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
