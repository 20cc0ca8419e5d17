"""Internal errors of the database (XX000): Citus tells by them of a refused row of a COPY, and of a lost worker."""

import psycopg
import pytest
from django.db import InternalError

from sync.models import PageVisit
from sync.push import record_sql, service
from tests.wire import AGGREGATES, VISITS, push, send
from tests.wire_records import aggregate, visit


def internal_error():
    error = InternalError("failure on connection marked as essential")
    error.__cause__ = psycopg.errors.InternalError_()
    return error


def refuse(monkeypatch, name, where):
    """Let a statement fail with an internal error where `where(rows)` holds."""
    real = getattr(record_sql, name)

    def statement(kind, leading, rows):
        if where(list(rows)):
            raise internal_error()
        real(kind, leading, rows)

    monkeypatch.setattr(record_sql, name, statement)


def is_poison(row):
    return row.content.url.endswith("/poison")


def test_the_cause_of_the_errors_here_has_the_state_of_an_internal_error():
    assert psycopg.errors.InternalError_.sqlstate == "XX000"


def test_rows_that_a_bulk_statement_refuses_by_an_internal_error_are_found_by_bisecting(alice, monkeypatch):
    refuse(monkeypatch, "insert", lambda rows: len(rows) > 1 and any(is_poison(row) for row in rows))
    records = [visit(url="https://example.org/poison" if at in (7, 31) else "https://example.org/") for at in range(50)]
    # A row alone goes by INSERT, which has no objection here: no record is lost to an error that is not its own.
    assert push(alice, VISITS, records)["results"] == ["created"] * 50
    assert PageVisit.objects.filter(user=alice).count() == 50


def test_updates_that_an_internal_error_stops_are_found_by_bisecting(alice, monkeypatch):
    records = [aggregate() for _ in range(9)]
    push(alice, AGGREGATES, records)
    refuse(monkeypatch, "overwrite", lambda rows: len(rows) > 2)
    newer = [{**record, "revision": 1} for record in records]
    assert push(alice, AGGREGATES, newer)["results"] == ["updated"] * 9


@pytest.mark.parametrize("count", [1, 20])
def test_an_internal_error_that_a_single_row_gets_too_is_an_outage_and_stores_nothing(alice, monkeypatch, count):
    refuse(monkeypatch, "insert", lambda rows: True)
    reply = send("POST", VISITS, {"visits": [visit() for _ in range(count)]}, user=alice)
    assert reply.status_code == 503
    assert reply.json()["code"] == "unavailable"
    assert reply["Retry-After"] == "5"
    assert not PageVisit.objects.filter(user=alice).exists()


def test_an_internal_error_outside_the_rows_is_an_outage(alice, monkeypatch):
    def lost(**columns):
        raise internal_error()

    monkeypatch.setattr(record_sql, "log_batch", lost)
    reply = send("POST", VISITS, {"visits": [visit(), visit()]}, user=alice)
    assert (reply.status_code, reply["Retry-After"]) == (503, "5")


def test_a_push_that_fails_at_its_commit_is_tried_once_more(alice, monkeypatch):
    tries = []
    real = service._push

    def failing_once(*args):
        tries.append(args[-1].__name__)
        if len(tries) == 1:
            raise internal_error()
        return real(*args)

    monkeypatch.setattr(service, "_push", failing_once)
    assert push(alice, VISITS, [visit(), visit()])["results"] == ["created", "created"]
    assert tries == ["_write", "_write_in_parts"]
