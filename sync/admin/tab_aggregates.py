"""Tab aggregates in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from id_numbers import parse_id
from sync.admin import filters, value_display
from sync.admin.record_admin import BOOKKEEPING, KEY_COLUMNS, RecordAdmin
from sync.models import TabAggregate


@admin.register(TabAggregate)
class TabAggregateAdmin(RecordAdmin):
    """Tab aggregates of one person."""

    list_display = ("started", "tab_id", "last_site", "active", "page_count", "last_active", "browser_name")
    list_filter = (filters.PersonFilter, filters.BrowserFilter, filters.LastSiteFilter, filters.DayFilter)
    search_fields = ("tab_id",)
    search_help_text = "Searches for an exact tab id of this person."
    # By the last change; no index serves the start.
    newest = "seq"
    sortable_by = ("started", "active", "page_count", "last_active")
    narrow_columns = (*KEY_COLUMNS, "started_at", "tab_id", "current_domain", "total_active_duration_ms", "page_count",
                      "last_active_at")  # fmt: skip
    fieldsets = (
        (None, {"fields": ["person_page", "browser_page", "tab_id"]}),
        ("Time", {"fields": ["started_exactly", "last_active_exactly", "active_exactly", "closed"]}),
        ("Pages", {"fields": ["page_count", "url_link", "last_site", "statistics_table"]}),
        ("Active time by site", {"fields": ["sites_table"]}),
        BOOKKEEPING,
    )

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the person's aggregates of a tab."""
        tab_id = parse_id(term)
        return queryset.none() if tab_id is None else self.in_any_browser(request, queryset).filter(tab_id=tab_id)

    @admin.display(description="last site")
    def last_site(self, row: TabAggregate) -> str:
        """Return the last known site."""
        return row.current_domain or value_display.NOTHING

    @admin.display(description="active", ordering="total_active_duration_ms")
    def active(self, row: TabAggregate) -> str:
        """Return the total active time."""
        return value_display.duration(row.total_active_duration_ms)

    @admin.display(description="last active", ordering="last_active_at")
    def last_active(self, row: TabAggregate) -> str:
        """Return the time of the last activity."""
        return value_display.instant(row.last_active_at)

    @admin.display(description="active")
    def active_exactly(self, row: TabAggregate) -> str:
        """Return the total active time with milliseconds."""
        return value_display.exact_duration(row.total_active_duration_ms)

    @admin.display(description="last active")
    def last_active_exactly(self, row: TabAggregate) -> str:
        """Return the time of the last activity with milliseconds and zone."""
        return value_display.exact_instant(row.last_active_at)

    @admin.display(description="last URL")
    def url_link(self, row: TabAggregate) -> str:
        """Return the last known URL as a link."""
        return value_display.link(row.current_url)

    @admin.display(description="statistics")
    def statistics_table(self, row: TabAggregate) -> SafeString | str:
        """Return the extension's own statistics."""
        if not row.statistics:
            return value_display.NOTHING
        page = row.statistics.get("averagePageDuration")
        average = value_display.duration(int(page)) if isinstance(page, (int, float)) else value_display.NOTHING
        most = row.statistics.get("mostVisitedDomain") or value_display.NOTHING
        return value_display.table(("most visited site", "average time on a page"), [(most, average)])

    @admin.display(description="sites")
    def sites_table(self, row: TabAggregate) -> SafeString | str:
        """Return the active time by site, the longest first."""
        longest = sorted(row.domain_durations.items(), key=lambda pair: (-pair[1], pair[0]))
        return value_display.table(
            ("site", "active"), ((site, value_display.duration(int(ms))) for site, ms in longest)
        )
