"""The only writer of the record tables.

One push is one transaction: lock the person's row, read the versions the table holds for these keys in one query, let
the merge drop what is not newer, write the rest in bulk. The reply is built from what was decided under the
lock, so it is true of what was committed.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.utils import timezone

from sync import limits
from sync.models import Browser, PageVisit, SyncBatch, SyncState, TabAggregate
from sync.push import record_sql
from sync.push.results import Result
from sync.records import merge

logger = logging.getLogger(__name__)

Statement = Callable[[Iterable[record_sql.Row]], None]
REFUSED: Final = {"record": ["The database refuses this record. Send it again only after it has changed."]}
# PostgreSQL's classes "program limit exceeded" and "raised by a rule of the operator": no retry makes the row fit.
REFUSALS: Final = ("54", "P0")


class PersonGone(Exception):
    """The person was deleted or deactivated while the push was under way."""


class TooManyBrowsers(Exception):
    """The push would give the person more browsers than the limit."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two kinds of record: its table, and how its versions compare."""

    batch_kind: SyncBatch.Kind
    table: record_sql.Table
    rank: Callable[[Mapping[str, Any]], merge.Rank]


PAGE_VISITS = Kind(
    SyncBatch.Kind.PAGE_VISITS,
    record_sql.Table(
        PageVisit,
        key=("visit_id",),
        rank=("revision", "started_at", "duration_ms", "ended_at", "last_heartbeat_at", "is_active",
              "active_duration_ms", "closed_at"),
    ),
    merge.visit_rank,
)  # fmt: skip
TAB_AGGREGATES = Kind(
    SyncBatch.Kind.TAB_AGGREGATES,
    record_sql.Table(
        TabAggregate,
        key=("tab_id", "started_at"),
        rank=("revision", "last_active_at", "closed_at", "total_active_duration_ms", "page_count"),
    ),
    merge.aggregate_rank,
)


@dataclass(slots=True)
class Push:
    """What is known of a push beside its records, for the log of batches and the person's list of browsers."""

    sender: str | None = None
    client: Mapping[str, str] = field(default_factory=dict)
    body_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    rejected: Sequence[Mapping[str, Any]] = ()
    # The place in the batch of each record handed over.
    accepted: Sequence[int] = ()


class Held:
    """A row the table holds, as `Table.read` gave it."""

    __slots__ = ("digest", "kind", "row")

    def __init__(self, kind: Kind, digest: bytes, row: record_sql.HeldRow) -> None:
        self.kind = kind
        self.digest = digest
        self.row = row

    def version(self) -> merge.Version:
        """Return what the stored record is compared by."""
        return self.kind.rank(self.row), self.digest


class Incoming:
    """One record of a push, at its place in the batch; `held` is another version of it, if the table holds one."""

    __slots__ = ("content", "digest", "held", "index", "key", "kind", "values")

    def __init__(self, index: int, kind: Kind, browser_id: int, content: Mapping[str, Any]) -> None:
        self.index = index
        self.kind = kind
        self.content = content
        self.key = kind.table.key_of(browser_id, content)
        self.values = kind.table.values_of(content)
        self.digest = merge.digest(*self.values)
        self.held: Held | None = None

    def row(self) -> record_sql.Row:
        """Return what is stored of it, and in place of what."""
        return self.key[0], self.digest, self.values, self.held.row if self.held else None

    def version(self) -> merge.Version:
        """Return what the record is compared by where it meets another version of itself."""
        return self.kind.rank(self.content), self.digest


# Writes records by a statement; returns the indexes of those the database refuses.
Write = Callable[[Statement, Sequence[Incoming]], set[int]]


def bulk_update_or_create(
    user_id: int, kind: Kind, records: Sequence[Mapping[str, Any]], push: Push | None = None
) -> list[Result]:
    """Store each record that is newer than what the person's table holds; return the fate of each, in the order given.

    `records` are contents by column with `client_id` beside them. All is durable on return; nothing is stored when it
    raises: PersonGone, TooManyBrowsers, or django.db.OperationalError when the database cannot be had.
    """
    push = push or Push()
    try:
        return _push(user_id, kind, records, push, _write)
    except DatabaseError as error:
        if not _is_refusal(error):
            raise
    # Nearly no push holds a row that the database refuses, so that only this second try pays for savepoints.
    return _push(user_id, kind, records, push, _write_in_parts)


def _push(user_id: int, kind: Kind, records: Sequence[Mapping[str, Any]], push: Push, write: Write) -> list[Result]:
    """Do all of a push in one transaction."""
    with transaction.atomic(durable=True):
        seq = _lock(user_id) + 1
        clients = dict.fromkeys(record["client_id"] for record in records)
        sender = next(iter(clients), None) if push.sender is None else push.sender
        browsers = _browsers(user_id, clients, sender, push.client)
        incoming = [
            Incoming(index, kind, browsers[content["client_id"]], content) for index, content in enumerate(records)
        ]
        results = _store(user_id, kind, incoming, seq, write)
        if "created" in results or "updated" in results:
            record_sql.set_counter(user_id, seq)
        _log_batch(user_id, kind, browsers.get(sender) if sender is not None else None, results, push)
    return results


def _lock(user_id: int) -> int:
    """Return the person's counter, locked until the transaction ends; raises PersonGone."""
    counter = record_sql.lock_state(user_id)
    if counter is None:
        # The first push of a person, or the person is gone: the lock just taken on the person's row tells.
        people = get_user_model()._default_manager.select_for_update(no_key=True)
        if not people.filter(pk=user_id, is_active=True).exists():
            raise PersonGone
        SyncState.objects.bulk_create([SyncState(user_id=user_id)], ignore_conflicts=True)
        return _lock(user_id)
    return counter


