"""Stores the records of a push: the only way by which records come into their tables.

One push is one transaction: lock the person's row, read the versions that the table holds for these keys in one query,
drop every record that is not newer, write the others in bulk. The reply is built from the decisions made under the
lock, so it agrees with the rows that were committed.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec
from django.contrib.auth import get_user_model
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from sync import limits
from sync.erasures.push_judgement import erased_places
from sync.models import Browser, SyncState
from sync.person_lock import PersonGone
from sync.push import record_sql
from sync.push.record_sql import Held, Leading, LockedState
from sync.records import merge
from sync.records.record_kind import Content, RecordKind

logger = logging.getLogger(__name__)

Result = Literal["created", "updated", "unchanged", "rejected", "erased"]
RESULTS: Final = get_args(Result)
Statement = Callable[[Sequence["Incoming"]], None]
REFUSED: Final = {"record": ["The database refuses this record. Send it again only after it has changed."]}
# PostgreSQL's classes "program limit exceeded" and "raised by a rule of the operator": no retry makes the row fit.
REFUSALS: Final = ("54", "P0")


class BrowserOfExtension(Exception):
    """A program would write to a browser of kind `extension`."""


class TooManyBrowsers(Exception):
    """The push would give the person more browsers than the limit."""


class Program(NamedTuple):
    """A program of the person that pushes by a personal token: the browser of its own, and the name of the token."""

    client_id: str
    name: str


@dataclass(slots=True)
class Push:
    """The facts of a push beside its records, for the log of batches and the person's list of browsers."""

    sender: str | None = None
    program: Program | None = None
    session_id: int | None = None
    client: Mapping[str, str] = field(default_factory=dict)
    body_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    rejected: Sequence[Mapping[str, Any]] = ()
    # The place in the batch of each record handed over.
    accepted: Sequence[int] = ()


class Incoming(msgspec.Struct, gc=False):
    """One record of a push, at its place in the batch; `held` is another version of it, if the table holds one."""

    index: int
    kind: RecordKind
    browser_id: int
    content: Content
    key: tuple[Any, ...]
    values: tuple[Any, ...]
    digest: bytes
    held: Held | None = None

    def version(self) -> merge.Version:
        """Return the values by which it is compared with another version of the same record."""
        return self.kind.rank_of(self.content), self.digest

    def is_newer_than(self, held: Held) -> bool:
        """Tell whether it wins against the row held."""
        return self.version() > (self.kind.rank(*held.ranked), held.digest)


def incoming(index: int, kind: RecordKind, browser_id: int, content: Content) -> Incoming:
    """Return a record as it takes part in a push."""
    values = kind.values_of(content)
    return Incoming(index, kind, browser_id, content, kind.key_of(content), values, kind.digest_of(values))


# Writes records by a statement; returns the indexes of those the database refuses.
Write = Callable[[Statement, Sequence[Incoming]], set[int]]


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
    with transaction.atomic(durable=True):
        state = _lock(user_id)
        seq = state.counter + 1
        erased: set[int] = set()
        if state.erased_before:
            erased = erased_places(user_id, kind, contents, state.erased_before, state.erasure_key)
        clients = dict.fromkeys(content.client_id for content in contents)
        sender = next(iter(clients), None) if push.sender is None else push.sender
        if erased:  # A browser is not made for records that are not stored.
            clients = dict.fromkeys(each.client_id for index, each in enumerate(contents) if index not in erased)
        browsers = _browsers(user_id, clients, sender, push)
        records = [
            incoming(index, kind, browsers[content.client_id], content)
            for index, content in enumerate(contents)
            if index not in erased
        ]
        results: list[Result] = ["erased" if index in erased else "unchanged" for index in range(len(contents))]
        _store(user_id, kind, records, seq, write, results)
        if "created" in results or "updated" in results:
            SyncState.objects.filter(user_id=user_id).update(counter=seq)
        _log_batch(user_id, kind, browsers.get(sender) if sender is not None else None, results, push)
    return results


def _lock(user_id: int) -> LockedState:
    """Return the person's state, locked until the transaction ends; raises PersonGone."""
    state = record_sql.lock_state(user_id)
    if state is None:
        # The first push of a person, or the person is gone: the lock just taken on the person's row tells.
        people = get_user_model()._default_manager.select_for_update(no_key=True)
        if not people.filter(pk=user_id, is_active=True).exists():
            raise PersonGone
        SyncState.objects.bulk_create([SyncState(user_id=user_id)], ignore_conflicts=True)
        return _lock(user_id)
    return state


