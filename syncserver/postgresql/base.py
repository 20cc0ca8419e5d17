"""Django's PostgreSQL backend, made to work through a pooler that lends a server connection for a transaction.

Such a pooler refuses start-up options, and what a session sets reaches other clients.
"""

import select
import time
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import models
from django.db.backends.postgresql import base, schema
from django.db.backends.utils import CursorWrapper

from bounded_reading import keep_within_time

# A connection that was found usable is not asked again for so many seconds, unless the server has ended it meanwhile.
USABLE_SECONDS: Final = 10


class BoundedCursor(CursorWrapper):
    """A cursor whose parts of a result come within the time for reading."""

    def __init__(self, cursor: Any, db: Any) -> None:
        super().__init__(cursor, db)
        self.ends_before = db.transaction_ends

    def close(self) -> None:
        """Close the cursor. One that may have ended with its transaction is closed in this process alone.

        PostgreSQL would refuse to close it, and would end the transaction that goes on.
        """
        if self.ends_before == self.db.transaction_ends:
            self.cursor.close()
        else:
            psycopg.Cursor.close(self.cursor)

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next part of the result; raises ReadingTookTooLong."""
        keep_within_time()
        with self.db.wrap_database_errors:
            return self.cursor.fetchmany(*args, **kwargs)


class BoundedDebugCursor(BoundedCursor, base.CursorDebugWrapper):
    """The same, where statements are logged."""


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Changes tables that are spread over a Citus cluster too, so that an upgrade can migrate them."""

    def add_field(self, model: type[models.Model], field: "models.Field[Any, Any]") -> None:
        """Add a column. Its check gets the name that PostgreSQL would give it: Citus takes no check without a name."""
        name = self.quote_name(f"{model._meta.db_table}_{field.column}_check")
        self.sql_check_constraint = f"CONSTRAINT {name} CHECK (%(check)s)"
        try:
            super().add_field(model, field)
        finally:
            del self.sql_check_constraint


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions wait DATABASE_WAIT_SECONDS for a lock, set in the transaction alone."""

    SchemaEditorClass = DatabaseSchemaEditor
    # Transactions that began or ended, and returns to savepoints. Each of them may have ended named cursors.
    transaction_ends = 0
    found_usable_at = float("-inf")

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # not in the stubs
        self.transaction_ends += 1
        if autocommit or self.connection is None:
            return
        # Straight to the driver: it is part of the BEGIN, and no statement of the program.
        with self.wrap_database_errors:
            self.connection.execute(f"SET LOCAL lock_timeout = {int(settings.DATABASE_WAIT_SECONDS * 1000)}")

    def is_usable(self) -> bool:
        """Tell whether the server answers. Most requests need not ask: it says when it ends a connection."""
        now = time.monotonic()
        is_new = now - self.found_usable_at < USABLE_SECONDS
        if is_new and not self.errors_occurred and not self.connection.closed and not self._has_bytes():
            return True
        is_usable = super().is_usable()
        self.found_usable_at = now if is_usable else float("-inf")
        return is_usable

    def _has_bytes(self) -> bool:
        """Tell whether the server has sent something that nobody asked for, such as the end of the connection."""
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # not in the stubs
        self.transaction_ends += 1

    def make_cursor(self, cursor: Any) -> BoundedCursor:
        """Return the wrapper of a cursor of the driver."""
        return BoundedCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> BoundedDebugCursor:
        """Return the wrapper that logs statements."""
        return BoundedDebugCursor(cursor, self)

    def chunked_cursor(self) -> Any:
        """Return a named cursor within a transaction; outside of one it would outlive its server connection."""
        keep_within_time()  # which begins a transaction
        if self.get_autocommit():
            return self.cursor()
        return super().chunked_cursor()
