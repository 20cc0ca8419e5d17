"""The threads of a worker: the idle one that worked last comes first, and nothing that was submitted is lost."""

import threading
import weakref
from collections.abc import Iterator

import pytest

from syncserver.http_worker.latest_thread_first import LatestThreadFirst

SECONDS = 30  # for what takes no time
MOST = 3


@pytest.fixture
def threads() -> Iterator[LatestThreadFirst]:
    pool = LatestThreadFirst(MOST)
    yield pool
    pool.shutdown()


class Held:
    """A call that has begun, and goes on until it is let go. Its result is its thread."""

    def __init__(self, pool: LatestThreadFirst) -> None:
        self._begun, self._may_end = threading.Event(), threading.Event()
        self._future = pool.submit(self._hold)
        assert self._begun.wait(SECONDS)

    def _hold(self) -> int:
        self._begun.set()
        assert self._may_end.wait(SECONDS)
        return threading.get_ident()

    def let_go(self) -> int:
        self._may_end.set()
        thread: int = self._future.result(SECONDS)
        return thread


def test_work_goes_to_the_thread_that_worked_last(threads: LatestThreadFirst) -> None:
    one, other, third = (Held(threads) for _ in range(MOST))
    third.let_go()
    one.let_go()
    latest = other.let_go()
    assert {threads.submit(threading.get_ident).result(SECONDS) for _ in range(20)} == {latest}


def test_work_that_comes_while_all_threads_are_busy_is_done_in_its_order(threads: LatestThreadFirst) -> None:
    done: list[int] = []
    busy = [Held(threads) for _ in range(MOST)]
    waiting = [threads.submit(done.append, number) for number in range(10)]
    assert not any(future.done() for future in waiting)
    busy[0].let_go()
    for future in waiting:
        future.result(SECONDS)
    assert done == [*range(10)]
    for held in busy[1:]:
        held.let_go()


def test_an_error_reaches_whoever_asks_for_the_result_and_ends_no_thread(threads: LatestThreadFirst) -> None:
    for _ in range(2 * MOST):
        with pytest.raises(ZeroDivisionError):
            threads.submit(divmod, 1, 0).result(SECONDS)
    assert threads.submit(divmod, 7, 2).result(SECONDS) == (3, 1)


def test_work_that_was_cancelled_while_it_waited_is_not_done(threads: LatestThreadFirst) -> None:
    done: list[str] = []
    busy = [Held(threads) for _ in range(MOST)]
    dropped, kept = threads.submit(done.append, "dropped"), threads.submit(done.append, "kept")
    assert dropped.cancel()
    for held in busy:
        held.let_go()
    kept.result(SECONDS)
    assert done == ["kept"]


def test_what_was_submitted_before_the_shutdown_is_done_and_the_threads_end() -> None:
    before = set(threading.enumerate())
    pool, done = LatestThreadFirst(MOST), []
    busy = [Held(pool) for _ in range(MOST)]
    waiting = pool.submit(done.append, "done")
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(done.append, "late")
    for held in busy:
        held.let_go()
    waiting.result(SECONDS)
    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert done == ["done"]


def test_an_idle_thread_keeps_nothing_of_its_last_work(threads: LatestThreadFirst) -> None:
    class Request:
        """Stands for the request, which a weak reference can watch."""

    request = Request()
    is_kept = weakref.ref(request)
    threads.submit(id, request).result(SECONDS)
    del request
    threads.submit(id, None).result(SECONDS)
    assert is_kept() is None
