"""Splits the body of a push into its envelope and its records, each as the JSON text that was sent."""

from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import msgspec

from strict_json.numbers import PAST_DOUBLE
from strict_json.parsing import (
    MAX_DEPTH,
    brackets,
    check_depth,
    check_utf8,
    is_shallow,
    is_utf8,
    parse,
    parse_checked,
    without_lone_surrogates,
)
from sync import limits

# A body with more commas may hold millions of records, and a list of so many would fill the memory.
MOST_COMMAS_COUNTED = 200 * limits.MAX_RECORDS
_NULL = msgspec.Raw(b"null")


class Batch(NamedTuple):
    """A push: its envelope, and the JSON text of each record, or None if no list of records was sent.

    A batch with too many records has their number only. It is a lower bound when `is_exact` is false.
    """

    envelope: Any
    records: list[bytes] | None
    number: int = 0
    is_exact: bool = True


class _Envelope(msgspec.Struct, gc=False):
    anonymousClientId: msgspec.Raw = _NULL
    client: msgspec.Raw = _NULL


# One record more than are allowed is kept to tell that there are too many; msgspec checks and skips the rest.
_FirstRecords = msgspec.defstruct(
    "FirstRecords",
    [(f"record{n}", msgspec.Raw, None) for n in range(limits.MAX_RECORDS + 1)],
    array_like=True,
    gc=False,
)


@cache
def _decoder(list_name: str, records: Any = _FirstRecords) -> msgspec.json.Decoder[Any]:
    envelope = msgspec.defstruct(
        "Envelope", [("records", records)], bases=(_Envelope,), rename={"records": list_name}, kw_only=True
    )
    return msgspec.json.Decoder(envelope)


def split(body: bytes, list_name: str) -> Batch:
    """Return the parts of a push whose records stand in the list `list_name`.

    Raises InvalidJSON unless the whole body is JSON by RFC 8259: UTF-8, and nested no deeper than MAX_DEPTH.
    """
    for spell in (bytes, without_lone_surrogates):
        text = spell(body)
        with suppress(msgspec.DecodeError, RecursionError):
            return _split(text, _decoder(list_name).decode(text), list_name)
    # The whole shows where it is not JSON, or that it has another shape.
    return Batch(parse(body), None)


def _split(text: bytes, found: Any, list_name: str) -> Batch:
    records = [bytes(record) for record in msgspec.structs.astuple(found.records) if record is not None]
    too_many = len(records) > limits.MAX_RECORDS
    parts = [text] if too_many else [*records, _around(records, text)]
    # The body and the list are two levels around each record.
    if not all(map(is_utf8, parts)):
        check_utf8(text)
    deep = [part for part in parts if brackets(part) >= MAX_DEPTH - 1]
    if not all(is_shallow(part, MAX_DEPTH - 2) for part in deep):
        check_depth(text)
    envelope = {"anonymousClientId": _value(found.anonymousClientId), "client": _value(found.client)}
    if not too_many:
        return Batch(envelope, records, len(records))
    if text.count(b",") > MOST_COMMAS_COUNTED:
        return Batch(envelope, [], len(records), is_exact=False)
    return Batch(envelope, [], len(_decoder(list_name, list[msgspec.Raw]).decode(text).records))


def _around(records: list[bytes], text: bytes) -> bytes:
    """Return the text around the records, or all of it where more than a comma stands between two of them."""
    if records:
        start, end = text.find(records[0]), text.rfind(records[-1]) + len(records[-1])
        if end - start == sum(map(len, records)) + len(records) - 1:
            return text[:start] + text[end:]
    return text


def _value(raw: msgspec.Raw) -> Any:
    """Return a value of the envelope; one that is far too long is not read, and PAST_DOUBLE stands for it."""
    text = bytes(raw)
    return parse_checked(text) if len(text) <= limits.MAX_RECORD_BYTES else PAST_DOUBLE
