"""Pushes in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from sync import limits
from sync.admin import filters, value_display
from sync.admin.synced_admin import SyncedAdmin
from sync.models import SyncBatch

RESULTS = {
    "rejected": ("some rejected", Q(rejected__gt=0)),
    "stored": ("some stored", Q(created__gt=0) | Q(updated__gt=0)),
    "unchanged": ("nothing new", Q(created=0, updated=0, rejected=0)),
}


class ResultFilter(admin.SimpleListFilter):
    """How it went."""

    title = "result"
    parameter_name = filters.RESULT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three ways a push can go."""
        return [(name, words) for name, (words, _) in RESULTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the batches that went this way."""
        value = self.value()
        return queryset.filter(RESULTS[value][1]) if value in RESULTS else queryset


@admin.register(SyncBatch)
class SyncBatchAdmin(SyncedAdmin):
    """Pushes of the last days: who sent how much, how it went, how long it took."""

    list_display = ("received", "person_link", "kind", "created", "updated", "unchanged", "rejected", "size",
                    "took", "extension", "browser_words")  # fmt: skip
    list_display_links = ("received",)
    list_filter = (filters.PersonFilter, filters.BrowserFilter, ResultFilter, filters.ReceivedDayFilter)
    search_fields = ("user",)
    search_help_text = f"Searches for a person's exact e-mail address. Batches are kept {limits.BATCH_KEPT_DAYS} days."
    narrow_columns = ("id", "user", "browser", "kind", "created", "updated", "unchanged", "rejected", "body_bytes",
                      "duration_ms", "extension_version", "received_at")  # fmt: skip
    newest = "received_at"
    newest_of_all = True
    fieldsets = (
        (None, {"fields": ["person_page", "browser_page", "kind", "extension_version", "received"]}),
        ("Results", {"fields": ["created", "updated", "unchanged", "rejected", "errors_table"]}),
        ("Cost", {"fields": ["size", "took"]}),
    )

    @admin.display(description="received")
    def received(self, row: SyncBatch) -> str:
        """Return when the push was received."""
        return value_display.stamp(row.received_at)

    @admin.display(description="extension")
    def extension(self, row: SyncBatch) -> str:
        """Return the version of the extension that sent it."""
        return row.extension_version or value_display.NOTHING

    @admin.display(description="size")
    def size(self, row: SyncBatch) -> str:
        """Return the size of the inflated body."""
        return f"{row.body_bytes / 1024:,.1f} KiB"

    @admin.display(description="took")
    def took(self, row: SyncBatch) -> str:
        """Return how long storing it took."""
        return f"{row.duration_ms:,} ms"

    @admin.display(description="why rejected")
    def errors_table(self, row: SyncBatch) -> SafeString | str:
        """Return the first of the rejected records, by their place in the batch."""
        return value_display.table(
            ("record", "field", "what is wrong"),
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
