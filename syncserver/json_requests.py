"""The parser and the content negotiation of every API call: JSON in, JSON out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from sync import limits
from sync.push.request_body import InvalidJSON, UnreadableBody, parse_json, read_on, read_some

# Bodies of calls with this parser are small: at most an e-mail address and some passwords.
MAX_BYTES = 65_536


class BodyTooLargeError(APIException):
    """The body is larger than any call but a push needs."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = f"The body of this call holds at most {MAX_BYTES} bytes."
    more: ClassVar = {"maxBodyBytes": MAX_BYTES}


class StrictJSONParser(BaseParser):
    """Parses a small JSON body strictly by RFC 8259; NaN, bad UTF-8 and deep nesting are `invalid_json`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body; raises ParseError with the position."""
        try:
            body = read_some(stream, MAX_BYTES + 1)
            if len(body) > MAX_BYTES:
                read_on(stream, limits.MAX_BODY_BYTES)
                raise BodyTooLargeError
            return parse_json(body)
        except UnreadableBody as error:
            raise ParseError(str(error), code="unreadable_body") from error
        except InvalidJSON as error:
            raise ParseError(str(error), code="invalid_json") from error


class JSONOnlyNegotiation(BaseContentNegotiation):
    """Answers with JSON and ignores the Accept header, because there is no other format."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """Return the parser for the Content-Type of a request; None, which becomes a 415, where there is none."""
        sent = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
