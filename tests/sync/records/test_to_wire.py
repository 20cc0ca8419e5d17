"""A stored record goes back to the wire, and sent again from there it is unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import CLIENT_ID
from sync.records.tab_aggregate import TAB_AGGREGATE
from tests.people import UserFactory
from tests.sync.records.test_two_ways_of_reading import json_values, records, texts
from tests.wire import AGGREGATES, VISITS, followed, push
from tests.wire_records import AT_9, aggregate, bare_aggregate, bare_visit, visit

CLIENT = "b1"
KINDS = {VISITS: PAGE_VISIT, AGGREGATES: TAB_AGGREGATE}
instants = st.sampled_from([AT_9, AT_9 + 1, float(AT_9 + 2)])
durations = st.sampled_from([0, 1, 1.0, 3_600_000])
AGGREGATE_FIELDS = {
    "lastActiveTime": instants,
    "domainDurations": st.dictionaries(texts, durations, max_size=3)
    | st.just({f"d{number}.org": number % 7 for number in range(1_100)}),
    "pageCount": st.sampled_from([0, 3, 3.0]),
    "currentUrl": st.sampled_from(
        ["https://u:p@example.org/", "nonsense", "http://localhost:8000/a", "https://a.org/" + "x" * 8_192]
    ),
    "currentDomain": texts,
    "statistics": st.fixed_dictionaries(
        {}, optional={"mostVisitedDomain": st.none() | texts, "averagePageDuration": st.none() | durations}
    ),
    "closedAt": instants,
    "anonymousClientId": st.sampled_from(["", "b1", "b2"]),
    "revision": st.sampled_from([0, 5, 2**53 - 1]),
    "unknown": json_values,
}


@st.composite
def aggregates(draw):
    record = draw(st.sampled_from([aggregate, bare_aggregate]))()
    for name in draw(st.lists(st.sampled_from(sorted(AGGREGATE_FIELDS)), max_size=3, unique=True)):
        record[name] = draw(st.none() | AGGREGATE_FIELDS[name])
    return record


def sent_back(user, path):
    """Push each row of a person as the feed has it; return how many there are and what became of them."""
    wire = followed(user, path)
    reply = push(user, path, wire)
    return len(wire), reply["results"], reply["trimmed"]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "strategy"), [(VISITS, records()), (AGGREGATES, aggregates())], ids=KINDS)
@given(data=st.data())
def test_every_stored_record_sent_back_is_unchanged(path, strategy, data):
    user = UserFactory()
    results = push(user, path, data.draw(st.lists(strategy, min_size=1, max_size=4)), anonymousClientId=CLIENT)[
        "results"
    ]
    count, again, trimmed = sent_back(user, path)
    assert count == len([result for result in results if result in ("created", "updated")])
    assert (again, trimmed) == (["unchanged"] * count, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "record"),
    [(VISITS, visit()), (VISITS, bare_visit()), (AGGREGATES, aggregate()), (AGGREGATES, bare_aggregate())],
    ids=["visit", "bare visit", "aggregate", "bare aggregate"],
)
def test_the_wire_form_has_every_name_of_the_contract_and_the_values_sent(alice, path, record):
    push(alice, path, [record], anonymousClientId=CLIENT)
    kind = KINDS[path]
    (wire,) = followed(alice, path)
    assert set(wire) == {field.wire for field in kind.fields}
    sent = {name: value for name, value in record.items() if name in wire and value is not None}
    assert {name: wire[name] for name in sent} == sent


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_column_of_the_content_stands_in_the_declaration(kind):
    bookkeeping = {"id", "user_id", "browser_id", "digest", "seq", "received_at", "updated_at"}
    columns = {field.column for field in kind.model._meta.concrete_fields} - bookkeeping
    declared = [field.column for field in kind.fields if field.column != CLIENT_ID]
    assert sorted(declared) == sorted(columns)
    assert len({field.wire for field in kind.fields}) == len(kind.fields)


@pytest.mark.parametrize(
    ("kind", "format_number", "hashed"),
    [
        (
            PAGE_VISIT, 4,
            "active_duration_ms category category_confidence category_method closed_at duration_ms ended_at "
            "engagement_rate is_active last_heartbeat_at revision started_at tab_id title url visit_id "
            "idle_periods metadata",
        ),
        (
            TAB_AGGREGATE, 4,
            "closed_at current_url last_active_at page_count revision started_at tab_id total_active_duration_ms "
            "domain_durations statistics",
        ),
    ],
    ids=KINDS,
)  # fmt: skip
def test_the_format_number_is_raised_with_the_hashed_columns(kind, format_number, hashed):
    """When this fails because of a column, raise `format_number` of the kind, and put both here."""
    assert (kind.format_number, " ".join((*kind.scalars, *kind.documents))) == (format_number, hashed)
