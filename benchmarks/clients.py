"""Clients that send batches to a server and measure the time."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

from benchmarks.data import Source, batches
from benchmarks.machine import Server

VISITS, AGGREGATES = "/api/sync/page-visits", "/api/sync/tab-aggregates"
SIZE = 500
# A worker is warm after this much processor time, in seconds. Its first request alone takes a third of it.
WARM = 1.0


def tokens(count: int) -> list[str]:
    """Return an access token for each of the first senders, valid for a day."""
    from accounts.sessions.tokens import AccessToken

    made = []
    for number in range(1, count + 1):
        token = AccessToken()
        token.set_exp(lifetime=timedelta(days=1))
        token["user_id"] = token["sid"] = str(number)
        made.append(str(token))
    return made


class Sender:
    """One client of one person. It opens a connection for each request, because workers close it after each."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: bytes) -> Any:
        """Send a body and return the parsed reply; any status but 200 ends the benchmark."""
        return json.loads(self.ask("POST", path, body))

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a request and return the reply as it came; any status but 200 ends the benchmark."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body, self.headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}: {content[:500]!r}")
        return content


def send(sender: Sender, path: str, bodies: list[bytes], expected: str | None = None) -> list[float]:
    """Send the bodies one after the other; return the seconds of each, and check the results of the records."""
    seconds = []
    for body in bodies:
        start = time.perf_counter()
        answer = sender.post(path, body)
        seconds.append(time.perf_counter() - start)
        if expected and set(answer["results"]) != {expected}:
            raise SystemExit(f"{path} answered {set(answer['results'])} where all should be {expected}.")
    return seconds


def send_together(port: int, path: str, bodies: list[list[bytes]], expected: str | None = None) -> list[list[float]]:
    """Send all lists of bodies at the same time, each as another person; return the seconds of each body by list."""
    senders = [Sender(port, token) for token in tokens(len(bodies))]
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda pair: send(pair[0], path, pair[1], expected), zip(senders, bodies, strict=True)))


def fresh(path: str, seed: int, count: int, size: int = SIZE) -> list[bytes]:
    """Return request bodies of fresh records; the same seed gives the same bodies."""
    source = Source(seed)
    if "aggregates" in path:
        return list(batches(source.aggregates(count * size), size, "aggregates"))
    return list(batches(source.visits(count * size), size, "visits"))


def warm_up(server: Server, path: str, seed: int) -> None:
    """Send fresh batches of four people at once until each worker is warm."""
    for attempt in range(60):
        if min(server.worked()) >= WARM:
            return
        send_together(server.port, path, [fresh(path, 10_000 + 100 * seed + 4 * attempt + n, 1) for n in range(4)])
    raise SystemExit("One of the workers was never asked.")


def rate(path: str, server: Server, bodies: list[bytes], expected: str | None = None) -> tuple[float, list[float]]:
    """Return rows a second of one connection to a warm server, and the seconds of each batch."""
    seconds = send(Sender(server.port, tokens(1)[0]), path, bodies, expected)
    return SIZE * len(seconds) / sum(seconds), seconds


def slow_clients(port: int, count: int) -> list[socket.socket]:
    """Open so many connections that are idle, or that stop within the head or within the body of a request."""
    head = f"POST {VISITS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {tokens(1)[0]}\r\n"
    body = f"{head}Content-Type: application/json\r\nContent-Length: 600000\r\n\r\n{{"
    opened = []
    for number in range(count):
        client = socket.create_connection(("127.0.0.1", port), 10)
        client.sendall(("", head, body)[number % 3].encode())
        opened.append(client)
    return opened


def slowest_answer(port: int, seconds: float) -> float:
    """Return the seconds of the slowest of some probes and pushes; `seconds` where one was not answered within them."""
    slowest = 0.0
    for path, body in (("/healthz", None), (VISITS, b'{"visits": []}')) * 5:
        start = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)) as connection:
            headers = {"Authorization": f"Bearer {tokens(2)[1]}", "Content-Type": "application/json"}
            try:
                connection.request("POST" if body else "GET", path, body, headers)
                connection.getresponse().read()
            except OSError:
                return seconds
        slowest = max(slowest, time.perf_counter() - start)
    return slowest
