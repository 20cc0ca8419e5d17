"""Gives memory back to the system after work that took long, which is the work that took much of it."""

import ctypes
import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Shorter work leaves little. To give memory back takes some milliseconds.
LONG_SECONDS: Final = 0.25
# glibc, the C library of most Linux systems, keeps what was freed between pieces that are still in use. Other libraries
# have no such function.
_malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None


@contextmanager
def memory_given_back() -> Iterator[None]:
    """Give memory back at the end of a block that took longer than LONG_SECONDS.

    It may have left much that only the garbage collector can free, such as the frames of an error with all that was
    read, and the collector runs seldom (gunicorn.conf.py).
    """
    began = time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() - began > LONG_SECONDS:
            gc.collect()
            if _malloc_trim is not None:
                _malloc_trim(0)
