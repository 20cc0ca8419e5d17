"""Each event is one line of the log, as text and as JSON, and no line repeats what a client sent."""

import json
import re
import socket
from contextlib import closing, suppress

import pytest

from tests.live.service import Service

SECRET = b"secret-site"
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR|CRITICAL) [A-Za-z._]+ .+\Z")
FORGED = b"2026-01-01 00:00:00,000 WARNING syncserver.audit staff=1"
ODD = [
    b"%0a" + FORGED, b"%0d%0a" + FORGED, b"%00", b"%1b[2J", b"%c2%85" + FORGED, b"%e2%80%a8" + FORGED,
    b"%e2%80%ae", b"%ed%a0%80", b"%f0%9f%98%80", b"%ff%fe", b"%25s%25n", b"{request}", b"x" * 3_500,
]  # fmt: skip
RAW = [b"\n" + FORGED, b"\x00", b"\x1b[2J", b"\xc2\x85", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xff", b" ", b"\t"]

HEADERS = [
    b"Authorization: Bearer", b"X-Request-ID:", b"X-Forwarded-For:", b"Referer: https:", b"Origin: https:",
    b"User-Agent:", b"Expect:", b"Transfer-Encoding:", b"Content-Length:", b"Cookie: sessionid=",
]  # fmt: skip


def paths():
    for odd in ODD:
        for place in (b"/dashboard/sites/%s", b"/%s", b"/dashboard/history?q=%s", b"/api/%s", b"/admin/%s/"):
            yield place % (SECRET + odd)


def requests():
    """Yield requests, good and bad, with the secret in every place that a client can write to."""
    host = b"Host: 127.0.0.1\r\n"
    for path in paths():
        yield b"GET %s HTTP/1.1\r\n%s\r\n" % (path, host)
    for crash in (b"view", b"reply"):
        for path in (b"/dashboard/sites/" + SECRET, b"/api/" + SECRET, b"/?q=" + SECRET):
            yield b"GET %s HTTP/1.1\r\n%sX-Crash: %s\r\nCookie: a=%s\r\n\r\n" % (path, host, crash, SECRET)
    for raw in RAW:
        text = SECRET + raw
        yield b"GET /%s HTTP/1.1\r\n%s\r\n" % (text, host)
        yield b"GET / HTTP/1.1\r\n%sX-Odd: %s\r\n\r\n" % (host, text)
        yield b"GET / HTTP/1.1\r\n%s%s: x\r\n\r\n" % (host, text)
        yield b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % text
        yield b"GET / HTTP/%s\r\n%s\r\n" % (text, host)
        yield b"%s / HTTP/1.1\r\n%s\r\n" % (text, host)
    body = b'{"email": "%s@example.org", "password": "%s"}' % (SECRET, SECRET)
    json_type = b"Content-Type: application/json\r\nContent-Length: %d\r\n"
    yield b"POST /api/auth/login HTTP/1.1\r\n%s%s\r\n%s" % (host, json_type % len(body), body)
    yield b"POST /api/auth/login HTTP/1.1\r\n%s%s\r\n%s" % (host, json_type % len(SECRET), SECRET)
    for header in HEADERS:
        yield b"GET /api/auth/me HTTP/1.1\r\n%s%s %s\r\n\r\n" % (host, header, SECRET + b" " + SECRET)
    yield b"%s /%s HTTP/1.1\r\n%s\r\n" % (SECRET.upper(), SECRET, host)
    yield SECRET
    yield b"GET /%s HTTP/1.1\r\n" % (SECRET * 2_000)


def send(service, content):
    with closing(socket.create_connection(("127.0.0.1", service.port), 30)) as connection, suppress(OSError):
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_every_event_is_one_line_without_the_words_of_a_client(database, tmp_path, log_format):
    service = Service(database.url, tmp_path / "gunicorn.log")
    service.environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.live.crashing",
        "LOG_FORMAT": log_format,
        "LOG_LEVEL": "DEBUG",
        "PYTHONWARNINGS": "ignore",
        "GUNICORN_CMD_ARGS": f"{service.environment['GUNICORN_CMD_ARGS']} --log-level debug --access-logfile - "
        '--access-logformat "%(r)s %(U)s %(q)s %(f)s %({referer}i)s %({raw_uri}e)s %(s)s"',
    }
    service.start()
    sent = list(requests())
    try:
        for each in sent:
            send(service, each)
    finally:
        service.stop()
    written = service.log.read_bytes()
    assert SECRET not in written.lower()
    lines = written.decode("ascii" if log_format == "json" else "utf-8").splitlines()
    assert len(lines) > len(sent)
    if log_format == "json":
        events = [json.loads(line) for line in lines]
        assert {event["logger"] for event in events} >= {"gunicorn.error", "gunicorn.access", "django.request"}
        assert [event for event in events if event["kind"] == "security"] == []
        assert [event["status"] for event in events if event["kind"] == "request"].count(500) == 3
        messages = [event["message"] for event in events]
        traces = [event["exception"] for event in events if event.get("exception", "").startswith("ValueError")]
    else:
        assert [line for line in lines if not LINE.match(line)] == []
        messages = [line.split(" ", 4)[4] for line in lines]
        traces = [message for message in messages if "ValueError < " in message]
    assert "refused: InvalidRequestLine" in messages
    crashes = [each for each in traces if "crashing.py" in each]
    assert len(crashes) == 6
    assert all("ValueError < " in each for each in crashes)
