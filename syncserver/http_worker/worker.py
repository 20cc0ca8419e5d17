"""gunicorn's threaded worker, changed so that a client costs a thread only while its request is worked on.

The loop of the worker reads every request, and a thread gets it when all of it has come. The loop also sends what a
client has not taken of a reply. So idle, half-sent and slow connections hold no thread, and no connection to the
database. A connection serves one request, as with gunicorn's sync worker.
"""

import select
import selectors
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from errno import EPIPE
from socket import SHUT_WR, socket
from typing import Any, Final

from gunicorn import http
from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import TConn, ThreadWorker

from freed_memory import memory_given_back
from syncserver.http_worker.arriving_request import ArrivingRequest
from syncserver.http_worker.latest_thread_first import LatestThreadFirst
from syncserver.http_worker.pace import Pace
from syncserver.http_worker.refusals import Refusal
from syncserver.http_worker.reply_socket import ReplySocket, wait_for

RECEIVE_BYTES: Final = 262_144
# A larger request goes to a thread before all of it has come. It is more than twice the largest push.
MOST_KEPT_BYTES: Final = 21 * 1_048_576
# A request of more than SMALL_BYTES goes to a temporary file where those that are arriving hold more than this in all,
# and where it has to wait for a place. A file for each usual push cost 1 ms of 20.
MOST_IN_MEMORY_BYTES: Final = 16 * 1_048_576
SMALL_BYTES: Final = 131_072
# What all requests of a worker that are arriving may hold. Beyond it the largest one is dropped.
MOST_KEPT_IN_ALL_BYTES: Final = 256 * 1_048_576
# The most clients of a worker. Beyond it the request is dropped that has been arriving for longest.
MOST_CLIENTS: Final = 2_000
# Threads that may wait for their clients, for uploads of files and downloads of exports.
WAITING_THREADS: Final = 16
# The time for a client that was still sending to read the reply. Closed at once, it might lose it.
LINGER_SECONDS: Final = 2
MOST_REST_BYTES: Final = 1_048_576
# A busy worker waits so many seconds before it takes a new client. An idle worker takes the client first.
YIELD_SECONDS: Final = 0.004
CLIENTS_AT_ONCE: Final = 50


class Place:
    """One of the places in which requests are worked on; it can be given up before the request ends."""

    def __init__(self, places: threading.Semaphore) -> None:
        self._places = places
        self._is_held = False

    def take(self) -> None:
        """Wait for a place."""
        self._places.acquire()
        self._is_held = True

    def give_up(self) -> None:
        """Leave the place to another request, once."""
        if self._is_held:
            self._is_held = False
            self._places.release()


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """One client: its request, its reply, and its pace."""

    def __init__(self, cfg: Any, client: socket, address: Any, server: Any, places: threading.Semaphore) -> None:
        super().__init__(cfg, client, address, server)
        self.client_socket = client
        self.place = Place(places)
        self.sock = ReplySocket(client, self.place.give_up)
        self.arriving = ArrivingRequest()
        self.pace = Pace(time.monotonic())
        self.is_open = True
        self.closes_at = 0.0
        self.rest_bytes = 0
        # gunicorn waits for the first bytes of a connection otherwise.
        self.data_ready = True

    def begin(self) -> None:
        """Give what has come to gunicorn's parser."""
        self.sock.is_api = bytes(self.arriving.head[:40]).partition(b" ")[2].startswith(b"/api/")
        self.parser = http.get_parser(self.cfg, self._blocks(), self.client)

    def _blocks(self) -> Iterator[bytes]:
        yield from self.arriving.blocks()
        if self.arriving.is_whole:
            return
        self.place.give_up()
        pace = Pace(time.monotonic())
        while not pace.is_too_slow(time.monotonic()):
            if wait_for(self.client_socket, select.POLLIN):
                block = self.client_socket.recv(RECEIVE_BYTES)
                if not block:
                    return
                pace.add(len(block), time.monotonic())
                yield block
        raise BrokenPipeError(EPIPE, "the client sends the request too slowly")


class BufferingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker whose `threads` are the places for requests that are worked on at the same time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = threading.Semaphore(self.cfg.threads)
        # In the order in which they came.
        self.arriving: dict[Connection, None] = {}
        self.leaving: dict[Connection, None] = {}
        self.working = 0
        self.kept_bytes = 0
        self.looked_at = 0.0
        self.accepts_at: float | None = None

    def get_thread_pool(self) -> LatestThreadFirst:
        """Return the threads: one for each place, and those that wait for their clients."""
        return LatestThreadFirst(self.cfg.threads + WAITING_THREADS)

    def accept(self, listener: Any) -> None:
        """Take a new client; a busy worker leaves it to a free one for YIELD_SECONDS."""
        if self.working and self.accepts_at is None:
            self.accepts_at = time.monotonic() + YIELD_SECONDS
            super().set_accept_enabled(False)
            return
        self._take(listener)

    def _take(self, listener: Any) -> bool:
        """Take a client that is waiting; return False where none is."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError:
            # No file descriptor is left for another client.
            self._drop_oldest()
            return False
        if self.nr_conns >= MOST_CLIENTS:
            self._drop_oldest()
        self.nr_conns += 1
        connection = Connection(self.cfg, client, address, listener.getsockname(), self.places)
        self.arriving[connection] = None
        self._watch(connection, selectors.EVENT_READ, self.on_bytes)
        return True

    def set_accept_enabled(self, enabled: bool) -> None:
        """Watch for new clients or not; not while this worker leaves them to others."""
        if not (enabled and self.accepts_at is not None and self.alive):
            super().set_accept_enabled(enabled)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events, and take the clients that no other worker has taken."""
        if self.accepts_at is not None:
            timeout = min(timeout, max(0.0, self.accepts_at - time.monotonic()))
        super().wait_for_and_dispatch_events(timeout)
        if self.accepts_at is not None and time.monotonic() >= self.accepts_at:
            if self.alive:
                for listener in self.sockets:
                    left = CLIENTS_AT_ONCE
                    while left and self._take(listener):
                        left -= 1
            self.accepts_at = None

    def on_bytes(self, connection: Connection) -> None:
        """Take bytes of a request; give it to a thread when it is whole, or too large to keep."""
        data = connection.client_socket.recv(RECEIVE_BYTES)
        arriving = connection.arriving
        if not data and not arriving.size:
            self.drop(connection)
            return
        arriving.add(data)
        self.kept_bytes += len(data)
        if arriving.size > SMALL_BYTES and self.kept_bytes > MOST_IN_MEMORY_BYTES:
            arriving.leave_memory()
        connection.pace.add(len(data), time.monotonic())
        if arriving.wants_continue and not arriving.is_whole:
            arriving.wants_continue = False
            connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The client closed before its request was whole. The view runs and answers that the body cannot be read.
        if not data:
            arriving.is_whole = True
        if arriving.is_whole or arriving.size > MOST_KEPT_BYTES:
            self._begin(connection)
        elif self.kept_bytes > MOST_KEPT_IN_ALL_BYTES:
            self.drop(max(self.arriving, key=lambda each: each.arriving.size))

    def _begin(self, connection: Connection) -> None:
        self.poller.unregister(connection.client_socket)
        self._forget_arriving(connection)
        if connection.arriving.size > SMALL_BYTES and self.working >= self.cfg.threads:
            connection.arriving.leave_memory()
        self.working += 1
        connection.begin()
        self.enqueue_req(connection)

    def handle(self, conn: Connection) -> Any:
        """Work on a request, in a thread and in one of the places."""
        conn.place.take()
        try:
            with memory_given_back():
                return super().handle(conn)
        finally:
            conn.place.give_up()

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request; a body that has come is read as it is, while gunicorn would copy it four times."""
        length = req.body.reader.length if isinstance(req.body.reader, LengthReader) else 0
        body = conn.arriving.take_body(length)
        if not length or body is None:
            return super().handle_request(req, conn)
        req.body = body
        # The request is part of a cycle, and would keep the body until the garbage collector runs.
        with body:
            return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: ReplySocket, addr: Any, exc: Exception) -> None:
        """Answer a request that gunicorn's parser refused; gunicorn logs it and chooses the status."""
        refusal = Refusal()
        super().handle_error(req, refusal, addr, exc)
        with suppress(OSError):
            client.sendall(refusal.answer(is_api=client.is_api))

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """Send what the client has not taken of the reply, then close."""
        self.working -= 1
        conn.arriving.close()
        if fs.cancelled() or fs.exception() is not None or conn.sock.is_broken:
            self.drop(conn)
            return
        conn.pace = Pace(time.monotonic())
        self.leaving[conn] = None
        self._watch(conn, selectors.EVENT_WRITE, self.on_room)
        self._guarded(conn, self.on_room)

    def on_room(self, connection: Connection) -> None:
        """Send more of the reply; close when all of it is sent."""
        connection.pace.add(connection.sock.send_kept(), time.monotonic())
        if connection.sock.kept_bytes:
            return
        if connection.arriving.is_whole:
            self.drop(connection)
            return
        # The client still sends. Closed with bytes that nobody read, it would lose the reply.
        connection.client_socket.shutdown(SHUT_WR)
        connection.closes_at = time.monotonic() + LINGER_SECONDS
        self.poller.unregister(connection.client_socket)
        self._watch(connection, selectors.EVENT_READ, self.on_rest)

    def on_rest(self, connection: Connection) -> None:
        """Read on what a client sends after its reply."""
        data = connection.client_socket.recv(RECEIVE_BYTES)
        connection.rest_bytes += len(data)
        if not data or connection.rest_bytes > MOST_REST_BYTES:
            self.drop(connection)

    def murder_pending(self) -> None:
        """Drop the clients that are too slow; called in each turn of the loop, and looks once a second."""
        now = time.monotonic()
        if now - self.looked_at < 1:
            return
        self.looked_at = now
        # Imported late: the module of the numbers reads a variable that gunicorn.conf.py sets when the server starts.
        from syncserver.metrics import note_pool  # noqa: PLC0415  # as said

        note_pool(self.cfg.threads, self.working, self.nr_conns)
        for connection in [*self.arriving, *self.leaving]:
            is_over = connection.closes_at and now > connection.closes_at
            is_unneeded = not self.alive and not connection.arriving.size
            if is_over or is_unneeded or connection.pace.is_too_slow(now):
                self.drop(connection)

    def drop(self, connection: Connection) -> None:
        """Close a connection that no thread works on."""
        if not connection.is_open:
            return
        connection.is_open = False
        self._forget_arriving(connection)
        self.leaving.pop(connection, None)
        with suppress(KeyError, ValueError):  # not watched
            self.poller.unregister(connection.client_socket)
        connection.arriving.close()
        connection.sock.close_file()
        connection.client_socket.close()
        self.nr_conns -= 1

    def _drop_oldest(self) -> None:
        """Drop the request that has been arriving for longest. Usual requests arrive within milliseconds."""
        for connection in self.arriving:
            self.drop(connection)
            return

    def _forget_arriving(self, connection: Connection) -> None:
        if connection in self.arriving:
            del self.arriving[connection]
            self.kept_bytes -= connection.arriving.size

    def _watch(self, connection: Connection, event: int, callback: Any) -> None:
        self.poller.register(connection.client_socket, event, lambda _: self._guarded(connection, callback))

    def _guarded(self, connection: Connection, callback: Any) -> None:
        """Run a callback; a client that is gone, or a full disk, drops this connection and no other."""
        if not connection.is_open:
            return
        try:
            callback(connection)
        except BlockingIOError:
            return
        except OSError:
            self.drop(connection)
