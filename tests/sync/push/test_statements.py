"""What a push costs the database: a fixed number of statements, and nothing at all for what it holds already."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync.models import PageVisit, SyncState, TabAggregate
from tests.people import UserFactory
from tests.sync.erasures.erasing import erase
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import AT_9, aggregate, visit

BEFORE = [
    "SELECT accounts_user",  # who sends the token
    "INSERT accounts_ratecount",  # within the rate
    "BEGIN",
    "SELECT sync_syncstate",  # the person's lock
    "SELECT accounts_user",  # still there and active, under the lock
    "UPDATE sync_browser",  # when it pushed last
    "SELECT {table}",  # the versions stored
]
AFTER = [
    "INSERT sync_syncbatch",  # for diagnosis
    "COMMIT",
]
# The update raises the counter.
WRITTEN = {
    "sqlite": {
        "fresh": ["INSERT {table}", "UPDATE sync_syncstate"],
        "newer": ["INSERT {table}", "UPDATE sync_syncstate"],
    },
    "postgresql": {
        "fresh": ["COPY {table}", "UPDATE sync_syncstate"],
        "newer": ["UPDATE {table}", "UPDATE sync_syncstate"],
    },
}
KINDS = [
    pytest.param(VISITS, visit, PageVisit, id="visits"),
    pytest.param(AGGREGATES, aggregate, TabAggregate, id="aggregates"),
]


# Before the log of a push that stored nothing: a crash may lose that row, so the commit need not wait for the disk.
UNHURRIED = "SET LOCAL synchronous_commit = off; "
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "TRUNCATE", "WITH")


def statements(context):
    """Return the statements run, each as its verb and the first table it names."""
    found = []
    for query in context.captured_queries:
        sql = re.sub(r"^\d+ times: ", "", query["sql"]).removeprefix(UNHURRIED)
        verb = sql.split(None, 1)[0]
        table = re.search(r"\b(?:accounts|sync)_[a-z]+\b", sql)
        found.append(f"{verb} {table[0]}" if table and verb in VERBS else verb)
    return found


def listed(model, what):
    """Return the statements a push of fresh, newer or known records costs."""
    written = WRITTEN[connection.vendor].get(what, [])
    return [each.format(table=model._meta.db_table) for each in [*BEFORE, *written, *AFTER]]


def spent(user, path, records):
    with CaptureQueriesContext(connection) as context:
        push(user, path, records)
    return statements(context)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [5, 50, 500])
@pytest.mark.parametrize(("path", "make", "model"), KINDS)
def test_a_push_of_fresh_records_costs_these_statements_however_many_they_are(path, make, model, count):
    user = UserFactory()
    push(user, path, [make()])
    assert spent(user, path, [make() for _ in range(count)]) == listed(model, "fresh")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [5, 500])
@pytest.mark.parametrize(("path", "make", "model"), KINDS)
def test_a_push_of_newer_versions_costs_these_statements_however_many_they_are(path, make, model, count):
    user = UserFactory()
    records = [make() for _ in range(count)]
    push(user, path, records)
    newer = [{**record, "revision": 1} for record in records]
    assert spent(user, path, newer) == listed(model, "newer")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [5, 500])
@pytest.mark.parametrize(("path", "make", "model"), KINDS)
def test_a_push_of_what_is_there_already_writes_to_neither_the_records_nor_the_counter(path, make, model, count):
    user = UserFactory()
    records = [make() for _ in range(count)]
    push(user, path, records)
    assert spent(user, path, records) == listed(model, "known")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "make", "model"), KINDS)
def test_only_a_push_that_stores_nothing_is_answered_before_it_is_on_the_disk(path, make, model):
    user, record = UserFactory(), make()

    def is_unhurried(records):
        with CaptureQueriesContext(connection) as context:
            push(user, path, records)
        return any("synchronous_commit" in query["sql"] for query in context)

    assert not is_unhurried([record])
    assert is_unhurried([record])
    assert not is_unhurried([record, make()])
    assert not is_unhurried([{**record, "revision": 1}])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "make", "model"), KINDS)
def test_erasures_cost_a_push_of_later_records_nothing_and_one_of_earlier_records_one_statement(path, make, model):
    user = UserFactory()
    push(user, path, [make()])
    for day in range(3):
        erase(user, {"domain": f"{day}.example", "to": AT_9})
    earlier = [make(startedAt=AT_9 - 1, startTime=AT_9 - 1), make()]
    assert spent(user, path, [make(), make()]) == listed(model, "fresh")
    rules = spent(user, path, earlier)
    assert rules.pop(rules.index("SELECT sync_erasure")) == "SELECT sync_erasure"
    assert rules == listed(model, "fresh")


class Writes:
    """Counts the rows that were inserted, updated or deleted in the record tables, whatever wrote them."""

    tables = [PageVisit._meta.db_table, TabAggregate._meta.db_table]

    def __init__(self):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("CREATE TEMP TABLE IF NOT EXISTS touched (name TEXT)")
                for table in self.tables:
                    for event in ("INSERT", "UPDATE", "DELETE"):
                        cursor.execute(
                            f"CREATE TEMP TRIGGER touch_{table}_{event} AFTER {event} ON main.{table} "
                            f"BEGIN INSERT INTO touched VALUES ('{table}'); END"
                        )

    def count(self):
        """Return {table: rows written so far}."""
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name, count(*) FROM touched GROUP BY name")
                return dict.fromkeys(self.tables, 0) | dict(cursor.fetchall())
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = ANY(%s)",
                [self.tables],
            )
            return dict(cursor.fetchall())

    def close(self):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                for table in self.tables:
                    for event in ("INSERT", "UPDATE", "DELETE"):
                        cursor.execute(f"DROP TRIGGER touch_{table}_{event}")
                cursor.execute("DROP TABLE touched")


@pytest.fixture
def writes(transactional_db):
    writes = Writes()
    yield writes
    writes.close()


def test_sending_the_same_again_writes_no_row_version(writes):
    user = UserFactory()
    batches = [(VISITS, [visit() for _ in range(200)]), (AGGREGATES, [aggregate() for _ in range(200)])]
    start = writes.count()
    for path, records in batches:
        push(user, path, records)
    after_first = writes.count()
    counter = SyncState.objects.get(user=user).counter
    assert {table: after_first[table] - start[table] for table in after_first} == dict.fromkeys(Writes.tables, 200)
    for path, records in batches:
        assert set(push(user, path, records)["results"]) == {"unchanged"}
        assert set(push(user, path, records[::-1])["results"]) == {"unchanged"}
    assert writes.count() == after_first
    assert SyncState.objects.get(user=user).counter == counter


def test_sending_an_older_version_writes_no_row_version(writes):
    user = UserFactory()
    records = [visit(revision=5) for _ in range(50)]
    push(user, VISITS, records)
    before = writes.count()
    older = [{**record, "revision": 4, "title": "older"} for record in records]
    assert set(push(user, VISITS, older)["results"]) == {"unchanged"}
    assert writes.count() == before


def test_a_batch_writes_each_record_once_however_often_it_holds_it(writes):
    user = UserFactory()
    record = visit()
    before = writes.count()
    push(user, VISITS, [{**record, "revision": revision} for revision in range(100)])
    assert writes.count()[PageVisit._meta.db_table] - before[PageVisit._meta.db_table] == 1


@pytest.mark.django_db
def test_what_is_stored_outlives_a_crash():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (2,)
        else:
            for name in ("synchronous_commit", "fsync"):
                cursor.execute(f"SHOW {name}")
                assert cursor.fetchone() == ("on",)
            cursor.execute("SELECT relname, relpersistence FROM pg_class WHERE relname = ANY(%s)", [Writes.tables])
            assert dict(cursor.fetchall()) == dict.fromkeys(Writes.tables, "p")
