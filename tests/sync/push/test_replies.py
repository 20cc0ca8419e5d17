"""The reply to a push: one fate for each record, in the order sent."""

import time

import pytest

from sync.models import PageVisit, TabAggregate
from tests.wire import AGGREGATES, VISITS, post, push
from tests.wire_records import AT_9, aggregate, visit


@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_a_fresh_record_is_created(alice, path, make):
    reply = push(alice, path, [make()])
    assert reply["results"] == ["created"]
    assert reply["rejected"] == []
    assert reply["trimmed"] == []


@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_a_newer_revision_is_updated(alice, path, make):
    record = make(revision=1)
    push(alice, path, [record])
    assert push(alice, path, [{**record, "revision": 2}])["results"] == ["updated"]


@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_an_older_revision_is_unchanged(alice, path, make):
    record = make(revision=2)
    push(alice, path, [record])
    assert push(alice, path, [{**record, "revision": 1}])["results"] == ["unchanged"]


@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_the_same_record_again_is_unchanged(alice, path, make):
    record = make()
    push(alice, path, [record])
    assert push(alice, path, [record])["results"] == ["unchanged"]


def test_fates_stand_in_the_order_sent(alice):
    known, old = visit(id="known", revision=5), visit(id="old")
    push(alice, VISITS, [known, old])
    reply = push(
        alice,
        VISITS,
        [
            visit(id="first"),
            {**old, "revision": 1},
            {**known, "revision": 4},
            visit(id="pv_9", url="nonsense"),
            visit(id="last", title="x" * 1_025),
        ],
    )
    assert reply["results"] == ["created", "updated", "unchanged", "rejected", "created"]
    assert [(refused["index"], refused["id"], list(refused["errors"])) for refused in reply["rejected"]] == [
        (3, "pv_9", ["url"])
    ]
    assert reply["trimmed"] == [{"index": 4, "fields": ["title"]}]


def test_a_reply_holds_nothing_but_what_the_contract_names(alice):
    assert set(push(alice, VISITS, [visit()])) == {"results", "rejected", "trimmed", "serverTime"}


def test_server_time_is_now_in_milliseconds(alice):
    before = time.time_ns() // 1_000_000
    server_time = push(alice, VISITS, [])["serverTime"]
    assert type(server_time) is int
    assert before <= server_time <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
def test_an_empty_list_is_a_success(alice, path):
    reply = push(alice, path, [])
    assert (reply["results"], reply["rejected"], reply["trimmed"]) == ([], [], [])


def test_a_batch_of_refused_records_only_is_a_200(alice):
    reply = push(alice, VISITS, [{}, [], None])
    assert reply["results"] == ["rejected", "rejected", "rejected"]
    assert PageVisit.objects.count() == 0


@pytest.mark.parametrize("thing", [[], [1], "text", "", 5, 1.5, True, False, None], ids=repr)
@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_a_record_that_is_no_object_is_rejected_alone(alice, path, make, thing):
    reply = push(alice, path, [make(), thing, make()])
    assert reply["results"] == ["created", "rejected", "created"]
    (refused,) = reply["rejected"]
    assert (refused["index"], refused["id"]) == (1, None)
    assert refused["errors"]
    assert all(isinstance(text, str) and text for texts in refused["errors"].values() for text in texts)


def test_every_fault_of_a_record_is_said_at_once(alice):
    reply = push(alice, VISITS, [visit(title=5, tabId=-1, isActive="yes")])
    assert set(reply["rejected"][0]["errors"]) == {"title", "tabId", "isActive"}


@pytest.mark.parametrize(
    ("sent", "told"),
    [("pv_9", "pv_9"), (" ", " "), ("x" * 128, "x" * 128), ("x" * 129, None), ("", None), (9, None), (None, None)],
    ids=["valid", "blank", "longest", "too long", "empty", "number", "null"],
)
def test_the_id_of_a_refused_visit_is_told_only_if_it_is_valid(alice, sent, told):
    (refused,) = push(alice, VISITS, [visit(id=sent, url="nonsense")])["rejected"]
    assert refused["id"] == told


def test_the_id_of_a_refused_visit_is_told_under_its_alias_too(alice):
    record = visit(visitId="pv_9", url="nonsense")
    del record["id"]
    assert push(alice, VISITS, [record])["rejected"][0]["id"] == "pv_9"


def test_a_refused_aggregate_has_no_id(alice):
    (refused,) = push(alice, AGGREGATES, [aggregate(tabId="four")])["rejected"]
    assert (refused["index"], refused["id"], list(refused["errors"])) == (0, None, ["tabId"])


@pytest.mark.parametrize(
    "field",
    ["id", "url", "startedAt", "tabId", "domain", "title", "endedAt", "duration", "isActive", "activeDuration",
     "engagementRate", "idlePeriods", "lastHeartbeat", "category", "categoryConfidence", "categoryMethod", "metadata",
     "closedAt", "anonymousClientId", "revision"],
)  # fmt: skip
@pytest.mark.parametrize("value", [["hunter2"], {"hunter2": "hunter2"}], ids=["list", "object"])
def test_an_error_never_repeats_a_value(alice, field, value):
    reply = push(alice, VISITS, [visit(**{field: value})])
    assert "hunter2" not in str(reply)


@pytest.mark.parametrize("url", ["hunter2", "ftp://hunter2/", "http://[hunter2", "http://hunter2:port/"])
def test_an_error_never_repeats_a_url(alice, url):
    (refused,) = push(alice, VISITS, [visit(url=url)])["rejected"]
    assert "hunter2" not in str(refused)


def test_unknown_fields_are_ignored(alice):
    reply = push(alice, VISITS, [visit(synced="?", syncStatus=[1], user=7, seq=9, digest="x", browser_id=3)])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])


def test_unknown_fields_at_the_top_are_ignored(alice):
    assert push(alice, VISITS, [visit()], sentAt=AT_9, user={"id": 7})["results"] == ["created"]


def test_what_is_called_created_is_there(alice):
    push(alice, VISITS, [visit(id="pv_1")])
    push(alice, AGGREGATES, [aggregate(tabId=5)])
    assert PageVisit.objects.get().visit_id == "pv_1"
    assert TabAggregate.objects.get().tab_id == 5


def test_a_push_is_json_and_is_never_cached_by_a_cookie(alice):
    response = post(VISITS, {"visits": []}, user=alice)
    assert response["Content-Type"].split(";")[0] == "application/json"
    assert not response.cookies
