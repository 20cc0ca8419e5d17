"""The tables that can be spread by person: the rules that they keep, and the plan of `manage.py distribute`."""

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models

from accounts.models import User
from insights.models import CategoryRule, MonthTally
from portability.models import Import, StagedBatch
from sync.models import Browser, Erasure, PageVisit, ServerIdentity, SyncBatch, SyncState, TabAggregate
from syncserver import spread_tables
from syncserver.spread_tables import Refused, Table, read_tables, spread_models, steps
from tests.people import UserFactory
from tests.wire import VISITS, push
from tests.wire_records import visit

SPREAD = [
    Browser,
    PageVisit,
    TabAggregate,
    SyncState,
    Erasure,
    SyncBatch,
    MonthTally,
    CategoryRule,
    Import,
    StagedBatch,
]
NAMES = [model._meta.db_table for model in SPREAD]
only_postgresql = pytest.mark.postgresql  # reads its catalog

PLAN = """
ALTER TABLE sync_browser DROP CONSTRAINT sync_browser_pkey, ADD CONSTRAINT sync_browser_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('sync_browser', 'user_id', shard_count => 32, colocate_with => 'none')
ALTER TABLE sync_pagevisit DROP CONSTRAINT sync_pagevisit_pkey, ADD CONSTRAINT sync_pagevisit_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('sync_pagevisit', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE sync_tabaggregate DROP CONSTRAINT sync_tabaggregate_pkey, ADD CONSTRAINT sync_tabaggregate_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('sync_tabaggregate', 'user_id', colocate_with => 'sync_browser')
SELECT create_distributed_table('sync_syncstate', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE sync_erasure DROP CONSTRAINT sync_erasure_pkey, ADD CONSTRAINT sync_erasure_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('sync_erasure', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE sync_syncbatch DROP CONSTRAINT sync_syncbatch_pkey, ADD CONSTRAINT sync_syncbatch_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('sync_syncbatch', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE insights_monthtally DROP CONSTRAINT insights_monthtally_pkey, ADD CONSTRAINT insights_monthtally_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('insights_monthtally', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE insights_categoryrule DROP CONSTRAINT insights_categoryrule_pkey, ADD CONSTRAINT insights_categoryrule_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('insights_categoryrule', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE portability_import DROP CONSTRAINT portability_import_pkey, ADD CONSTRAINT portability_import_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('portability_import', 'user_id', colocate_with => 'sync_browser')
ALTER TABLE portability_stagedbatch DROP CONSTRAINT portability_stagedbatch_pkey, ADD CONSTRAINT portability_stagedbatch_pkey PRIMARY KEY (id, user_id)
SELECT create_distributed_table('portability_stagedbatch', 'user_id', colocate_with => 'sync_browser')
ANALYZE sync_browser
ANALYZE sync_pagevisit
ANALYZE sync_tabaggregate
ANALYZE sync_syncstate
ANALYZE sync_erasure
ANALYZE sync_syncbatch
ANALYZE insights_monthtally
ANALYZE insights_categoryrule
ANALYZE portability_import
ANALYZE portability_stagedbatch
"""  # noqa: E501  # one statement a line


def key(*columns):
    return {"primary_key": columns}


def test_these_tables_are_spread():
    assert spread_models() == SPREAD


@pytest.mark.parametrize("label", ["sync", "insights", "portability"])
def test_every_table_of_these_apps_belongs_to_a_person_and_is_spread(label):
    of_no_person = {ServerIdentity}
    assert set(apps.get_app_config(label).get_models()) - of_no_person <= set(SPREAD)


@pytest.mark.parametrize("model", SPREAD)
def test_every_unique_constraint_of_a_spread_table_holds_the_person(model):
    keys = [constraint.fields for constraint in model._meta.constraints if hasattr(constraint, "fields")]
    keys += [(field.name,) for field in model._meta.fields if field.unique and field.name not in {"id", "user"}]
    assert all("user" in fields for fields in keys), keys


@only_postgresql
@pytest.mark.django_db
def test_the_database_keeps_no_statistics_of_the_person_and_no_foreign_key():
    for _ in range(3):
        push(UserFactory(), VISITS, [visit() for _ in range(20)])
    with connection.cursor() as cursor:
        for table in NAMES:
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("SELECT tablename FROM pg_stats WHERE tablename = ANY(%s) AND attname = 'user_id'", [NAMES])
        assert cursor.fetchall() == []
        tables = read_tables(cursor, NAMES, on_citus=False)
    assert [table.name for table in tables if table.has_statistics or table.foreign_keys] == []


@only_postgresql
@pytest.mark.django_db
def test_the_plan_for_the_migrated_tables():
    with connection.cursor() as cursor:
        tables = read_tables(cursor, NAMES, on_citus=False)
    plan = [*steps([table._replace(has_local_rows=False) for table in tables], 32)]
    assert plan == PLAN.strip().splitlines()


def test_a_table_that_was_not_prepared_is_prepared_first_and_its_rows_leave_the_coordinator():
    table = Table("later", ("later_user_fk",), ("id",), {}, has_statistics=True, has_local_rows=True)
    assert [*steps([table], 4)] == [
        "ALTER TABLE later DROP CONSTRAINT later_user_fk",
        "ALTER TABLE later DROP CONSTRAINT later_pkey, ADD CONSTRAINT later_pkey PRIMARY KEY (id, user_id)",
        "ALTER TABLE later ALTER user_id TYPE bigint, ALTER user_id SET STATISTICS 0",
        "SELECT create_distributed_table('later', 'user_id', shard_count => 4, colocate_with => 'none')",
        "SELECT truncate_local_data_after_distributing_table('later')",
        "ANALYZE later",
    ]


