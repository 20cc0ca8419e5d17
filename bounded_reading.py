"""The time within which reading ends, whatever a person has stored: the database itself interrupts the statement."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, transaction

# SQLite asks after so many steps of its machine whether to go on: some hundred times a second.
STEPS: Final = 20_000
# PostgreSQL is told of the time that is left when it has become shorter by this much.
TOLERANCE_SECONDS: Final = 0.2


@dataclass(slots=True)
class Limit:
    """When reading ends, by the monotonic clock, and the time-out of statements that PostgreSQL has."""

    ends_at: float
    statement_seconds: float


_limit: ContextVar[Limit | None] = ContextVar("limit of reading", default=None)


class ReadingTookTooLong(Exception):
    """A page or call would read for longer than READING_SECONDS. Fewer days, or a narrower question, may be read."""


@contextmanager
def bounded_reading(seconds: float | None = None) -> Iterator[None]:
    """Interrupt reading after so many seconds, or READING_SECONDS; raises ReadingTookTooLong.

    On PostgreSQL the block is a transaction, because a pooler lends a connection for one alone, and a set time-out must
    not reach other clients. It also lets rows come in parts. On SQLite a transaction would wait for writers.
    """
    if _limit.get() is not None:
        yield
        return
    seconds = float(settings.READING_SECONDS) if seconds is None else seconds
    limit = Limit(time.monotonic() + seconds, seconds)
    held = _limit.set(limit)
    try:
        with _interrupting(limit):
            yield
    except (DatabaseError, psycopg.Error, sqlite3.Error) as error:
        if time.monotonic() < limit.ends_at - TOLERANCE_SECONDS or not _is_interruption(error):
            raise
        raise ReadingTookTooLong from error
    finally:
        _limit.reset(held)


def keep_within_time() -> None:
    """Let PostgreSQL interrupt the next statement when the time is up; raises ReadingTookTooLong when it is up already.

    The program's own loops take time between two statements, so each one is given what is left of it.
    """
    limit = _limit.get()
    if limit is None:
        return
    left = limit.ends_at - time.monotonic()
    if left <= 0:
        raise ReadingTookTooLong
    if left < limit.statement_seconds - TOLERANCE_SECONDS:
        limit.statement_seconds = left
        _set_statement_timeout(left)


@contextmanager
def _interrupting(limit: Limit) -> Iterator[None]:
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        database: sqlite3.Connection = connection.connection
        database.set_progress_handler(lambda: time.monotonic() > limit.ends_at, STEPS)
        try:
            yield
        finally:
            database.set_progress_handler(None, STEPS)
    elif connection.in_atomic_block:
        _set_statement_timeout(limit.statement_seconds)
        yield
        _set_statement_timeout(0)
    else:
        with transaction.atomic():
            _set_statement_timeout(limit.statement_seconds)
            yield


def _set_statement_timeout(seconds: float) -> None:
    # Straight to the driver, as the time-out for locks: it is no statement of the program.
    if connection.vendor == "postgresql":
        connection.connection.execute(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000)) if seconds else 0}")


def _is_interruption(error: Exception) -> bool:
    cause = error.__cause__ or error
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return True
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
