"""The files of an export, each as blocks of bytes. Their names and columns are frozen by the format version."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from django.db.models import Max, TextField
from django.db.models.functions import Cast, Collate

from accounts.models import AuditEvent, Session, User
from bounded_reading import ReadingTookTooLong
from insights import month_tallies, queries, reports
from insights.categories import stored_rules
from insights.periods import Period, date_at, period_of
from portability.importers import own
from strict_json.numbers import parse_fraction
from sync.models import Browser, PageVisit, TabAggregate
from sync.records.merge import encode_document
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import RecordKind

BLOCK_BYTES = 65_536
ROWS_A_READ = 2_000
# A record may hold 256 KiB.
RECORDS_A_READ = 100
VISIT_COLUMNS = (
    "browser", "id", "startedAt", "startedAtUtc", "endedAt", "duration", "activeDuration", "domain", "url", "title",
    "category", "tabId",
)  # fmt: skip
EMPTY_DOCUMENTS = ("{}", "[]")
_decode = msgspec.json.Decoder(float_hook=parse_fraction).decode
DAY_COLUMNS = ("day", "activeMs", "timeMs", "clockMs", "visits")


def in_blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to blocks of about 64 KiB."""
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BLOCK_BYTES:
            yield b"".join(block)
            block, size = [], 0
    if block:
        yield b"".join(block)


def pretty_json(value: Any) -> bytes:
    """Return a value as JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def pretty_lists(head: Mapping[str, Any], lists: Mapping[str, Iterable[Any]]) -> Iterator[bytes]:
    """Yield an object as `pretty_json` returns it, whose last members are lists of any length."""
    yield pretty_json(head)[: -len("\n}\n")]
    for name, rows in lists.items():
        yield b",\n  %b: [" % msgspec.json.encode(name)
        comma, end = b"", b"]"
        for row in rows:
            yield comma + b"\n    " + pretty_json(row)[:-1].replace(b"\n", b"\n    ")
            comma, end = b",", b"\n  ]"
        yield end
    yield b"\n}\n"


def client_ids(user_id: int) -> dict[int, str]:
    """Return the client ids of the person's browsers by their keys."""
    return dict(Browser.objects.filter(user_id=user_id).values_list("pk", "client_id"))


class _Rows:
    """Rows of one table in an order that is the same in every database."""

    def __init__(self, kind: RecordKind, user_id: int) -> None:
        # The order of texts depends on the database's language, so visit ids are compared by their bytes.
        binary = "C" if connection.vendor == "postgresql" else "BINARY"
        key = [Collate(column, binary) if column == "visit_id" else column for column in kind.key]
        # JSON goes as the text that the database holds, since parsing it costs more than the rest of a record.
        texts = {f"{column}_text": Cast(column, TextField()) for column in kind.documents}
        self._names = [f"{column}_text" if column in kind.documents else column for column in kind.wire_columns]
        mine = kind.model._default_manager.filter(user_id=user_id)
        self._ordered = mine.annotate(**texts).order_by("started_at", *key)
        columns = ("browser_id", *kind.wire_columns)
        self._row: Any = NamedTuple("Row", [(column, Any) for column in columns])  # type: ignore[misc]  # made at run time
        self._same = attrgetter("started_at", *kind.key)
        # PostgreSQL keeps the keys of JSON in an order of its own. The files must be the same from every database.
        reorders = connection.vendor == "postgresql"
        self._documents = [columns.index(column) for column in kind.documents] if reorders else []

    def read(self, clients: dict[int, str]) -> Iterator[tuple[str, Any]]:
        """Yield (client id, row)."""
        found = self._ordered.values_list("browser_id", *self._names).iterator(chunk_size=RECORDS_A_READ)
        for _, group in groupby(map(self._row_of, found), key=self._same):
            rows = [(clients.get(row.browser_id, ""), row) for row in group]
            rows.sort(key=lambda pair: pair[0])
            yield from rows

    def _row_of(self, values: tuple[Any, ...]) -> Any:
        if any(values[place] not in EMPTY_DOCUMENTS for place in self._documents):
            ordered = list(values)
            for place in self._documents:
                ordered[place] = encode_document(_decode(values[place])).decode()
            values = tuple(ordered)
        return self._row._make(values)


def record_lines(kind: RecordKind, user_id: int) -> Iterator[bytes]:
    """Yield each record of a kind in its wire form with its `browser`, as a line of JSON."""
    encode = msgspec.json.Encoder().encode
    for client_id, row in _Rows(kind, user_id).read(client_ids(user_id)):
        record = encode(kind.to_wire(row[1:], client_id))
        yield b'{"browser":' + encode(client_id) + b"," + record[1:] + b"\n"


