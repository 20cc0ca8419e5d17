"""A record as it takes part in a push, between the content that was read and the row that is written."""

from typing import Any, NamedTuple

import msgspec

from sync.records import merge
from sync.records.record_kind import Content, RecordKind


class Held(NamedTuple):
    """A row that the table holds: its id, its digest and the values that it is ranked by."""

    id: int
    digest: bytes
    ranked: tuple[Any, ...]


class Incoming(msgspec.Struct, gc=False):
    """One record of a push, at its place in the batch; `held` is another version of it, if the table holds one."""

    index: int
    kind: RecordKind
    browser_id: int
    content: Content
    key: tuple[Any, ...]
    values: tuple[Any, ...]  # in the order of `kind.columns`
    digest: bytes
    held: Held | None = None

    def version(self) -> merge.Version:
        """Return the values by which it is compared with another version of the same record."""
        return self.kind.rank_of(self.content), self.digest

    def is_newer_than(self, held: Held) -> bool:
        """Tell whether it wins against the row held."""
        return self.version() > (self.kind.rank(*held.ranked), held.digest)


def incoming(index: int, kind: RecordKind, browser_id: int, content: Content) -> Incoming:
    """Return the record of a content."""
    return Incoming(index, kind, browser_id, content, *kind.stored_form(content))
