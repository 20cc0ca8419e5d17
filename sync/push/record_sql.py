"""The SQL of a push, for both databases: read the stored versions of many keys, insert rows, overwrite rows.

The ORM's `bulk_create(update_conflicts=True)` binds each value by itself, which costs more than the insert. Here new
rows go to PostgreSQL by COPY, changed ones by one update from JSON; SQLite takes both by `executemany`.
Old statistics leave PostgreSQL's planner no choice that walks all that are a person's.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

import msgspec
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, models
from django.utils import timezone

from sync.models import Browser, SyncBatch, SyncRecord, SyncState
from sync.records import merge

# The browser's id, then the values of the key's own columns.
Key = tuple[Any, ...]
Content = Mapping[str, Any]
# The values of a content's plain columns and those of its JSON columns, each in the order of the columns' names.
Values = tuple[Sequence[Any], Sequence[bytes]]
# A row that is held: digest, id, and the columns versions are ranked by.
HeldRow = Mapping[str, Any]
# What is stored of one record: the id of its browser, its digest, its values, and the row it is written in place of.
Row = tuple[int, bytes, Values, HeldRow | None]
# Columns that are not content: they say whose the row is and when it was written.
BOOKKEEPING = ("id", "user_id", "browser_id", "digest", "seq", "received_at", "updated_at")
# How each written row begins; its content follows.
LEADING = ("user_id", "seq", "received_at", "updated_at", "browser_id", "digest")


# What a browser tells of itself.
TOLD = ("extension_version", "browser_name", "browser_version", "platform")


def lock_state(user_id: int) -> int | None:
    """Lock the state of an active person until the transaction ends; return its counter, None where there is none.

    This and the next three run at every push, where building them by the ORM took longer than the database takes.
    """
    # On SQLite the transaction itself holds the only lock there is.
    lock = " FOR UPDATE OF s" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.counter FROM {SyncState._meta.db_table} AS s JOIN {get_user_model()._meta.db_table} AS u "
            f"ON u.id = s.user_id WHERE s.user_id = %s AND u.is_active{lock}",
            [user_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def set_counter(user_id: int, counter: int) -> None:
    """Set the person's counter."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {SyncState._meta.db_table} SET counter = %s WHERE user_id = %s", [counter, user_id])


def touch_browsers(user_id: int, client_ids: Collection[str], now: datetime) -> list[tuple[Any, ...]]:
    """Set when these browsers of a person pushed last; return id, client id and what it told, of those there are."""
    if not client_ids:
        return []
    places = ", ".join(["%s"] * len(client_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Browser._meta.db_table} SET last_push_at = %s WHERE user_id = %s AND client_id IN ({places}) "
            f"RETURNING id, client_id, {', '.join(TOLD)}",
            [connection.ops.adapt_datetimefield_value(now), user_id, *client_ids],
        )
        return list(cursor)


def log_batch(**columns: Any) -> None:
    """Keep one row of the log of batches, of these columns; the time of receipt is now."""
    columns["errors"] = json.dumps(columns["errors"])
    columns["received_at"] = connection.ops.adapt_datetimefield_value(timezone.now())
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SyncBatch._meta.db_table} ({', '.join(columns)}) VALUES ({places})", [*columns.values()]
        )


