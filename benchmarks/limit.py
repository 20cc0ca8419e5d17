"""(c) The limit: COPY of the same rows into the same table, put together beforehand."""

import time
from typing import Any

import psycopg


def copy_limit(url: str, records: list[dict[str, Any]], size: int, warm_up: int) -> list[float]:
    """Copy the rows in, a transaction a batch; return the seconds of each batch after the first `warm_up` of them."""
    from benchmarks.data import CLIENT_ID
    from sync import merge, services
    from sync.serializers import PageVisitSerializer

    table = services.PAGE_VISITS.table
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT id FROM sync_browser WHERE user_id = 1 AND client_id = %s", [CLIENT_ID]
        ).fetchone()
        if found is None:
            raise SystemExit("The first sender has no browser.")
        context = {"now": int(time.time() * 1000), "anonymous_client_id": ""}
        serializer = PageVisitSerializer(data=records, many=True, context=context)
        serializer.is_valid(raise_exception=True)
        values = [table.values_of(content) for content in serializer.validated_data]
        rows = list(table.rows((1, 1, 1), [(found[0], merge.digest(*each), each, None) for each in values]))
        statement = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
        seconds = []
        for start in range(0, len(rows), size):
            began = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows[start : start + size]:
                    copy.write_row(row)
            seconds.append(time.perf_counter() - began)
        return seconds[warm_up:]
