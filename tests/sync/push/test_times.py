"""Instants: their limits by the server's clock, and what a wrong clock is told."""

import time

import pytest

from sync.push.serializers import PageVisitSerializer, TabAggregateSerializer
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import AT_9, aggregate, bare_aggregate, bare_visit, visit

EARLIEST = 946_684_800_000
DAY = 86_400_000
NOW = 1_763_863_200_000
LATEST = NOW + DAY


def verdict(serializer_class, record):
    """Return what the bulk serializer says of one record when the server's clock shows NOW."""
    serializer = serializer_class(data=[record], many=True, context={"now": NOW, "anonymous_client_id": ""})
    assert serializer.is_valid()
    return serializer.rejected


@pytest.mark.parametrize("at", [EARLIEST, LATEST])
def test_a_visit_at_the_edge_of_time_is_kept(at):
    assert verdict(PageVisitSerializer, bare_visit(startedAt=at, endedAt=at, lastHeartbeat=at, closedAt=at)) == []


WRONG_CLOCK = [LATEST + 1, NOW + 30 * DAY]
NO_CLOCK = [EARLIEST - 1, 0, -1, NOW + 30 * DAY + 1, 2**53, NOW // 1_000, NOW * 1_000, NOW * 1_000_000]
VISIT_INSTANTS = ["startedAt", "endedAt", "lastHeartbeat", "closedAt"]
AGGREGATE_INSTANTS = ["startTime", "lastActiveTime", "closedAt"]


@pytest.mark.parametrize("field", VISIT_INSTANTS)
@pytest.mark.parametrize("at", WRONG_CLOCK)
def test_an_instant_of_a_visit_that_a_wrong_clock_explains_may_be_retried(field, at):
    record = bare_visit(**{field: at})
    (refused,) = verdict(PageVisitSerializer, record)
    assert list(refused["errors"]) == [field]
    assert refused["retry"] is True
    assert refused["id"] == record["id"]


@pytest.mark.parametrize("field", VISIT_INSTANTS)
@pytest.mark.parametrize("at", NO_CLOCK)
def test_an_instant_of_a_visit_that_no_clock_explains_is_rejected_for_good(field, at):
    (refused,) = verdict(PageVisitSerializer, bare_visit(**{field: at}))
    assert list(refused["errors"]) == [field]
    assert "retry" not in refused


@pytest.mark.parametrize(
    ("at", "unit"), [(NOW // 1_000, "seconds"), (NOW * 1_000, "microseconds"), (NOW * 1_000_000, "nanoseconds")]
)
def test_another_unit_than_milliseconds_is_named(at, unit):
    (refused,) = verdict(PageVisitSerializer, bare_visit(startedAt=at))
    assert refused["errors"] == {"startedAt": [f"This is in {unit}. Send milliseconds since the epoch."]}


def test_a_timestamp_outside_the_limits_is_named_by_its_alias():
    record = bare_visit(timestamp=LATEST + 1)
    del record["startedAt"]
    (refused,) = verdict(PageVisitSerializer, record)
    assert list(refused["errors"]) == ["timestamp"]
    assert refused["retry"] is True


@pytest.mark.parametrize("at", [EARLIEST, LATEST])
def test_an_aggregate_at_the_edge_of_time_is_kept(at):
    assert verdict(TabAggregateSerializer, bare_aggregate(startTime=at, lastActiveTime=at, closedAt=at)) == []


@pytest.mark.parametrize("field", AGGREGATE_INSTANTS)
@pytest.mark.parametrize("at", WRONG_CLOCK)
def test_an_instant_of_an_aggregate_that_a_wrong_clock_explains_may_be_retried(field, at):
    (refused,) = verdict(TabAggregateSerializer, bare_aggregate(**{field: at}))
    assert list(refused["errors"]) == [field]
    assert refused["retry"] is True
    assert refused["id"] is None


@pytest.mark.parametrize("field", AGGREGATE_INSTANTS)
@pytest.mark.parametrize("at", NO_CLOCK)
def test_an_instant_of_an_aggregate_that_no_clock_explains_is_rejected_for_good(field, at):
    (refused,) = verdict(TabAggregateSerializer, bare_aggregate(**{field: at}))
    assert list(refused["errors"]) == [field]
    assert "retry" not in refused


def test_a_duration_that_ends_at_the_limit_is_kept():
    assert verdict(PageVisitSerializer, bare_visit(startedAt=NOW, duration=DAY)) == []


def test_a_duration_that_ends_past_the_limit_is_rejected_and_may_be_retried():
    (refused,) = verdict(PageVisitSerializer, bare_visit(startedAt=NOW, duration=DAY + 1))
    assert refused["retry"] is True


def test_a_duration_that_ends_past_what_a_clock_explains_is_rejected_for_good():
    (refused,) = verdict(PageVisitSerializer, bare_visit(startedAt=NOW, duration=30 * DAY + 1))
    assert list(refused["errors"]) == ["duration"]
    assert "retry" not in refused


def test_a_duration_in_seconds_that_ends_past_the_limit_is_named_as_sent():
    (refused,) = verdict(PageVisitSerializer, bare_visit(startedAt=NOW, durationSeconds=DAY // 1_000 + 1))
    assert list(refused["errors"]) == ["durationSeconds"]
    assert refused["retry"] is True


def test_a_visit_that_ends_before_it_starts_is_rejected_for_good():
    (refused,) = verdict(PageVisitSerializer, bare_visit(startedAt=AT_9, endedAt=AT_9 - 1))
    assert list(refused["errors"]) == ["endedAt"]
    assert "retry" not in refused


def test_a_visit_that_ends_as_it_starts_is_kept():
    assert verdict(PageVisitSerializer, bare_visit(startedAt=AT_9, endedAt=AT_9)) == []


@pytest.mark.parametrize("value", ["x", True, 1.5, []], ids=repr)
def test_a_time_of_a_wrong_type_is_no_matter_of_the_clock(value):
    (refused,) = verdict(PageVisitSerializer, bare_visit(startedAt=value))
    assert "retry" not in refused


def test_a_fault_that_is_no_time_carries_no_retry():
    (refused,) = verdict(PageVisitSerializer, bare_visit(url="nonsense"))
    assert "retry" not in refused


@pytest.mark.parametrize(
    ("path", "make", "field"), [(VISITS, visit, "startedAt"), (AGGREGATES, aggregate, "startTime")]
)
def test_the_clock_is_the_servers(alice, path, make, field):
    now = time.time_ns() // 1_000_000
    early, late = make(**{field: now + DAY - 120_000}), make(**{field: now + DAY + 600_000})
    for record in (early, late):
        for name in ("endedAt", "duration", "lastHeartbeat", "lastActiveTime"):
            record.pop(name, None)
    reply = push(alice, path, [early, late])
    assert reply["results"] == ["created", "rejected"]
    assert list(reply["rejected"][0]["errors"]) == [field]
    assert reply["rejected"][0]["retry"] is True


def test_a_visit_may_have_begun_on_the_first_day_of_2000(alice):
    record = bare_visit(startedAt=EARLIEST)
    assert push(alice, VISITS, [record, bare_visit(startedAt=EARLIEST - 1)])["results"] == ["created", "rejected"]


def test_a_revision_of_2_to_the_53_minus_1_is_kept(alice):
    assert push(alice, VISITS, [visit(revision=2**53 - 1)])["results"] == ["created"]
    assert push(alice, AGGREGATES, [aggregate(revision=2**53 - 1)])["results"] == ["created"]


@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_a_revision_of_2_to_the_53_is_rejected(alice, path, make):
    (refused,) = push(alice, path, [make(revision=2**53)])["rejected"]
    assert list(refused["errors"]) == ["revision"]
