"""The feed by a personal token: its person's changes alone, and cursors of nobody else."""

import pytest

from tests.people import token_text
from tests.wire import VISITS, assert_error_shape, post, push, send
from tests.wire_records import visit

CHANGES = "/api/sync/changes"
pytestmark = pytest.mark.django_db


def follow(token, query=""):
    return send("GET", CHANGES + query, token=token)


def test_a_program_reads_what_it_and_the_extensions_pushed(alice, bob):
    push(alice, VISITS, [visit(id="by the extension")], anonymousClientId="laptop")
    push(bob, VISITS, [visit(id="of bob")])
    token = token_text(alice, "read write")
    post(VISITS, {"visits": [visit(id="by the program")]}, token=token)
    reply = follow(token).json()
    assert [change["visit"]["id"] for change in reply["changes"]] == ["by the extension", "by the program"]
    assert reply["changes"][1]["browser"].startswith("token:")
    assert follow(token, f"?cursor={reply['cursor']}").json()["changes"] == []


def test_the_cursor_of_somebody_else_is_refused(alice, bob):
    cursor = follow(token_text(alice, "read")).json()["cursor"]
    reply = assert_error_shape(follow(token_text(bob, "read"), f"?cursor={cursor}"), 400, "invalid")
    assert list(reply["errors"]) == ["cursor"]


def test_the_rules_of_bob_do_nothing_to_alice(alice, bob):
    push(alice, VISITS, [visit(id="hers")])
    everything = {"rule": {"everything": True}}
    assert post("/api/sync/erasures", everything, token=token_text(bob, "erase")).status_code == 200
    assert [change["visit"]["id"] for change in follow(token_text(alice, "read")).json()["changes"]] == ["hers"]
    assert_error_shape(
        post("/api/sync/erasures", everything, token=token_text(alice, "read write")), 403, "scope_missing"
    )
