"""The time within which reading ends, whatever a person has stored: the database itself interrupts the statement."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.pq import TransactionStatus

# SQLite asks after so many steps of its machine whether to go on: some hundred times a second.
STEPS: Final = 20_000
# PostgreSQL is told of the time that is left when it has become shorter by this much.
TOLERANCE_SECONDS: Final = 0.2
# A reading in the background waits for those that somebody waits for, but no longer than this in all: on a busy server
# there is always one.
MOST_WAITED_SECONDS: Final = 5.0
PAUSE_SECONDS: Final = 0.02


@dataclass(slots=True)
class Limit:
    """When reading ends, by the monotonic clock, and the time-out of statements that the transaction has."""

    ends_at: float
    statement_seconds: float = inf
    is_begun: bool = False
    # For how long it still waits for others; 0 where somebody waits for it.
    seconds_to_wait: float = 0.0
    # Ends what the first statement began.
    begun: ExitStack = field(default_factory=ExitStack)


_limit: ContextVar[Limit | None] = ContextVar("limit of reading", default=None)
# The limits of the readings in this process that somebody waits for, by their id.
_awaited: set[int] = set()


class ReadingTookTooLong(Exception):
    """A page or call would read for longer than READING_SECONDS. The person can ask for fewer days."""


@contextmanager
def bounded_reading(seconds: float | None = None, *, in_background: bool = False) -> Iterator[None]:
    """Interrupt reading after so many seconds, or READING_SECONDS; raises ReadingTookTooLong.

    A reading in the background waits between its statements while others of the process go on, since two threads of
    Python at once take twice as long. Within another block it does not: that one is waited for.

    On PostgreSQL the block is a transaction, because a pooler lends a connection for one alone, and a set time-out must
    not reach other clients. It also lets rows come in parts. On SQLite a transaction would wait for writers. Nothing
    begins before the first statement, so a page that reads nothing needs no database. Within another block it is over
    when that is, or sooner, and the rest of the other block may go on after it.
    """
    outer = _limit.get()
    if outer is not None:
        with _part(outer, inf if seconds is None else seconds):
            yield
        return
    limit = Limit(time.monotonic() + (float(settings.READING_SECONDS) if seconds is None else seconds))
    if in_background:
        limit.seconds_to_wait = MOST_WAITED_SECONDS
    else:
        _awaited.add(id(limit))
    held = _limit.set(limit)
    try:
        with _interruption_told(limit), limit.begun, connection.execute_wrapper(_within_time):
            limit.begun.callback(_forget_statement_timeout)
            yield
    finally:
        _limit.reset(held)
        _awaited.discard(id(limit))


@contextmanager
def _interruption_told(limit: Limit) -> Iterator[None]:
    """Raise ReadingTookTooLong in place of the error by which a database tells that it was interrupted."""
    try:
        yield
    except (DatabaseError, psycopg.Error, sqlite3.Error) as error:
        if not _is_over(limit, error):
            raise
        raise ReadingTookTooLong from error


@contextmanager
def _part(limit: Limit, seconds: float) -> Iterator[None]:
    """End reading after so many seconds, within a block that ends later."""
    ends_at = limit.ends_at
    limit.ends_at = min(ends_at, time.monotonic() + seconds)
    try:
        # A savepoint: an interrupted statement would end the whole transaction.
        savepoint = transaction.atomic() if connection.vendor == "postgresql" and seconds < inf else nullcontext()
        with _interruption_told(limit), savepoint:
            yield
    finally:
        limit.ends_at = ends_at
        limit.statement_seconds = inf


def took_too_long(error: BaseException) -> bool:
    """Tell whether an error means that the time for reading is over, also where it is caught within the block."""
    limit = _limit.get()
    return isinstance(error, ReadingTookTooLong) or (limit is not None and _is_over(limit, error))


def seconds_left() -> float:
    """Return the seconds until reading ends; READING_SECONDS outside any block."""
    limit = _limit.get()
    return float(settings.READING_SECONDS) if limit is None else max(limit.ends_at - time.monotonic(), 0.0)


def keep_within_time() -> None:
    """Let the database interrupt the next statement when the time is up; raises ReadingTookTooLong if it is already.

    The program's own loops take time between two statements, so each one is given what is left of it.
    """
    limit = _limit.get()
    if limit is None:
        return
    while _awaited and limit.seconds_to_wait > 0:
        time.sleep(PAUSE_SECONDS)
        limit.seconds_to_wait -= PAUSE_SECONDS
        # Waiting is no reading: a month that needs nearly all of its time could not be added up on a busy server.
        limit.ends_at += PAUSE_SECONDS
    left = limit.ends_at - time.monotonic()
    if left <= 0:
        raise ReadingTookTooLong
    if connection.vendor == "sqlite":
        _interrupt_sqlite(limit)
        return
    if not connection.in_atomic_block:
        limit.begun.enter_context(transaction.atomic())
        limit.is_begun, limit.statement_seconds = True, inf
    elif not limit.is_begun:
        # Somebody else's transaction, which may be another one than at the last statement.
        limit.statement_seconds = inf
    if left < limit.statement_seconds - TOLERANCE_SECONDS:
        limit.statement_seconds = left
        _set_statement_timeout(left)


def _within_time(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
    # The end of a savepoint must not fail because the time is up: the transaction could not go on.
    if not sql.startswith(("ROLLBACK TO", "RELEASE")):
        keep_within_time()
    return execute(sql, *arguments)


def _interrupt_sqlite(limit: Limit) -> None:
    if limit.is_begun:
        return
    limit.is_begun = True
    connection.ensure_connection()
    database: sqlite3.Connection = connection.connection
    database.set_progress_handler(lambda: time.monotonic() > limit.ends_at, STEPS)
    limit.begun.callback(_go_on_for_ever, database)


def _go_on_for_ever(database: sqlite3.Connection) -> None:
    with suppress(sqlite3.ProgrammingError):  # closed since
        database.set_progress_handler(None, STEPS)


def _set_statement_timeout(seconds: float) -> None:
    # Straight to the driver, as the time-out for locks: it is no statement of the program.
    with connection.wrap_database_errors:
        connection.connection.execute(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000)) if seconds else 0}")


def _forget_statement_timeout() -> None:
    """Take the time-out out of a transaction that goes on after the block."""
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    if connection.connection.info.transaction_status == TransactionStatus.INTRANS:
        _set_statement_timeout(0)


def _is_over(limit: Limit, error: BaseException) -> bool:
    return time.monotonic() >= limit.ends_at - TOLERANCE_SECONDS and _is_interruption(error)


def _is_interruption(error: BaseException) -> bool:
    cause = error.__cause__ or error
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return True
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
