"""Erasures in the admin: that something was erased, and never what."""

from django.contrib import admin

from sync.admin import filters, value_display
from sync.admin.read_only_admin import ReadOnlyAdmin
from sync.models import Erasure


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """One row an erasure. The conditions of its rule are the person's own and are shown nowhere."""

    list_display = ("erased", "person_link", "is_retention", "page_visits", "tab_aggregates", "is_done")
    list_display_links = ("erased",)
    list_filter = (filters.PersonFilter,)
    narrow_columns = ("id", "user", "erased_at", "is_retention", "page_visits", "tab_aggregates", "is_done")
    ordering = ("-pk",)
    sortable_by = ("erased",)
    fieldsets = (
        (None, {"fields": ["person_page", "erased", "is_retention"]}),
        ("Erased so far", {"fields": ["page_visits", "tab_aggregates", "is_done"]}),
    )

    @admin.display(description="asked for", ordering="erased_at")
    def erased(self, row: Erasure) -> str:
        """Return the moment at which the rule began to hold."""
        return value_display.instant(row.erased_at)
