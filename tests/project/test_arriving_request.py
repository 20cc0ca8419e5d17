"""The worker's reading of requests: it is whole when gunicorn's own parser has all that it reads."""

from contextlib import closing
from types import SimpleNamespace

import pytest
from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import ThreadWorker
from hypothesis import given
from hypothesis import strategies as st

from syncserver.http_worker.arriving_request import ArrivingRequest
from syncserver.http_worker.worker import BufferingWorker

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"


def chunked(parts, trailers=b""):
    body = b"".join(f"{len(part):x};n=1\r\n".encode() + part + b"\r\n" for part in parts if part)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailers + b"\r\n"


def with_length(body):
    return HEAD + f"content-length:  {len(body)}\r\n\r\n".encode() + body


TRAILERS = st.sampled_from([b"", b"X: 1\r\n", b"A: b\r\nC: d\r\n"])
REQUESTS = st.one_of(
    st.binary(max_size=300).map(with_length),
    st.binary(min_size=3_000, max_size=4_000).map(with_length),
    st.builds(chunked, st.lists(st.binary(max_size=50), max_size=5), TRAILERS),
    st.just(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
)


@given(REQUESTS, st.lists(st.integers(1, 40), min_size=1), st.integers(0, 300))
def test_a_request_is_whole_with_its_last_byte_and_not_before(request, sizes, in_memory):
    arriving, at, turn = ArrivingRequest(), 0, 0
    while at < len(request):
        assert not arriving.is_whole
        if at > in_memory:
            arriving.leave_memory()
        size = sizes[turn % len(sizes)]
        arriving.add(request[at : at + size])
        at, turn = at + size, turn + 1
    assert arriving.is_whole
    assert arriving.size == len(request)
    blocks = list(arriving.blocks())
    assert all(blocks)
    assert b"".join(blocks) == request


@pytest.mark.parametrize(
    "malformed",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 9_000,
        HEAD + b"X: " + b"y" * 70_000,
        HEAD + b"Content-Length: many\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_a_malformed_request_is_left_to_gunicorn(malformed):
    with closing(ArrivingRequest()) as arriving:
        arriving.add(malformed)
        assert arriving.is_whole


def test_a_request_is_not_whole_while_something_is_missing():
    with closing(ArrivingRequest()) as arriving:
        arriving.add(with_length(b"12345")[:-1])
        assert not arriving.is_whole
        arriving.add(b"5")
        assert arriving.is_whole


def test_a_body_is_taken_as_it_came_unless_it_is_in_a_file_or_still_to_come():
    with closing(ArrivingRequest()) as arriving:
        arriving.add(with_length(b"12345")[:-1])
        assert arriving.take_body(5) is None
    with closing(ArrivingRequest()) as arriving:
        arriving.add(with_length(b"12345") + b"GET / HTTP/1.1")
        assert arriving.take_body(5).read() == b"12345"
    with closing(ArrivingRequest()) as arriving:
        arriving.add(with_length(b"12345"))
        arriving.leave_memory()
        assert arriving.take_body(5) is None


def test_a_body_is_forgotten_with_the_reply(monkeypatch):
    read = []
    monkeypatch.setattr(ThreadWorker, "handle_request", lambda self, req, conn: read.append(req.body.read()))
    req = SimpleNamespace(body=SimpleNamespace(reader=LengthReader(None, 5)))
    with closing(ArrivingRequest()) as arriving:
        arriving.add(with_length(b"12345"))
        BufferingWorker.handle_request(object.__new__(BufferingWorker), req, SimpleNamespace(arriving=arriving))
    assert read == [b"12345"]
    assert req.body.closed