def test_a_table_that_is_spread_is_only_analysed_and_a_later_one_stands_beside_it():
    spread = Table("first", **key("id", "user_id"), group=1)
    later = Table("later", **key("user_id"))
    assert [*steps([later, spread], 4)] == [
        "SELECT create_distributed_table('later', 'user_id', colocate_with => 'first')",
        "ANALYZE later",
        "ANALYZE first",
    ]


def test_a_unique_index_without_the_person_is_refused():
    table = Table("later", **key("id", "user_id"), unique_indexes={"later_key": ("name",)})
    with pytest.raises(Refused, match="The unique index later_key of later does not hold user_id"):
        list(steps([table], 4))


def test_tables_that_are_spread_apart_are_refused():
    tables = [Table(name, **key("id", "user_id"), group=group) for name, group in (("first", 1), ("later", 2))]
    with pytest.raises(Refused, match=r"^later and first are spread apart, so [^.]+\.$"):
        list(steps(tables, 4))


class CatalogOfCitus:
    """Answers like a cursor on a cluster, where the question is how a table is spread."""

    def __init__(self, *rows):
        self.rows = list(rows)

    def execute(self, sql, parameters):
        assert "citus_tables" in sql

    def fetchone(self):
        return self.rows.pop(0) if self.rows else None


def test_a_table_is_spread_if_it_is_spread_by_person():
    assert spread_tables._group(CatalogOfCitus(), "sync_browser") is None
    assert spread_tables._group(CatalogOfCitus((7, "user_id")), "sync_browser") == 7


@pytest.mark.parametrize("column", ["id", "<none>"])
def test_a_table_that_is_spread_in_another_way_is_refused(column):
    with pytest.raises(Refused, match=r"^sync_browser is spread already, but not by user_id: [^.]+\.$"):
        spread_tables._group(CatalogOfCitus((7, column)), "sync_browser")


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_step_that_the_database_refuses_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setattr(spread_tables, "check_cluster", lambda cursor: None)
    monkeypatch.setattr(spread_tables, "read_tables", lambda cursor, names: [Table("later", **key("id", "user_id"))])
    monkeypatch.setattr(spread_tables, "steps", lambda tables, shards: ["SELECT 1", "ANALYZE later"])
    said = StringIO()
    with pytest.raises(CommandError) as told:
        call_command("distribute", stdout=said)
    assert re.fullmatch(r"SELECT 1;  -- 0\.\d s\n", said.getvalue())
    first, step, cause, *_, advice = str(told.value).splitlines()
    assert (first, step) == ("The database refused this step:", "ANALYZE later;")
    assert cause == 'It said: relation "later" does not exist'
    assert "run the same again" in advice


@only_postgresql
@pytest.mark.django_db
def test_a_migration_adds_a_column_to_a_spread_table_with_a_check_that_has_a_name():
    field = models.PositiveIntegerField(default=0)
    field.set_attributes_from_name("later")
    with connection.schema_editor(collect_sql=True) as editor:
        editor.add_field(SyncBatch, field)
    assert editor.collected_sql[0] == (
        'ALTER TABLE "sync_syncbatch" ADD COLUMN "later" integer DEFAULT 0 NOT NULL '
        'CONSTRAINT "sync_syncbatch_later_check" CHECK ("later" >= 0);'
    )


@only_postgresql
@pytest.mark.django_db
def test_a_table_that_is_missing_is_refused():
    with (
        connection.cursor() as cursor,
        pytest.raises(Refused, match=r"There is no table later: run manage\.py migrate"),
    ):
        read_tables(cursor, ["later"], on_citus=False)


@pytest.mark.django_db
def test_distribute_refuses_a_database_without_citus_in_one_sentence():
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
            if cursor.fetchone():
                pytest.skip("this database has the extension")
    with pytest.raises(CommandError, match=r"^Refused: [^.]+ citus[^.]*\.$"):
        call_command("distribute", "--dry-run")


@pytest.mark.parametrize("shards", ["0", "1025"])
def test_distribute_refuses_an_odd_number_of_shards(shards):
    with pytest.raises(CommandError, match="--shards takes a number from 1 to 1024"):
        call_command("distribute", "--shards", shards)


def count_orphans():
    said = StringIO()
    call_command("count_orphans", stdout=said)
    return said.getvalue().strip()


def test_there_are_no_orphans_after_pushes_and_an_erasure(alice, bob):
    push(alice, VISITS, [visit()])
    push(bob, VISITS, [visit()])
    call_command("erase_person", bob.email, "--yes", stdout=StringIO())
    assert count_orphans() == "0 rows without a person."


def test_rows_that_outlived_their_person_are_counted_by_table(alice, bob):
    push(alice, VISITS, [visit(), visit()])
    push(bob, VISITS, [visit()])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_session WHERE user_id = %s", [alice.pk])
        cursor.execute("DELETE FROM accounts_user WHERE id = %s", [alice.pk])
    with pytest.raises(CommandError) as told:
        count_orphans()
    assert str(told.value) == (
        "5 rows without a person: 1 in sync_browser, 2 in sync_pagevisit, 1 in sync_syncstate, 1 in sync_syncbatch. "
        f"Ids of these people: {alice.pk}."
    )
    assert not User.objects.filter(pk=alice.pk).exists()
