"""The SQL of a push, for both databases.

The ORM's `bulk_create(update_conflicts=True)` binds each value by itself, which costs more than the insert. Here new
rows go to PostgreSQL by COPY and changed rows by one UPDATE from JSON; SQLite takes both by `executemany`.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol

import msgspec
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.utils import timezone

from sync.models import Browser, SyncBatch, SyncState
from sync.records import merge
from sync.records.record_kind import RecordKind

# The columns of each written row that come before its content.
LEADING = ("user_id", "seq", "received_at", "updated_at", "browser_id", "digest")
# A browser's description of itself: wire name and column.
CLIENT_COLUMNS = {
    "extensionVersion": "extension_version",
    "browserName": "browser_name",
    "browserVersion": "browser_version",
    "platform": "platform",
}


class Held(NamedTuple):
    """A row that the table holds: its id, its digest and the values that it is ranked by."""

    id: int
    digest: bytes
    ranked: tuple[Any, ...]


class Row(Protocol):
    """A record to be written: `values` by `kind.columns`, and the row that it overwrites, if any."""

    browser_id: int
    digest: bytes
    values: tuple[Any, ...]
    held: Held | None


class Leading(NamedTuple):
    """The values that all rows of one push share; `now` is in ms."""

    user_id: int
    seq: int
    now: int


class LockedState(NamedTuple):
    """The columns of a person's SyncState that a push needs."""

    counter: int
    erased_before: int
    erasure_key: bytes


# The next three statements run at every push. Building them by the ORM took longer than the database takes.


def lock_state(user_id: int) -> LockedState | None:
    """Lock the state of an active person until the transaction ends; return it, None where there is none."""
    # On SQLite the transaction itself holds the only lock there is.
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(LockedState._fields)} FROM {SyncState._meta.db_table} WHERE user_id = %s{lock}",
            [user_id],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        # In a statement of its own: it sees an erasure that held the lock before, and Citus drops the lock of a join.
        cursor.execute(f"SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %s AND is_active", [user_id])
        return LockedState(*row) if cursor.fetchone() else None


def touch_browsers(
    user_id: int, client_ids: Collection[str], now: datetime, session_id: int | None
) -> list[tuple[Any, ...]]:
    """Set the time and the session of the last push of these browsers.

    Return id, client id and CLIENT_COLUMNS of those there are.
    """
    if not client_ids:
        return []
    places = ", ".join(["%s"] * len(client_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Browser._meta.db_table} SET last_push_at = %s, last_session_id = %s "
            f"WHERE user_id = %s AND client_id IN ({places}) "
            f"RETURNING id, client_id, {', '.join(CLIENT_COLUMNS.values())}",
            [connection.ops.adapt_datetimefield_value(now), session_id, user_id, *client_ids],
        )
        return list(cursor)


def log_batch(**columns: Any) -> None:
    """Write one row of the log of batches; the time of receipt is now."""
    columns["errors"] = json.dumps(columns["errors"])
    columns["received_at"] = connection.ops.adapt_datetimefield_value(timezone.now())
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SyncBatch._meta.db_table} ({', '.join(columns)}) VALUES ({places})", [*columns.values()]
        )


def read(
    kind: RecordKind, user_id: int, browser_id: int, sought: Iterable[tuple[Sequence[Any], bytes]]
) -> dict[int, Held | None]:
    """Return, by place of the sought (key, digest), the row that the table holds under this key.

    A row with the digest sought is None: most of a batch that is sent again is the same, and nothing more is asked of
    it. Keys go and rows come as JSON in one value, since the driver would read and spell each of them one by one.
    """
    keys = msgspec.json.encode([(digest.hex(), *key) for key, digest in sought]).decode()
    with connection.cursor() as cursor:
        cursor.execute(_read_sql(kind), [keys, user_id, browser_id])
        same, differing = map(msgspec.json.decode, cursor.fetchone())
    held: dict[int, Held | None] = dict.fromkeys(same)
    for place, digest, row_id, *ranked in differing:
        held[place] = Held(row_id, bytes.fromhex(digest), tuple(ranked))
    return held


@cache
def _read_sql(kind: RecordKind) -> str:
    held = ", ".join(f"t.{column}" for column in ("id", *kind.rank_columns))
    table = kind.model._meta.db_table
    if connection.vendor == "postgresql":
        same = " AND ".join(
            f"t.{column} = (k.value->>{place})::{_type_of(kind, column)}" for place, column in enumerate(kind.key, 1)
        )
        digest = "encode(t.digest, 'hex')"
        differing = f"CASE WHEN {digest} <> k.value->>0 THEN json_build_array(k.place - 1, {digest}, {held}) END"
        # LIMIT forbids a join that walks the table.
        return (
            "SELECT coalesce(json_agg(k.place - 1) FILTER (WHERE t.held IS NULL), '[]')::text, "
            "coalesce(json_agg(t.held) FILTER (WHERE t.held IS NOT NULL), '[]')::text "
            "FROM json_array_elements(%s) WITH ORDINALITY AS k(value, place) CROSS JOIN LATERAL "
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


def read_digests(kind: RecordKind, user_id: int, ids: Sequence[int]) -> dict[int, bytes]:
    """Return the digests of whole rows by id, in the present format."""
    rows = kind.model._default_manager.filter(user_id=user_id, pk__in=ids)
    return {row.pop("id"): kind.digest_of_row(row) for row in rows.values("id", *kind.columns)}


def insert(kind: RecordKind, leading: Leading, rows: Sequence[Row]) -> None:
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


def overwrite(kind: RecordKind, leading: Leading, rows: Iterable[Row]) -> None:
    """Overwrite the rows held; their ids and the times of their first receipt stay."""
    rows = list(rows)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(f"{_insert_sql(kind)} {_on_conflict(kind)}", list(written(kind, leading, rows)))
            return
        updated = 0
        # The JSON columns are most of a row and seldom change, so rows with unchanged ones are sent without them.
        kept = [row.held is not None and merge.same_documents(row.digest, row.held.digest) for row in rows]
        for keeps, columns in ((True, (*kind.scalars, *kind.derived)), (False, kind.columns)):
            changed = [_changed(kind, columns, row) for row, same in zip(rows, kept, strict=True) if same is keeps]
            if changed:
                contents = msgspec.json.encode(changed).decode()
                cursor.execute(_update_sql(kind, columns), [leading.seq, leading.now, contents, leading.user_id])
                updated += cursor.rowcount
        if updated != len(rows):  # by somebody who did not take the person's lock
            raise OperationalError("A row was deleted in the meantime.")


def _changed(kind: RecordKind, columns: tuple[str, ...], row: Row) -> dict[str, Any]:
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


def written(kind: RecordKind, leading: Leading, rows: Iterable[Row]) -> Iterator[Sequence[Any]]:
    """Yield the rows as they are written, in the order of LEADING and the kind's columns."""
    user_id, seq, now = leading
    start = len(kind.scalars)
    end = start + len(kind.documents)
    for row in rows:
        values = row.values
        documents = [document.decode() for document in values[start:end]]
        yield user_id, seq, now, now, row.browser_id, row.digest, *values[:start], *documents, *values[end:]


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
