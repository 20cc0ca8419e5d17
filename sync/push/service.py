"""Stores the records of a push: the only way by which records come into their tables.

One push is one transaction: lock the person's row, read the versions that the table holds for these keys in one query,
drop every record that is not newer, write the others in bulk. The reply is built from the decisions made under the
lock, so it agrees with the rows that were committed.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, get_args

from django.db import DatabaseError, DataError, IntegrityError, transaction

from instants import now_ms
from sync import limits
from sync.browsers import Sender, browsers_of_push
from sync.erasures.push_judgement import erased_places
from sync.models import SyncState
from sync.person_lock import lock_active_person
from sync.push import record_sql
from sync.push.incoming import Incoming, incoming
from sync.recorded_elsewhere import recorded_elsewhere
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import Content, RecordKind

logger = logging.getLogger(__name__)

Result = Literal["created", "updated", "unchanged", "rejected", "erased"]
RESULTS: Final = get_args(Result)
Statement = Callable[[Sequence[Incoming]], None]
# Writes records by a statement; returns the indexes of those the database refuses.
Write = Callable[[Statement, Sequence[Incoming]], set[int]]
REFUSED: Final = {"record": ["The database refuses this record. Send it again only after it has changed."]}
# PostgreSQL's classes "program limit exceeded" and "raised by a rule of the operator": no retry makes the row fit.
REFUSALS: Final = ("54", "P0")


@dataclass(slots=True)
class Push:
    """The facts of a push beside its records, for the log of batches and the person's list of browsers."""

    sender: Sender = field(default_factory=Sender)
    body_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    # Visits of a browser's history that another browser recorded are left out. An import file does this by itself.
    leaves_out_recorded: bool = False
    rejected: Sequence[Mapping[str, Any]] = ()
    # The place in the batch of each record handed over.
    accepted: Sequence[int] = ()


def bulk_update_or_create(
    user_id: int, kind: RecordKind, contents: Sequence[Content], push: Push | None = None
) -> list[Result]:
    """Store each record that is newer than the person's stored version; return a result for each, in the order given.

    Everything is durable on return. Nothing is stored when it raises: PersonGone, TooManyBrowsers,
    BrowserOfExtension, or django.db.OperationalError when the database cannot be had.
    """
    push = push or Push()
    try:
        return _push(user_id, kind, contents, push, _write)
    except DatabaseError as error:
        if not _is_refusal(error, len(contents)):
            raise
    # Hardly any push holds a row that the database refuses, so only this second try pays for savepoints.
    return _push(user_id, kind, contents, push, _write_in_parts)


def _push(user_id: int, kind: RecordKind, contents: Sequence[Content], push: Push, write: Write) -> list[Result]:
    """Do all of a push in one transaction."""
    sender = push.sender
    if sender.client_id is None and contents:
        sender = sender._replace(client_id=contents[0].client_id)
    with transaction.atomic(durable=True):
        state = lock_active_person(user_id)
        seq = state.counter + 1
        erased = erased_places(user_id, kind, contents, state.erased_before, state.erasure_key)
        # A browser is not made for records that are not stored.
        clients = dict.fromkeys(content.client_id for place, content in enumerate(contents) if place not in erased)
        browsers = browsers_of_push(user_id, clients, sender)
        left_out = erased
        if push.leaves_out_recorded and kind is PAGE_VISIT:
            left_out = erased | recorded_elsewhere(user_id, browsers, contents)
        records = [
            incoming(place, kind, browsers[content.client_id], content)
            for place, content in enumerate(contents)
            if place not in left_out
        ]
        results: list[Result] = ["erased" if place in erased else "unchanged" for place in range(len(contents))]
        _store(user_id, kind, records, seq, write, results)
        if "created" in results or "updated" in results:
            SyncState.objects.filter(user_id=user_id).update(counter=seq)
        _log_batch(user_id, kind, browsers.get(sender.client_id or ""), results, push)
    return results


