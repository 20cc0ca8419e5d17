"""A request while it arrives: its bytes, and whether all of them are there. It knows no socket.

gunicorn's own parser reads the request afterwards and refuses what is malformed. Here that counts as whole.
"""

from collections.abc import Iterator
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Final

# A longer head is left to gunicorn, which refuses it.
MOST_HEAD_BYTES: Final = 65_536
MOST_CHUNK_LINE_BYTES: Final = 8_190
READ_BYTES: Final = 1_048_576
# So many blocks are joined into one, since a block of one byte takes 50 bytes.
BLOCKS_JOINED: Final = 64


class ArrivingRequest:
    """The head and the body of one request, in the order in which they come."""

    def __init__(self) -> None:
        self.is_whole = False
        self.head = bytearray()
        self.body_bytes = 0
        self.wants_continue = False
        self._has_head = False
        self._blocks: list[bytes] = []
        self._not_joined = 0
        self._file: IO[bytes] | None = None
        # The bytes of a body without chunks that have not come.
        self._left = 0
        self._chunks: _Chunks | None = None

    @property
    def size(self) -> int:
        """The number of bytes that have come."""
        return len(self.head) + self.body_bytes

    def add(self, data: bytes) -> None:
        """Take bytes that have come."""
        if self._has_head:
            self._add_to_body(data)
            return
        looked_at = max(0, len(self.head) - 3)
        self.head += data
        end = self.head.find(b"\r\n\r\n", looked_at) + 4
        if end < 4:
            self.is_whole = len(self.head) > MOST_HEAD_BYTES
            return
        rest = data[len(data) - len(self.head) + end :]
        del self.head[end:]
        self._has_head = True
        self._read_head()
        self._add_to_body(rest)

    def leave_memory(self) -> None:
        """Keep the body in a temporary file; raises OSError where the disk is full."""
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115  # closed with the connection
            self._file.writelines(self._blocks)
            self._blocks = []

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes that have come, and forget them."""
        yield bytes(self.head)
        if self._file is not None:
            self._file.seek(0)
            while block := self._file.read(READ_BYTES):
                yield block
        yield from self._blocks
        self.close()

    def take_body(self, length: int) -> BytesIO | None:
        """Return the first `length` bytes of a body without chunks; None where they are in a file or still to come."""
        if self._file is not None or self.body_bytes < length:
            return None
        return BytesIO(b"".join(self._blocks)[:length])

    def close(self) -> None:
        """Forget the body."""
        self._blocks = []
        if self._file is not None:
            self._file.close()

    def _read_head(self) -> None:
        for line in bytes(self.head).split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            name, value = name.strip().lower(), value.strip()
            # Any other coding is refused by gunicorn, so nothing is waited for.
            if name == b"transfer-encoding" and b"chunked" in value.lower():
                self._chunks = _Chunks()
            elif name == b"content-length" and value.isdigit():
                self._left = int(value[:20])
            elif name == b"expect":
                self.wants_continue = value.lower() == b"100-continue"

    def _add_to_body(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
        elif data:  # to gunicorn an empty block is the end
            self._blocks.append(data)
            self._not_joined += 1
            if self._not_joined == BLOCKS_JOINED:
                self._blocks[-BLOCKS_JOINED:] = [b"".join(self._blocks[-BLOCKS_JOINED:])]
                self._not_joined = 0
        self.body_bytes += len(data)
        if self._chunks is not None:
            self.is_whole = self._chunks.end_in(data)
        else:
            self.is_whole = self.body_bytes >= self._left


class _Chunks:
    """Finds the end of a body in chunks."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._skip = 0
        self._is_last = False

    def end_in(self, data: bytes) -> bool:
        """Tell whether these further bytes bring the end, or are no chunks."""
        self._pending += data
        while True:
            skipped = min(self._skip, len(self._pending))
            del self._pending[:skipped]
            self._skip -= skipped
            if self._is_last:
                # The last chunk and its trailers end with an empty line.
                return b"\r\n\r\n" in self._pending or len(self._pending) > MOST_HEAD_BYTES
            end = self._pending.find(b"\r\n")
            if end < 0:
                return len(self._pending) > MOST_CHUNK_LINE_BYTES
            try:
                size = int(bytes(self._pending[:end]).partition(b";")[0], 16)
            except ValueError:
                return True
            if size < 0:
                return True
            self._is_last = size == 0
            # The line break before the trailers stays: with none of them it begins the empty line.
            self._skip = end if self._is_last else end + 2 + size + 2
