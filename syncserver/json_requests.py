"""The parser and the content negotiation of every API call: JSON in, JSON out."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from strict_json.parsing import parse
from strict_json.request_body import BodyTooLarge, chunks, read_some
from sync import limits

# Bodies of most calls are small: at most an e-mail address and some passwords. A view that takes larger ones says so in
# `max_body_bytes`.
MAX_BYTES = 65_536


class StrictJSONParser(BaseParser):
    """Parses a small JSON object strictly by RFC 8259; NaN, bad UTF-8 and deep nesting are `invalid_json`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the object; raises InvalidJSON with the position, BodyTooLarge, ParseError or ValidationError."""
        most = getattr((parser_context or {}).get("view"), "max_body_bytes", MAX_BYTES)
        body = read_some(stream, most + 1)
        if len(body) > most:
            for _ in chunks(stream, limits.MAX_BODY_BYTES):
                pass  # so that the sender gets the reply and not a broken pipe
            raise BodyTooLarge(most, " in this call")
        sent = parse(body)
        if not isinstance(sent, dict):
            # The framework would name a field `non_field_errors`, which no call has.
            raise ValidationError("Send a JSON object as the body.")
        return sent


class JSONOnlyNegotiation(BaseContentNegotiation):
    """Answers with JSON and ignores the Accept header, because there is no other format."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser:
        """Return the parser for the Content-Type of a request; raises UnsupportedMediaType where there is none."""
        sent = (request.content_type or "").split(";")[0].strip().lower()
        found: BaseParser | None = next((parser for parser in parsers if parser.media_type == sent), None)
        if found is None:
            taken = " or ".join(parser.media_type for parser in parsers)
            raise UnsupportedMediaType(sent, f"Send the body as Content-Type: {taken}.")
        return found

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
