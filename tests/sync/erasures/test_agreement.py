"""For any records and any rule, the erasure of stored rows and the judgement of a push come to the same result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.erasures import erasure_service
from sync.erasures.erasure_service import Conditions
from sync.models import Browser, PageVisit, SyncState, TabAggregate
from tests.people import UserFactory
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import AT_9

SITES = [
    "example.org",
    "a.example.org",
    "notexample.org",
    "org",
    "localhost:3000",
    "192.0.2.7",
    "xn--bcher-kva.example",
]
CLIENTS = ["", "one", "two"]
INSTANTS = st.integers(AT_9, AT_9 + 6)
IDS = ["1", "2", "3"]

visits = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(IDS),
            "url": st.sampled_from(SITES).map("https://{}/x".format),
            "startedAt": INSTANTS,
            "anonymousClientId": st.sampled_from(CLIENTS),
        }
    ),
    max_size=8,
    unique_by=lambda visit: (visit["id"], visit["anonymousClientId"]),
)
aggregates = st.lists(
    st.fixed_dictionaries(
        {
            "tabId": st.integers(1, 3),
            "startTime": INSTANTS,
            "lastActiveTime": INSTANTS,
            "closedAt": st.none() | INSTANTS,
            "totalActiveDuration": st.integers(0, 20),
            "domainDurations": st.dictionaries(
                st.sampled_from([*SITES, "WWW.Example.ORG", "no site", ""]), st.integers(0, 9), max_size=4
            ),
            "currentUrl": st.none() | st.sampled_from(SITES).map("https://{}/x".format),
            "statistics": st.none() | st.fixed_dictionaries({"mostVisitedDomain": st.none() | st.sampled_from(SITES)}),
            "anonymousClientId": st.sampled_from(CLIENTS),
        }
    ),
    max_size=6,
    unique_by=lambda tab: (tab["tabId"], tab["startTime"], tab["anonymousClientId"]),
)
conditions = st.builds(
    Conditions,
    ids=st.none() | st.lists(st.tuples(st.sampled_from(CLIENTS), st.sampled_from(IDS)), min_size=1).map(tuple),
    domain=st.none() | st.sampled_from(SITES),
    starts_at=st.none() | INSTANTS,
    ends_at=st.none() | INSTANTS,
    client_id=st.none() | st.sampled_from(CLIENTS),
)


def stored(person):
    """Return what the person has, but for keys, places in the feed and times of receipt."""
    unequal = {"id", "user_id", "browser_id", "seq", "received_at", "updated_at"}
    # Not by a join, which a cluster may refuse.
    clients = dict(Browser.objects.filter(user=person).values_list("pk", "client_id"))
    rows = []
    for model in (PageVisit, TabAggregate):
        for row in model.objects.filter(user=person).values(*_columns(model)):
            content = {name: value for name, value in row.items() if name not in unequal}
            rows.append((clients[row["browser_id"]], sorted((name, repr(value)) for name, value in content.items())))
    return sorted(rows)


def _columns(model):
    return [field.attname for field in model._meta.concrete_fields]


def push_all(person, pushed_visits, pushed_aggregates):
    return (
        push(person, VISITS, pushed_visits)["results"],
        push(person, AGGREGATES, pushed_aggregates)["results"],
    )


@pytest.mark.django_db(transaction=True)
@given(visits=visits, aggregates=aggregates, rules=st.lists(conditions, min_size=1, max_size=2))
def test_erasing_what_is_stored_and_refusing_what_is_pushed_agree(visits, aggregates, rules):
    before, after = UserFactory(), UserFactory()
    push_all(before, visits, aggregates)
    for rule in rules:
        expected = erasure_service.preview(before.pk, rule)
        erasure = erasure_service.erase(before.pk, rule)
        assert (erasure.page_visits, erasure.tab_aggregates) == (expected.page_visits, expected.tab_aggregates)
        erasure_service.erase(after.pk, rule)
    counters = SyncState.objects.get(user=before).counter
    results = push_all(before, visits, aggregates)
    assert {result for each in results for result in each} <= {"unchanged", "erased"}
    assert SyncState.objects.get(user=before).counter == counters
    refused = push_all(after, visits, aggregates)
    assert [[result == "erased" for result in each] for each in results] == [
        [result == "erased" for result in each] for each in refused
    ]
    assert stored(before) == stored(after)
