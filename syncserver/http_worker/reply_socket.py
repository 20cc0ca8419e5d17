"""The socket to which gunicorn writes a reply: it keeps what the client does not take at once."""

import select
import time
from collections.abc import Callable
from errno import EPIPE
from socket import SHUT_WR, socket
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from syncserver.http_worker.pace import Pace

MEMORY_BYTES: Final = 131_072
# A reply in parts waits for the client beyond this. It is more than any static file, and less than an export.
MOST_KEPT_BYTES: Final = 16 * 1_048_576
SEND_BYTES: Final = 262_144


def wait_for(client: socket, event: int) -> bool:
    """Wait up to a second until the client sends or takes bytes."""
    watched = select.poll()  # select.select takes no file descriptor above 1,023
    watched.register(client, event)
    return bool(watched.poll(1_000))


class ReplySocket:
    """Takes a reply from a thread; the loop of the worker sends what is kept (`send_kept`).

    The client's socket does not block. `before_waiting` is called before the thread waits for the client.
    """

    def __init__(self, client: socket, before_waiting: Callable[[], None]) -> None:
        self._client = client
        self._before_waiting = before_waiting
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._sent = 0
        self._written = 0
        self.is_broken = False
        # Whether the request asks for a path of the API, as far as its first bytes say.
        self.is_api = False

    @property
    def kept_bytes(self) -> int:
        """The number of bytes that the client has not taken."""
        return self._written - self._sent

    def sendall(self, data: bytes) -> None:
        """Send or keep bytes; raises OSError when the client is gone or takes too long."""
        if self.kept_bytes == 0:
            data = data[self._send(data) :]
        if not data:
            return
        if self.kept_bytes > MOST_KEPT_BYTES:
            self._wait_for_client()
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115  # closed when all is sent
        self._file.seek(self._written)
        self._file.write(data)
        self._written += len(data)

    def send(self, data: bytes) -> int:
        """Send or keep bytes; return their number."""
        self.sendall(data)
        return len(data)

    def send_kept(self) -> int:
        """Send as much of what is kept as the client takes at once; return how much."""
        sent = 0
        while self._file is not None and self.kept_bytes:
            self._file.seek(self._sent)
            block = self._file.read(SEND_BYTES)
            taken = self._send(block)
            self._sent += taken
            sent += taken
            if taken < len(block):
                break
        if self._file is not None and not self.kept_bytes:
            self._file.close()
            self._file, self._written, self._sent = None, 0, 0
        return sent

    def close_file(self) -> None:
        """Forget what is kept."""
        if self._file is not None:
            self._file.close()

    def _send(self, data: bytes) -> int:
        try:
            return self._client.send(data)
        except BlockingIOError:
            return 0

    def _wait_for_client(self) -> None:
        self._before_waiting()
        pace = Pace(time.monotonic())
        while self.kept_bytes > MOST_KEPT_BYTES // 2:
            wait_for(self._client, select.POLLOUT)
            pace.add(self.send_kept(), time.monotonic())
            if pace.is_too_slow(time.monotonic()):
                raise BrokenPipeError(EPIPE, "the client takes the reply too slowly")

    # gunicorn makes sockets block, and closes them after an error. The loop of the worker does the latter.
    def setblocking(self, flag: Any) -> None:
        """Do nothing."""

    settimeout = setblocking

    def gettimeout(self) -> None:
        """Return None, as of a socket that blocks."""

    def shutdown(self, how: int) -> None:
        """Mark the reply as broken off."""
        self.is_broken = self.is_broken or how == SHUT_WR
        raise OSError("closed by the worker's loop")

    def close(self) -> None:
        """Mark the reply as broken off."""
        self.is_broken = True
