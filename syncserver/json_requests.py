"""How every endpoint reads and answers JSON."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from strict_json.parsing import InvalidJSON, parse
from sync import limits
from sync.push.request_body import UnreadableBody, read_on, read_some

# The calls that use this parser carry an e-mail address and a password at most.
MAX_BYTES = 65_536


class BodyTooLargeError(APIException):
    """A body larger than any call but a push has use for."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = f"The body of this call holds at most {MAX_BYTES} bytes."
    more: ClassVar = {"maxBodyBytes": MAX_BYTES}


class StrictJSONParser(BaseParser):
    """Parses a small JSON body by RFC 8259; NaN, bad UTF-8 and deep nesting are `invalid_json`, never a crash."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body; raises ParseError with the position."""
        try:
            body = read_some(stream, MAX_BYTES + 1)
            if len(body) > MAX_BYTES:
                read_on(stream, limits.MAX_BODY_BYTES)
                raise BodyTooLargeError
            return parse(body)
        except UnreadableBody as error:
            raise ParseError(str(error), code="unreadable_body") from error
        except InvalidJSON as error:
            raise ParseError(str(error), code="invalid_json") from error


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
