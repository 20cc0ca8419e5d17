"""Finds the visits of a history that another browser of the person has recorded already."""

import json
from collections.abc import Sequence

from django.db import connection

from sync.models import PageVisit

NEAR_MS = 2_000


def recorded_elsewhere(user_id: int, browser_id: int, visits: Sequence[tuple[int, str]]) -> set[int]:
    """Return the places of the visits (start, URL) that have one of the same URL within 2 s in another browser."""
    starts = [start for start, _ in visits]
    span = (min(starts, default=0) - NEAR_MS, max(starts, default=0) + NEAR_MS)
    others = PageVisit.objects.filter(user_id=user_id, started_at__range=span).exclude(browser_id=browser_id)
    # A history is mostly older than what was recorded. One question for the whole span then saves one a visit.
    if not others.exists():
        return set()
    sought = json.dumps([[start - NEAR_MS, start + NEAR_MS, url] for start, url in visits])
    table = PageVisit._meta.db_table
    same = "t.user_id = %s AND t.browser_id <> %s"
    if connection.vendor == "postgresql":
        # LIMIT forbids a join that walks the table.
        sql = (
            "SELECT k.place - 1 FROM json_array_elements(%s) WITH ORDINALITY AS k(value, place) CROSS JOIN LATERAL "
            f"(SELECT 1 FROM {table} AS t WHERE {same} "
            "AND t.started_at BETWEEN (k.value->>0)::bigint AND (k.value->>1)::bigint AND t.url = k.value->>2 "
            "LIMIT 1) AS t"
        )
    else:
        sql = (
            f"SELECT k.key FROM json_each(%s) AS k WHERE EXISTS (SELECT 1 FROM {table} AS t WHERE {same} "
            "AND t.started_at BETWEEN json_extract(k.value, '$[0]') AND json_extract(k.value, '$[1]') "
            "AND t.url = json_extract(k.value, '$[2]'))"
        )
    with connection.cursor() as cursor:
        cursor.execute(sql, [sought, user_id, browser_id])
        return {row[0] for row in cursor.fetchall()}
