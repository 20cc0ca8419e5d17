"""The order of versions of one record. Pure: no database, no clock.

A version is compared by its rank (each kind's declaration names it) and then by its digest. That is a total order over
contents, so records may arrive in any order, any number of times, over any number of connections, and end in the same
rows.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from xxhash import xxh3_64_digest

HASH_BYTES = 8

Rank = tuple[int, ...]
Version = tuple[Rank, bytes]

# A JSON column has one spelling for equal values.
encode_document = msgspec.json.Encoder(order="sorted").encode
_encode = msgspec.json.Encoder().encode


def digest(
    format_number: int, scalars: Sequence[Any], documents: Sequence[bytes], derived: Sequence[Any] = ()
) -> bytes:
    """Return the last two steps of the order as bytes that compare: fields that are not empty, then two hashes.

    The first byte is the format: digests of different formats say nothing of each other. The hashes are of the plain
    columns and of the JSON columns, each in the order of their names, so equal contents have equal digests. Derived
    columns are counted but not hashed, so that another way of deriving them makes no other version. A record is only
    compared with records of the same person, so a contrived collision deceives nobody else.
    """
    # These count as empty. 0 and false do not, and compare equal to none of these.
    empty = scalars.count(None) + scalars.count("") + documents.count(b"[]") + documents.count(b"{}")
    filled = len(scalars) + len(documents) + len(derived) - empty - derived.count(None)
    return bytes((format_number, filled)) + xxh3_64_digest(_encode(scalars)) + xxh3_64_digest(b"".join(documents))


def same_documents(one: bytes, other: bytes) -> bool:
    """Tell whether two digests are of the same JSON columns."""
    return one[0] == other[0] and one[-HASH_BYTES:] == other[-HASH_BYTES:]
