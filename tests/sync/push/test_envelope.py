"""The body around the records: what makes all of it unreadable, and what is overlooked."""

import pytest

from sync.models import Browser, PageVisit
from tests.wire import AGGREGATES, VISITS, assert_error_shape, post, push
from tests.wire_records import aggregate, visit


def refused(alice, body, status=400, code="invalid"):
    reply = assert_error_shape(post(VISITS, body, user=alice), status, code)
    assert PageVisit.objects.count() == 0
    return reply


@pytest.mark.parametrize("body", [[], [1], "visits", 5, 1.5, True, None], ids=repr)
def test_a_body_that_is_no_object_is_invalid(alice, body):
    refused(alice, body)


@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
@pytest.mark.parametrize("value", [None, {}, {"0": {}}, "[]", "", 5, 0, 1.5, True, False], ids=repr)
def test_a_list_of_records_that_is_no_list_is_invalid(alice, path, value):
    key = "visits" if path == VISITS else "aggregates"
    reply = assert_error_shape(post(path, {key: value}, user=alice), 400, "invalid")
    assert list(reply["errors"]) == [key]


def test_a_body_without_visits_is_invalid(alice):
    assert list(refused(alice, {})["errors"]) == ["visits"]


def test_a_body_with_the_other_kind_of_records_is_invalid(alice):
    assert list(refused(alice, {"aggregates": [aggregate()]})["errors"]) == ["visits"]


def test_a_body_without_aggregates_is_invalid(alice):
    response = post(AGGREGATES, {"visits": [visit()]}, user=alice)
    assert list(assert_error_shape(response, 400, "invalid")["errors"]) == ["aggregates"]


@pytest.mark.parametrize("value", [5, 1.5, True, False, [], ["b"], {}, "x" * 65], ids=repr)
def test_a_bad_client_id_at_the_top_is_invalid(alice, value):
    reply = refused(alice, {"visits": [visit()], "anonymousClientId": value})
    assert list(reply["errors"]) == ["anonymousClientId"]


def test_an_error_of_the_envelope_never_repeats_a_value(alice):
    body = {"visits": {"hunter2": "hunter2"}, "anonymousClientId": ["hunter2"]}
    assert "hunter2" not in str(refused(alice, body))


@pytest.mark.parametrize(
    "client",
    [
        None, 5, True, "text", [], [1], {},
        {"extensionVersion": 5}, {"browserName": None}, {"browserVersion": ["1"]}, {"platform": {"os": "x"}},
        {"extensionVersion": "x" * 10_000, "browserName": "x" * 10_000, "platform": "x" * 10_000},
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_a_bad_client_object_is_ignored(alice, path, make, client):
    assert push(alice, path, [make()], client=client)["results"] == ["created"]


def test_a_client_object_is_remembered_with_the_browser(alice):
    client = {"extensionVersion": "1.4.0", "browserName": "Firefox", "browserVersion": "145.0", "platform": "linux"}
    push(alice, VISITS, [visit()], client=client, anonymousClientId="b1")
    row = Browser.objects.get(user=alice)
    assert (row.client_id, row.extension_version, row.browser_name) == ("b1", "1.4.0", "Firefox")
    assert (row.browser_version, row.platform) == ("145.0", "linux")


def test_a_thousand_records_are_a_batch(alice):
    assert push(alice, VISITS, [visit() for _ in range(1_000)])["results"] == ["created"] * 1_000
    assert PageVisit.objects.filter(user=alice).count() == 1_000


@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
@pytest.mark.parametrize("record", [None, {}, 5])
def test_a_thousand_and_one_records_are_too_many_whatever_they_are(alice, path, record):
    key = "visits" if path == VISITS else "aggregates"
    reply = assert_error_shape(post(path, {key: [record] * 1_001}, user=alice), 413, "batch_too_large")
    assert "1000" in reply["detail"].replace(",", "")
    assert "1001" in reply["detail"].replace(",", "")


def test_nothing_of_a_batch_that_is_too_large_is_stored(alice):
    refused(alice, {"visits": [visit() for _ in range(1_001)]}, 413, "batch_too_large")
