"""Numbers that JSON can spell and a column cannot hold: they cost their own record and no other."""

import json

import pytest

from sync.models import PageVisit, TabAggregate
from tests.wire import AGGREGATES, VISITS, post
from tests.wire_records import aggregate, visit

HUGE = {
    "2^63": str(2**63),
    "2^64": str(2**64),
    "-2^63-1": str(-(2**63) - 1),
    "1e400": "1e400",
    "-1e400": "-1e400",
    "300 digits": "9" * 300,
    "5,000 digits": "9" * 5_000,
    "-5,000 digits": "-" + "9" * 5_000,
    "5,000 digits with a fraction": "9" * 5_000 + ".0",
    "a long exponent": "1e" + "9" * 50,
}
VISIT_FIELDS = ["startedAt", "tabId", "endedAt", "duration", "activeDuration", "lastHeartbeat", "closedAt", "revision"]
AGGREGATE_FIELDS = ["tabId", "startTime", "totalActiveDuration", "lastActiveTime", "pageCount", "closedAt", "revision"]


def push_spelled(user, path, make, field, number):
    """Push a record whose `field` is spelled `number`, between two good ones; return the reply."""
    record = json.dumps({**make(), field: "@"}).replace('"@"', number)
    key = "visits" if path == VISITS else "aggregates"
    body = f'{{"{key}": [{json.dumps(make())}, {record}, {json.dumps(make())}]}}'
    response = post(path, body.encode(), user=user)
    assert response.status_code == 200, response.content[:300]
    return response.json()


@pytest.mark.parametrize("number", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize("field", VISIT_FIELDS)
def test_a_number_too_large_for_its_field_rejects_the_visit_alone(alice, field, number):
    reply = push_spelled(alice, VISITS, visit, field, number)
    assert reply["results"] == ["created", "rejected", "created"]
    assert field in reply["rejected"][0]["errors"]
    assert PageVisit.objects.count() == 2


@pytest.mark.parametrize("number", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize("field", AGGREGATE_FIELDS)
def test_a_number_too_large_for_its_field_rejects_the_aggregate_alone(alice, field, number):
    reply = push_spelled(alice, AGGREGATES, aggregate, field, number)
    assert reply["results"] == ["created", "rejected", "created"]
    assert field in reply["rejected"][0]["errors"]
    assert TabAggregate.objects.count() == 2


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5_000])
@pytest.mark.parametrize(
    "field", ["engagementRate", "categoryConfidence", "durationSeconds", "title", "id", "isActive"]
)
def test_a_number_past_a_double_rejects_the_visit_wherever_it_stands(alice, field, number):
    def make():
        record = visit()
        if field == "durationSeconds":
            del record["duration"]
        return record

    reply = push_spelled(alice, VISITS, make, field, number)
    assert reply["results"] == ["created", "rejected", "created"]
    assert field in reply["rejected"][0]["errors"]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5_000, "[[1e400]]", '{"a": [1, -1e999]}'])
def test_a_number_past_a_double_in_metadata_rejects_the_visit_alone(alice, number):
    reply = push_spelled(alice, VISITS, visit, "metadata", f'{{"n": {number}}}')
    assert reply["results"] == ["created", "rejected", "created"]
    assert list(reply["rejected"][0]["errors"]) == ["metadata"]


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 10**20 + 1])
def test_an_integer_past_64_bits_in_metadata_is_kept_exactly_and_unchanged_when_sent_again(alice, number):
    record = visit(metadata={"n": number})
    body = {"visits": [record]}
    assert post(VISITS, body, user=alice).json()["results"] == ["created"]
    assert PageVisit.objects.get().metadata == {"n": number}
    assert post(VISITS, body, user=alice).json()["results"] == ["unchanged"]


@pytest.mark.parametrize("number", ["1e400", "9" * 5_000, str(2**64)])
@pytest.mark.parametrize(
    ("path", "make", "field", "spelling"),
    [
        (VISITS, visit, "idlePeriods", '[{{"start": {0}, "reason": "idle"}}]'),
        (VISITS, visit, "unknownField", "{0}"),
        (AGGREGATES, aggregate, "domainDurations", '{{"a.org": {0}}}'),
        (AGGREGATES, aggregate, "statistics", '{{"mostVisitedDomain": null, "averagePageDuration": {0}}}'),
        (AGGREGATES, aggregate, "currentUrl", "{0}"),
    ],
)
def test_a_number_too_large_in_an_odd_place_harms_no_neighbour(alice, path, make, field, spelling, number):
    reply = push_spelled(alice, path, make, field, spelling.format(number))
    assert reply["results"][0] == reply["results"][2] == "created"
    assert reply["results"][1] in ("created", "rejected")


@pytest.mark.parametrize("number", ["1e400", "9" * 5_000, str(2**64), "1.5"])
def test_a_number_too_large_in_place_of_a_record_is_rejected_alone(alice, number):
    body = f'{{"visits": [{json.dumps(visit())}, {number}, {json.dumps(visit())}]}}'
    reply = post(VISITS, body.encode(), user=alice).json()
    assert reply["results"] == ["created", "rejected", "created"]


@pytest.mark.parametrize("number", ["1e400", "9" * 5_000, str(2**64)])
def test_a_number_too_large_in_an_ignored_client_object_is_ignored(alice, number):
    body = f'{{"visits": [{json.dumps(visit())}], "client": {{"extensionVersion": {number}}}}}'
    response = post(VISITS, body.encode(), user=alice)
    assert response.status_code == 200
    assert response.json()["results"] == ["created"]