def _store(
    user_id: int, kind: RecordKind, records: Sequence[Incoming], seq: int, write: Write, results: list[Result]
) -> None:
    """Write the winners, and set the result of each one in `results`, which holds `unchanged` for every record."""
    left = records
    while left:
        newer = _newer(user_id, kind, left)
        leading = record_sql.Leading(user_id, seq, now_ms())
        new = [record for record in newer if record.held is None]
        changed = [record for record in newer if record.held is not None]
        refused = write(partial(record_sql.insert, kind, leading), new)
        refused |= write(partial(record_sql.overwrite, kind, leading), changed)
        for record in newer:
            stored: Result = "created" if record.held is None else "updated"
            results[record.index] = "rejected" if record.index in refused else stored
        if not refused:
            return
        # The next best copy of a refused record may still be good.
        again = {(record.browser_id, record.key) for record in newer if record.index in refused}
        left = [record for record in left if (record.browser_id, record.key) in again and record.index not in refused]


def _newer(user_id: int, kind: RecordKind, records: Sequence[Incoming]) -> list[Incoming]:
    """Return the best copy of each record that wins against the row held, with that row as its `held`."""
    held = record_sql.read(kind, user_id, records)
    best: dict[tuple[int, tuple[Any, ...]], Incoming] = {}
    for record in records:
        if record.index in held and held[record.index] is None:
            continue
        key = (record.browser_id, record.key)
        other = best.get(key)
        # The first of identical copies stays.
        if other is None or record.version() > other.version():
            best[key] = record
    newer = []
    for record in best.values():
        record.held = held.get(record.index)
        if record.held is None or record.is_newer_than(record.held):
            newer.append(record)
    return newer


def _write(statement: Statement, records: Sequence[Incoming]) -> set[int]:
    """Write the records; return the empty set."""
    if records:
        statement(records)
    return set()


def _write_in_parts(statement: Statement, records: Sequence[Incoming]) -> set[int]:
    """Write the records; return the indexes of those the database refuses, found by bisecting with savepoints."""
    try:
        with transaction.atomic():
            return _write(statement, records)
    except DatabaseError as error:
        if not _is_refusal(error, len(records)):
            raise
        if len(records) == 1:
            kind = records[0].kind.batch_kind
            logger.error("the database refused one of the %s: %s", kind, type(error.__cause__ or error).__name__)
            return {records[0].index}
    half = len(records) // 2
    return _write_in_parts(statement, records[:half]) | _write_in_parts(statement, records[half:])


def _is_refusal(error: DatabaseError, rows: int) -> bool:
    """Tell whether the database refused the rows themselves, rather than being unable to serve."""
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    # A worker of Citus that refuses a row of a COPY is told as an internal error. A row alone has its true state.
    if sqlstate == "XX000":
        return rows > 1
    return isinstance(error, (DataError, IntegrityError)) or sqlstate.startswith(REFUSALS)


def _log_batch(user_id: int, kind: RecordKind, browser_id: int | None, results: Sequence[Result], push: Push) -> None:
    places = push.accepted or range(len(results))
    errors = [{"index": rejected["index"], "errors": rejected["errors"]} for rejected in push.rejected]
    errors += [
        {"index": place, "errors": REFUSED}
        for place, result in zip(places, results, strict=True)
        if result == "rejected"
    ]
    record_sql.log_batch(
        user_id=user_id,
        browser_id=browser_id,
        kind=kind.batch_kind.value,
        extension_version=push.sender.client.get("extension_version", ""),
        created=results.count("created"),
        updated=results.count("updated"),
        unchanged=results.count("unchanged"),
        rejected=len(errors),
        erased=results.count("erased"),
        body_bytes=push.body_bytes,
        duration_ms=int((time.monotonic() - push.started) * 1000),
        errors=errors[: limits.BATCH_ERRORS_KEPT],
    )
