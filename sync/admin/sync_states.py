"""A person's counter in the admin."""

from django.contrib import admin

from sync.admin import filters
from sync.admin.synced_admin import SyncedAdmin
from sync.models import SyncState


@admin.register(SyncState)
class SyncStateAdmin(SyncedAdmin):
    """One row a person: how many of their pushes changed something."""

    list_display = ("person_link", "counter")
    list_filter = (filters.PersonFilter,)
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = "Searches for a person's exact e-mail address."
    narrow_columns = ("user", "counter")
    fieldsets = ((None, {"fields": ["person_page", "counter"]}),)
