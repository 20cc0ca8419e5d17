"""Finds the visits of a history that another browser of the person has recorded already."""

from collections.abc import Mapping, Sequence

import msgspec
from django.db import connection

from sync import limits
from sync.models import PageVisit
from sync.records.record_kind import Content

NEAR_MS = 2_000


def recorded_elsewhere(user_id: int, browsers: Mapping[str, int], visits: Sequence[Content]) -> set[int]:
    """Return the places of the visits of imports that have one of the same URL within 2 s in another browser.

    `browsers` are the keys of the visits' browsers by client id.
    """
    found: set[int] = set()
    for client_id, browser_id in browsers.items():
        if client_id.startswith(limits.IMPORT_PREFIX):
            of_import = [
                (place, visit.started_at - NEAR_MS, visit.started_at + NEAR_MS, visit.url)
                for place, visit in enumerate(visits)
                if visit.client_id == client_id
            ]
            found.update(_found(user_id, browser_id, of_import))
    return found


def _found(user_id: int, browser_id: int, sought: Sequence[tuple[int, int, int, str]]) -> list[int]:
    """Return the places of those (place, from, to, URL) that another browser has."""
    span = (min((visit[1] for visit in sought), default=0), max((visit[2] for visit in sought), default=0))
    others = PageVisit.objects.filter(user_id=user_id, started_at__range=span).exclude(browser_id=browser_id)
    # A history is mostly older than what was recorded. One question for the whole span then saves one a visit.
    if not others.exists():
        return []
    rows = f"{PageVisit._meta.db_table} AS t WHERE t.user_id = %s AND t.browser_id <> %s"
    if connection.vendor == "postgresql":
        # LIMIT forbids a join that walks the table.
        sql = (
            "SELECT (k.value->>0)::int FROM json_array_elements(%s) AS k(value) CROSS JOIN LATERAL "
            f"(SELECT 1 FROM {rows} AND t.started_at BETWEEN (k.value->>1)::bigint AND (k.value->>2)::bigint "
            "AND t.url = k.value->>3 LIMIT 1) AS t"
        )
    else:
        place, start, end, url = (f"json_extract(k.value, '$[{number}]')" for number in range(4))
        sql = (
            f"SELECT {place} FROM json_each(%s) AS k WHERE EXISTS "
            f"(SELECT 1 FROM {rows} AND t.started_at BETWEEN {start} AND {end} AND t.url = {url})"
        )
    with connection.cursor() as cursor:
        cursor.execute(sql, [msgspec.json.encode(sought).decode(), user_id, browser_id])
        return [place for (place,) in cursor]
