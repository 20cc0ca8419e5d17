"""No log line holds what a client wrote, by any logger; each request has a line, and security events stand apart."""

import json
import logging
import re

import pytest
from django.test import Client

from syncserver.log_format import ClientTextFilter, JsonFormatter, LineFormatter
from tests.wire import VISITS, push, send
from tests.wire_records import visit

SECRET = "secret-site.example"


class Lines(logging.Handler):
    """Keeps each record as text and as JSON, through the filter and the formats of the settings."""

    def __init__(self):
        super().__init__()
        self.text, self.json = [], []
        self.addFilter(ClientTextFilter())

    def emit(self, record):
        self.text.append(LineFormatter().format(record))
        self.json.append(json.loads(JsonFormatter().format(record)))


@pytest.fixture
def lines(settings):
    """All lines of all loggers, with the quiet ones turned up."""
    handler = Lines()
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request", "django.security", "syncserver")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    loggers[0].addHandler(handler)
    yield handler
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.django_db
class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [f"/dashboard/sites/{SECRET}", f"/dashboard/sites/{SECRET}%0aforged", f"/nothing/{SECRET}", f"/{SECRET}%00",
         f"/dashboard/history?q={SECRET}", f"/dashboard/day/{SECRET}", f"/api/{SECRET}", f"/admin/{SECRET}/",
         f"/dashboard/sites/x?from={SECRET}"],
    )  # fmt: skip
    def test_are_named_by_their_route_whatever_becomes_of_the_request(self, client, alice, lines, monkeypatch, path):
        client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
        client.raise_request_exception = False
        client.get(path)
        client.post(path, HTTP_HOST=f"{SECRET}:80", HTTP_ORIGIN=f"https://{SECRET}", HTTP_REFERER=f"https://{SECRET}")
        Client(enforce_csrf_checks=True).post(path, HTTP_ORIGIN=f"https://{SECRET}", HTTP_REFERER=f"https://{SECRET}/")
        monkeypatch.setattr("insights.pages.site.render", lambda *args: 1 / 0)
        client.get(path)
        assert len(lines.text) >= 4
        assert SECRET not in "\n".join(lines.text) + json.dumps(lines.json)

    def test_of_a_site_are_one_route(self, client, alice, lines):
        client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
        client.get(f"/dashboard/sites/{SECRET}")
        (line,) = [line for line in lines.json if line["kind"] == "request"]
        assert line["route"] == "/dashboard/sites/<domain:domain>"
        assert (line["method"], line["person"]) == ("GET", alice.pk)

    def test_in_lines_of_other_loggers_lose_the_site_and_the_query(self, lines):
        logging.getLogger("django.server").warning('"%s" %s', f"GET /dashboard/sites/{SECRET}?q={SECRET} HTTP/1.1", 200)
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            gunicorn = logging.getLogger("gunicorn.error")
            gunicorn.error("Error handling request %s %s", "GET", f"/sites/{SECRET}?q={SECRET}")
            gunicorn.warning(f"Invalid request from ip=192.0.2.1: Invalid header: {error!r}")
        assert [line["message"] for line in lines.json[1:]] == ["Error handling request", "refused: ValueError"]
        assert SECRET not in "\n".join(lines.text)


@pytest.mark.django_db
class TestRequests:
    def test_have_a_line_with_their_facts(self, alice, lines):
        push(alice, VISITS, [visit()])
        (line,) = [line for line in lines.json if line["kind"] == "request"]
        assert line["route"] == VISITS
        assert (line["status"], line["person"], line["counts"]) == (200, alice.pk, {"created": 1})
        assert line["ms"] >= 0
        assert line["bytes"] > 0

    def test_have_an_id_that_the_reply_carries_too(self, lines):
        answer = send("GET", "/api/sync/limits")
        assert lines.json[-1]["request_id"] == answer["X-Request-ID"]
        assert len(answer["X-Request-ID"]) == 16
        assert send("GET", "/api/sync/limits", HTTP_X_REQUEST_ID="router-1234")["X-Request-ID"] == "router-1234"
        for odd in ("short", "x" * 65, "with space", "a\nb", "é" * 9):
            assert send("GET", "/api/sync/limits", HTTP_X_REQUEST_ID=odd)["X-Request-ID"] != odd

    def test_of_strangers_have_no_person(self, client, lines):
        client.get("/")
        assert lines.json[-1]["person"] is None


class TestLines:
    def test_cannot_be_forged_nor_turned_around(self, lines, monkeypatch):
        logger = logging.getLogger("syncserver")
        # Not to pytest's own handlers: what these hold goes to another process, and no surrogate can.
        monkeypatch.setattr(logger, "handlers", [lines])
        monkeypatch.setattr(logger, "propagate", False)
        written = "a\nWARNING syncserver.audit staff=1\r\x1b[2K\x85\u2028\u202e\u2066\u200b\ufeff\ud800\0 é 日b"
        logger.warning(written)
        (line,) = lines.text
        assert line.isprintable()
        quoted = r"a\nWARNING syncserver.audit staff=1\r\x1b[2K\x85\u2028\u202e\u2066\u200b\ufeff\ud800\x00 é 日b"
        assert line.endswith(f" WARNING syncserver {quoted}")

    def test_of_an_unknown_method_do_not_repeat_it(self, client, db, lines):
        client.generic(SECRET.upper(), "/")
        assert [line["method"] for line in lines.json if line["kind"] == "request"] == ["other"]
        assert SECRET not in "\n".join(lines.text).lower()

    def test_of_the_audit_trail_alone_are_of_the_kind_security(self, lines):
        logging.getLogger("syncserver.audit").warning("refresh reuse: session=1 person=2")
        logging.getLogger("syncserver").warning('{"kind": "security"} syncserver.audit')
        assert [line["kind"] for line in lines.json] == ["security", "log"]

    def test_hold_no_message_of_an_exception(self, lines):
        try:
            raise ValueError(SECRET)
        except ValueError:
            logging.getLogger("syncserver").exception("failed")
        assert re.search(r" failed: ValueError < \S+test_logs.py:\d+ test_hold_no_message\w+\Z", lines.text[0])
        assert lines.json[0]["exception"].startswith("ValueError < ")
        assert SECRET not in lines.text[0] + json.dumps(lines.json)
