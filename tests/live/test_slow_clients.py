"""Clients that are idle, slow or gone hold up nobody else.

`make slow-clients` runs this with 200 clients and an upload of 75 seconds.
"""

import http.client
import json
import os
import socket
import time
from contextlib import ExitStack, closing, suppress

import pytest

from tests.live.service import Service
from tests.wire import VISITS
from tests.wire_records import visit

CLIENTS = int(os.environ.get("SLOW_CLIENTS", "60"))
UPLOAD_SECONDS = float(os.environ.get("SLOW_UPLOAD_SECONDS", "5"))
# In short form the clock of the worker runs faster: it cuts clients off after this many seconds.
WINDOW_SECONDS = "2" if UPLOAD_SECONDS < 30 else "30"
ANSWER_SECONDS = 1
METRICS_TOKEN = "a token of the operator, which nobody guesses"


@pytest.fixture(scope="module")
def server(database, tmp_path_factory):
    server = Service(database.url, tmp_path_factory.mktemp("slow") / "gunicorn.log")
    server.environment |= {"WEB_CLIENT_SECONDS": WINDOW_SECONDS, "METRICS_TOKEN": METRICS_TOKEN}
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


def head(token, length):
    lines = [
        f"POST {VISITS} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        f"Authorization: Bearer {token}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def openings(token):
    """Return what each kind of slow client sends before it stops."""
    page = b"GET /account/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return [
        b"",
        b"GET /heal",
        page,
        head(token, 600_000) + b'{"visits": [',
        head("nobody", 600_000) + b'{"visits": [',
        head(token, 20).replace(b"Content-Length: 20", b"Transfer-Encoding: chunked") + b"5\r\n12",
        page + b"\r\n",  # and reads no reply
    ]


def answered(server, token):
    """Return the seconds of the process's probe and of a push."""
    seconds = []
    for method, path, body, sender in (("GET", "/healthz", None, None), ("POST", VISITS, {"visits": [visit()]}, token)):
        started = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
            headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {sender}"} if sender else {})
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200
        seconds.append(time.monotonic() - started)
    return seconds


def test_slow_clients_hold_up_nobody_and_are_cut_off(server, token_of):
    kinds = openings(token_of("slow"))
    other = token_of("other")
    answered(server, other)
    with ExitStack() as stack:
        clients = []
        for number in range(CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 60))
            client.sendall(kinds[number % len(kinds)])
            clients.append(client)
        slowest = max(second for _ in range(10) for second in answered(server, other))
        assert slowest < ANSWER_SECONDS
        deadline = time.monotonic() + 3 * float(WINDOW_SECONDS) + 10
        for client in clients:
            client.settimeout(max(0.1, deadline - time.monotonic()))
            with suppress(ConnectionResetError):
                while client.recv(65_536):
                    pass


def test_a_slow_upload_arrives_while_others_are_answered(server, token_of):
    token, other = token_of("slow"), token_of("other")
    records = [visit(metadata={"description": "x" * 1_000}) for _ in range(400)]
    body = json.dumps({"visits": records}).encode()
    parts = 40
    size = len(body) // parts + 1
    with closing(socket.create_connection(("127.0.0.1", server.port), 60)) as connection:
        connection.sendall(head(token, len(body)))
        slowest = 0
        for number in range(parts):
            connection.sendall(body[number * size : (number + 1) * size])
            slowest = max(slowest, *answered(server, other))
            time.sleep(UPLOAD_SECONDS / parts)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, json.loads(response.read())["results"]) == (200, ["created"] * len(records))
    assert slowest < ANSWER_SECONDS


def test_a_large_reply_reaches_a_slow_reader_whole(server, token_of):
    token = token_of("reader")
    records = [visit(metadata={"description": "y" * 8_000}) for _ in range(400)]
    assert server.call("POST", VISITS, {"visits": records}, token)[0] == 200
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", server.port))
        request = f"GET /api/sync/changes HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        connection.sendall(request.encode())
        received = b""
        while block := connection.recv(262_144):
            received += block
            time.sleep(0.001)
    content = received.partition(b"\r\n\r\n")[2]
    assert len(json.loads(content)["changes"]) == len(records)


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(server, token_of):
    body = json.dumps({"visits": [visit()]}).encode()
    lines = head(token_of("asks"), len(body))[:-2] + b"Expect: 100-continue\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", server.port), 60)) as connection:
        connection.sendall(lines)
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert b'"created"' in b"".join(iter(lambda: connection.recv(65_536), b""))


def numbers_of(server):
    """Return the numbers for Prometheus by name and labels."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        lines = connection.getresponse().read().decode().splitlines()
    return {name: float(number) for name, _, number in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_the_numbers_of_all_workers_are_added_up(server, token_of):
    token = token_of("counted")
    for _ in range(20):
        assert server.call("GET", "/api/auth/me", token=token)[0] == 200
    told = numbers_of(server)
    (calls,) = [name for name in told if name.startswith("syncserver_request_seconds_count") and "/me" in name]
    assert told[calls] == 20
    # Two workers with four places each. A worker tells its pool once a second.
    ends_at = time.monotonic() + 60
    while numbers_of(server).get("syncserver_places") != 8:
        assert time.monotonic() < ends_at
        time.sleep(0.2)
    assert {"syncserver_clients", "syncserver_requests_begun"} <= numbers_of(server).keys()


@pytest.fixture(scope="module")
def token_of(server):
    """Return the access token of a person by name, who is registered at the first use."""
    known = {}

    def token(name):
        if name not in known:
            known[name] = server.register()
        return known[name]

    return token
