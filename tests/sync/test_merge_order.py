"""The merge is a total order over what is stored, and the one the contract names."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.push.serializers import PageVisitSerializer, TabAggregateSerializer
from sync.records.merge import aggregate_version, visit_version
from tests.sync.columns import spelled
from tests.sync.oracle import rank
from tests.wire_records import AT_9

NOW = 1_763_863_200_000
SERIALIZERS = {"visit": PageVisitSerializer, "aggregate": TabAggregateSerializer}
VERSIONS = {"visit": visit_version, "aggregate": aggregate_version}

# Few values a field, so that versions are mostly equal and differ where the order has to look closely.
instants = st.sampled_from([None, AT_9, AT_9 + 1_000, AT_9 + 2_000])
durations = st.sampled_from([0, 1_000, 2_000])
texts = st.sampled_from([None, "", "a", "b"])
FIELDS = {
    "visit": {
        "revision": st.sampled_from([0, 1, 2**53 - 1]),
        "startedAt": st.sampled_from([AT_9, AT_9 - 1_000]),
        "endedAt": instants,
        "lastHeartbeat": instants,
        "duration": durations,
        "isActive": st.booleans(),
        "activeDuration": durations,
        "closedAt": st.sampled_from([None, AT_9, AT_9 + 5_000]),
        "url": st.sampled_from(["https://example.org/", "https://example.org/a"]),
        "domain": st.sampled_from([None, "example.org", "example.com"]),
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
        "currentDomain": st.sampled_from([None, "example.org", "example.com"]),
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
    valid = list(serializer.validated_data)
    # A visit may end before it starts here; such versions are refused and never reach the merge.
    return list(itertools.islice(itertools.cycle(valid), count)) if valid else draw(near_ties(kind, count))


def winner(kind, *versions):
    return max(versions, key=VERSIONS[kind])


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_any_two_versions_are_ordered_and_tie_only_when_they_are_the_same(kind, data):
    one, other = data.draw(near_ties(kind, 2))
    first, second = VERSIONS[kind](one), VERSIONS[kind](other)
    assert [first < second, first == second, first > second].count(True) == 1
    assert (first > second) == (second < first)
    assert (first == second) == (spelled(kind, one) == spelled(kind, other))


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_the_order_is_transitive(kind, data):
    versions = [VERSIONS[kind](values) for values in data.draw(near_ties(kind, 3))]
    for one, two, three in itertools.permutations(versions):
        if one <= two and two <= three:
            assert one <= three


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@settings(max_examples=500)
@given(data=st.data())
def test_the_order_is_the_one_the_contract_names(kind, data):
    one, other = data.draw(near_ties(kind, 2))
    ours, theirs = rank(kind, one), rank(kind, other)
    if ours != theirs:
        assert (VERSIONS[kind](one) < VERSIONS[kind](other)) == (ours < theirs)


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_the_merge_is_commutative_associative_and_idempotent(kind, data):
    one, two, three = data.draw(near_ties(kind, 3))

    def content(values):
        return spelled(kind, values)

    assert content(winner(kind, one, two)) == content(winner(kind, two, one))
    assert content(winner(kind, winner(kind, one, two), three)) == content(winner(kind, one, winner(kind, two, three)))
    assert content(winner(kind, one, one)) == content(one)


@pytest.mark.parametrize("kind", ["visit", "aggregate"])
@given(data=st.data())
def test_a_version_depends_on_the_content_and_not_on_the_order_of_its_keys(kind, data):
    (values,) = data.draw(near_ties(kind, 1))
    backwards = dict(reversed(values.items()))
    backwards = {
        name: dict(reversed(value.items())) if isinstance(value, dict) else value for name, value in backwards.items()
    }
    assert VERSIONS[kind](values) == VERSIONS[kind](backwards)


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


def values_of(kind, over):
    record = {**KEYS[kind], **over}
    serializer = SERIALIZERS[kind](data=[record], many=True, context={"now": NOW, "anonymous_client_id": ""})
    assert serializer.is_valid()
    (values,) = serializer.validated_data
    return values


@pytest.mark.parametrize(
    ("kind", "better", "worse"),
    [pytest.param(kind, *pair, id=f"{kind}: {name}") for kind, steps in STEPS.items() for name, *pair in steps],
)
def test_a_step_of_the_order_decides_whatever_comes_after_it(kind, better, worse):
    version = VERSIONS[kind]
    assert version(values_of(kind, better)) > version(values_of(kind, worse))


def test_an_active_duration_outweighs_a_later_close():
    better, worse = {"activeDuration": 1}, {"closedAt": AT_9 + 9_000}
    assert visit_version(values_of("visit", better)) > visit_version(values_of("visit", worse))
