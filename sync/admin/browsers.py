"""Browsers in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sync.admin import filters, value_display
from sync.admin.synced_admin import SyncedAdmin
from sync.models import Browser


@admin.register(Browser)
class BrowserAdmin(SyncedAdmin):
    """Browsers: a person has a hundred at most, so this table is small and an exact search may read it."""

    list_display = ("client", "person_link", "program", "platform", "extension_version", "first_push", "last_push")
    list_display_links = ("client",)
    list_filter = (filters.PersonFilter,)
    list_select_related = ("user",)
    search_fields = ("client_id",)
    search_help_text = "Searches for an exact client id, or a person's exact e-mail address."
    narrow_columns = ("id", "user", "client_id", "browser_name", "browser_version", "platform", "extension_version",
                      "created_at", "last_push_at")  # fmt: skip
    newest = "last_push_at"
    fieldsets = (
        (None, {"fields": ["person_page", "client", "records"]}),
        ("What it told of itself", {"fields": ["browser_name", "browser_version", "platform", "extension_version"]}),
        ("Pushes", {"fields": ["first_push", "last_push"]}),
    )

    def find(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the browsers with exactly this client id."""
        return queryset.filter(client_id=term)

    @admin.display(description="client id")
    def client(self, row: Browser) -> str:
        """Return the client id, or that there is none."""
        return str(row)

    @admin.display(description="browser")
    def program(self, row: Browser) -> str:
        """Return the browser's name and version."""
        return f"{row.browser_name} {row.browser_version}".strip() or "–"

    @admin.display(description="first push")
    def first_push(self, row: Browser) -> str:
        """Return when it first pushed."""
        return value_display.stamp(row.created_at)

    @admin.display(description="last push")
    def last_push(self, row: Browser) -> str:
        """Return when it last pushed."""
        return value_display.stamp(row.last_push_at)

    @admin.display(description="what it sent")
    def records(self, row: Browser) -> SafeString:
        """Return links to the lists of what this browser sent."""
        query = f"?person={row.user_id}&browser={row.pk}"
        return format_html(
            '<a href="{0}{3}">Page visits</a> · <a href="{1}{3}">Tab aggregates</a> · <a href="{2}{3}">Batches</a>',
            reverse("admin:sync_pagevisit_changelist"),
            reverse("admin:sync_tabaggregate_changelist"),
            reverse("admin:sync_syncbatch_changelist"),
            query,
        )
