"""Parses JSON by RFC 8259 and says where it is wrong.

msgspec is fast, but it refuses lone surrogates, which RFC 8259 allows, and its errors tell little. The standard library
is slower, and its errors name the problem and the place.
"""

import json
import re
from typing import Any, NoReturn

import msgspec

from strict_json.numbers import may_hold_past_double, parse_fraction, parse_whole

MAX_DEPTH = 100

# The quantifiers are possessive: a pattern that can give back characters keeps a note for each byte of a long text.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|(-?Infinity|NaN)', re.DOTALL)
# A pair of surrogates, a lone one as the group, or any other escape.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_NOT_MARKS = bytes(set(range(256)) - set(b'[]{}"'))
_NOT_OPENING = bytes(set(range(256)) - set(b"[{"))
_QUOTED = re.compile(rb'"[^"]*+"')
_decode = msgspec.json.Decoder(float_hook=parse_fraction).decode


class InvalidJSON(ValueError):
    """The text is not JSON; the message names the problem and the place."""


def parse(text: bytes) -> Any:
    """Return the value of a JSON text; a number past a double becomes PAST_DOUBLE.

    Raises InvalidJSON with the position for bad UTF-8, bad syntax and nesting deeper than MAX_DEPTH.
    """
    check_depth(text)
    check_utf8(text)
    return parse_checked(text)


def parse_checked(text: bytes) -> Any:
    """Return the value of a JSON text whose depth and UTF-8 were checked already, as `parse` does."""
    try:
        return _parse_slowly(text) if may_hold_past_double(text) else _decode(text)
    except msgspec.DecodeError:  # a lone surrogate, or bad syntax
        return _parse_slowly(text)


def _parse_slowly(text: bytes) -> Any:
    decoded = text.decode()
    try:
        return json.loads(decoded, parse_constant=_refuse_constant, parse_int=parse_whole, parse_float=parse_fraction)
    except json.JSONDecodeError as error:
        if error.doc != decoded:  # raised by _refuse_constant, which does not know the position
            start, reason = next(found.start() for found in _CONSTANT.finditer(decoded) if found[1]), error.msg
        else:
            start, reason = error.pos, error.msg.rstrip(":")
        position = len(decoded[:start].encode())
        raise InvalidJSON(f"Not JSON at {_place(text, position)}: {reason}.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def is_utf8(text: bytes) -> bool:
    """Tell whether the text is UTF-8, which msgspec does not check."""
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def check_utf8(text: bytes) -> None:
    """Raise InvalidJSON with the position unless the text is UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise InvalidJSON(f"Not UTF-8 at {_place(text, error.start)}.") from error


def brackets(text: bytes) -> int:
    """Return how many opening brackets the text has, inside strings too: its depth is not greater."""
    return len(text.translate(None, _NOT_OPENING))


def check_depth(text: bytes) -> None:
    """Raise InvalidJSON with the position if JSON is nested deeper than MAX_DEPTH levels."""
    if brackets(text) <= MAX_DEPTH or is_shallow(text, MAX_DEPTH):
        return
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidJSON(f"Nested deeper than {MAX_DEPTH} levels at {_place(text, match.start())}.")
        elif token in b"]}":
            depth -= 1


def is_shallow(text: bytes, levels: int) -> bool:
    """Tell whether JSON is surely nested no deeper than `levels`; False means that only an exact walk can tell.

    Escapes, text and everything but quotes and brackets are taken out first, so the rest is short. Each pass of the
    loop then removes the innermost brackets, at most two levels.
    """
    marks = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_MARKS)
    # A string without brackets is now two quotes; the other quoted parts are brackets inside a string.
    left = _QUOTED.sub(b"", marks.replace(b'""', b""))
    for _ in range(levels // 2):
        left = left.replace(b"{}", b"").replace(b"[]", b"")
        if not left:
            return True
    return False


def without_lone_surrogates(text: bytes) -> bytes:
    """Return JSON of the same length with an escaped NUL in place of each escaped lone surrogate.

    msgspec refuses lone surrogates. The fields treat both alike, since no database can hold either.
    """
    changed = bytearray(text)
    for escape in _ESCAPE.finditer(text):
        if escape[1]:
            changed[escape.start(1) : escape.end(1)] = b"u0000"
    return bytes(changed)


def _place(text: bytes, position: int) -> str:
    line = text.count(b"\n", 0, position) + 1
    column = position - (text.rfind(b"\n", 0, position) + 1) + 1
    return f"byte {position} (line {line}, column {column})"
