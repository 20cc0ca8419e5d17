"""The cursor of the feed: how far a reader has come. It is signed, and opaque to the reader."""

import binascii
from typing import Final, NamedTuple

import msgspec
from django.core import signing
from django.utils.encoding import force_bytes

_signer: Final = signing.Signer(salt="sync.feed.cursor")
Key = tuple[int | str, ...]


class Place(NamedTuple):
    """A place between two changes of one source: after the one with this key, or before all of `seq` without a key."""

    seq: int
    browser: str = ""
    key: Key = ()

    @property
    def first_whole_seq(self) -> int:
        """The first seq of which no change stands before this place."""
        return self.seq + 1 if self.key else self.seq


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """The last change that was read: all changes up to it in the order of seq, kind, browser and key were read too.

    Without a kind, all changes up to and with `seq` were read.
    """

    user_id: int
    epoch: str
    names: tuple[str, ...]
    seq: int = 0
    kind: str = ""
    browser: str = ""
    key: Key = ()

    def place_in(self, kind: str) -> Place:
        """Return the place from which the changes of a kind are still to be read."""
        if kind == self.kind:
            return Place(self.seq, self.browser, self.key)
        return Place(self.seq if self.kind and kind > self.kind else self.seq + 1)


def to_text(cursor: Cursor) -> str:
    """Return the cursor as readers keep it."""
    return _signer.sign(signing.b64_encode(msgspec.json.encode(cursor)).decode())


def from_text(text: str) -> Cursor | None:
    """Return the cursor of a text; None where this server did not sign it."""
    try:
        return msgspec.json.decode(signing.b64_decode(force_bytes(_signer.unsign(text))), type=Cursor)
    except (signing.BadSignature, binascii.Error, msgspec.DecodeError):
        return None
