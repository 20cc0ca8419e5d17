"""Reads a request body and inflates it within the limit."""

import zlib
from collections.abc import Iterator
from typing import Protocol

from sync import limits

# A batch in one go: each read copies what was received before it.
CHUNK = 1_048_576


class BodyTooLarge(ValueError):
    """The body, inflated, is over the limit."""


class UnreadableBody(ValueError):
    """The body broke off, or its chunks are malformed."""


class InvalidGzip(ValueError):
    """The body is not one whole gzip stream."""


class Readable(Protocol):
    """Anything with the read method of a file."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


def read_some(stream: Readable, size: int) -> bytes:
    """Return up to `size` bytes of the stream; raises UnreadableBody."""
    try:
        return stream.read(size)
    except Exception as error:  # what a server's stream raises for a malformed chunk has no common base
        raise UnreadableBody("The body cannot be read to its end; send it again.") from error


def _chunks(stream: Readable, most: int) -> Iterator[bytes]:
    """Yield the stream in chunks, up to `most` bytes in all."""
    left = most
    while left > 0 and (chunk := read_some(stream, min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def read_on(stream: Readable, most: int) -> None:
    """Read up to `most` bytes more and forget them, so that the sender gets its reply and not a broken pipe."""
    for _ in _chunks(stream, most):
        pass


def read_body(stream: Readable, *, gzipped: bool, limit: int = limits.MAX_BODY_BYTES) -> bytes:
    """Return the inflated body; raises BodyTooLarge past `limit` bytes, InvalidGzip for a broken gzip stream.

    A body that is too large is read on, up to twice the limit, so that its sender gets the reply and not a broken pipe.
    """
    inflater = zlib.decompressobj(wbits=31) if gzipped else None
    parts: list[bytes] = []
    size = 0
    chunks = _chunks(stream, 2 * limit)
    for chunk in chunks:
        try:
            part = inflater.decompress(chunk, limit - size + 1) if inflater else chunk
        except zlib.error as error:
            raise InvalidGzip("The body is not gzip, or is damaged.") from error
        size += len(part)
        if size > limit:
            for _ in chunks:
                pass
            raise BodyTooLarge
        if inflater and inflater.unused_data:
            raise InvalidGzip("There are bytes after the end of the gzip stream.")
        parts.append(part)
    if inflater and not inflater.eof:
        raise InvalidGzip("The gzip stream is cut short.")
    return b"".join(parts)
