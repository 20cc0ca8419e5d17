"""Several sites on loopback: real documentation by host name, and a few pages made for one purpose."""

import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .machine import POSTGRES_DOCS, PYTHON_DOCS

MADE = {
    "/app": "<title>Inbox</title><h1>Inbox</h1>",
    "/late": "<title>Early</title>",
    "/emoji": "<title>\\ud83d</title><script>document.title = 'cut \\ud83d'</script>",
    "/ahead": '<title>Before</title><script type="speculationrules">'
    '{"prerender": [{"source": "list", "urls": ["/behind"], "eagerness": "immediate"}]}</script>'
    '<a href="/behind">on</a>',
    "/behind": "<title>Behind</title>",
    "/described": '<html lang="en-GB"><title>Described</title><meta name="description" content="What it is about.">'
    '<meta property="og:type" content="article"><link rel="canonical" href="/canonical"><p>Four words are here.',
    "/article": "<title>Article</title><article><h1>Article</h1>"
    + "<p>Some words of an article.</p>" * 200
    + "</article>",
    "/sound": "<title>Sound</title><script>const sound = new AudioContext(); const tone = sound.createOscillator();"
    "tone.connect(sound.destination); tone.start()</script>",
    "/portal": "<title>Portal</title><h1>Not a sync server</h1>",
}


class Site(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        host = (self.headers.get("Host") or "").split(":")[0]
        self.directory = str(POSTGRES_DOCS if host.startswith("pg.") else PYTHON_DOCS)
        return super().translate_path(path)

    def do_GET(self) -> None:
        page = MADE.get(self.path.split("?")[0])
        if page is None:
            super().do_GET()
            return
        body = f"<!doctype html><meta charset=utf-8>{page}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass


class Sites:
    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


PYTHON, POSTGRES, MADE_HOST = "docs.python.test", "pg.test", "made.test"
