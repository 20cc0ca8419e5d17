"""Tells whether an error means that the database cannot serve now, so that the same request may succeed later."""

import sqlite3

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError

# Read-only; a transaction that stood idle too long; and an internal error, by which Citus tells that it lost a worker.
# A table or a column that is not there: this server began before the migrations. With an error that is not told as an
# outage, an extension would look for the record at fault. SQLite tells all of these as an OperationalError.
STATES = {"25006", "25P03", "XX000", "42P01", "42703"}
# A file that is damaged, or is no database: a disk that is full or failing leaves such files.
SQLITE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# The drivers' own errors reach a view where a cursor is read or ended outside Django's wrappers.
ERRORS = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
)


def is_outage(error: BaseException | None) -> bool:
    """Tell whether the database is away, full, locked, read-only, shutting down, or interrupted the statement."""
    if isinstance(error, ERRORS):
        return True
    if not isinstance(error, (DatabaseError, psycopg.Error, sqlite3.Error)):
        return False
    cause = error.__cause__ or error
    return getattr(cause, "sqlstate", None) in STATES or getattr(cause, "sqlite_errorcode", None) in SQLITE_CODES