def visit_cells(user_id: int) -> Iterator[list[Any]]:
    """Yield the cells of each visit, by VISIT_COLUMNS."""
    for client_id, row in _Rows(PAGE_VISIT, user_id).read(client_ids(user_id)):
        yield [
            client_id, row.visit_id, row.started_at, utc(row.started_at), row.ended_at, row.duration_ms,
            row.active_duration_ms, row.domain, row.url, row.title, row.category, row.tab_id,
        ]  # fmt: skip


def utc(instant: int) -> str:
    """Return an instant in ms as ISO 8601."""
    return datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_cells(user_id: int, zone: ZoneInfo) -> Iterator[list[Any]]:
    """Yield the numbers of each day of the person's clock with a visit, by DAY_COLUMNS; a month at a time."""
    first = queries.first_started_at(user_id)
    if first is None:
        return
    mine = PageVisit.objects.filter(user_id=user_id)
    last = max(filter(None, mine.aggregate(start=Max("started_at"), end=Max("ended_at")).values()))
    month = period_of(zone, "month", date_at(zone, first))
    while month.first <= date_at(zone, last):
        yield from _days_of(user_id, month)
        month = month.following


def _days_of(user_id: int, period: Period) -> Iterator[list[Any]]:
    try:
        tally = month_tallies.tally_of(user_id, period)
    except ReadingTookTooLong:
        # More visits overlap in an hour than can be added up. Their day has a line without numbers.
        if period.first == period.last:
            yield [period.first.isoformat(), None, None, None, None]
            return
        for number in range((period.last - period.first).days + 1):
            day = period.first + timedelta(days=number)
            yield from _days_of(user_id, Period(period.zone, day, day))
        return
    for day, hour in reports.days(tally, period):
        if hour.visits or hour.time_sum_ms:
            yield [day.isoformat(), hour.active_ms, hour.time_ms, hour.clock_ms, hour.visits]


def browser_list(user_id: int) -> list[dict[str, Any]]:
    """Return the person's browsers."""
    mine = Browser.objects.filter(user_id=user_id)
    return [
        {
            "anonymousClientId": browser.client_id,
            "kind": browser.kind,
            "label": browser.label,
            "browserName": browser.browser_name,
            "browserVersion": browser.browser_version,
            "platform": browser.platform,
            "extensionVersion": browser.extension_version,
            "firstPushAt": browser.created_at,
            "lastPushAt": browser.last_push_at,
        }
        for browser in sorted(mine, key=lambda browser: browser.client_id)
    ]


def account(person: User) -> Iterator[bytes]:
    """Yield profile, rules for categories, sessions and events as JSON that people can read; no password and no token.

    A person may have any number of events, so they are read in parts.
    """
    sessions = Session.objects.of(person.pk).order_by("created_at", "pk").iterator(chunk_size=ROWS_A_READ)
    events = AuditEvent.objects.filter(subject_id=person.pk).order_by("pk").iterator(chunk_size=ROWS_A_READ)
    profile = {
        "id": str(person.pk),
        "email": person.email,
        "name": person.name,
        "timeZone": person.time_zone,
        "dateJoined": person.date_joined,
    }
    # Sorted here, since the databases order texts differently.
    rules = [
        {"site": rule.site, "path": rule.path, "category": rule.category}
        for rule in sorted(stored_rules.rules_of(person.pk), key=lambda rule: (rule.site, rule.path))
    ]
    head = {"profile": profile, own.CATEGORY_RULES: rules}
    return in_blocks(pretty_lists(head, {"sessions": map(_session, sessions), "events": map(_event, events)}))


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "kind": session.kind,
        "label": session.label,
        "createdAt": session.created_at,
        "lastUsedAt": session.last_used_at,
        "lastClientIp": session.last_client_ip,
        "expiresAt": session.expires_at,
        "revokedAt": session.revoked_at,
        "revokedReason": session.revoked_reason,
    }


def _event(event: AuditEvent) -> dict[str, Any]:
    return {"kind": event.kind, "at": event.created_at, "clientIp": event.client_ip, "detail": event.detail}


def counts(user_id: int) -> dict[str, int]:
    """Return the number of records by kind."""
    return {
        "pageVisits": PageVisit.objects.filter(user_id=user_id).count(),
        "tabAggregates": TabAggregate.objects.filter(user_id=user_id).count(),
    }
