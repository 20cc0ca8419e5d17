"""The two SQL statements of a push, for both databases: read the stored versions of many keys, upsert many rows.

The ORM's own `bulk_create(update_conflicts=True)` binds each value by itself, which costs more than the insert. Here a
whole batch travels as one JSON parameter to PostgreSQL, and as one `executemany` to SQLite.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import connection, models

from sync import merge
from sync.models import SyncRecord

Key = tuple[Any, ...]
# Columns that are not content: they say whose the row is and when it was written.
BOOKKEEPING = ("id", "user_id", "browser_id", "digest", "seq", "received_at", "updated_at")


class Table:
    """A record table: its key within a browser, the narrow columns its versions are ranked by, its content."""

    def __init__(self, model: type[SyncRecord], key: tuple[str, ...], rank: tuple[str, ...]) -> None:
        self.model = model
        self.key = key
        self.rank = rank
        self.name = model._meta.db_table
        self.fields: dict[str, models.Field[Any, Any]] = {
            column.column: column for column in model._meta.concrete_fields if column.column is not None
        }
        self.content = tuple(sorted(set(self.fields) - set(BOOKKEEPING)))

    def key_of(self, row: Mapping[str, Any]) -> Key:
        """Return the key of a row: browser, then the key's own columns."""
        return (row["browser_id"], *(row[column] for column in self.key))

    def read(self, user_id: int, keys: Collection[Key]) -> Iterator[dict[str, Any]]:
        """Yield id, key, rank and digest of the rows the table holds for these keys."""
        with connection.cursor() as cursor:
            cursor.execute(self._read_sql, [self._keys_parameter(keys), user_id])
            for row in cursor:
                yield dict(zip(self._read_columns, row, strict=True))

    def read_contents(self, user_id: int, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield key and content of whole rows."""
        rows = self.model._default_manager.filter(user_id=user_id, pk__in=ids)
        return iter(rows.values("browser_id", *self.content))

    def upsert(self, user_id: int, seq: int, now_ms: int, rows: Sequence[tuple[int, bytes, Mapping[str, Any]]]) -> None:
        """Insert or overwrite rows of (browser id, digest, content), each key at most once."""
        if connection.vendor == "postgresql":
            batch = b",".join(
                b'{"browser_id":%d,"digest":"\\\\x%b",%b' % (browser, digest.hex().encode(), merge.encode(content)[1:])
                for browser, digest, content in rows
            )
            with connection.cursor() as cursor:
                cursor.execute(self._upsert_sql, [user_id, seq, now_ms, now_ms, f"[{batch.decode()}]"])
        else:
            prepare = self._preparers
            with connection.cursor() as cursor:
                cursor.executemany(
                    self._upsert_sql,
                    [
                        (user_id, seq, now_ms, now_ms, browser, digest, *(f(content[column]) for column, f in prepare))
                        for browser, digest, content in rows
                    ],
                )

    @cached_property
    def _read_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("id", "browser_id", *self.key, *self.rank, "digest")))

    def _keys_parameter(self, keys: Collection[Key]) -> str:
        columns = ("browser_id", *self.key)
        return json.dumps([dict(zip(columns, key, strict=True)) for key in keys])

    @cached_property
    def _read_sql(self) -> str:
        columns = ", ".join(f"t.{column}" for column in self._read_columns)
        keys = ("browser_id", *self.key)
        if connection.vendor == "postgresql":
            types = ", ".join(f"{column} {self.fields[column].db_type(connection)}" for column in keys)
            same = " AND ".join(f"t.{column} = k.{column}" for column in keys)
            source = f"json_to_recordset(%s::json) AS k({types}) JOIN"
        else:
            same = " AND ".join(f"t.{column} = json_extract(k.value, '$.{column}')" for column in keys)
            # CROSS JOIN fixes the order: walk the keys, look each up.
            source = "json_each(%s) AS k CROSS JOIN"
        return f"SELECT {columns} FROM {source} {self.name} AS t ON t.user_id = %s AND {same}"  # own names

    @cached_property
    def _upsert_sql(self) -> str:
        first = ("user_id", "seq", "received_at", "updated_at")
        columns = (*first, "browser_id", "digest", *self.content)
        if connection.vendor == "postgresql":
            given = columns[len(first) :]
            types = ", ".join(f"{column} {self.fields[column].db_type(connection)}" for column in given)
            values = f"SELECT %s, %s, %s, %s, {', '.join(given)} FROM json_to_recordset(%s::json) AS r({types})"
        else:
            values = f"VALUES ({', '.join(['%s'] * len(columns))})"
        key = ("user_id", "browser_id", *self.key)
        changed = [column for column in columns if column not in key and column != "received_at"]
        updates = ", ".join(f"{column} = excluded.{column}" for column in changed)
        return (
            f"INSERT INTO {self.name} ({', '.join(columns)}) {values} "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}"
        )

    @cached_property
    def _preparers(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        return tuple(
            (column, _json_text if isinstance(self.fields[column], models.JSONField) else _as_it_is)
            for column in self.content
        )


def _as_it_is(value: Any) -> Any:
    return value


def _json_text(value: Any) -> str:
    return merge.encode(value).decode()
