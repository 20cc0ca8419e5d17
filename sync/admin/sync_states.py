"""The counters of pushes in the admin."""

from django.contrib import admin

from sync.admin import filters
from sync.admin.read_only_admin import ReadOnlyAdmin
from sync.models import SyncState


@admin.register(SyncState)
class SyncStateAdmin(ReadOnlyAdmin):
    """One row a person: the number of their pushes that changed something."""

    list_display = ("person_link", "counter")
    list_filter = (filters.PersonFilter,)
    sortable_by = ("counter",)
    narrow_columns = ("user", "counter")
    ordering = ("-pk",)
    fieldsets = ((None, {"fields": ["person_page", "counter"]}),)
