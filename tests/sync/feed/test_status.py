"""The list of browsers with the numbers of their records, and the names that people give them."""

import pytest

from sync.models import Browser
from tests.wire import AGGREGATES, VISITS, assert_error_shape, push, send
from tests.wire_records import aggregate, visit

pytestmark = pytest.mark.django_db


def status(user):
    response = send("GET", "/api/sync/status", user=user)
    assert response.status_code == 200
    return response.json()


def name(user, client_id, label):
    return send("PUT", "/api/sync/browsers", {"anonymousClientId": client_id, "label": label}, user=user)


def test_somebody_without_records_has_no_browsers_and_seq_0(alice):
    told = status(alice)
    assert (told["browsers"], told["seq"]) == ([], 0)
    assert type(told["serverTime"]) is int


def test_each_browser_is_told_with_the_numbers_of_its_records(alice, bob):
    push(alice, VISITS, [visit(), visit()], anonymousClientId="b1", client={"browserName": "Firefox"})
    push(alice, AGGREGATES, [aggregate()], anonymousClientId="b1")
    push(alice, VISITS, [visit(), visit(url="nowhere")], anonymousClientId="b2")
    push(bob, VISITS, [visit()], anonymousClientId="b1")
    told = status(alice)
    assert told["seq"] == 3
    newer, older = told["browsers"]
    assert type(older.pop("lastPushAt")) is int
    assert older == {
        "anonymousClientId": "b1", "kind": "extension", "label": "", "name": "Firefox",
        "pageVisits": 2, "tabAggregates": 1, "lastRejected": 0,
    }  # fmt: skip
    assert (newer["anonymousClientId"], newer["pageVisits"], newer["tabAggregates"], newer["lastRejected"]) == (
        "b2", 1, 0, 1,
    )  # fmt: skip


def test_the_rejected_are_those_of_the_last_push_alone(alice):
    push(alice, VISITS, [visit(url="nowhere"), visit()], anonymousClientId="b1")
    push(alice, VISITS, [visit()], anonymousClientId="b1")
    assert [browser["lastRejected"] for browser in status(alice)["browsers"]] == [0]


def test_a_browser_is_named_and_the_name_taken_away(alice):
    push(alice, VISITS, [visit()], anonymousClientId="b1", client={"browserName": "Firefox", "platform": "linux"})
    response = name(alice, "b1", "  Mine ")
    assert response.json() == {
        "anonymousClientId": "b1",
        "kind": "extension",
        "label": "Mine",
        "name": "Mine",
    }
    assert status(alice)["browsers"][0]["label"] == "Mine"
    assert name(alice, "b1", "").json()["name"] == "Firefox on Linux"


def test_the_browser_without_an_id_may_be_named_too(alice):
    push(alice, VISITS, [visit()])
    assert name(alice, "", "Old one").json()["name"] == "Old one"


def test_a_push_keeps_the_name(alice):
    push(alice, VISITS, [visit()], anonymousClientId="b1")
    name(alice, "b1", "Laptop")
    push(alice, VISITS, [visit()], anonymousClientId="b1", client={"browserName": "Firefox"})
    assert status(alice)["browsers"][0]["name"] == "Laptop"


@pytest.mark.parametrize("label", ["x" * 65, 7, None, "a\0b", "\ud800"])
def test_a_label_that_cannot_be_stored_is_refused(alice, label):
    push(alice, VISITS, [visit()], anonymousClientId="b1")
    assert list(assert_error_shape(name(alice, "b1", label), 400, "invalid")["errors"]) == ["label"]


def test_bob_cannot_name_alices_browser(alice, bob):
    push(alice, VISITS, [visit()], anonymousClientId="b1")
    assert_error_shape(name(bob, "b1", "mine"), 404, "not_found")
    assert Browser.objects.get(user=alice).label == ""


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ({"client_id": "038a5898-dc23"}, "Browser 038a5898"),
        ({"client_id": ""}, "Browser without a name"),
        ({"client_id": "import:firefox", "kind": "import"}, "Import from Firefox"),
        ({"client_id": "token:4", "kind": "program"}, "Program 4"),
        ({"client_id": "token:4", "kind": "program", "label": "Backup"}, "Backup"),
    ],
)
def test_the_name_is_made_from_what_is_known(alice, columns, shown):
    Browser.objects.create(user=alice, **columns)
    assert [browser["name"] for browser in status(alice)["browsers"]] == [shown]
