"""Bodies over a real socket: too large, in chunks, and cut off."""

import gzip
import json
import socket
from contextlib import closing

import pytest

from tests.wire import AGGREGATES, VISITS
from tests.wire_records import visit

MEBIBYTE = 1_048_576


def head(token, *lines, path=VISITS):
    fixed = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
    ]
    return ("\r\n".join([*fixed, *lines]) + "\r\n\r\n").encode()


def chunks(body, size):
    for start in range(0, len(body), size):
        part = body[start : start + size]
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("size", [10 * MEBIBYTE + 1, 11 * MEBIBYTE, 15 * MEBIBYTE, 20 * MEBIBYTE])
@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
def test_a_sender_of_up_to_twice_the_limit_gets_the_reply_and_no_broken_pipe(service, token, path, size):
    block = b" " * 65_536
    parts = [block] * (size // 65_536) + [b" " * (size % 65_536)]
    status, reply = service.raw(head(token, f"Content-Length: {size}", path=path), *parts)
    assert (status, reply["code"]) == (413, "body_too_large")
    assert "10485760" in json.dumps(reply).replace(",", "")


def test_a_sender_of_a_gzip_bomb_gets_the_reply(service, token):
    bomb = gzip.compress(bytes(200 * MEBIBYTE), 6)
    status, reply = service.raw(head(token, f"Content-Length: {len(bomb)}", "Content-Encoding: gzip"), bomb)
    assert (status, reply["code"]) == (413, "body_too_large")


def test_a_sender_of_far_more_than_twice_the_limit_does_not_harm_the_server(service, token):
    block = b" " * MEBIBYTE
    with closing(socket.create_connection(("127.0.0.1", service.port), 60)) as connection:
        connection.sendall(head(token, f"Content-Length: {200 * MEBIBYTE}"))
        sent = 0
        try:
            for _ in range(200):
                connection.sendall(block)
                sent += 1
        except OSError:
            pass
    assert sent < 200
    assert service.call("POST", VISITS, {"visits": [visit()]}, token)[2]["results"] == ["created"]


@pytest.mark.parametrize("size", [1, 7, 1_000, 100_000])
def test_a_body_in_chunks_is_read(service, token, size):
    body = json.dumps({"visits": [visit(metadata={})]}).encode()
    status, reply = service.raw(head(token, "Transfer-Encoding: chunked"), *chunks(body, size))
    assert status == 200, reply
    assert reply["results"] == ["created"]


def test_a_gzipped_body_in_chunks_is_read(service, token):
    body = gzip.compress(json.dumps({"visits": [visit()]}).encode())
    lines = ["Transfer-Encoding: chunked", "Content-Encoding: gzip"]
    status, reply = service.raw(head(token, *lines), *chunks(body, 100))
    assert status == 200, reply
    assert reply["results"] == ["created"]


def test_a_body_in_chunks_is_held_to_the_limit(service, token):
    body = b" " * (11 * MEBIBYTE)
    status, reply = service.raw(head(token, "Transfer-Encoding: chunked"), *chunks(body, 65_536))
    assert (status, reply["code"]) == (413, "body_too_large")


def test_an_empty_body_in_chunks_is_no_json(service, token):
    status, reply = service.raw(head(token, "Transfer-Encoding: chunked"), *chunks(b"", 1))
    assert (status, reply["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n0\r\n\r\n", b"-5\r\n{}\r\n0\r\n\r\n"])
def test_a_malformed_chunk_is_refused_and_no_fault_of_the_server(service, token, chunk):
    status, reply = service.raw(head(token, "Transfer-Encoding: chunked"), chunk)
    assert (status, reply["code"]) == (400, "unreadable_body")


def test_a_body_of_a_sender_who_hangs_up_stores_nothing_and_harms_nobody(service, database, token):
    body = json.dumps({"visits": [visit(title="hung up")]}).encode()
    with closing(socket.create_connection(("127.0.0.1", service.port), 60)) as connection:
        connection.sendall(head(token, f"Content-Length: {len(body)}") + body[:-2])
    assert service.call("POST", VISITS, {"visits": [visit()]}, token)[2]["results"] == ["created"]
    assert "hung up" not in [row["title"] for row in database.select("SELECT title FROM sync_pagevisit")]


def test_a_body_that_comes_slowly_is_read_whole(service, token):
    body = json.dumps({"visits": [visit(metadata={})]}).encode()
    parts = [body[start : start + 50] for start in range(0, len(body), 50)]
    status, reply = service.raw(head(token, f"Content-Length: {len(body)}"), *parts)
    assert (status, reply["results"]) == (200, ["created"])


def test_a_gzipped_batch_of_a_thousand_is_read(service, token):
    body = gzip.compress(json.dumps({"visits": [visit() for _ in range(1_000)]}).encode())
    status, _, reply = service.call("POST", VISITS, body, token, Content_Encoding="gzip")
    assert status == 200
    assert reply["results"] == ["created"] * 1_000


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("PUT", VISITS, 401, "not_authenticated"),
        ("GET", "/api/auth/me", 401, "not_authenticated"),
    ],
)
def test_an_error_of_the_real_server_has_the_one_shape(service, method, path, status, code):
    answered, headers, reply = service.call(method, path)
    assert (answered, reply["code"]) == (status, code)
    assert headers["Content-Type"].split(";")[0] == "application/json"
    assert reply["detail"].strip()
