"""Rows and bytes of the tables, without counting far."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db import connection, models
from django.template.defaultfilters import filesizeformat

# Rows of a table are counted up to this number. PostgreSQL estimates more.
COUNTED: Final = 10_000
COUNTED_ON_SQLITE: Final = 100_000
# SQLite reads every page of its file to tell what a table takes, so it is asked for small files alone.
MOST_READ_BYTES: Final = 64 * 1_048_576
LISTED: Final = 12

SIZES: Final = (
    "SELECT relname, reltuples::bigint, pg_total_relation_size(oid) FROM pg_class "
    "WHERE oid = ANY (SELECT to_regclass(name)::oid FROM unnest(%s::text[]) AS name)"
)
# On the coordinator of a cluster a spread table has no bytes of its own.
SPREAD_SIZES: Final = (
    "SELECT relname, citus_total_relation_size(pg_class.oid, fail_on_error => false) "
    "FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid"
)
SIZES_ON_SQLITE: Final = (
    "SELECT coalesce(part.tbl_name, dbstat.name), sum(dbstat.pgsize) FROM dbstat "
    "LEFT JOIN sqlite_master AS part ON part.name = dbstat.name GROUP BY 1"
)


class Size(NamedTuple):
    """A table as staff see it; two tables may have the same plain name."""

    name: str
    table: str
    rows: str
    bytes: str


class Sizes(NamedTuple):
    """The largest tables that a member of staff may view, and the bytes of the whole database."""

    tables: list[Size]
    left_out: int
    database: str


class _Table(NamedTuple):
    model: type[models.Model]
    estimated_rows: int
    bytes: int | None


def sizes(user: Any) -> Sizes:
    """Return the sizes of the tables that the user may view."""
    viewed = [model for model in apps.get_models(include_auto_created=True) if may_view(user, model)]
    tables, database_bytes = _on_postgresql(viewed) if connection.vendor == "postgresql" else _on_sqlite(viewed)
    tables.sort(key=lambda table: (-(table.bytes or 0), -table.estimated_rows, table.model._meta.db_table))
    lines = [
        Size(
            str(table.model._meta.verbose_name_plural).capitalize(),
            table.model._meta.db_table,
            _rows(table),
            "–" if table.bytes is None else str(filesizeformat(table.bytes)),
        )
        for table in tables[:LISTED]
    ]
    return Sizes(lines, max(0, len(tables) - LISTED), str(filesizeformat(database_bytes)))


def may_view(user: Any, model: type[models.Model]) -> bool:
    """Tell whether the admin would show a member of staff the rows of a table."""
    app, name = model._meta.app_label, model._meta.model_name
    return any(user.has_perm(f"{app}.{right}_{name}") for right in ("view", "change"))


def _on_postgresql(viewed: Sequence[type[models.Model]]) -> tuple[list[_Table], int]:
    by_name = {model._meta.db_table: model for model in viewed}
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [list(by_name)])
        found = {name: (rows, size) for name, rows, size in cursor.fetchall()}
        cursor.execute("SELECT pg_database_size(current_database())")
        database_bytes = cursor.fetchone()[0]
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
        if cursor.fetchone():
            cursor.execute(SPREAD_SIZES)
            spread = {name: size or 0 for name, size in cursor.fetchall()}
            database_bytes += sum(spread.values())
            found |= {name: (found[name][0], size) for name, size in spread.items() if name in found}
    return [_Table(by_name[name], rows, size) for name, (rows, size) in found.items()], database_bytes


def _on_sqlite(viewed: Sequence[type[models.Model]]) -> tuple[list[_Table], int]:
    sizes_of: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        database_bytes = cursor.fetchone()[0]
        cursor.execute("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'")
        if database_bytes <= MOST_READ_BYTES and cursor.fetchone():
            cursor.execute(SIZES_ON_SQLITE)
            sizes_of = dict(cursor.fetchall())
    tables = [_Table(model, _count(model, COUNTED_ON_SQLITE), sizes_of.get(model._meta.db_table)) for model in viewed]
    return tables, database_bytes


def _rows(table: _Table) -> str:
    """Return the number of rows as text: exact up to a bound, and beyond it the estimate of PostgreSQL."""
    if connection.vendor != "postgresql":
        more = table.estimated_rows > COUNTED_ON_SQLITE
        return f"more than {COUNTED_ON_SQLITE:,}" if more else f"{table.estimated_rows:,}"
    if table.estimated_rows > COUNTED:
        return f"about {table.estimated_rows:,}"
    rows = _count(table.model, COUNTED)
    return f"more than {COUNTED:,}" if rows > COUNTED else f"{rows:,}"


def _count(model: type[models.Model], most: int) -> int:
    """Return the number of rows, or `most` + 1 for any greater number."""
    return int(model._default_manager.order_by().values("pk")[: most + 1].count())
