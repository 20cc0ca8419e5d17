"""Batches in the admin: the log of pushes."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sync.admin import filters, value_display
from sync.admin.read_only_admin import ReadOnlyAdmin
from sync.models import SyncBatch

RESULT_CHOICES = {
    "rejected": ("some rejected", Q(rejected__gt=0)),
    "stored": ("some stored", Q(created__gt=0) | Q(updated__gt=0)),
    "unchanged": ("nothing new", Q(created=0, updated=0, rejected=0)),
}


class ResultFilter(admin.SimpleListFilter):
    """Keeps the batches with one result."""

    title = "result"
    parameter_name = filters.RESULT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(name, label) for name, (label, _) in RESULT_CHOICES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the batches with the chosen result."""
        value = self.value()
        return queryset.filter(RESULT_CHOICES[value][1]) if value in RESULT_CHOICES else queryset


@admin.register(SyncBatch)
class SyncBatchAdmin(ReadOnlyAdmin):
    """The pushes of the last days. An index by time serves everybody's, so the list needs no person."""

    list_display = ("received", "person_link", "kind", "created", "updated", "unchanged", "rejected", "erased", "size",
                    "took", "extension", "browser_name")  # fmt: skip
    list_display_links = ("received",)
    list_filter = (filters.PersonFilter, filters.BrowserFilter, ResultFilter, filters.ReceivedDayFilter)
    narrow_columns = ("id", "user", "browser", "kind", "created", "updated", "unchanged", "rejected", "erased",
                      "body_bytes", "duration_ms", "extension_version", "received_at")  # fmt: skip
    ordering = ("-received_at",)
    newest = "received_at"
    sortable_by = ("received", "created", "updated", "unchanged", "rejected", "erased", "size", "took")
    fieldsets = (
        (None, {"fields": ["person_page", "browser_page", "kind", "extension_version", "received"]}),
        ("Results", {"fields": ["created", "updated", "unchanged", "rejected", "erased", "errors_table"]}),
        ("Cost", {"fields": ["size", "took"]}),
    )

    @admin.display(description="received", ordering="received_at")
    def received(self, row: SyncBatch) -> str:
        """Return the time of receipt."""
        return value_display.timestamp(row.received_at)

    @admin.display(description="extension")
    def extension(self, row: SyncBatch) -> str:
        """Return the extension's version."""
        return row.extension_version or value_display.NOTHING

    @admin.display(description="size", ordering="body_bytes")
    def size(self, row: SyncBatch) -> str:
        """Return the size of the inflated body."""
        return f"{row.body_bytes / 1024:,.1f} KiB"

    @admin.display(description="took", ordering="duration_ms")
    def took(self, row: SyncBatch) -> str:
        """Return the time from the first byte to just before the commit."""
        return f"{row.duration_ms:,} ms"

    @admin.display(description="why rejected")
    def errors_table(self, row: SyncBatch) -> SafeString:
        """Return the errors of the first rejected records, each with its place in the batch."""
        found = value_display.table(
            ("record", "field", "error"),
            (
                (
                    error.get("index"),
                    field,
                    value_display.wrapped(" ".join(texts) if isinstance(texts, list) else str(texts)),
                )
                for error in row.errors
                for field, texts in (error.get("errors") or {}).items()
            ),
        )
        # The page of a person links here.
        return format_html('<div id="why-rejected">{}</div>', found)
