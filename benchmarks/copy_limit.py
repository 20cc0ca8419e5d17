"""(c) The limit: COPY of the same rows, built beforehand, into the same table."""

import time
from typing import Any, Self

import psycopg


class Limit:
    """Copies rows into a database, a transaction a batch."""

    def __init__(self, url: str, records: list[dict[str, Any]], size: int) -> None:
        from benchmarks.data import CLIENT_ID
        from sync.push.record_sql import LEADING, Leading, written
        from sync.push.serializers import PageVisitSerializer
        from sync.push.service import incoming
        from sync.records.page_visit import PAGE_VISIT

        self.size = size
        columns = ", ".join((*LEADING, *PAGE_VISIT.columns))
        self.statement = f"COPY {PAGE_VISIT.model._meta.db_table} ({columns}) FROM STDIN"
        self.connection = psycopg.connect(url, autocommit=True)
        found = self.connection.execute(
            "SELECT id FROM sync_browser WHERE user_id = 1 AND client_id = %s", [CLIENT_ID]
        ).fetchone()
        if found is None:
            raise SystemExit("The first sender has no browser.")
        context = {"now": int(time.time() * 1000), "anonymous_client_id": ""}
        serializer = PageVisitSerializer(data=records, many=True, context=context)
        serializer.is_valid(raise_exception=True)
        records = [
            incoming(index, PAGE_VISIT, found[0], content) for index, content in enumerate(serializer.validated_data)
        ]
        self.rows = list(written(PAGE_VISIT, Leading(1, 1, 1), records))
        self.start = 0

    def copy(self, count: int) -> list[float]:
        """Copy the next batches in; return the seconds of each."""
        seconds = []
        for _ in range(count):
            rows = self.rows[self.start : self.start + self.size]
            self.start += self.size
            began = time.perf_counter()
            with self.connection.transaction(), self.connection.cursor() as cursor, cursor.copy(self.statement) as copy:
                for row in rows:
                    copy.write_row(row)
            seconds.append(time.perf_counter() - began)
        return seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()
