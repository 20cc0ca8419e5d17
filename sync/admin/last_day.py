"""What came in during the last 24 hours: pushes, rejected records and failed sign-ins, of everybody together.

Each statement looks at the newest MOST_ROWS rows at most.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple

from django.db.models import CharField, Count, Func, Max, QuerySet, Sum
from django.utils import timezone

from accounts.audit import FAILURES_AN_HOUR, Kind
from accounts.models import AuditEvent, User
from sync.models import SyncBatch

DAY: Final = timedelta(hours=24)
MOST_ROWS: Final = 50_000
# Pushes with rejected records whose errors are read, and the lines of a list.
MOST_READ: Final = 200
LISTED: Final = 10
RESULTS: Final = ("created", "updated", "unchanged", "rejected", "erased")


class UtcHour(Func):
    """The hour of a timestamp as text, such as `2025-11-03 09`. A day on which the clocks change has each hour once.

    Django's own function costs a call of Python for each row on SQLite (1 s for 100,000 rows).
    """

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for SQLite, which stores text in UTC."""
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 13)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for PostgreSQL, whatever the time zone of the connection is."""
        template = "TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
        return self.as_sql(compiler, connection, template=template, **context)


class LastDay:
    """The last 24 hours before an instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.begins_at = now - DAY

    @cached_property
    def batches_begin_at(self) -> datetime:
        """The instant since which pushes are looked at."""
        return _begin_at(SyncBatch.objects.all(), "received_at", self.begins_at)

    @property
    def batches(self) -> QuerySet[SyncBatch]:
        """The pushes that are looked at."""
        return SyncBatch.objects.filter(received_at__gte=self.batches_begin_at).order_by()

    def hours(self) -> list[datetime]:
        """Return the beginnings of the hours that the day touches, the newest first."""
        first, last = (_hour_of(moment) for moment in (self.begins_at, self.now))
        return [last - timedelta(hours=number) for number in range(int((last - first) / timedelta(hours=1)) + 1)]


class Pushes(NamedTuple):
    """The pushes of the day: their totals, the same by hour, and the instant since which they are counted."""

    totals: Mapping[str, int]
    by_hour: Mapping[datetime, Mapping[str, int]]
    begin_at: datetime
    are_cut: bool


class Failures(NamedTuple):
    """The failed sign-ins of the day."""

    total: int
    of_accounts: int
    by_hour: Mapping[datetime, int]
    are_cut: bool
    kept_an_hour: int = FAILURES_AN_HOUR


class Reason(NamedTuple):
    """Why records were rejected; `batch` is the newest push with such a record."""

    kind: str
    field: str
    text: str
    records: int
    batch: int


class SlowPush(NamedTuple):
    """One of the slowest pushes."""

    batch: int
    received_at: datetime
    kind: str
    person: int
    email: str
    records: int
    body_bytes: int
    duration_ms: int


def pushes(day: LastDay) -> Pushes:
    """Return how many pushes and records came in each hour, and their results."""
    sums: dict[str, Any] = {result: Sum(result) for result in RESULTS}
    rows: Any = day.batches.annotate(hour=UtcHour("received_at")).values("hour")
    by_hour: dict[datetime, dict[str, int]] = {}
    for row in rows.annotate(pushes=Count("pk"), slowest_ms=Max("duration_ms"), **sums):
        numbers = {name: row[name] for name in (*RESULTS, "pushes", "slowest_ms")}
        numbers["records"] = sum(row[result] for result in RESULTS)
        by_hour[_from_text(row["hour"])] = numbers
    totals = {name: sum(numbers[name] for numbers in by_hour.values()) for name in (*RESULTS, "pushes", "records")}
    return Pushes(totals, by_hour, day.batches_begin_at, day.batches_begin_at > day.begins_at)


def failures(day: LastDay) -> Failures:
    """Return how many sign-ins failed in each hour, from rows that hold no text of a client."""
    failed = AuditEvent.objects.filter(kind=Kind.SIGN_IN_FAILED)
    begin_at = _begin_at(failed, "created_at", day.begins_at)
    rows = failed.filter(created_at__gte=begin_at).order_by().annotate(hour=UtcHour("created_at")).values("hour")
    found = list(rows.annotate(events=Count("pk"), of_accounts=Count("subject_number")))
    return Failures(
        sum(row["events"] for row in found),
        sum(row["of_accounts"] for row in found),
        {_from_text(row["hour"]): row["events"] for row in found},
        begin_at > day.begins_at,
    )


def reasons(day: LastDay) -> list[Reason]:
    """Return the most frequent reasons in the newest MOST_READ pushes with rejected records."""
    rejected = day.batches.filter(rejected__gt=0).order_by("-received_at")
    counted: Counter[tuple[str, str, str]] = Counter()
    newest: dict[tuple[str, str, str], int] = {}
    for batch in rejected.only("kind", "errors")[:MOST_READ]:
        for field, text in _noted(batch.errors):
            reason = (batch.get_kind_display(), field, text)
            counted[reason] += 1
            newest.setdefault(reason, batch.pk)
    return [Reason(*reason, records, newest[reason]) for reason, records in counted.most_common(LISTED)]


def slowest(day: LastDay) -> list[SlowPush]:
    """Return the pushes that took longest."""
    narrow = day.batches.only("user_id", "kind", "received_at", "body_bytes", "duration_ms", *RESULTS)
    batches = list(narrow.order_by("-duration_ms")[:LISTED])
    emails = emails_of(batch.user_id for batch in batches)
    return [
        SlowPush(
            batch.pk, batch.received_at, batch.get_kind_display(), batch.user_id, emails.get(batch.user_id, ""),
            sum(getattr(batch, result) for result in RESULTS), batch.body_bytes, batch.duration_ms,
        )
        for batch in batches
    ]  # fmt: skip


def emails_of(people: Iterable[int]) -> dict[int, str]:
    """Return the e-mail addresses of those people who are still there, in a statement of its own."""
    return dict(User.objects.filter(pk__in=set(people)).values_list("pk", "email"))


def _noted(errors: Any) -> Iterable[tuple[str, str]]:
    """Yield the field and the text of each error that a batch keeps."""
    for error in errors:
        for field, texts in (error.get("errors") or {}).items():
            yield field, " ".join(texts) if isinstance(texts, list) else str(texts)


def _begin_at(rows: QuerySet[Any], column: str, day_begins_at: datetime) -> datetime:
    """Return the later one of: the beginning of the day, and the instant of the row of which MOST_ROWS are newer."""
    newest = rows.filter(**{f"{column}__gte": day_begins_at}).order_by(f"-{column}").values_list(column, flat=True)
    begin_at = day_begins_at
    for moment in newest[MOST_ROWS - 1 : MOST_ROWS]:
        begin_at = moment
    return begin_at


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _from_text(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)


def local_hour(hour: datetime) -> str:
    """Return the name of an hour in the zone of the reader, such as `Mon 09:00`."""
    return f"{timezone.localtime(hour):%a %H:%M}"
