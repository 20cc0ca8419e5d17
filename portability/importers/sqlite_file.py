"""Reads an SQLite file that may be hostile: real tables alone, no code of its schema, and within a time limit."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from portability.importers.found import UnknownFormat

MAGIC = b"SQLite format 3\x00"
LONGEST_VALUE = 4 * 1024 * 1024
SECONDS_TO_READ = 300.0
STEPS_BETWEEN_LOOKS = 10_000
MOST_TABLES = 2_000


class SqliteFile:
    """An open file: the columns of each real table, and rows of them."""

    def __init__(self, connection: sqlite3.Connection, tables: dict[str, set[str]]) -> None:
        self._connection = connection
        self.tables = tables

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether there is a real table with these plain columns."""
        return table in self.tables and self.tables[table].issuperset(columns)

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; raises UnknownFormat where the file is damaged or takes too long."""
        try:
            yield from self._connection.execute(sql)
        except sqlite3.Error as error:
            raise _unreadable(error) from error

    def version(self) -> int:
        """Return the version that the program which made the file wrote into it."""
        return next((value for (value,) in self.rows("PRAGMA user_version") if type(value) is int), 0)


def _unreadable(error: sqlite3.Error) -> UnknownFormat:
    if "interrupted" in str(error):
        return UnknownFormat(
            "Reading this SQLite file takes too long. Copy the file again while the browser is closed."
        )
    return UnknownFormat(
        "This SQLite file is damaged or was copied while it was written. Close the browser, then copy the file again."
    )


def is_in_wal_mode(path: Path) -> bool:
    """Tell whether the latest changes may stand in a file `-wal` beside this one."""
    with path.open("rb") as file:
        head = file.read(20)
    return head[:16] == MAGIC and 2 in head[18:20]


@contextmanager
def opened(path: Path) -> Iterator[SqliteFile]:
    """Open a file read-only; `<path>-wal` is read too where it exists. Raises UnknownFormat."""
    # With immutable=1 SQLite ignores a -wal file, and without it SQLite may want to write beside the file.
    has_wal = path.with_name(path.name + "-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if has_wal else '&immutable=1'}"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=0)
    except sqlite3.Error as error:
        raise _unreadable(error) from error
    with closing(connection):
        try:
            _restrict(connection)
            tables = _tables(connection)
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        connection.set_authorizer(_authorizer({*tables}))
        yield SqliteFile(connection, tables)


def _restrict(connection: sqlite3.Connection) -> None:
    # One title that is no UTF-8 would otherwise stop the file.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    until = time.monotonic() + SECONDS_TO_READ
    connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0", "cache_size=-8192"):
        connection.execute(f"PRAGMA {pragma}")


def _tables(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Return the columns of the tables that are stored: no view, no virtual table, no generated column.

    A view named `visits` may hold a query that never ends.
    """
    named = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND substr(name, 1, 7) <> 'sqlite_'"
    ).fetchmany(MOST_TABLES)
    tables = {}
    for (name,) in named:
        with suppress(sqlite3.Error, ValueError):
            columns = connection.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", [name]).fetchall()
            tables[name] = {column for column, hidden in columns if not hidden}
    return tables


def _authorizer(tables: set[str]) -> Any:
    def allow(action: int, one: str | None, two: str | None, database: str | None, trigger: str | None) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and one in tables and trigger is None:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and one == "user_version" and two is None:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    return allow
