"""A record the database itself refuses is rejected alone and logged without its content."""

import logging

import pytest
from django.db import connection

from sync.models import PageVisit, SyncBatch, TabAggregate
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import aggregate, visit

SQLITE = "CREATE TRIGGER poison_{when} BEFORE {when} ON {table} WHEN {test} BEGIN SELECT RAISE(ABORT, 'refused'); END"
# A constraint, since a table that Citus spreads has no triggers.
POSTGRESQL_FUNCTION = """
    CREATE FUNCTION poison(is_bad boolean, content text) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN IF is_bad THEN RAISE EXCEPTION 'refused %', content USING ERRCODE = '{state}'; END IF; RETURN true; END $$
"""
POSTGRESQL = "ALTER TABLE {table} ADD CONSTRAINT poison CHECK (poison({test}, {column})) NOT VALID"


def refuse(model, test, state="23514"):
    """Let the database refuse the rows of a table that meet `test`, until the end of the test."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION.format(state=state).replace("%", "%%"), [])
            column = "title" if model is PageVisit else "current_url"
            cursor.execute(POSTGRESQL.format(table=table, test=test.replace("NEW.", ""), column=column))
        else:
            for when in ("INSERT", "UPDATE"):
                cursor.execute(SQLITE.format(table=table, test=test, when=when))


# check_violation, numeric_value_out_of_range, program_limit_exceeded, raise_exception (what a trigger says by default)
@pytest.mark.parametrize("state", ["23514", "22003", "54000", "P0001"])
def test_a_visit_the_database_refuses_is_rejected_alone(alice, state):
    refuse(PageVisit, "NEW.title = 'hunter2'", state)
    records = [visit(title="hunter2" if number in (7, 31) else "fine") for number in range(50)]
    reply = push(alice, VISITS, records)
    assert [index for index, fate in enumerate(reply["results"]) if fate == "rejected"] == [7, 31]
    assert set(reply["results"]) == {"created", "rejected"}
    assert [(refused["index"], list(refused["errors"])) for refused in reply["rejected"]] == [
        (7, ["record"]),
        (31, ["record"]),
    ]
    assert [refused["id"] for refused in reply["rejected"]] == [records[7]["id"], records[31]["id"]]
    assert PageVisit.objects.filter(user=alice).count() == 48


def test_an_aggregate_the_database_refuses_is_rejected_alone(alice):
    refuse(TabAggregate, "NEW.page_count = 666")
    reply = push(alice, AGGREGATES, [aggregate(), aggregate(pageCount=666), aggregate()])
    assert reply["results"] == ["created", "rejected", "created"]
    assert list(reply["rejected"][0]["errors"]) == ["record"]


def test_an_update_the_database_refuses_leaves_the_row_as_it_was(alice):
    first, second = visit(id="pv_1"), visit(id="pv_2")
    push(alice, VISITS, [first, second])
    refuse(PageVisit, "NEW.title = 'hunter2'")
    reply = push(alice, VISITS, [{**first, "revision": 1, "title": "hunter2"}, {**second, "revision": 1}])
    assert reply["results"] == ["rejected", "updated"]
    assert PageVisit.objects.get(visit_id="pv_1").revision == 0


def test_among_many_updates_those_the_database_refuses_are_rejected_alone(alice):
    records = [visit() for _ in range(50)]
    push(alice, VISITS, records)
    refuse(PageVisit, "NEW.title = 'hunter2'")
    newer = [
        {**record, "revision": 1, "title": "hunter2" if at in (7, 31) else "fine"} for at, record in enumerate(records)
    ]
    reply = push(alice, VISITS, newer)
    assert [at for at, fate in enumerate(reply["results"]) if fate == "rejected"] == [7, 31]
    assert set(reply["results"]) == {"updated", "rejected"}
    assert PageVisit.objects.filter(user=alice, revision=1).count() == 48


def test_of_two_versions_in_a_batch_the_better_may_be_refused_and_the_other_is_stored(alice):
    refuse(PageVisit, "NEW.title = 'hunter2'")
    record = visit(id="pv", revision=1)
    reply = push(alice, VISITS, [record, {**record, "revision": 2, "title": "hunter2"}])
    assert reply["results"] == ["created", "rejected"]
    assert PageVisit.objects.get().revision == 1


def test_a_whole_batch_that_the_database_refuses_is_still_a_200(alice):
    refuse(PageVisit, "NEW.title = 'hunter2'")
    reply = push(alice, VISITS, [visit(title="hunter2") for _ in range(20)])
    assert reply["results"] == ["rejected"] * 20
    assert PageVisit.objects.count() == 0


def test_what_the_database_refuses_is_logged_without_its_content(alice, caplog):
    refuse(PageVisit, "NEW.title = 'hunter2'")
    with caplog.at_level(logging.WARNING):
        reply = push(alice, VISITS, [visit(title="hunter2", url="https://example.org/swordfish"), visit()])
    assert [record for record in caplog.records if record.levelno >= logging.WARNING and record.name.startswith("sync")]
    told = caplog.text + str(reply) + str(list(SyncBatch.objects.values()))
    assert "hunter2" not in told
    assert "swordfish" not in told
