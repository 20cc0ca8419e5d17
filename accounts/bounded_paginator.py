"""Pages of lists that are too long to be counted."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # takes no parameter at run time
    """Pages through the first LIMIT rows and counts no further.

    A COUNT(*) over millions of rows takes seconds, and so does an OFFSET far into a list.
    """

    LIMIT = 10_000

    @cached_property
    def counted(self) -> int:
        """Return how many rows there are, or LIMIT + 1 for more than LIMIT."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: self.LIMIT + 1].count())

    @cached_property
    def count(self) -> int:
        """Return how many rows can be paged to."""
        return min(self.counted, self.LIMIT)

    @cached_property
    def summary(self) -> str:
        """Return the number of rows as text."""
        rows: Any = self.object_list
        meta = rows.model._meta
        if self.counted > self.LIMIT:
            return f"more than {self.LIMIT:,} {meta.verbose_name_plural}; the first {self.LIMIT:,} can be paged through"
        return f"{self.counted:,} {meta.verbose_name if self.counted == 1 else meta.verbose_name_plural}"
