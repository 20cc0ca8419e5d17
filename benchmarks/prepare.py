"""Fills an empty database with people and their records: `python -m benchmarks.prepare ROWS`, with DATABASE_URL set."""

import sys
import time
from datetime import timedelta

import django

PEOPLE = 20
SEED_ROWS = 20_000
SENDERS = 4
# Rows of each sender before a benchmark. ANALYZE would otherwise gather no statistics about the senders.
SENDERS_VISITS, SENDERS_AGGREGATES = 5_000, 2_000


def main(rows: int) -> None:
    """Make the people, store 20,000 visits as pushes do, copy them in the database, and add the senders' visits."""
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from accounts.models import Session, User
    from benchmarks.data import CLIENT_ID, Source
    from sync.models import SyncState
    from sync.push.record_sql import LEADING
    from sync.push.serializers import PageVisitSerializer, TabAggregateSerializer
    from sync.records.page_visit import PAGE_VISIT

    now = int(time.time() * 1000)

    def store(serializer_class: type, person: User, records: list[dict[str, object]]) -> None:
        for start in range(0, len(records), 1000):
            context = {"now": now, "anonymous_client_id": CLIENT_ID}
            serializer = serializer_class(data=records[start : start + 1000], many=True, context=context)
            serializer.is_valid(raise_exception=True)
            serializer.save(user=person)

    signed_in = timezone.now()

    def signed_up(email: str) -> User:
        """Return a new person with a session of the same number, as `clients.tokens` expects."""
        person = User.objects.create(email=email)
        times = {"created_at": signed_in, "last_used_at": signed_in, "expires_at": signed_in + timedelta(days=365)}
        Session.objects.create(pk=person.pk, user=person, kind=Session.Kind.TOKENS, label="benchmark", **times)
        return person

    senders = [signed_up(f"sender{number}@example.org") for number in range(SENDERS)]
    source = Source(seed=1)
    for number in range(PEOPLE):
        person = signed_up(f"person{number}@example.org")
        store(PageVisitSerializer, person, source.visits(SEED_ROWS // PEOPLE))
        store(TabAggregateSerializer, person, source.aggregates(SEED_ROWS // PEOPLE))
    table = PAGE_VISIT.model._meta.db_table
    moved = ("seq", "visit_id", "started_at", "ended_at")
    same = ", ".join(column for column in (*LEADING, *PAGE_VISIT.columns) if column not in moved)
    # A copy of every visit some weeks later each time, pushed by its person in batches of 1,000; the ids stay as long as
    # they were.
    with connection.cursor() as cursor:
        copies, later = rows // SEED_ROWS - 1, "n * CAST(40000000 AS bigint)"
        if connection.vendor == "postgresql":
            series = f"generate_series(1, {copies}) AS g(n)"
        else:
            series = (
                f"(WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {copies}) SELECT n FROM g)"
            )
        cursor.execute(
            f"INSERT INTO {table} ({same}, {', '.join(moved)}) "
            f"SELECT {same}, seq + n, 'g' || n || substr(visit_id, 3), started_at + {later}, ended_at + {later} "
            f"FROM {table} CROSS JOIN {series}"
        )
        # Each copy is a push of its own.
        cursor.execute(f"UPDATE {SyncState._meta.db_table} SET counter = counter + {copies}")
    for sender in senders:
        store(PageVisitSerializer, sender, source.visits(SENDERS_VISITS))
        store(TabAggregateSerializer, sender, source.aggregates(SENDERS_AGGREGATES))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
