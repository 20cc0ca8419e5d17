"""Lists of the admin that stay within a time and a number of rows, however many rows their tables hold."""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from bounded_reading import bounded_reading

# A filter or an order that no index serves looks through this many of the newest rows.
REACH: Final = 20_000


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


class BoundedChangeList(ChangeList):
    """A list that is sorted by its sortable columns and filtered by its filters alone.

    Django sorts by any column that a URL names.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        """Return the filters; raises IncorrectLookupParameters, which leads to the list without any."""
        try:
            return super().get_filters(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters(str(error)) from error

    def get_ordering_field(self, field_name: Any) -> Any:
        """Return what a column sorts by, None for one that is not sortable."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None


class BoundedList(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """A list that counts no further than its pages reach, and reads no longer than READING_SECONDS."""

    paginator = BoundedPaginator
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # facets cost a COUNT(*) for each choice of each filter
    # Deleting a selection would load all rows that belong to it.
    actions = None
    ordering = ("-pk",)
    sortable_by: ClassVar[Any] = ()
    # The column of the list's own order. An index finds its newest rows.
    newest: ClassVar[str] = "pk"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return BoundedChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters of the list alone, by an exact value.

        Django allows any lookup by a column of the table. `?key__startswith=` would tell a hidden column letter by
        letter, `?created_at__year=` of a large number fails, and others scan the table.
        """
        return lookup in {f"{name}__exact" for name in self.list_filter if isinstance(name, str)}

    def is_sorted_without_index(self, request: HttpRequest) -> bool:
        """Tell whether the list is sorted by a column that is not the one of its own order."""
        columns = self.get_list_display(request)
        for part in request.GET.get(ORDER_VAR, "").split("."):
            try:  # As Django reads it, or there would be a spelling that sorts every row.
                column = str(columns[int(part.rpartition("-")[2])])
            except (IndexError, ValueError):
                continue
            field = getattr(getattr(self, column, None), "admin_order_field", column)
            if column in self.sortable_by and field != self.newest:
                return True
        return False

    def within_reach(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the newest REACH of the rows."""
        newest = queryset.order_by(f"-{self.newest}").values_list(self.newest, flat=True)
        for oldest in newest[REACH - 1 : REACH]:
            queryset = queryset.filter(**{f"{self.newest}__gte": oldest})
        return queryset

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list; raises ReadingTookTooLong."""
        with bounded_reading():
            response: HttpResponse = super().changelist_view(request, extra_context)
            if shown := (getattr(response, "context_data", None) or {}).get("cl"):
                len(shown.result_list)  # The rows are read here, and not when the page is made.
        return response
