"""Any order, any repetition, any cut into batches: the same rows, and the ones the oracle names."""

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.models import PageVisit, TabAggregate
from tests.people import UserFactory
from tests.sync.columns import columns_of, key_of, kind_of, spelled, stored
from tests.sync.oracle import winners
from tests.wire import AGGREGATES, LIST_KEY, VISITS, push, recorded_day
from tests.wire_records import AT_9

MODELS = {VISITS: PageVisit, AGGREGATES: TabAggregate}
CLIENT = "038a5898-dc23-426f-9ec7-e48ffcc3924b"


def records_of(requests):
    """Return what requests send, record by record: [(path, record), …]."""
    return [(path, record) for path, body in requests for record in body[LIST_KEY[path]]]


def expected(records, path):
    """Return {key: the contents that may be stored in the end} by the oracle."""
    versions = {}
    for sent_to, record in records:
        if sent_to == path:
            columns = columns_of(path, record)
            versions.setdefault(key_of(path, columns), []).append(columns)
    kind = kind_of(path)
    return {key: {spelled(kind, best) for best in winners(kind, each)} for key, each in versions.items()}


def batches_of(records, sizes):
    """Cut records into batches of one kind each, of at most the sizes given, in turn."""
    batches = []
    sizes = iter(sizes)
    room = 0
    for path, record in records:
        if not room or batches[-1][0] != path:
            batches.append((path, []))
            room = next(sizes)
        batches[-1][1].append(record)
        room -= 1
    return batches


def shuffled(records, seed):
    return random.Random(seed).sample(records, len(records))


def send(user, batches):
    fates = [fate for path, batch in batches for fate in push(user, path, batch, anonymousClientId=CLIENT)["results"]]
    assert "rejected" not in fates
    return fates


def assert_rows_are_those_of_the_oracle(user, records):
    for path in (VISITS, AGGREGATES):
        wanted = expected(records, path)
        found = stored(user, kind_of(path), CLIENT)
        assert found.keys() == wanted.keys()
        assert [key for key in found if found[key] not in wanted[key]] == []
        assert MODELS[path].objects.filter(user=user).count() == len(wanted)


def forever(size):
    while True:
        yield size


ORDERS = {
    "as recorded": lambda records: batches_of(records, forever(1_000)),
    "reversed": lambda records: batches_of(records[::-1], forever(1_000)),
    "one by one": lambda records: batches_of(records, forever(1)),
    "one by one, reversed": lambda records: batches_of(records[::-1], forever(1)),
    "in one batch of each kind": lambda records: batches_of(sorted(records, key=lambda each: each[0]), forever(1_000)),
    "shuffled": lambda records: batches_of(shuffled(records, 1), forever(7)),
    "shuffled otherwise": lambda records: batches_of(shuffled(records, 2), forever(50)),
    "everything twice": lambda records: batches_of(records + records, forever(13)),
    "every record twice": lambda records: batches_of([each for each in records for _ in range(2)], forever(11)),
    "shuffled three times over": lambda records: batches_of(shuffled(records * 3, 3), forever(40)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_the_recorded_day_ends_in_the_rows_of_the_oracle_in_any_order(order):
    records = records_of(recorded_day())
    user = UserFactory()
    batches = order(records)
    assert len(batches) <= 300
    fates = send(user, batches)
    assert_rows_are_those_of_the_oracle(user, records)
    assert fates.count("created") == 149


@pytest.mark.django_db
def test_the_recorded_day_is_119_visits_and_30_aggregates():
    user = UserFactory()
    for path, body in recorded_day():
        push(user, path, body[LIST_KEY[path]], anonymousClientId=body["anonymousClientId"])
    assert PageVisit.objects.filter(user=user).count() == 119
    assert TabAggregate.objects.filter(user=user).count() == 30


@pytest.mark.django_db
def test_the_recorded_day_sent_again_is_unchanged():
    user = UserFactory()
    records = records_of(recorded_day())
    send(user, batches_of(records, forever(50)))
    assert set(send(user, batches_of(records, forever(50)))) == {"unchanged"}
    assert set(send(user, batches_of(records[::-1], forever(50)))) == {"unchanged"}


# Generated days: a few visits and tabs, each in several versions that are nearly the same.

instants = st.sampled_from([None, AT_9 + 1_000, AT_9 + 2_000])
durations = st.sampled_from([0, 1_000, 2_000])


@st.composite
def visits(draw):
    return (
        VISITS,
        {
            "id": draw(st.sampled_from(["pv_1", "pv_2", "pv_3"])),
            "url": "https://example.org/" + draw(st.sampled_from(["", "a"])),
            "startedAt": AT_9,
            "endedAt": draw(instants),
            "lastHeartbeat": draw(instants),
            "duration": draw(durations),
            "isActive": draw(st.booleans()),
            "activeDuration": draw(durations),
            "closedAt": draw(instants),
            "title": draw(st.sampled_from(["", "a", "b"])),
            "category": draw(st.sampled_from([None, "", "a"])),
            "metadata": draw(st.sampled_from([{}, {"a": 0}, {"a": False}, {"a": 1}, {"a": True}, {"b": 0}])),
            "revision": draw(st.sampled_from([0, 0, 0, 1])),
        },
    )


@st.composite
def aggregates(draw):
    return (
        AGGREGATES,
        {
            "tabId": draw(st.sampled_from([1, 2])),
            "startTime": AT_9,
            "totalActiveDuration": draw(durations),
            "lastActiveTime": draw(instants),
            "pageCount": draw(st.sampled_from([0, 1])),
            "domainDurations": draw(st.sampled_from([{}, {"a.org": 0}, {"b.org": 0}])),
            "currentUrl": draw(st.sampled_from([None, "https://example.org/"])),
            "closedAt": draw(instants),
            "revision": draw(st.sampled_from([0, 0, 0, 1])),
        },
    )


@pytest.mark.django_db
# A day is small enough to read as it is found; making it smaller would cost minutes.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    records=st.lists(visits() | aggregates(), min_size=1, max_size=14),
    seed=st.integers(0, 2**16),
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5),
)
def test_a_generated_day_ends_in_the_same_rows_in_any_order(records, seed, sizes):
    def in_turn():
        while True:
            yield from sizes

    again = shuffled(records * 2, seed)
    days = [
        batches_of(records, forever(1)),
        batches_of(records[::-1], forever(1_000)),
        batches_of(again, in_turn()),
    ]
    ends = []
    for batches in days:
        user = UserFactory()
        send(user, batches)
        assert_rows_are_those_of_the_oracle(user, records)
        ends.append([stored(user, kind_of(path), CLIENT) for path in (VISITS, AGGREGATES)])
    assert ends[0] == ends[1] == ends[2]
