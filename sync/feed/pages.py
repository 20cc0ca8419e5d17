"""Reads a page of the feed.

Nothing is skipped, however pushes interleave. A push takes the person's lock, writes the counter plus one as `seq` into
its rows, and commits rows and counter together. So once a reader has seen the counter, every push up to it is
committed, and each later statement sees all its rows. A row that leaves its place meanwhile was changed, and stands
after the counter now: a later page brings it. Rows after the counter are left out: two statements, for two kinds, may
see different ones, and the cursor would then stand behind a row that no page brought. No transaction is needed, and on
SQLite one would wait for writers.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from heapq import merge

from sync import limits
from sync.feed.change import Change
from sync.feed.cursor import Cursor
from sync.feed.sources import SOURCES
from sync.models import Browser, SyncState


class ResyncRequired(Exception):
    """The cursor is of a database that was replaced by a backup."""


@dataclass
class Page:
    """The JSON of each change, the cursor for the next page, and whether there are more changes already."""

    changes: list[bytes]
    cursor: Cursor
    more: bool


def counter_of(user_id: int) -> int:
    """Return the person's counter, which is 0 before the first push."""
    return SyncState.objects.filter(user_id=user_id).values_list("counter", flat=True).first() or 0


def read_page(user_id: int, epoch: str, names: Sequence[str], cursor: Cursor | None, limit: int) -> Page:
    """Return up to `limit` changes of the sources with these names after a cursor; raises ResyncRequired.

    A page with large records is shorter.
    """
    counter = counter_of(user_id)
    start = cursor or Cursor(user_id, epoch, tuple(names))
    if start.epoch != epoch or start.seq > counter:
        raise ResyncRequired
    if start.seq == counter and not start.kind:
        return Page([], start, more=False)
    # After the counter, so that every browser of these records is among them.
    client_ids = dict(Browser.objects.filter(user_id=user_id).values_list("pk", "client_id"))
    chosen = [source for source in SOURCES if source.name in start.names]
    places = [start.place_in(source.kind) for source in chosen]
    upto = counter
    for source, place in zip(chosen, places, strict=True):
        upto = source.bound(user_id, place, upto, limit)
    changes: list[bytes] = []
    size, last = 0, None
    with ExitStack() as stack:
        streams = [
            stack.enter_context(closing(source.read(user_id, place, upto, limit + 1, client_ids)))
            for source, place in zip(chosen, places, strict=True)
        ]
        for change in merge(*streams, key=_order):
            if last is not None and (len(changes) == limit or size >= limits.MAX_CHANGES_BYTES):
                return Page(changes, _after(start, last), more=True)
            changes.append(change.content)
            size += len(change.content)
            last = change
    # Not the counter: rows between the two may have left their places since `bound` counted, and others have not.
    return Page(changes, Cursor(user_id, epoch, start.names, upto), more=upto < counter)


def _order(change: Change) -> tuple[int, str]:
    # Each stream has one kind and is in the order of browser and key already.
    return change.seq, change.kind


def _after(start: Cursor, last: Change) -> Cursor:
    return Cursor(start.user_id, start.epoch, start.names, last.seq, last.kind, last.browser, last.key)
