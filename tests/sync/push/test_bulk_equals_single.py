"""The bulk serializer judges a batch as if each record came alone."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.push.serializers import PageVisitSerializer, TabAggregateSerializer
from tests.wire_records import AT_9, aggregate, bare_aggregate, bare_visit, visit

NOW = 1_763_863_200_000
CONTEXT = {"now": NOW, "anonymous_client_id": "b1"}

VISIT_FIELDS = [
    "id", "visitId", "url", "startedAt", "timestamp", "tabId", "domain", "title", "endedAt", "duration",
    "durationSeconds", "isActive", "activeDuration", "engagementRate", "idlePeriods", "lastHeartbeat", "category",
    "categoryConfidence", "categoryMethod", "metadata", "closedAt", "anonymousClientId", "revision", "unknown",
]  # fmt: skip
AGGREGATE_FIELDS = [
    "tabId", "startTime", "totalActiveDuration", "lastActiveTime", "domainDurations", "pageCount", "currentUrl",
    "currentDomain", "statistics", "closedAt", "anonymousClientId", "revision", "unknown",
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.text(st.characters(categories=["Cs", "Cc"]), max_size=5)
    | st.sampled_from([0, -1, 1.0, 0.5, 1.5, AT_9, NOW, NOW + 86_400_001, 2**53, 10**400, "", " ", "x" * 9_000])
    | st.sampled_from(
        ["https://example.org/", "https://u:p@example.org/", "http://[", "https://example.org:x/", "www.a.org"]
    )
    | st.sampled_from([{"start": AT_9, "reason": "idle"}, {"a.org": 5}, {"k": "x" * 40_000}, {"start": AT_9, "end": 5}])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def records_of(fields, makers):
    """Return a strategy of lists: valid records, records with odd or missing fields, and values that are no records."""

    @st.composite
    def changed(draw):
        record = draw(st.sampled_from(makers))()
        for name in draw(st.lists(st.sampled_from(fields), max_size=3, unique=True)):
            if draw(st.integers(0, 3)):
                record[name] = draw(anything)
            else:
                record.pop(name, None)
        return record

    return st.lists(changed() | changed() | anything, max_size=8)


VISITS = records_of(VISIT_FIELDS, [visit, bare_visit])
AGGREGATES = records_of(AGGREGATE_FIELDS, [aggregate, bare_aggregate])


def bulk(serializer_class, records):
    serializer = serializer_class(data=copy.deepcopy(records), many=True, context=dict(CONTEXT))
    assert serializer.is_valid()
    return serializer


@pytest.mark.parametrize(
    ("serializer_class", "records"), [(PageVisitSerializer, VISITS), (TabAggregateSerializer, AGGREGATES)]
)
@given(data=st.data())
def test_a_batch_is_judged_as_its_records_are_one_at_a_time(serializer_class, records, data):
    batch = data.draw(records)
    together = bulk(serializer_class, batch)
    good, rejected, trimmed = [], [], []
    for index, record in enumerate(batch):
        alone = bulk(serializer_class, [record])
        good += alone.validated_data
        rejected += [{**refused, "index": index} for refused in alone.rejected]
        trimmed += [{**cut, "index": index} for cut in alone.trimmed]
        assert len(alone.validated_data) + len(alone.rejected) == 1
    assert list(together.validated_data) == good
    assert together.rejected == rejected
    assert together.trimmed == trimmed


@pytest.mark.parametrize(
    ("serializer_class", "records"), [(PageVisitSerializer, VISITS), (TabAggregateSerializer, AGGREGATES)]
)
@given(data=st.data())
def test_the_bulk_serializer_agrees_with_the_serializer_of_one_record(serializer_class, records, data):
    batch = [record for record in data.draw(records) if record is not None]
    together = bulk(serializer_class, batch)
    faults = {refused["index"]: refused["errors"] for refused in together.rejected}
    good = iter(together.validated_data)
    for index, record in enumerate(batch):
        alone = serializer_class(data=copy.deepcopy(record), context=dict(CONTEXT))
        assert alone.is_valid() == (index not in faults)
        if index in faults:
            assert {name: [str(text) for text in texts] for name, texts in alone.errors.items()} == faults[index]
        else:
            assert alone.validated_data == next(good)
    assert list(good) == []


@pytest.mark.parametrize("serializer_class", [PageVisitSerializer, TabAggregateSerializer])
@pytest.mark.parametrize("data", [{}, "text", 5, True], ids=repr)
def test_a_batch_that_is_no_list_is_not_valid(serializer_class, data):
    assert not serializer_class(data=data, many=True, context=dict(CONTEXT)).is_valid()
