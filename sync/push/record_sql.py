"""The SQL of a push, for both databases.

The ORM's `bulk_create(update_conflicts=True)` binds each value by itself, which costs more than the insert. Here new
rows go to PostgreSQL by COPY and changed rows by one UPDATE from JSON; SQLite takes both by `executemany`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from django.db import OperationalError, connection
from django.utils import timezone

from sync.models import SyncBatch
from sync.push.incoming import Held, Incoming
from sync.records import merge
from sync.records.record_kind import RecordKind

# The columns of each written row that come before its content.
LEADING = ("user_id", "seq", "received_at", "updated_at", "browser_id", "digest")


class Leading(NamedTuple):
    """The values that all rows of one push share; `now` is in ms."""

    user_id: int
    seq: int
    now: int


def log_batch(**columns: Any) -> None:
    """Write one row of the log of batches; the time of receipt is now.

    Where the push stored nothing, the transaction ends without waiting for the disk: a crash could lose this row and
    the time of the browser's last push, and no record.

    It runs at every push; building its SQL by the ORM took longer than the database takes.
    """
    columns["errors"] = json.dumps(columns["errors"])
    columns["received_at"] = connection.ops.adapt_datetimefield_value(timezone.now())
    places = ", ".join(["%s"] * len(columns))
    stored_nothing = columns["created"] == columns["updated"] == 0
    soon = "SET LOCAL synchronous_commit = off; " if stored_nothing and connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{soon}INSERT INTO {SyncBatch._meta.db_table} ({', '.join(columns)}) VALUES ({places})",
            [*columns.values()],
        )


def read(kind: RecordKind, user_id: int, records: Sequence[Incoming]) -> dict[int, Held | None]:
    """Return, by index of the record, the row that the table holds under its key; None where it has the same digest.

    Most of a batch that is sent again is the same, and nothing more is asked of it. Keys go and rows come as JSON,
    since the driver would read and spell each of them one by one.
    """
    # PostgreSQL takes a list for each column, which it reads in three quarters of the time of a list for each row.
    by_column = connection.vendor == "postgresql"
    held: dict[int, Held | None] = {}
    for browser_id in {record.browser_id for record in records}:
        sought = [record for record in records if record.browser_id == browser_id]
        keys = [(record.digest.hex(), *record.key) for record in sought]
        lists = list(zip(*keys, strict=True)) if by_column else [keys]
        with connection.cursor() as cursor:
            cursor.execute(_read_sql(kind), [*map(_as_json, lists), user_id, browser_id])
            same, differing = map(msgspec.json.decode, cursor.fetchone())
        held |= {sought[place].index: None for place in same}
        for place, digest, row_id, *ranked in differing:
            held[sought[place].index] = Held(row_id, bytes.fromhex(digest), tuple(ranked))
    # Digests of another format are made anew from the fields, so that an upgrade rewrites nothing.
    former = {row.id for row in held.values() if row and row.digest[0] != kind.format_number}
    if former:
        rows = kind.model._default_manager.filter(user_id=user_id, pk__in=former).values("id", *kind.columns)
        digests = {row["id"]: kind.digest_of_row(row) for row in rows}
        held = {at: row and row._replace(digest=digests.get(row.id, row.digest)) for at, row in held.items()}
    return held


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@cache
def _read_sql(kind: RecordKind) -> str:
    held = ", ".join(f"t.{column}" for column in ("id", *kind.rank_columns))
    table = kind.model._meta.db_table
    if connection.vendor == "postgresql":
        same = " AND ".join(f"t.{column} = k.{column}::{_type_of(kind, column)}" for column in kind.key)
        lists = ", ".join(["json_array_elements_text(%s)"] * (1 + len(kind.key)))
        digest = "encode(t.digest, 'hex')"
        differing = f"CASE WHEN {digest} <> k.digest THEN json_build_array(k.place - 1, {digest}, {held}) END"
        # LIMIT forbids a join that walks the table.
        return (
            "SELECT coalesce(json_agg(k.place - 1) FILTER (WHERE t.held IS NULL), '[]')::text, "
            "coalesce(json_agg(t.held) FILTER (WHERE t.held IS NOT NULL), '[]')::text "
            f"FROM ROWS FROM ({lists}) WITH ORDINALITY AS k(digest, {', '.join(kind.key)}, place) CROSS JOIN LATERAL "
            f"(SELECT {differing} AS held FROM {table} AS t WHERE t.user_id = %s AND t.browser_id = %s AND {same} "
            "LIMIT 1) AS t"
        )
    same = " AND ".join(f"t.{column} = json_extract(k.value, '$[{i}]')" for i, column in enumerate(kind.key, 1))
    digest, sought = "lower(hex(t.digest))", "json_extract(k.value, '$[0]')"
    # CROSS JOIN fixes the order: SQLite walks the keys and looks each up.
    return (
        f"SELECT json_group_array(k.key) FILTER (WHERE {digest} = {sought}), "
        f"json_group_array(json_array(k.key, {digest}, {held})) FILTER (WHERE {digest} <> {sought}) "
        f"FROM json_each(%s) AS k CROSS JOIN {table} AS t ON t.user_id = %s AND t.browser_id = %s AND {same}"
    )


def insert(kind: RecordKind, leading: Leading, rows: Sequence[Incoming]) -> None:
    """Insert rows whose keys the table does not hold.

    PostgreSQL reads each row of a COPY while the next one is still being put together. A single row goes by INSERT: on
    Citus a COPY does not tell why a row is refused (XX000), and an INSERT does.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > 1:
            columns = ", ".join((*LEADING, *kind.columns))
            # Django passes a cursor's copy method through as it is, with the driver's own errors.
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {kind.model._meta.db_table} ({columns}) FROM STDIN") as copy,
            ):
                for row in written(kind, leading, rows):
                    copy.write_row(row)
        else:
            cursor.executemany(_insert_sql(kind), list(written(kind, leading, rows)))


