"""metadata and idlePeriods: free in form, bounded in size."""

import json

import pytest

from sync.models import PageVisit
from tests.wire import VISITS, post, push
from tests.wire_records import AT_9, visit

BUDGET = 32 * 1_024


def metadata_of(size):
    """Return metadata whose compact JSON is `size` bytes."""
    return {"k": "x" * (size - len('{"k":""}'))}


def period(start=AT_9, **over):
    return {
        "start": start,
        "end": start + 305_000,
        "reason": "idle",
        "durationMs": 305_000,
        "resumeReason": "visit_ended",
        **over,
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"a": None, "b": True, "c": False, "d": 0, "e": -1.5, "f": "", "g": [], "h": {}},
        {"": {"": [[], [{}]]}},
        {"n": [1e300, -1e-300, 0.1, 2**62]},
        {"constructor": 1, "__proto__": 2, "$ref": 3, "a.b": 4},
    ],
)
def test_metadata_is_kept_equal_in_value(alice, metadata):
    reply = push(alice, VISITS, [visit(metadata=metadata)])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().metadata == metadata


def test_metadata_keeps_true_apart_from_1(alice):
    push(alice, VISITS, [visit(metadata={"a": True, "b": 1})])
    row = PageVisit.objects.get()
    assert row.metadata["a"] is True
    assert row.metadata["b"] is not True


def test_metadata_of_32_kib_is_kept(alice):
    reply = push(alice, VISITS, [visit(metadata=metadata_of(BUDGET))])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().metadata == metadata_of(BUDGET)


def test_metadata_of_32_kib_and_a_byte_becomes_empty(alice):
    reply = push(alice, VISITS, [visit(metadata=metadata_of(BUDGET + 1))])
    assert (reply["results"], reply["trimmed"]) == (["created"], [{"index": 0, "fields": ["metadata"]}])
    assert PageVisit.objects.get().metadata == {}


def test_blanks_between_the_parts_of_metadata_do_not_count(alice):
    spaced = json.dumps({"visits": [visit(metadata="@")]}).replace(
        '"@"', '{"k" :' + " " * 40_000 + json.dumps("x" * 32_000) + "}"
    )
    reply = post(VISITS, spaced.encode(), user=alice).json()
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().metadata == {"k": "x" * 32_000}


def test_compact_json_is_counted_in_bytes_of_utf_8(alice):
    reply = push(alice, VISITS, [visit(metadata={"k": "é" * 16_000}), visit(metadata={"k": "é" * 17_000})])
    assert reply["trimmed"] == [{"index": 1, "fields": ["metadata"]}]


def test_metadata_over_budget_is_unchanged_when_sent_again(alice):
    record = visit(metadata=metadata_of(BUDGET + 1))
    push(alice, VISITS, [record])
    assert push(alice, VISITS, [record])["results"] == ["unchanged"]


def test_the_order_of_keys_in_metadata_makes_no_new_version(alice):
    record = visit(metadata={"a": 1, "b": {"c": 2, "d": 3}})
    push(alice, VISITS, [record])
    again = {**record, "metadata": {"b": {"d": 3, "c": 2}, "a": 1}}
    assert push(alice, VISITS, [again])["results"] == ["unchanged"]


# idlePeriods


def test_idle_periods_are_kept(alice):
    periods = [period(), period(AT_9 + 400_000, end=None, durationMs=None, resumeReason=None)]
    reply = push(alice, VISITS, [visit(idlePeriods=periods)])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().idle_periods == periods


def test_an_idle_period_that_still_goes_on_may_leave_out_its_end(alice):
    reply = push(alice, VISITS, [visit(idlePeriods=[{"start": AT_9, "reason": "locked"}])])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    (kept,) = PageVisit.objects.get().idle_periods
    assert (kept["start"], kept["reason"]) == (AT_9, "locked")
    assert [kept.get(name) for name in ("end", "durationMs", "resumeReason")] == [None, None, None]


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "idle",
        5,
        True,
        [],
        {},
        {"end": AT_9, "reason": "idle"},
        {"start": AT_9},
        period(start=AT_9) | {"start": None},
        period(start=AT_9) | {"start": "x"},
        period(start=AT_9) | {"start": True},
        period(start=AT_9) | {"start": AT_9 + 0.5},
        period(start=AT_9) | {"start": []},
        period(end="x"),
        period(end=True),
        period(end=AT_9 + 0.5),
        period(end={}),
        period(reason=5),
        period(reason=True),
        period(reason=[]),
        period(durationMs="5"),
        period(durationMs=-1),
        period(durationMs=1.5),
        period(durationMs=True),
        period(resumeReason=5),
        period(resumeReason=False),
        period(resumeReason={}),
    ],
    ids=repr,
)
def test_a_malformed_idle_period_is_dropped_and_listed(alice, malformed):
    good = [period(), period(AT_9 + 400_000)]
    reply = push(alice, VISITS, [visit(idlePeriods=[good[0], malformed, good[1]])])
    assert (reply["results"], reply["trimmed"]) == (["created"], [{"index": 0, "fields": ["idlePeriods"]}])
    assert PageVisit.objects.get().idle_periods == good


def test_a_thousand_idle_periods_are_kept(alice):
    periods = [period(AT_9 + number) for number in range(1_000)]
    reply = push(alice, VISITS, [visit(idlePeriods=periods)])
    assert reply["trimmed"] == []
    assert PageVisit.objects.get().idle_periods == periods


def test_of_more_idle_periods_the_latest_thousand_are_kept(alice):
    periods = [period(AT_9 + number) for number in range(1_003)]
    reply = push(alice, VISITS, [visit(idlePeriods=periods)])
    assert reply["trimmed"] == [{"index": 0, "fields": ["idlePeriods"]}]
    assert PageVisit.objects.get().idle_periods == periods[3:]


def test_the_latest_idle_periods_are_those_that_started_last(alice):
    periods = [period(AT_9 + number) for number in range(1_003)]
    push(alice, VISITS, [visit(idlePeriods=periods[::-1])])
    kept = PageVisit.objects.get().idle_periods
    assert sorted(each["start"] for each in kept) == [AT_9 + number for number in range(3, 1_003)]


def test_malformed_idle_periods_do_not_count_among_the_thousand(alice):
    periods = [period(AT_9 + number) for number in range(1_000)]
    push(alice, VISITS, [visit(idlePeriods=[None, *periods, "x", 5])])
    assert PageVisit.objects.get().idle_periods == periods
