"""Reads a request body: inflates it within the limit and parses it by RFC 8259, so that one bad record stays one.

msgspec parses every body, once a lone surrogate, which JSON allows and msgspec does not, is spelled as NUL. What it
refuses then is parsed again by the standard library, which tells best what is wrong and where.
"""

import json
import math
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple, NoReturn, Protocol

import msgspec

from sync import limits

# A batch in one go: what a server has received already costs a copy of the rest at each read.
CHUNK = 1_048_576
# A whole number longer than this is past the largest double, whatever its digits.
DOUBLE_DIGITS = 309
# Possessive, since a pattern that can give back what it took keeps a note of every byte of a long text.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|(-?Infinity|NaN)', re.DOTALL)
# A pair of surrogates, a lone one as the group, or any other escape.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_NOT_MARKS = bytes(set(range(256)) - set(b'[]{}"'))
_QUOTED = re.compile(rb'"[^"]*+"')


class PastDouble:
    """A number that JSON allows and no double can hold, such as 1e400; no field takes it."""


PAST_DOUBLE = PastDouble()


class InvalidJSON(ValueError):
    """The body is not JSON; the text says what is wrong and where."""


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


def _place(body: bytes, position: int) -> str:
    line = body.count(b"\n", 0, position) + 1
    column = position - (body.rfind(b"\n", 0, position) + 1) + 1
    return f"byte {position} (line {line}, column {column})"


def _is_shallow(text: bytes, levels: int) -> bool:
    """Tell whether JSON is surely nested no deeper than `levels`; False means that only an exact walk can tell.

    What is left when escapes, text and all but quotes and brackets are taken out is short. Each pass of the loop
    removes the innermost brackets, at most two levels.
    """
    if text.count(b"[") + text.count(b"{") <= levels:
        return True
    marks = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_MARKS)
    # Text without brackets is now two quotes; what else stands between quotes are brackets inside text.
    brackets = _QUOTED.sub(b"", marks.replace(b'""', b""))
    for _ in range(levels // 2):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return True
    return False


def _check_depth(body: bytes) -> None:
    """Raise InvalidJSON with the position if the body is nested deeper than the limit."""
    if _is_shallow(body, limits.MAX_DEPTH):
        return
    depth = 0
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token in b"[{":
            depth += 1
            if depth > limits.MAX_DEPTH:
                raise InvalidJSON(f"Nested deeper than {limits.MAX_DEPTH} levels at {_place(body, match.start())}.")
        elif token in b"]}":
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _number(text: str) -> Any:
    """Return a whole number as int, however it is spelled, so that a value has one form in every database."""
    number = float(text)
    if number.is_integer():
        return int(number)
    return PAST_DOUBLE if math.isinf(number) else number


def _integer(digits: str) -> Any:
    if len(digits.lstrip("-")) > DOUBLE_DIGITS or math.isinf(float(digits)):
        return PAST_DOUBLE
    return int(digits)


_decoder = msgspec.json.Decoder(float_hook=_number)


def _parse_slowly(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJSON(f"Not UTF-8 at {_place(body, error.start)}.") from error
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number)
    except json.JSONDecodeError as error:
        if error.doc != text:  # from _refuse_constant, which is not told where it stands
            start, reason = next(found.start() for found in _CONSTANT.finditer(text) if found[1]), error.msg
        else:
            start, reason = error.pos, error.msg.rstrip(":")
        position = len(text[:start].encode())
        raise InvalidJSON(f"Not JSON at {_place(body, position)}: {reason}.") from error


def parse_json(body: bytes) -> Any:
    """Return the parsed body; a number past a double becomes PAST_DOUBLE. Raises InvalidJSON with the position."""
    _check_depth(body)
    return _parse_slowly(body)


class Batch(NamedTuple):
    """A parsed push: the envelope, the records under its list, and the bytes of each as sent.

    Where there are more records than a batch may hold, none of them is parsed; of very many, `all_counted` is false and
    only some are there.
    """

    envelope: Any
    records: Any
    sizes: list[int]
    all_counted: bool = True


_NULL = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct, gc=False):
    """What a push says beside its records."""

    anonymousClientId: msgspec.Raw = _NULL
    client: msgspec.Raw = _NULL


class _Named(msgspec.Struct, gc=False):
    """What is read of a record that is too large."""

    id: str | None = None
    visitId: str | None = None


