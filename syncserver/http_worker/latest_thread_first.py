"""The threads of a worker. Work goes to the idle thread that worked last.

Its memory and its connection to the database are still in the caches of the processor. The executor of the standard
library takes turns among all threads that ever were busy at once: a push took 2 % longer, and each of these threads
kept its connection in use.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple


class Work(NamedTuple):
    """A call, and the future that takes its result."""

    future: Future[Any]
    call: Callable[[], Any]


class LatestThreadFirst(Executor):
    """At most `most` threads, each started when there is work and no idle thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._started = 0
        self._is_shut = False
        self._lock = threading.Lock()
        # Each idle thread waits at a queue of its own; the one that worked last is at the end.
        self._idle: list[SimpleQueue[Work | None]] = []
        self._waiting: deque[Work] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function in a thread, at once or when one has ended its work; raises RuntimeError after shutdown."""
        future: Future[Any] = Future()
        work = Work(future, partial(fn, *args, **kwargs))
        with self._lock:
            if self._is_shut:
                raise RuntimeError("This executor takes no more work.")
            if self._idle:
                self._idle.pop().put(work)
            elif self._started < self._most:
                self._started += 1
                mine: SimpleQueue[Work | None] = SimpleQueue()
                mine.put(work)
                threading.Thread(target=self._run, args=(mine,), name=f"request-{self._started}").start()
            else:
                self._waiting.append(work)
        return future

    def shutdown(self, *_: Any, **__: Any) -> None:
        """Take no more work, whatever is asked for. What was submitted is still done; nothing waits for it."""
        with self._lock:
            self._is_shut = True
            for thread in self._idle:
                thread.put(None)

    def _run(self, mine: SimpleQueue[Work | None]) -> None:
        while (work := mine.get()) is not None:
            finish = _outcome(work)
            del work  # which holds the request
            # First, so that whoever sees the result finds this thread idle.
            self._be_ready(mine)
            finish()
            del finish

    def _be_ready(self, mine: SimpleQueue[Work | None]) -> None:
        """Give the thread more work, or its end after shutdown, or count it as idle."""
        with self._lock:
            if self._waiting:
                mine.put(self._waiting.popleft())
            elif self._is_shut:
                mine.put(None)
            else:
                self._idle.append(mine)


def _outcome(work: Work) -> Callable[[], None]:
    """Do the work; return what tells its future."""
    if not work.future.set_running_or_notify_cancel():
        return lambda: None
    try:
        return partial(work.future.set_result, work.call())
    except BaseException as error:  # whoever reads the future gets it
        return partial(work.future.set_exception, error)
