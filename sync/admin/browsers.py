"""Browsers in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sync.admin import filters, value_display
from sync.admin.read_only_admin import ReadOnlyAdmin
from sync.models import Browser


@admin.register(Browser)
class BrowserAdmin(ReadOnlyAdmin):
    """Browsers. A person has a hundred at most, so the table is small and an exact search may scan it."""

    list_display = (
        "client",
        "person_link",
        "kind",
        "label",
        "product",
        "platform",
        "extension_version",
        "first_push",
        "last_push",
    )
    list_display_links = ("client",)
    list_filter = (filters.PersonFilter,)
    search_fields = ("client_id",)
    search_help_text = "Searches for an exact client id."
    sortable_by = ("first_push", "last_push")
    narrow_columns = ("id", "user", "client_id", "kind", "label", "browser_name", "browser_version", "platform",
                      "extension_version", "created_at", "last_push_at")  # fmt: skip
    fieldsets = (
        (None, {"fields": ["person_page", "client", "kind", "label", "records"]}),
        ("As sent by the extension", {"fields": ["browser_name", "browser_version", "platform", "extension_version"]}),
        ("Pushes", {"fields": ["first_push", "last_push"]}),
    )

    def get_ordering(self, request: HttpRequest) -> Any:
        """Order one person's browsers by last push. No index serves this order for all people."""
        return ["-pk"] if filters.chosen_person(request) is None else ["-last_push_at"]

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the browsers with exactly this client id."""
        return queryset.filter(client_id=term)

    @admin.display(description="client id")
    def client(self, row: Browser) -> str:
        """Return the client id, or a text that says that the browser sent none."""
        return str(row)

    @admin.display(description="browser")
    def product(self, row: Browser) -> str:
        """Return the name and version of the browser program."""
        return f"{row.browser_name} {row.browser_version}".strip() or value_display.NOTHING

    @admin.display(description="first push", ordering="created_at")
    def first_push(self, row: Browser) -> str:
        """Return the time of the first push."""
        return value_display.timestamp(row.created_at)

    @admin.display(description="last push", ordering="last_push_at")
    def last_push(self, row: Browser) -> str:
        """Return the time of the last push."""
        return value_display.timestamp(row.last_push_at)

    @admin.display(description="sent by it")
    def records(self, row: Browser) -> SafeString:
        """Return links to the lists of this browser's rows."""
        query = f"?person={row.user_id}&browser={row.pk}"
        return format_html(
            '<a href="{0}{3}">Page visits</a> · <a href="{1}{3}">Tab aggregates</a> · <a href="{2}{3}">Batches</a>',
            reverse("admin:sync_pagevisit_changelist"),
            reverse("admin:sync_tabaggregate_changelist"),
            reverse("admin:sync_syncbatch_changelist"),
            query,
        )
