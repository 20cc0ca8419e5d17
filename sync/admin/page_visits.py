"""Page visits in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from sync.admin import filters, value_display
from sync.admin.record_admin import BOOKKEEPING, KEY_COLUMNS, RecordAdmin
from sync.models import PageVisit


@admin.register(PageVisit)
class PageVisitAdmin(RecordAdmin):
    """Page visits of one person."""

    list_display = ("started", "title_or_none", "site", "lasted", "was_active", "browser_name")
    list_filter = (filters.PersonFilter, filters.BrowserFilter, filters.SiteFilter, filters.DayFilter)
    search_fields = ("visit_id",)
    search_help_text = "Searches for an exact visit id of this person."
    newest = "started_at"
    sortable_by = ("started", "site", "lasted", "was_active")
    narrow_columns = (*KEY_COLUMNS, "started_at", "title", "domain", "duration_ms", "active_duration_ms", "is_active")
    fieldsets = (
        (None, {"fields": ["person_page", "browser_page", "visit_id", "tab_id"]}),
        ("Page", {"fields": ["page_title", "url_link", "site"]}),
        ("Time", {"fields": ["started_exactly", "ended", "lasted_exactly", "active_exactly", "engagement",
                             "is_active", "heartbeat", "closed"]}),
        ("Away from the browser", {"fields": ["idle_table"]}),
        ("The extension's classification", {"fields": ["category", "category_confidence", "category_method"]}),
        ("Metadata", {"fields": ["metadata_json"]}),
        BOOKKEEPING,
    )  # fmt: skip

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the person's visits with exactly this id."""
        return self.in_any_browser(request, queryset).filter(visit_id=term)

    @admin.display(description="title")
    def title_or_none(self, row: PageVisit) -> str:
        """Return the title, cut for the list."""
        return (row.title if len(row.title) <= 80 else f"{row.title[:79]}…") or value_display.NOTHING

    @admin.display(description="lasted", ordering="duration_ms")
    def lasted(self, row: PageVisit) -> str:
        """Return the duration."""
        return "goes on" if row.is_active else value_display.duration(row.duration_ms)

    @admin.display(description="active", ordering="active_duration_ms")
    def was_active(self, row: PageVisit) -> str:
        """Return the active time."""
        return value_display.duration(row.active_duration_ms)

    @admin.display(description="title")
    def page_title(self, row: PageVisit) -> str:
        """Return the whole title."""
        return row.title or value_display.NOTHING

    @admin.display(description="URL")
    def url_link(self, row: PageVisit) -> str:
        """Return the URL as a link."""
        return value_display.link(row.url)

    @admin.display(description="site", ordering="domain")
    def site(self, row: PageVisit) -> str:
        """Return the site, under the name that the filter has."""
        return row.domain

    @admin.display(description="ended")
    def ended(self, row: PageVisit) -> str:
        """Return the end."""
        return value_display.exact_instant(row.ended_at)

    @admin.display(description="lasted")
    def lasted_exactly(self, row: PageVisit) -> str:
        """Return the duration with milliseconds."""
        return value_display.exact_duration(row.duration_ms)

    @admin.display(description="active")
    def active_exactly(self, row: PageVisit) -> str:
        """Return the active time with milliseconds."""
        return value_display.exact_duration(row.active_duration_ms)

    @admin.display(description="engagement rate")
    def engagement(self, row: PageVisit) -> str:
        """Return the active share of the duration; the column holds 0 where a duration is unknown."""
        is_unknown = not row.engagement_rate and None in (row.duration_ms, row.active_duration_ms)
        return value_display.UNKNOWN if is_unknown else f"{row.engagement_rate:.1%}"

    @admin.display(description="last heartbeat")
    def heartbeat(self, row: PageVisit) -> str:
        """Return the last time at which the extension saw the visit going on."""
        return value_display.exact_instant(row.last_heartbeat_at)

    @admin.display(description="idle periods")
    def idle_table(self, row: PageVisit) -> SafeString | str:
        """Return the idle periods as a table."""
        return value_display.table(
            ("from", "to", "lasted", "reason", "ended by"),
            (
                (
                    value_display.instant(period.get("start")),
                    value_display.instant(period.get("end")),
                    value_display.duration(period.get("durationMs")),
                    period.get("reason") or value_display.NOTHING,
                    period.get("resumeReason") or value_display.NOTHING,
                )
                for period in row.idle_periods
            ),
        )

    @admin.display(description="metadata")
    def metadata_json(self, row: PageVisit) -> SafeString | str:
        """Return the metadata spread over lines."""
        return value_display.indented_json(row.metadata)
