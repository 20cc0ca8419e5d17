"""Reads the body of a request and inflates it within the limit."""

import zlib
from collections.abc import Iterator
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.request import Request

# A usual batch is read at once, because each further read copies the bytes received before it.
CHUNK = 1_048_576


class BodyTooLarge(APIException):
    """A body over the limit, counted after inflating."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE

    def __init__(self, limit: int, advice: str) -> None:
        super().__init__(f"A body holds at most {limit} bytes{advice}.", "body_too_large")
        self.more = {"maxBodyBytes": limit}


def read_some(stream: Any, size: int) -> bytes:
    """Return up to `size` bytes of the stream; raises ParseError for a body that breaks off or has malformed chunks."""
    try:
        some: bytes = stream.read(size)
    except Exception as error:  # the errors of a server's stream have no common base
        raise ParseError("The body cannot be read to its end; send it again.", "unreadable_body") from error
    return some


def chunks(stream: Any, most: int) -> Iterator[bytes]:
    """Yield the stream in chunks, up to `most` bytes in all."""
    left = most
    while left > 0 and (chunk := read_some(stream, min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def read_body(request: Request, limit: int) -> bytes:
    """Return the inflated body of a request; raises the errors of `inflated`, and UnsupportedMediaType."""
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(media_type or "(none)", "Send the body as Content-Type: application/json.")
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise UnsupportedMediaType(encoding, "Send the body as it is, or with Content-Encoding: gzip.")
    stream: Any = request._request
    is_chunked = request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    if is_chunked and request.META.get("wsgi.input_terminated"):
        stream = request.META["wsgi.input"]  # Django reads as far as Content-Length, which a chunked body has not
    return inflated(stream, limit, gzipped=encoding == "gzip")


def inflated(stream: Any, limit: int, *, gzipped: bool) -> bytes:
    """Return the inflated body; raises BodyTooLarge past `limit` bytes, ParseError for a broken gzip stream.

    A body that is too large is read on, up to twice the limit, so that its sender gets the reply and not a broken pipe.
    """
    inflater = zlib.decompressobj(wbits=31) if gzipped else None
    parts: list[bytes] = []
    size = 0
    received = chunks(stream, 2 * limit)
    for chunk in received:
        try:
            part = inflater.decompress(chunk, limit - size + 1) if inflater else chunk
        except zlib.error as error:
            raise ParseError("The body is not gzip, or is damaged.", "invalid_gzip") from error
        size += len(part)
        if size > limit:
            for _ in received:
                pass
            raise BodyTooLarge(limit, " after inflating; send fewer records at once")
        if inflater and inflater.unused_data:
            raise ParseError("There are bytes after the end of the gzip stream.", "invalid_gzip")
        parts.append(part)
    if inflater and not inflater.eof:
        raise ParseError("The gzip stream is cut short.", "invalid_gzip")
    return b"".join(parts)