def _browsers(user_id: int, clients: Iterable[str], sender: str | None, told: Mapping[str, str]) -> dict[str, int]:
    """Return the ids of the person's browsers by client id, made where they are new; raises TooManyBrowsers.

    What the sender told of itself is kept with its browser.
    """
    now = timezone.now()
    wanted = {*clients} if sender is None else {*clients, sender}
    known = {}
    for pk, client_id, *columns in record_sql.touch_browsers(user_id, wanted, now):
        known[client_id] = pk
        kept = dict(zip(record_sql.TOLD, columns, strict=True))
        if client_id == sender and any(kept[column] != text for column, text in told.items()):
            Browser.objects.filter(user_id=user_id, pk=pk).update(**told)
    if new := [client for client in clients if client not in known]:
        if Browser.objects.filter(user_id=user_id).count() + len(new) > limits.MAX_BROWSERS:
            raise TooManyBrowsers
        born: dict[str, Any] = {"user_id": user_id, "created_at": now, "last_push_at": now}
        made = [Browser(client_id=client, **born, **(told if client == sender else {})) for client in new]
        known |= {browser.client_id: browser.pk for browser in Browser.objects.bulk_create(made)}
    return known


def _store(user_id: int, kind: Kind, incoming: Sequence[Incoming], seq: int, write: Write) -> list[Result]:
    """Write the winners and return the fate of every record."""
    results: list[Result] = ["unchanged"] * len(incoming)
    left = list(incoming)
    while left:
        stored = _held(user_id, kind, left)
        winners: dict[record_sql.Key, Incoming] = {}
        for record in left:
            if record.index in stored and stored[record.index] is None:
                continue
            best = winners.get(record.key)
            # Of identical copies the first stays.
            if best is None or record.version() > best.version():
                winners[record.key] = record
        newer = []
        for record in winners.values():
            record.held = stored.get(record.index)
            if record.held is None or record.version() > record.held.version():
                newer.append(record)
        refused: set[int] = set()
        leading = (user_id, seq, int(time.time() * 1000))
        for statement, rows in (
            (kind.table.insert, [record for record in newer if record.held is None]),
            (kind.table.overwrite, [record for record in newer if record.held is not None]),
        ):
            refused |= write(partial(statement, leading), rows)
        for record in newer:
            if record.index in refused:
                results[record.index] = "rejected"
            else:
                results[record.index] = "created" if record.held is None else "updated"
        # The next best copy of a refused record may still be good.
        again = {record.key for record in newer if record.index in refused}
        left = [r for r in left if r.key in again and r.index not in refused]
    return results


def _held(user_id: int, kind: Kind, records: Sequence[Incoming]) -> dict[int, Held | None]:
    """Return by index of the record the row held under its key, None where that is just the same."""
    held: dict[int, Held | None] = {}
    other_formats: dict[int, list[Held]] = {}
    for browser_id in {record.key[0] for record in records}:
        sought = [record for record in records if record.key[0] == browser_id]
        for place, row in kind.table.read(user_id, browser_id, [(record.key, record.digest) for record in sought]):
            index = sought[place].index
            if row is None:
                held[index] = None
                continue
            held[index] = other = Held(kind, row["digest"], row)
            if other.digest[0] != merge.FORMAT:
                other_formats.setdefault(row["id"], []).append(other)
    if other_formats:
        for row_id, content in kind.table.read_contents(user_id, list(other_formats)):
            for other in other_formats[row_id]:
                other.digest = merge.digest(*kind.table.values_of(content))
    return held


def _write(statement: Statement, records: Sequence[Incoming]) -> set[int]:
    """Write the records; return the empty set."""
    if records:
        statement(record.row() for record in records)
    return set()


def _write_in_parts(statement: Statement, records: Sequence[Incoming]) -> set[int]:
    """Write the records; return the indexes of those the database refuses, found by bisecting with savepoints."""
    try:
        with transaction.atomic():
            return _write(statement, records)
    except DatabaseError as error:
        if not _is_refusal(error):
            raise
        if len(records) == 1:
            kind = records[0].kind.batch_kind
            logger.error("the database refused one of the %s: %s", kind, type(error.__cause__ or error).__name__)
            return {records[0].index}
    half = len(records) // 2
    return _write_in_parts(statement, records[:half]) | _write_in_parts(statement, records[half:])


def _is_refusal(error: DatabaseError) -> bool:
    """Tell whether the database refused the rows themselves, rather than being unable to serve."""
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, (DataError, IntegrityError)) or sqlstate.startswith(REFUSALS)


def _log_batch(user_id: int, kind: Kind, browser_id: int | None, results: Sequence[Result], push: Push) -> None:
    places = push.accepted or range(len(results))
    refused = [
        {"index": place, "errors": REFUSED}
        for place, result in zip(places, results, strict=True)
        if result == "rejected"
    ]
    record_sql.log_batch(
        user_id=user_id,
        browser_id=browser_id,
        kind=kind.batch_kind.value,
        extension_version=push.client.get("extension_version", ""),
        created=results.count("created"),
        updated=results.count("updated"),
        unchanged=results.count("unchanged"),
        rejected=results.count("rejected") + len(push.rejected),
        body_bytes=push.body_bytes,
        duration_ms=int((time.monotonic() - push.started) * 1000),
        errors=[
            {"index": rejected["index"], "errors": rejected["errors"]}
            for rejected in [*push.rejected, *refused][: limits.BATCH_ERRORS_KEPT]
        ],
    )
