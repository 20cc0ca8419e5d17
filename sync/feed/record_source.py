"""The changes of a kind of record, by SQL for both databases.

Rows come from the driver as they are and go through msgspec: model instances would take several times as long.
"""

from collections.abc import Generator, Mapping
from typing import Any

import msgspec
from django.db import connection

from sync.feed.change import Change
from sync.feed.cursor import Place
from sync.records.record_kind import RecordKind

# A record may hold some hundred kilobytes, so a page is not read all at once.
ROWS_AT_ONCE = 40
_encode = msgspec.json.Encoder().encode


class RecordSource:
    """The stored records of one kind, each in its present version at the place of its last change."""

    def __init__(self, records: RecordKind, kind: str, member: str) -> None:
        self.records = records
        self.name = records.batch_kind.value
        self.kind = kind
        self._table = records.model._meta.db_table
        self._change = msgspec.defstruct(
            records.model.__name__ + "Change", [("kind", str), ("browser", str), (member, Any)], gc=False
        )

    def bound(self, user_id: int, after: Place, upto: int, count: int) -> int:
        """Return a seq with more than `count` changes up to it, or `upto`; the index alone answers this."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT seq FROM {self._table} WHERE user_id = %s AND seq >= %s AND seq <= %s "
                "ORDER BY seq LIMIT 1 OFFSET %s",
                [user_id, after.first_whole_seq, upto, count],
            )
            row = cursor.fetchone()
        return row[0] if row else upto

    def read(
        self, user_id: int, after: Place, upto: int, count: int, client_ids: Mapping[int, str]
    ) -> Generator[Change]:
        """Yield up to `count` records after a place, with a seq of at most `upto`, in order of seq, browser and key."""
        if not client_ids or upto < after.seq:
            return
        # The browser of the place may be erased since.
        places = {client_id: place for place, client_id in enumerate(sorted({*client_ids.values(), after.browser}))}
        cases = " ".join(f"WHEN {browser_id:d} THEN {places[client]}" for browser_id, client in client_ids.items())
        # By bytes: the database's collation may change with an upgrade, and a cursor would then skip records.
        collation = ' COLLATE "C"' if connection.vendor == "postgresql" else ""
        order = [f"CASE browser_id {cases} END"]
        order += [f"{column}{collation if column == 'visit_id' else ''}" for column in self.records.key]
        left = "seq >= %s"
        parameters: list[int | str] = [after.seq]
        if after.key:
            marks = ", ".join(["%s"] * len(order))
            left += f" AND (seq > %s OR ({', '.join(order)}) > ({marks}))"
            parameters += [after.seq, places[after.browser], *after.key]
        columns = ", ".join(("seq", "browser_id", *self.records.key, *self.records.wire_columns))
        sql = (
            f"SELECT {columns} FROM {self._table} WHERE user_id = %s AND {left} AND seq <= %s "
            f"ORDER BY seq, {', '.join(order)} LIMIT %s"
        )
        key_end = 2 + len(self.records.key)
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, [user_id, *parameters, upto, count])
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                for row in rows:
                    client_id = client_ids[row[1]]
                    record = self.records.to_wire(row[key_end:], client_id)
                    content = _encode(self._change(self.kind, client_id, record))
                    yield Change(row[0], self.kind, client_id, row[2:key_end], content)
