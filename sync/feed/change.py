"""A change of the feed, and what a source of changes is."""

from collections.abc import Generator, Mapping
from typing import NamedTuple, Protocol

from sync.feed.cursor import Key, Place


class Change(NamedTuple):
    """One entry of the feed; `content` is its JSON."""

    seq: int
    kind: str
    browser: str
    key: Key
    content: bytes


class Source(Protocol):
    """A kind of changes: `name` stands in `?kinds=`, and `kind` in each change."""

    name: str
    kind: str

    def bound(self, user_id: int, after: Place, upto: int, count: int) -> int:
        """Return a seq with more than `count` changes between the place and it, or `upto` where there are not so many.

        It keeps `read` from sorting more rows than a page needs. A source with few changes returns `upto`.
        """

    def read(
        self, user_id: int, after: Place, upto: int, count: int, client_ids: Mapping[int, str]
    ) -> Generator[Change]:
        """Yield up to `count` changes after a place, with a seq of at most `upto`, in order of seq, browser and key.

        `client_ids` are those of the person's browsers, by the browser's key.
        """