def _browsers(user_id: int, clients: Iterable[str], sender: str | None, push: Push) -> dict[str, int]:
    """Return the ids of the person's browsers by client id, made where they are new.

    `push.client`, the sender's description of itself, is stored with its browser. Raises TooManyBrowsers, and
    BrowserOfExtension for a program that names one.
    """
    now, client = timezone.now(), push.client
    wanted = {*clients} if sender is None else {*clients, sender}
    if push.program and _of_extensions(user_id).filter(client_id__in=wanted).exists():
        raise BrowserOfExtension
    known = {}
    for pk, client_id, *columns in record_sql.touch_browsers(user_id, wanted, now, push.session_id):
        known[client_id] = pk
        kept = dict(zip(record_sql.CLIENT_COLUMNS.values(), columns, strict=True))
        if client_id == sender and any(kept[column] != text for column, text in client.items()):
            Browser.objects.filter(user_id=user_id, pk=pk).update(**client)
    if new := [client_id for client_id in clients if client_id not in known]:
        made = [
            Browser(
                user_id=user_id, created_at=now, last_push_at=now, last_session_id=push.session_id, client_id=client_id,
                kind=_kind_of_new(client_id, push), label=_label_of_new(client_id, push),
                **(client if client_id == sender else {}),
            )
            for client_id in new
        ]  # fmt: skip
        for kind in {browser.kind for browser in made}:
            there = Browser.objects.filter(user_id=user_id, kind=kind).count()
            if there + sum(browser.kind == kind for browser in made) > limits.MAX_BROWSERS:
                raise TooManyBrowsers
        known |= {browser.client_id: browser.pk for browser in Browser.objects.bulk_create(made)}
    return known


def _of_extensions(user_id: int) -> QuerySet[Browser]:
    return Browser.objects.filter(user_id=user_id, kind=Browser.Kind.EXTENSION)


def _kind_of_new(client_id: str, push: Push) -> Browser.Kind:
    # A session that sends records under the name of a token's browser must not lock the token out of it.
    if push.program or client_id.startswith(limits.PROGRAM_PREFIX):
        return Browser.Kind.PROGRAM
    return Browser.Kind.EXTENSION


def _label_of_new(client_id: str, push: Push) -> str:
    own = push.program and client_id == push.program.client_id
    return push.program.name[: limits.MAX_LABEL] if push.program and own else ""


def _store(
    user_id: int, kind: RecordKind, records: Sequence[Incoming], seq: int, write: Write, results: list[Result]
) -> None:
    """Write the winners, and set the result of each one in `results`, which holds `unchanged` for every record."""
    left = list(records)
    while left:
        newer = _newer(user_id, kind, left)
        leading = Leading(user_id, seq, int(time.time() * 1000))
        refused: set[int] = set()
        for statement, rows in (
            (record_sql.insert, [record for record in newer if record.held is None]),
            (record_sql.overwrite, [record for record in newer if record.held is not None]),
        ):
            refused |= write(partial(statement, kind, leading), rows)
        for record in newer:
            stored: Result = "created" if record.held is None else "updated"
            results[record.index] = "rejected" if record.index in refused else stored
        # The next best copy of a refused record may still be good.
        again = {(record.browser_id, record.key) for record in newer if record.index in refused}
        left = [record for record in left if (record.browser_id, record.key) in again and record.index not in refused]


def _newer(user_id: int, kind: RecordKind, records: Sequence[Incoming]) -> list[Incoming]:
    """Return the best copy of each record that wins against the row held, with that row as its `held`."""
    held = _held(user_id, kind, records)
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


def _held(user_id: int, kind: RecordKind, records: Sequence[Incoming]) -> dict[int, Held | None]:
    """Return, by index of the record, the row held under its key, or None where that is just the same."""
    held: dict[int, Held | None] = {}
    for browser_id in {record.browser_id for record in records}:
        sought = [record for record in records if record.browser_id == browser_id]
        keys = [(record.key, record.digest) for record in sought]
        for place, row in record_sql.read(kind, user_id, browser_id, keys).items():
            held[sought[place].index] = row
    # Digests of another format are made anew from the fields, so that an upgrade rewrites nothing.
    old = {row.id for row in held.values() if row and row.digest[0] != kind.format_number}
    if old:
        digests = record_sql.read_digests(kind, user_id, sorted(old))
        held = {
            index: row._replace(digest=digests[row.id]) if row and row.id in digests else row
            for index, row in held.items()
        }
    return held


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
        extension_version=push.client.get("extension_version", ""),
        created=results.count("created"),
        updated=results.count("updated"),
        unchanged=results.count("unchanged"),
        rejected=len(errors),
        erased=results.count("erased"),
        body_bytes=push.body_bytes,
        duration_ms=int((time.monotonic() - push.started) * 1000),
        errors=errors[: limits.BATCH_ERRORS_KEPT],
    )