# The first records of a list as they are, and one more where there are too many. The rest is only checked to be JSON,
# since a list of millions would fill the memory; they are counted where commas show that they are not as many.
_Listed = msgspec.defstruct(
    "Listed", [(f"record{n}", msgspec.Raw, None) for n in range(limits.MAX_RECORDS + 1)], array_like=True, gc=False
)
_name = msgspec.json.Decoder(_Named)
_COUNTED = 200 * limits.MAX_RECORDS


@cache
def _decoder_of(key: str, records: Any = _Listed) -> msgspec.json.Decoder[Any]:
    """Return what decodes an envelope and takes the records in the list under `key` as the type given."""
    fields = [("records", records)]
    envelope = msgspec.defstruct("Envelope", fields, bases=(_Envelope,), rename={"records": key}, kw_only=True)
    return msgspec.json.Decoder(envelope)


def _listed(records: msgspec.Struct) -> list[msgspec.Raw]:
    found = list(msgspec.structs.astuple(records))
    return found if found[-1] is not None else found[: found.index(None)]


def parse_batch(body: bytes, key: str, read: Callable[[bytes], Any] | None = None) -> Batch:
    """Return the parsed body of a push whose records stand in the list under `key`; raises InvalidJSON.

    `records` is whatever stands there, or None; a record of which `read` makes something is that instead. A whole
    number past a double may still be an int.
    """
    spellings: tuple[Callable[[bytes], bytes], ...] = (bytes, _without_lone_surrogates)
    for spelled in spellings:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidJSON):
            return _parse_apart(spelled(body), key, read)
    # What is wrong, and where, is told of the whole.
    envelope = parse_json(body)
    return Batch(envelope, envelope.get(key) if isinstance(envelope, dict) else None, [])


def _parse_apart(body: bytes, key: str, read: Callable[[bytes], Any] | None) -> Batch:
    """Return the batch, each record parsed by itself; raises what tells that only the whole can show what is wrong."""
    found = _decoder_of(key).decode(body)
    envelope = {"anonymousClientId": _value(found.anonymousClientId), "client": _value(found.client)}
    records = [bytes(record) for record in _listed(found.records)]
    _check_rest(body, records)
    if len(records) <= limits.MAX_RECORDS:
        return Batch(envelope, [_record(data, read) for data in records], [len(data) for data in records])
    if body.count(b",") >= _COUNTED:
        return Batch(envelope, records, [], all_counted=False)
    return Batch(envelope, _decoder_of(key, list[msgspec.Raw]).decode(body).records, [])


def _value(raw: msgspec.Raw) -> Any:
    """Return a value of the envelope; of one that is far too long, something that is no value at all."""
    data = bytes(raw)
    return _any(data) if len(data) <= limits.MAX_RECORD_BYTES else PAST_DOUBLE


def _any(data: bytes) -> Any:
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:  # a number of thousands of digits
        return _parse_slowly(data)


def _record(data: bytes, read: Callable[[bytes], Any] | None) -> Any:
    """Return what `read` makes of a record, or the record parsed; raises what parsing raises."""
    # The body and the list are two levels.
    if data.count(b"[") + data.count(b"{") > limits.MAX_DEPTH - 2 and not _is_shallow(data, limits.MAX_DEPTH - 2):
        _check_depth(b"[[" + data + b"]]")
    if not data.isascii():
        data.decode("utf-8")
    if len(data) > limits.MAX_RECORD_BYTES:  # it is refused, by its id if it has one
        with suppress(msgspec.ValidationError):
            return msgspec.structs.asdict(_name.decode(data))
        return None
    record = read(data) if read else None
    return _any(data) if record is None else record


def _without_lone_surrogates(body: bytes) -> bytes:
    """Return JSON of the same length with NUL escaped in place of each lone surrogate, which msgspec refuses.

    Fields treat both alike: no database can hold either.
    """
    changed = bytearray(body)
    for escape in _ESCAPE.finditer(body):
        if escape[1]:
            changed[escape.start(1) : escape.end(1)] = b"u0000"
    return bytes(changed)


def _check_rest(body: bytes, records: list[bytes]) -> None:
    """Check what stands beside the records, or all, for depth and UTF-8; raises InvalidJSON or UnicodeDecodeError."""
    inside = 0 if len(records) > limits.MAX_RECORDS else sum(map(len, records)) + len(records) - 1
    # Commas apart it may be too short to be deep.
    if len(body) - inside > 2 * limits.MAX_DEPTH:
        _check_depth(body)
    if body.isascii():
        return
    rest = body
    if inside > 0:
        start, end = body.find(records[0]), body.rfind(records[-1]) + len(records[-1])
        if end - start == inside:  # so these are the bounds of the list, with one comma between any two
            rest = body[:start] + body[end:]
    rest.decode("utf-8")
