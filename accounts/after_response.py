"""Runs small work after the request that asked for it, in a thread of the process for each kind of work.

The time of an answer then does not tell whether an e-mail was sent. A killed process loses work that it had not begun.
Use it only for work that a person can ask for again, or that a command finishes.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connections

from freed_memory import memory_given_back

logger = logging.getLogger(__name__)


@cache
def _thread(name: str) -> ThreadPoolExecutor:
    # Made at the first use: a thread made before gunicorn forks would not exist in the workers.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)


def run_after_response(work: Callable[..., Any], *arguments: Any, thread: str = "background") -> None:
    """Run work in the background, or at once where the setting WORK_IN_BACKGROUND is off, as in tests.

    Work that takes long has a thread of its own name, so that e-mails do not wait for it.
    """
    if settings.WORK_IN_BACKGROUND:
        _thread(thread).submit(_run_and_close, work, *arguments)
    else:
        _run(work, *arguments)


def _run(work: Callable[..., Any], *arguments: Any) -> None:
    try:
        work(*arguments)
    except Exception as error:  # nobody waits for it; the text of an error may hold an e-mail address
        logger.error("%s failed: %s", getattr(work, "__name__", "work"), type(error).__name__)


def _run_and_close(work: Callable[..., Any], *arguments: Any) -> None:
    try:
        with memory_given_back():
            _run(work, *arguments)
    finally:
        connections.close_all()