def overwrite(kind: RecordKind, leading: Leading, rows: Sequence[Incoming]) -> None:
    """Overwrite the rows held; their ids and the times of their first receipt stay."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(f"{_insert_sql(kind)} {_on_conflict(kind)}", list(written(kind, leading, rows)))
            return
        # The JSON columns are most of a row and seldom change, so rows with unchanged ones are sent without them.
        light: list[Incoming] = []
        whole: list[Incoming] = []
        for row in rows:
            keeps = row.held is not None and merge.same_documents(row.digest, row.held.digest)
            (light if keeps else whole).append(row)
        updated = 0
        for columns, some in (((*kind.scalars, *kind.derived), light), (kind.columns, whole)):
            if some:
                contents = _as_json([_changed(kind, columns, row) for row in some])
                cursor.execute(_update_sql(kind, columns), [leading.seq, leading.now, contents, leading.user_id])
                updated += cursor.rowcount
        if updated != len(rows):  # by somebody who did not take the person's lock
            raise OperationalError("A row was deleted in the meantime.")


def _changed(kind: RecordKind, columns: tuple[str, ...], row: Incoming) -> dict[str, Any]:
    """Return id, digest and `columns` of a row as `_update_sql` reads them."""
    changed = {
        column: msgspec.Raw(value) if column in kind.documents else value
        for column, value in zip(kind.columns, row.values, strict=True)
        if column in columns
    }
    return changed | {"id": row.held and row.held.id, "digest": row.digest.hex()}


@cache
def _update_sql(kind: RecordKind, columns: tuple[str, ...]) -> str:
    types = ", ".join(f"{column} {_type_of(kind, column)}" for column in columns)
    changes = ", ".join(f"{column} = r.{column}" for column in columns if column not in kind.key)
    return (
        f"UPDATE {kind.model._meta.db_table} AS t SET seq = %s, updated_at = %s, digest = decode(r.digest, 'hex'), "
        f"{changes} FROM json_to_recordset(%s) AS r(id bigint, digest text, {types}) "
        "WHERE t.id = r.id AND t.user_id = %s"
    )


def written(kind: RecordKind, leading: Leading, rows: Iterable[Incoming]) -> Iterator[Sequence[Any]]:
    """Yield the rows as they are written, in the order of LEADING and the kind's columns."""
    user_id, seq, now = leading
    scalars, documents, derived = kind.parts
    for row in rows:
        content = *row.values[scalars], *map(bytes.decode, row.values[documents]), *row.values[derived]
        yield user_id, seq, now, now, row.browser_id, row.digest, *content


@cache
def _insert_sql(kind: RecordKind) -> str:
    columns = (*LEADING, *kind.columns)
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {kind.model._meta.db_table} ({', '.join(columns)}) VALUES ({places})"


@cache
def _on_conflict(kind: RecordKind) -> str:
    key = ("user_id", "browser_id", *kind.key)
    changed = [column for column in (*LEADING, *kind.columns) if column not in key and column != "received_at"]
    updates = ", ".join(f"{column} = excluded.{column}" for column in changed)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"


def _type_of(kind: RecordKind, column: str) -> str:
    return str(kind.model._meta.get_field(column).db_type(connection))
