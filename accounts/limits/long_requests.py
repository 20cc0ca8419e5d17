"""The most requests of one person that may work for seconds at the same time in one process.

A worker works on WEB_THREADS requests at once. Without a limit, one person who sends as many imports or erasures, each
of which stores or deletes for up to ten seconds, keeps everybody else waiting.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rest_framework.exceptions import Throttled

MOST_OF_A_PERSON: Final = 2
# Less than such a request may take, since the others may end at any time.
RETRY_AFTER_SECONDS: Final = 5
_lock = threading.Lock()
_at_work: Counter[int] = Counter()


@contextmanager
def long_request(user_id: int) -> Iterator[None]:
    """Count a request of the person as one that works for seconds; raises Throttled beyond MOST_OF_A_PERSON."""
    with _lock:
        if _at_work[user_id] >= MOST_OF_A_PERSON:
            raise Throttled(RETRY_AFTER_SECONDS)
        _at_work[user_id] += 1
    try:
        yield
    finally:
        with _lock:
            _at_work[user_id] -= 1
            # Without this, the counter would hold a number for each person who was ever here.
            if not _at_work[user_id]:
                del _at_work[user_id]