class Table:
    """A record table: its key within a browser, the narrow columns its versions are ranked by, its content."""

    def __init__(self, model: type[SyncRecord], key: tuple[str, ...], rank: tuple[str, ...]) -> None:
        self.model = model
        self.key = key
        self.name = model._meta.db_table
        self.fields: dict[str, models.Field[Any, Any]] = {
            column.column: column for column in model._meta.concrete_fields if column.column is not None
        }
        self.content = tuple(sorted(set(self.fields) - set(BOOKKEEPING)))
        self._documents = tuple(name for name in self.content if isinstance(self.fields[name], models.JSONField))
        self._scalars = tuple(name for name in self.content if name not in self._documents)
        self.columns = (*LEADING, *self._scalars, *self._documents)
        self._scalars_of = itemgetter(*self._scalars)
        self._held = ("digest", "id", *rank)
        self._key_of = itemgetter(*key)

    def key_of(self, browser_id: int, content: Content) -> Key:
        """Return the key of a content, or of anything else that has the key's columns."""
        found = self._key_of(content)
        return (browser_id, *found) if len(self.key) > 1 else (browser_id, found)

    def values_of(self, content: Content) -> Values:
        """Return the values of a content, as they are digested and stored."""
        return self._scalars_of(content), [merge.spelled(content[column]) for column in self._documents]

    def read(
        self, user_id: int, browser_id: int, sought: Collection[tuple[Key, bytes]]
    ) -> Iterator[tuple[int, HeldRow | None]]:
        """Yield, for each key that the table holds, its place among those sought and the row held.

        A row that has the digest sought is None, since most of a batch that is sent again is the same and nothing more
        is asked of it.
        """
        with connection.cursor() as cursor:
            cursor.execute(self._read_sql, [self._sought(sought), user_id, browser_id])
            for place, held in cursor.fetchall():
                if held is None:
                    yield place, None
                else:
                    digest, *others = msgspec.json.decode(held)
                    yield place, dict(zip(self._held, (bytes.fromhex(digest), *others), strict=True))

    def read_contents(self, user_id: int, ids: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield id and content of whole rows."""
        # + 0 for the reason of `_update_sql`.
        rows = self.model._default_manager.alias(owner=models.F("user_id") + 0).filter(pk__in=ids, owner=user_id)
        for content in rows.values("id", *self.content):
            yield content.pop("id"), content

    def insert(self, leading: tuple[int, int, int], rows: Iterable[Row]) -> None:
        """Insert rows whose keys the table does not hold; `leading` is (user id, seq, now).

        On PostgreSQL the server reads each row while the next one is still being put together.
        """
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # Django gives a cursor's copy method through as it is, with the driver's own errors.
                with (
                    connection.wrap_database_errors,
                    cursor.copy(f"COPY {self.name} ({', '.join(self.columns)}) FROM STDIN") as copy,
                ):
                    for row in self.rows(leading, rows):
                        copy.write_row(row)
            else:
                cursor.executemany(self._insert_sql, list(self.rows(leading, rows)))

    def overwrite(self, leading: tuple[int, int, int], rows: Iterable[Row]) -> None:
        """Overwrite rows as `read` gave them; ids and the times of their first receipt stay."""
        rows = list(rows)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                written = 0
                # The JSON columns are most of a row, and seldom what changed.
                for columns, changed in (
                    (self._scalars, [row for row in rows if self._keeps_documents(row)]),
                    (self.content, [row for row in rows if not self._keeps_documents(row)]),
                ):
                    if changed:
                        user_id, seq, now = leading
                        cursor.execute(self._update_sql(columns), [seq, now, self._contents(columns, changed), user_id])
                        written += cursor.rowcount
                if written != len(rows):  # by somebody who did not take the person's lock
                    raise OperationalError("A row was deleted in the meantime.")
            else:
                cursor.executemany(f"{self._insert_sql} {self._on_conflict}", list(self.rows(leading, rows)))

    @staticmethod
    def _keeps_documents(row: Row) -> bool:
        _, digest, _, held = row
        return held is not None and merge.same_documents(digest, held["digest"])

    def _contents(self, columns: tuple[str, ...], rows: Iterable[Row]) -> str:
        """Return ids, digests and columns of rows as JSON for `_update_sql`."""
        contents = []
        for _, digest, (scalars, documents), held in rows:
            content = dict(zip(self._scalars, scalars, strict=True), id=held and held["id"], digest=digest.hex())
            if columns != self._scalars:
                content.update(zip(self._documents, map(msgspec.Raw, documents), strict=True))
            contents.append(content)
        return msgspec.json.encode(contents).decode()

    def _update_sql(self, columns: tuple[str, ...]) -> str:
        types = ", ".join(f"{column} {self.fields[column].db_type(connection)}" for column in columns)
        changes = ", ".join(f"{column} = r.{column}" for column in columns if column not in self.key)
        # + 0, or old statistics might choose an index that walks all that are the person's.
        return (
            f"UPDATE {self.name} AS t SET seq = %s, updated_at = %s, digest = decode(r.digest, 'hex'), {changes} "
            f"FROM json_to_recordset(%s) AS r(id bigint, digest text, {types}) "
            "WHERE t.id = r.id AND t.user_id + 0 = %s"
        )

    def rows(self, leading: tuple[int, int, int], rows: Iterable[Row]) -> Iterator[Sequence[Any]]:
        """Yield the rows as they are written, in the order of `columns`."""
        user_id, seq, now = leading
        for browser_id, digest, (scalars, documents), _ in rows:
            yield user_id, seq, now, now, browser_id, digest, *scalars, *[each.decode() for each in documents]

    @staticmethod
    def _sought(keys: Iterable[tuple[Key, bytes]]) -> str:
        # As JSON in one parameter; the driver would spell an array's elements one by one.
        return msgspec.json.encode([(digest.hex(), *key[1:]) for key, digest in keys]).decode()

    @cached_property
    def _read_sql(self) -> str:
        columns = ", ".join(f"t.{column}" for column in self._held[1:])
        if connection.vendor == "postgresql":
            same = " AND ".join(
                f"t.{column} = (k.value->>{place})::{self.fields[column].db_type(connection)}"
                for place, column in enumerate(self.key, 1)
            )
            digest = "encode(t.digest, 'hex')"
            differing = f"CASE WHEN {digest} <> k.value->>0 THEN json_build_array({digest}, {columns})::text END"
            # As JSON, so that there is one comparison a row and not one a column. One look-up a key whatever the
            # planner thinks: LIMIT forbids a join that walks the table, (SELECT …) hides whose rows they are. For a
            # person without rows at the last ANALYZE it would walk all that are theirs now.
            return (
                "SELECT k.place - 1, t.* FROM json_array_elements(%s) WITH ORDINALITY AS k(value, place) CROSS JOIN "
                f"LATERAL (SELECT {differing} FROM {self.name} AS t WHERE t.user_id = (SELECT %s::bigint) "
                f"AND t.browser_id = (SELECT %s::bigint) AND {same} LIMIT 1) AS t"
            )
        same = " AND ".join(f"t.{column} = json_extract(k.value, '$[{i}]')" for i, column in enumerate(self.key, 1))
        digest = "lower(hex(t.digest))"
        differing = f"CASE WHEN {digest} <> json_extract(k.value, '$[0]') THEN json_array({digest}, {columns}) END"
        # CROSS JOIN fixes the order: walk the keys, look each up.
        return (
            f"SELECT k.key, {differing} FROM json_each(%s) AS k CROSS JOIN {self.name} AS t "
            f"ON t.user_id = %s AND t.browser_id = %s AND {same}"
        )

    @cached_property
    def _insert_sql(self) -> str:
        values = ", ".join(["%s"] * len(self.columns))
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({values})"

    @cached_property
    def _on_conflict(self) -> str:
        key = ("user_id", "browser_id", *self.key)
        changed = [column for column in self.columns if column not in key and column != "received_at"]
        updates = ", ".join(f"{column} = excluded.{column}" for column in changed)
        return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"
