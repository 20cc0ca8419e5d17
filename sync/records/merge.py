"""Which of two versions of one record wins. Pure: no database, no clock.

Versions are compared by these, the first difference decides: revision; how much of the record's life is known; ended
before still active; active time; pages; when its tab was closed; how many fields are not empty; a hash of the content.
That is a total order over contents, so records may arrive in any order, any number of times, over any number of
connections, and end in the same rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from xxhash import xxh3_64_digest

# The first byte of every digest. Raise it when the content of a record or its encoding changes; rows with another
# format are then compared by their fields, so that an upgrade rewrites nothing.
FORMAT = 3
HASH_BYTES = 8

Rank = tuple[int, ...]
Version = tuple[Rank, bytes]

# How a JSON column is stored: one spelling for equal values.
encode_document = msgspec.json.Encoder(order="sorted").encode
_encode = msgspec.json.Encoder().encode


def digest(scalars: Sequence[Any], documents: Sequence[bytes]) -> bytes:
    """Return the last two steps of the order as bytes that compare: format, fields that are not empty, two hashes.

    They are of exactly what is stored, each in the order of the columns' names: of the plain columns, and of the JSON
    columns as documents, in the one spelling of `encode_document`. So equal contents have equal digests. Who contrives
    two contents of one hash deceives nobody else: a record is only ever compared with the same person's.
    """
    # 0 and false are values like any other, and equal to none of these.
    empty = scalars.count(None) + scalars.count("") + documents.count(b"[]") + documents.count(b"{}")
    filled = len(scalars) + len(documents) - empty
    return bytes((FORMAT, filled)) + xxh3_64_digest(_encode(scalars)) + xxh3_64_digest(b"".join(documents))


def same_documents(one: bytes, other: bytes) -> bool:
    """Tell whether two digests are of the same JSON columns."""
    return one[0] == other[0] and one[-HASH_BYTES:] == other[-HASH_BYTES:]


def spelled(document: Any) -> bytes:
    """Return the stored form of a JSON column's value, which may come as that form already."""
    return document if type(document) is bytes else encode_document(document)


def _content_digest(content: Mapping[str, Any]) -> bytes:
    """Return the digest of a content by column."""
    ordered = [value for _, value in sorted(content.items())]
    documents = [spelled(value) for value in ordered if isinstance(value, (list, dict, bytes))]
    return digest([value for value in ordered if not isinstance(value, (list, dict, bytes))], documents)


def visit_rank(visit: Mapping[str, Any]) -> Rank:
    """Return the steps of a page visit's order before the digest."""
    ended = visit["ended_at"]
    return (
        visit["revision"],
        max(ended or 0, visit["last_heartbeat_at"] or 0, visit["started_at"] + (visit["duration_ms"] or 0)),
        1 if ended is not None and not visit["is_active"] else 0,
        visit["active_duration_ms"] or 0,
        visit["closed_at"] or 0,
    )


def aggregate_rank(aggregate: Mapping[str, Any]) -> Rank:
    """Return the steps of a tab aggregate's order before the digest."""
    closed = aggregate["closed_at"]
    return (
        aggregate["revision"],
        aggregate["last_active_at"],
        1 if closed is not None else 0,
        aggregate["total_active_duration_ms"],
        aggregate["page_count"],
        closed or 0,
    )


def visit_version(visit: Mapping[str, Any]) -> Version:
    """Return what a page visit's content is compared by; the larger wins."""
    return visit_rank(visit), _content_digest(visit)


def aggregate_version(aggregate: Mapping[str, Any]) -> Version:
    """Return what a tab aggregate's content is compared by; the larger wins."""
    return aggregate_rank(aggregate), _content_digest(aggregate)
