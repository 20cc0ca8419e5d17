"""Runs small work after the request that asked for it, in one thread of the process.

It keeps the time of sending mail, and whether there is anybody to send it to, out of an answer. What a killed process
had not begun is lost, so only work that a person can ask for again, or that a command finishes, belongs here.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)


@cache
def _thread() -> ThreadPoolExecutor:
    # Made at the first use, so after gunicorn has forked.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")


def later(work: Callable[..., Any], *arguments: Any) -> None:
    """Run work soon; at once where the setting WORK_IN_BACKGROUND is off, as in tests."""
    if settings.WORK_IN_BACKGROUND:
        _thread().submit(_run_and_close, work, *arguments)
    else:
        _run(work, *arguments)


def _run(work: Callable[..., Any], *arguments: Any) -> None:
    try:
        work(*arguments)
    except Exception as error:  # nobody waits for it; the words of an error may hold an address
        logger.error("%s failed: %s", getattr(work, "__name__", "work"), type(error).__name__)


def _run_and_close(work: Callable[..., Any], *arguments: Any) -> None:
    try:
        _run(work, *arguments)
    finally:
        connections.close_all()
