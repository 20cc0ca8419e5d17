"""Pages of lists whose full length nobody counts."""

from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # takes no parameter at run time
    """Pages through the first LIMIT rows, counts no further, and says how many there are as well as it cheaply can.

    COUNT over millions of rows takes longer than showing a hundred of them, and so does an OFFSET far into a list.
    """

    LIMIT = 10_000

    @cached_property
    def counted(self) -> int:
        """Return how many rows there are, or LIMIT + 1 for more than that."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: self.LIMIT + 1].count())

    @cached_property
    def count(self) -> int:
        """Return how many rows can be paged to."""
        return min(self.counted, self.LIMIT)

    @cached_property
    def said(self) -> str:
        """Return the number of rows in words: exact, "more than", or the database's own estimate of a whole table."""
        rows: Any = self.object_list
        meta = rows.model._meta
        if self.counted <= self.LIMIT:
            return f"{self.counted:,} {meta.verbose_name if self.counted == 1 else meta.verbose_name_plural}"
        estimate = 0 if rows.query.where else estimated_rows(meta.db_table)
        if estimate > self.LIMIT:
            total = f"about {estimate:,} {meta.verbose_name_plural} (the database's estimate)"
        else:
            total = f"more than {self.LIMIT:,} {meta.verbose_name_plural}"
        return f"{total}; the first {self.LIMIT:,} can be paged through"


def estimated_rows(table: str) -> int:
    """Return how many rows PostgreSQL believes the table to hold; 0 where nobody has an estimate."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [table])
        row = cursor.fetchone()
    return max(0, int(row[0])) if row else 0
