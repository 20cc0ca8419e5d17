"""The slowest pace at which a client may send or take bytes."""

import os
from typing import Final

# A client that moves fewer bytes within a window is cut off. A push of 10 kB/s is far above it.
WINDOW_SECONDS: Final = float(os.environ.get("WEB_CLIENT_SECONDS", "30"))
WINDOW_BYTES: Final = 16_384


class Pace:
    """Measures windows that end early when they hold enough bytes. Instants are seconds of one clock."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._bytes = 0

    def add(self, count: int, now: float) -> None:
        """Take note of bytes that moved."""
        self._bytes += count
        if self._bytes >= WINDOW_BYTES:
            self._since, self._bytes = now, 0

    def is_too_slow(self, now: float) -> bool:
        """Tell whether the window has passed without enough bytes."""
        return now - self._since > WINDOW_SECONDS
