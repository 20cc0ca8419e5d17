"""The tables that Citus spreads over machines by person, and the steps that spread them.

A table is spread when its key to the person has no constraint in the database; docs/scaling.md tells the rest. People,
sign-ins and all other tables stay on the coordinator.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

COLUMN = "user_id"
# Citus cannot undo this itself: undistribute_table refuses a table with an identity column.
GO_BACK = "restore the backup from before"


class Refused(Exception):
    """The tables cannot be spread; the text is a sentence for the operator."""


class Table(NamedTuple):
    """A table to be spread, as the database has it now; indexes are by name, with their columns in order."""

    name: str
    foreign_keys: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique_indexes: Mapping[str, tuple[str, ...]] = {}
    has_statistics: bool = False
    has_local_rows: bool = False
    # The group of tables whose parts Citus keeps beside each other; None where the table is not spread.
    group: int | None = None

    @property
    def is_spread(self) -> bool:
        """Whether the rows are on the workers already."""
        return self.group is not None


def spread_models() -> list[type[models.Model]]:
    """Return the models of the spread tables, in the order of their apps."""
    user = get_user_model()
    return [
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.column == COLUMN and field.related_model is user and not getattr(field, "db_constraint", True)
    ]


def steps(tables: Iterable[Table], shards: int) -> Iterator[str]:
    """Yield the statements that are left to do, each a transaction of its own; raises Refused."""
    tables = list(tables)
    for table in tables:
        for index, columns in table.unique_indexes.items():
            if COLUMN not in columns:
                raise Refused(
                    f"The unique index {index} of {table.name} does not hold {COLUMN}, so no machine can check it."
                )
    spread = [table for table in tables if table.is_spread]
    for table in spread:
        if table.group != spread[0].group:
            raise Refused(
                f"{table.name} and {spread[0].name} are spread apart, so the rows of a person would be on two workers: "
                f"{GO_BACK}."
            )
    first = spread[0].name if spread else None
    for table in tables:
        name = table.name
        for constraint in table.foreign_keys:
            yield f"ALTER TABLE {name} DROP CONSTRAINT {constraint}"
        if COLUMN not in table.primary_key:
            key = ", ".join((*table.primary_key, COLUMN))
            yield f"ALTER TABLE {name} DROP CONSTRAINT {name}_pkey, ADD CONSTRAINT {name}_pkey PRIMARY KEY ({key})"
        if not table.is_spread:
            if table.has_statistics:
                # Citus takes this over to the shards, and refuses it later.
                yield f"ALTER TABLE {name} ALTER {COLUMN} TYPE bigint, ALTER {COLUMN} SET STATISTICS 0"
            where = f"colocate_with => '{first}'" if first else f"shard_count => {shards}, colocate_with => 'none'"
            yield f"SELECT create_distributed_table('{name}', '{COLUMN}', {where})"
            first = first or name
        if table.has_local_rows:
            yield f"SELECT truncate_local_data_after_distributing_table('{name}')"
    for table in tables:
        yield f"ANALYZE {table.name}"


def check_cluster(cursor: Any) -> None:
    """Raise Refused unless the database is the coordinator of a cluster that can take the tables."""
    if not _found(cursor, "SELECT 1 FROM pg_extension WHERE extname = 'citus'"):
        raise Refused("This database has no extension citus: run CREATE EXTENSION citus on every node first.")
    if not _found(
        cursor, "SELECT 1 FROM pg_dist_node WHERE noderole = 'primary' AND isactive AND shouldhaveshards LIMIT 1"
    ):
        raise Refused("The cluster has no active worker: run SELECT citus_add_node('host', 5432) first.")
    people = get_user_model()._meta.db_table
    if _found(
        cursor,
        "SELECT 1 FROM citus_tables WHERE table_name = to_regclass(%s) "
        "AND citus_table_type IN ('distributed', 'reference')",
        people,
    ):
        raise Refused(f"{people} is spread already, but it must be a table of the coordinator: {GO_BACK}.")


def read_tables(cursor: Any, names: Iterable[str], *, on_citus: bool = True) -> list[Table]:
    """Return the tables as the database has them; raises Refused where one is missing."""
    names = list(names)
    found = []
    for name in names:
        if not _found(cursor, "SELECT 1 FROM pg_class WHERE oid = to_regclass(%s)", name):
            raise Refused(f"There is no table {name}: run manage.py migrate first.")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass(%s) "
            "AND confrelid <> ALL (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name) ORDER BY conname",
            [name, names],
        )
        foreign_keys = tuple(row[0] for row in cursor.fetchall())
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, i.indisprimary, array_agg(a.attname::text ORDER BY k.place) "
            "FROM pg_index AS i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place) "
            "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number "
            "WHERE i.indrelid = to_regclass(%s) AND i.indisunique AND k.place <= i.indnkeyatts "
            "GROUP BY 1, 2 ORDER BY 1",
            [name],
        )
        indexes = cursor.fetchall()
        found.append(
            Table(
                name,
                foreign_keys,
                next(tuple(columns) for _, is_primary, columns in indexes if is_primary),
                {index: tuple(columns) for index, is_primary, columns in indexes if not is_primary},
                has_statistics=_found(
                    cursor,
                    "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s "
                    "AND attstattarget IS DISTINCT FROM 0",
                    name,
                    COLUMN,
                ),
                # Of a spread table, the rows that stood on the coordinator before.
                has_local_rows=_found(cursor, "SELECT 1 WHERE pg_relation_size(to_regclass(%s)) > 0", name),
                group=_group(cursor, name) if on_citus else None,
            )
        )
    return found


def _group(cursor: Any, name: str) -> int | None:
    """Return the group in which a table is spread by person, None where it is not spread; raises Refused."""
    cursor.execute(
        "SELECT colocation_id, distribution_column FROM citus_tables WHERE table_name = to_regclass(%s) "
        "AND citus_table_type <> 'local'",
        [name],
    )
    row = cursor.fetchone()
    if row is None:
        return None
    group, column = row
    if column != COLUMN:
        raise Refused(f"{name} is spread already, but not by {COLUMN}: {GO_BACK}.")
    return int(group)


def _found(cursor: Any, sql: str, *parameters: str) -> bool:
    cursor.execute(sql, parameters)
    return cursor.fetchone() is not None
