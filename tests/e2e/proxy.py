"""A proxy in front of the real server that passes everything on until it is told to misbehave."""

import gzip
import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PUSHES = ("/api/sync/page-visits", "/api/sync/tab-aggregates")


class Proxy:
    """`faults` are taken one a matching request: a status with headers, "cut" (the server stores, half a reply comes
    back), or a callable that is run between the server's reply and passing it on."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.faults: list[Any] = []
        # More records than this in a push are answered with 413.
        self.most_records: int | None = None
        self.on: Callable[[str], bool] = lambda path: path in PUSHES
        self.seen: list[tuple[str, int]] = []
        self.lock = threading.Lock()
        proxy = self

        class Passing(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with proxy.lock:
                    fault = proxy.faults.pop(0) if proxy.faults and proxy.on(self.path) else None
                if fault is None and proxy.is_too_large(self.path, body):
                    fault = (413, {})
                if isinstance(fault, tuple):
                    self.reply(fault[0], fault[1], b'{"code": "scripted", "detail": "Scripted by the test."}')
                    return
                try:
                    status, headers, content = proxy.forward(self.command, self.path, dict(self.headers), body)
                except (OSError, http.client.HTTPException):
                    self.close_connection = True
                    return
                if callable(fault):
                    fault()
                    self.close_connection = True
                    return
                self.reply(status, headers, content, cut=fault == "cut")

            do_GET = do_POST = do_OPTIONS = handle_one

            def reply(self, status: int, headers: dict[str, str], content: bytes, *, cut: bool = False) -> None:
                proxy.seen.append((self.path, status))
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                        self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if cut else content)
                self.close_connection = self.close_connection or cut

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_too_large(self, path: str, body: bytes) -> bool:
        if self.most_records is None or path not in PUSHES:
            return False
        sent = json.loads(gzip.decompress(body))
        return len(sent.get("visits") or sent.get("aggregates") or []) > self.most_records

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        try:
            headers["Connection"] = "close"
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def misbehave(self, *faults: Any, on: Callable[[str], bool] | None = None) -> None:
        with self.lock:
            self.on = on or (lambda path: path in PUSHES)
            self.faults = list(faults)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
