"""After work that took long a process has no more memory than before."""

import gc
import weakref
from pathlib import Path

import pytest

import freed_memory
from freed_memory import memory_given_back


class Cycle:
    def __init__(self):
        self.itself = self


def used_mib():
    return int(Path("/proc/self/status").read_text(encoding="ascii").split("RssAnon:")[1].split()[0]) / 1024


@pytest.mark.parametrize(("long_seconds", "is_freed"), [(0, True), (60, False)])
def test_what_refers_to_itself_is_freed_after_long_work_alone(monkeypatch, long_seconds, is_freed):
    monkeypatch.setattr(freed_memory, "LONG_SECONDS", long_seconds)
    gc.disable()
    try:
        with memory_given_back():
            left = weakref.ref(Cycle())
        assert (left() is None) is is_freed
    finally:
        gc.enable()


@pytest.mark.skipif(freed_memory._malloc_trim is None, reason="the C library has no malloc_trim (musl, macOS)")
def test_memory_between_pieces_that_are_still_used_is_given_back(monkeypatch):
    monkeypatch.setattr(freed_memory, "LONG_SECONDS", 0)
    before = used_mib()
    with memory_given_back():
        pieces = [bytes(2_000) for _ in range(100_000)]
        assert used_mib() > before + 150
        pieces = pieces[::1_000]
    assert len(pieces) == 100
    assert used_mib() < before + 50


def test_memory_is_given_back_after_an_error_too(monkeypatch):
    monkeypatch.setattr(freed_memory, "LONG_SECONDS", 0)
    left = []

    def fail():
        left.append(weakref.ref(Cycle()))
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"), memory_given_back():
        fail()
    assert left[0]() is None
