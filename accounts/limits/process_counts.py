"""Counts of one process, for the rate of reading: counted in the database, each page would write.

On a server of several processes a person has the rate in each of them.
"""

import threading
import time
from typing import Final

from accounts.limits.rate_counts import window_end

# More keys than people who read within a minute. Beyond it the counts of past windows are dropped.
MOST_KEYS: Final = 10_000
_lock = threading.Lock()
_counts: dict[str, tuple[int, int]] = {}


def count_in_process(key: str, seconds: int) -> tuple[int, float]:
    """Count one more hit of `key` in its current window; return the count and the seconds until the window ends."""
    ends_at, now = window_end(seconds), time.time()
    with _lock:
        if len(_counts) > MOST_KEYS:
            for old in [name for name, (end, _) in _counts.items() if end <= now]:
                del _counts[old]
        end, count = _counts.get(key, (ends_at, 0))
        count = count + 1 if end == ends_at else 1
        _counts[key] = (ends_at, count)
    return count, ends_at - now
