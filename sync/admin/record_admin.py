"""The columns that the lists and pages of both kinds of record share."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from sync.admin import filters, value_display
from sync.admin.read_only_admin import ReadOnlyAdmin
from sync.models import Browser

KEY_COLUMNS = ("id", "user", "browser")
BOOKKEEPING: tuple[str, Any] = (
    "Bookkeeping",
    {"fields": ["revision", "seq", "received", "updated", "digest_hex", "id"]},
)


class RecordAdmin(ReadOnlyAdmin):
    """Records of one person. Every index of the record tables starts with the person."""

    needs_person = True
    list_display_links = ("started",)
    ordering = ("-started_at",)

    def in_any_browser(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows with the person's browsers named, so that the key's index is probed once for each."""
        person = filters.chosen_person(request)
        if person is None:
            return queryset.none()
        browsers = Browser.objects.filter(user_id=person).values_list("pk", flat=True)
        return queryset.filter(browser_id__in=list(browsers))

    @admin.display(description="started", ordering="started_at")
    def started(self, row: Any) -> str:
        """Return the start."""
        return value_display.instant(row.started_at)

    @admin.display(description="started")
    def started_exactly(self, row: Any) -> str:
        """Return the start with milliseconds and zone."""
        return value_display.exact_instant(row.started_at)

    @admin.display(description="tab closed")
    def closed(self, row: Any) -> str:
        """Return the time at which the tab was closed."""
        return value_display.exact_instant(row.closed_at)

    @admin.display(description="first received")
    def received(self, row: Any) -> str:
        """Return the time of the first receipt."""
        return value_display.exact_instant(row.received_at)

    @admin.display(description="last changed")
    def updated(self, row: Any) -> str:
        """Return the time of the last change."""
        return value_display.exact_instant(row.updated_at)

    @admin.display(description="digest")
    def digest_hex(self, row: Any) -> str:
        """Return the digest of the stored content in hexadecimal."""
        return bytes(row.digest).hex()
