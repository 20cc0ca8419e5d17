"""The order of versions is total over what is stored, and the one the contract names."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.push.serializers import PageVisitSerializer, TabAggregateSerializer
from sync.push.service import incoming
from tests.sync.columns import content_columns, spelled
from tests.sync.oracle import rank
from tests.wire_records import AT_9

NOW = 1_763_863_200_000
SERIALIZERS = {"visit": PageVisitSerializer, "aggregate": TabAggregateSerializer}


def version(kind, content):
    """Return what a push compares a record by."""
    return incoming(0, SERIALIZERS[kind].kind, 1, content).version()


def spelling(kind, content):
    return spelled(kind, content_columns(content))


# Few values a field, so that versions are mostly equal and differ where the order has to look closely.
instants = st.sampled_from([None, AT_9, AT_9 + 1_000, AT_9 + 2_000])
durations = st.sampled_from([0, 1_000, 2_000])
known_or_not = st.sampled_from([None, 0, 1_000, 2_000])
texts = st.sampled_from([None, "", "a", "b"])
FIELDS = {
    "visit": {
        "revision": st.sampled_from([0, 1, 2**53 - 1]),
        "startedAt": st.sampled_from([AT_9, AT_9 - 1_000]),
        "endedAt": instants,
        "lastHeartbeat": instants,
        "duration": known_or_not,
        "isActive": st.booleans(),
        "activeDuration": known_or_not,
        "closedAt": st.sampled_from([None, AT_9, AT_9 + 5_000]),
        "url": st.sampled_from(["https://example.org/", "https://example.org/a"]),
        "title": texts,
        "tabId": st.sampled_from([None, 0, 1]),
        "engagementRate": st.sampled_from([0, 0.5, 1]),
        "idlePeriods": st.sampled_from(
            [[], [{"start": AT_9, "reason": "idle"}], [{"start": AT_9, "reason": "locked"}]]
        ),
        "category": texts,
        "categoryConfidence": st.sampled_from([None, 0, 0.5]),
        "categoryMethod": texts,
        "metadata": st.sampled_from(
            [{}, {"a": 0}, {"a": False}, {"a": 1}, {"a": True}, {"a": None}, {"b": 1}, {"a": "1"}]
        ),
    },
    "aggregate": {
        "revision": st.sampled_from([0, 1, 2**53 - 1]),
        "lastActiveTime": instants,
        "closedAt": st.sampled_from([None, AT_9, AT_9 + 5_000]),
        "totalActiveDuration": durations,
        "pageCount": st.sampled_from([0, 1, 2]),
        "domainDurations": st.sampled_from([{}, {"a.org": 0}, {"a.org": 1}, {"b.org": 0}, {"a.org": 0, "b.org": 1}]),
        "currentUrl": st.sampled_from([None, "https://example.org/", "https://example.org/a"]),
        "statistics": st.sampled_from(
            [
                None,
                {"mostVisitedDomain": None, "averagePageDuration": 0},
                {"mostVisitedDomain": "a", "averagePageDuration": 0},
            ]
        ),
    },
}
KEYS = {
    "visit": {"id": "pv", "url": "https://example.org/", "startedAt": AT_9},
    "aggregate": {"tabId": 5, "startTime": AT_9, "totalActiveDuration": 0},
}


@st.composite
def near_ties(draw, kind, count):
    """Return `count` versions of one record as stored, each a few changed fields away from a common one."""
    fields = FIELDS[kind]
    common = {**KEYS[kind], **{name: draw(values) for name, values in fields.items()}}
    records = []
    for _ in range(count):
        changed = draw(st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True))
        records.append({**common, **{name: draw(fields[name]) for name in changed}})
    serializer = SERIALIZERS[kind](data=records, many=True, context={"now": NOW, "anonymous_client_id": ""})
    assert serializer.is_valid()
    assert serializer.rejected == []
    return list(serializer.validated_data)


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_two_versions_tie_only_when_they_are_the_same(kind, data):
    one, other = data.draw(near_ties(kind, 2))
    assert (version(kind, one) == version(kind, other)) == (spelling(kind, one) == spelling(kind, other))


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_the_order_is_the_one_the_contract_names(kind, data):
    one, other = data.draw(near_ties(kind, 2))
    ours, theirs = rank(kind, content_columns(one)), rank(kind, content_columns(other))
    assume(ours != theirs)
    assert (version(kind, one) < version(kind, other)) == (ours < theirs)


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_a_row_of_the_table_has_the_version_of_the_content_it_was_written_from(kind, data):
    (content,) = data.draw(near_ties(kind, 1))
    row = content_columns(content)
    backwards = {
        name: dict(reversed(value.items())) if isinstance(value, dict) else value for name, value in row.items()
    }
    declared = SERIALIZERS[kind].kind
    held = (declared.rank(*[row[column] for column in declared.rank_columns]), declared.digest_of_row(backwards))
    assert held == version(kind, content)


# Each step of the order alone, in the contract's words. Every pair differs in later steps the other way round.

LATER = {
    "endedAt": AT_9 + 9_000,
    "duration": 9_000,
    "activeDuration": 9_000,
    "title": "full",
    "closedAt": AT_9 + 9_000,
}
STEPS = {
    "visit": [
        ("a larger revision", {"revision": 2}, {"revision": 1, **LATER}),
        (
            "a later end",
            {"endedAt": AT_9 + 2_000, "isActive": True},
            {"endedAt": AT_9 + 1_000, "activeDuration": 9_000},
        ),
        (
            "a later heartbeat",
            {"lastHeartbeat": AT_9 + 2_000},
            {"endedAt": AT_9 + 1_000, "activeDuration": 9_000},
        ),
        ("a longer duration", {"duration": 2_000}, {"endedAt": AT_9 + 1_000, "activeDuration": 9_000}),
        (
            "the later of start and duration",
            {"startedAt": AT_9 + 1, "duration": 999},
            {"duration": 999, "title": "full"},
        ),
        (
            "ended",
            {"endedAt": AT_9 + 1_000},
            {"lastHeartbeat": AT_9 + 1_000, "isActive": True, "activeDuration": 9_000},
        ),
        (
            "ended and not active",
            {"endedAt": AT_9 + 1_000},
            {"endedAt": AT_9 + 1_000, "isActive": True, "activeDuration": 9_000},
        ),
        (
            "a larger active duration",
            {"activeDuration": 2},
            {"activeDuration": 1, "closedAt": AT_9 + 9_000, "title": "full"},
        ),
        (
            "a later close",
            {"closedAt": AT_9 + 2},
            {"closedAt": AT_9 + 1, "title": "full", "category": "full"},
        ),
        ("closed", {"closedAt": AT_9}, {"title": "full", "category": "full"}),
        ("more fields", {"title": "full", "category": "full"}, {"title": "zzzzzzzz"}),
        ("0 is not empty", {"tabId": 0, "category": "a"}, {"category": "zzz"}),
        ("an empty text is empty", {"category": "a"}, {"category": "", "categoryMethod": ""}),
        ("an empty object is empty", {"metadata": {"a": None}}, {"metadata": {}, "idlePeriods": []}),
    ],
    "aggregate": [
        ("a larger revision", {"revision": 2}, {"revision": 1, "lastActiveTime": AT_9 + 9_000, "pageCount": 9}),
        (
            "a later activity",
            {"lastActiveTime": AT_9 + 2},
            {"lastActiveTime": AT_9 + 1, "closedAt": AT_9 + 9_000},
        ),
        ("closed", {"closedAt": AT_9}, {"totalActiveDuration": 9_000, "pageCount": 9}),
        ("a larger total", {"totalActiveDuration": 2}, {"totalActiveDuration": 1, "pageCount": 9}),
        (
            "more pages",
            {"pageCount": 2, "closedAt": AT_9 + 1},
            {"pageCount": 1, "closedAt": AT_9 + 9_000, "currentUrl": "https://example.org/"},
        ),
        (
            "a later close",
            {"closedAt": AT_9 + 2},
            {"closedAt": AT_9 + 1, "currentUrl": "https://example.org/"},
        ),
        ("more fields", {"currentUrl": "https://example.org/"}, {"domainDurations": {"a.org": 5}}),
    ],
}


def content_of(kind, over):
    record = {**KEYS[kind], **over}
    serializer = SERIALIZERS[kind](data=[record], many=True, context={"now": NOW, "anonymous_client_id": ""})
    assert serializer.is_valid()
    (content,) = serializer.validated_data
    return content


@pytest.mark.parametrize(
    ("kind", "better", "worse"),
    [pytest.param(kind, *pair, id=f"{kind}: {name}") for kind, steps in STEPS.items() for name, *pair in steps],
)
def test_a_step_of_the_order_decides_whatever_comes_after_it(kind, better, worse):
    assert version(kind, content_of(kind, better)) > version(kind, content_of(kind, worse))


def test_an_active_duration_outweighs_a_later_close():
    better, worse = {"activeDuration": 1}, {"closedAt": AT_9 + 9_000}
    assert version("visit", content_of("visit", better)) > version("visit", content_of("visit", worse))
