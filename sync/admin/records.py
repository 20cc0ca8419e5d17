"""Page visits and tab aggregates in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from id_numbers import parse_id
from sync.admin import filters, value_display
from sync.admin.synced_admin import SyncedAdmin
from sync.models import Browser, PageVisit, TabAggregate

# A visit id is unique within a browser: looking it up is one index probe a browser.
MOST_PROBES = 5_000
# How many aggregates of one person are sorted to show the newest first.
MOST_SORTED = 20_000
IDS = ("id", "user", "browser")


class RecordAdmin(SyncedAdmin):
    """What both kinds of record show of themselves."""

    @admin.display(description="started")
    def started(self, row: Any) -> str:
        """Return when it started."""
        return value_display.instant(row.started_at)

    @admin.display(description="started")
    def started_exactly(self, row: Any) -> str:
        """Return when it started, with its zone."""
        return value_display.exact_instant(row.started_at)

    @admin.display(description="tab closed")
    def closed(self, row: Any) -> str:
        """Return when its tab was closed."""
        return value_display.exact_instant(row.closed_at)

    @admin.display(description="first received")
    def received(self, row: Any) -> str:
        """Return when the server first received it."""
        return value_display.exact_instant(row.received_at)

    @admin.display(description="last changed")
    def updated(self, row: Any) -> str:
        """Return when the server last changed it."""
        return value_display.exact_instant(row.updated_at)

    @admin.display(description="digest")
    def digest_hex(self, row: Any) -> str:
        """Return the version of the stored content in hexadecimal."""
        return bytes(row.digest).hex()


BOOKKEEPING: tuple[str, Any] = (
    "Bookkeeping",
    {"fields": ["revision", "seq", "received", "updated", "digest_hex", "id"]},
)


@admin.register(PageVisit)
class PageVisitAdmin(RecordAdmin):
    """Page visits, to find and to read."""

    list_display = ("started", "person_link", "title_or_none", "domain", "lasted", "was_active", "browser_words")
    list_display_links = ("started",)
    list_filter = (filters.PersonFilter, filters.BrowserFilter, filters.DomainFilter, filters.DayFilter)
    search_fields = ("visit_id",)
    search_help_text = "Searches for an exact visit id, or a person's exact e-mail address."
    newest = "started_at"
    narrow_columns = (*IDS, "started_at", "title", "domain", "duration_ms", "active_duration_ms", "is_active")
    fieldsets = (
        (None, {"fields": ["person_page", "browser_page", "visit_id", "tab_id"]}),
        ("Page", {"fields": ["page_title", "url_link", "domain"]}),
        ("Time", {"fields": ["started_exactly", "ended", "lasted_exactly", "active_exactly", "engagement",
                             "is_active", "heartbeat", "closed"]}),
        ("Away from the browser", {"fields": ["idle_table"]}),
        ("The extension's classification", {"fields": ["category", "category_confidence", "category_method"]}),
        ("Metadata", {"fields": ["metadata_pretty"]}),
        BOOKKEEPING,
    )  # fmt: skip

    def find(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the visits with exactly this id, probing the key's index once a browser."""
        browsers = Browser.objects.order_by("-pk")
        person = filters.chosen_person(request)
        if person is not None:
            browsers = browsers.filter(user_id=person)
        same = PageVisit.objects.filter(user_id=OuterRef("user_id"), browser_id=OuterRef("pk"), visit_id=term)
        probed = browsers.annotate(visit=Subquery(same.values("pk")[:1])).values_list("visit", flat=True)
        return queryset.filter(pk__in=[visit for visit in probed[:MOST_PROBES] if visit is not None])

    def notices(self, request: HttpRequest, person: Any) -> list[str]:
        """Say so where an id is searched for in more browsers than are probed."""
        said = super().notices(request, person)
        searched = filters.asked(request, filters.SEARCH)
        everywhere = bool(searched) and "@" not in searched and person is None
        if everywhere and Browser.objects.order_by().values("pk")[: MOST_PROBES + 1].count() > MOST_PROBES:
            said.append(f"Looked in the newest {MOST_PROBES:,} browsers; choose a person to look in all of theirs.")
        return said

    @admin.display(description="title")
    def title_or_none(self, row: PageVisit) -> str:
        """Return the title, cut for the list."""
        return (row.title if len(row.title) <= 80 else f"{row.title[:79]}…") or value_display.NOTHING

    @admin.display(description="lasted")
    def lasted(self, row: PageVisit) -> str:
        """Return how long it lasted."""
        return "goes on" if row.is_active else value_display.duration(row.duration_ms)

    @admin.display(description="active")
    def was_active(self, row: PageVisit) -> str:
        """Return how long the person was active."""
        return value_display.duration(row.active_duration_ms)

    @admin.display(description="title")
    def page_title(self, row: PageVisit) -> str:
        """Return the whole title."""
        return row.title or value_display.NOTHING

    @admin.display(description="URL")
    def url_link(self, row: PageVisit) -> str:
        """Return the URL as a link."""
        return value_display.link(row.url)

    @admin.display(description="ended")
    def ended(self, row: PageVisit) -> str:
        """Return when it ended."""
        return value_display.exact_instant(row.ended_at)

    @admin.display(description="lasted")
    def lasted_exactly(self, row: PageVisit) -> str:
        """Return how long it lasted, with milliseconds."""
        return value_display.exact_duration(row.duration_ms)

    @admin.display(description="active")
    def active_exactly(self, row: PageVisit) -> str:
        """Return how long the person was active, with milliseconds."""
        return value_display.exact_duration(row.active_duration_ms)

    @admin.display(description="engagement rate")
    def engagement(self, row: PageVisit) -> str:
        """Return the active share of the duration."""
        return f"{row.engagement_rate:.1%}"

    @admin.display(description="last heartbeat")
    def heartbeat(self, row: PageVisit) -> str:
        """Return when the extension last saw it alive."""
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
    def metadata_pretty(self, row: PageVisit) -> SafeString | str:
        """Return the metadata over many lines."""
        return value_display.pretty(row.metadata)


@admin.register(TabAggregate)
class TabAggregateAdmin(RecordAdmin):
    """Tab aggregates, to find and to read."""

    list_display = ("started", "person_link", "tab_id", "domain_or_none", "active", "page_count", "last_active",
                    "browser_words")  # fmt: skip
    list_display_links = ("started",)
    list_filter = (filters.PersonFilter, filters.BrowserFilter, filters.DayFilter)
    search_fields = ("tab_id",)
    search_help_text = "Searches for a person's exact e-mail address; with a person chosen, for an exact tab id."
    narrow_columns = (*IDS, "started_at", "tab_id", "current_domain", "total_active_duration_ms", "page_count",
                      "last_active_at")  # fmt: skip
    fieldsets = (
        (None, {"fields": ["person_page", "browser_page", "tab_id"]}),
        ("Time", {"fields": ["started_exactly", "last_active_exactly", "active_exactly", "closed"]}),
        ("Pages", {"fields": ["page_count", "url_link", "current_domain", "statistics_table"]}),
        ("Active time by domain", {"fields": ["domains_table"]}),
        BOOKKEEPING,
    )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Order one person's by start, newest first; too many to sort are left in the order of their key's index."""
        person = filters.chosen_person(request)
        if person is None:
            return ["-pk"]
        if self.is_too_many(person):
            return ["browser_id", "tab_id", "started_at"]
        return ["-started_at"]

    def is_too_many(self, person: int) -> bool:
        """Tell whether a person has more aggregates than are sorted."""
        mine = TabAggregate.objects.filter(user_id=person).order_by().values("pk")
        return int(mine[: MOST_SORTED + 1].count()) > MOST_SORTED

    def is_reach_bounded(self, request: HttpRequest) -> bool:
        """Tell that no filter needs it: browser and day stand in the key's index."""
        return False

    def notices(self, request: HttpRequest, person: Any) -> list[str]:
        """Say so where the order is not by time, or a search needs a person."""
        said = super().notices(request, person)
        searched = filters.asked(request, filters.SEARCH)
        if searched.isdecimal() and person is None:
            said.append("Choose a person first: a tab id means something within one person's browsers only.")
        if person is not None and self.is_too_many(person.pk):
            said.append(f"This person has more than {MOST_SORTED:,}, so they stand by browser and tab, not by time.")
        return said

    def find(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the chosen person's aggregates of a tab, browser by browser through the key's index."""
        person = filters.chosen_person(request)
        tab = parse_id(term)
        if person is None or tab is None:
            return queryset.none()
        browsers = list(Browser.objects.filter(user_id=person).values_list("pk", flat=True))
        return queryset.filter(browser_id__in=browsers, tab_id=tab)

    @admin.display(description="last domain")
    def domain_or_none(self, row: TabAggregate) -> str:
        """Return the last known domain."""
        return row.current_domain or value_display.NOTHING

    @admin.display(description="active")
    def active(self, row: TabAggregate) -> str:
        """Return the total active time."""
        return value_display.duration(row.total_active_duration_ms)

    @admin.display(description="last active")
    def last_active(self, row: TabAggregate) -> str:
        """Return when it was last active."""
        return value_display.instant(row.last_active_at)

    @admin.display(description="active")
    def active_exactly(self, row: TabAggregate) -> str:
        """Return the total active time, with milliseconds."""
        return value_display.exact_duration(row.total_active_duration_ms)

    @admin.display(description="last active")
    def last_active_exactly(self, row: TabAggregate) -> str:
        """Return when it was last active, with its zone."""
        return value_display.exact_instant(row.last_active_at)

    @admin.display(description="last URL")
    def url_link(self, row: TabAggregate) -> str:
        """Return the last known URL as a link."""
        return value_display.link(row.current_url)

    @admin.display(description="statistics")
    def statistics_table(self, row: TabAggregate) -> SafeString | str:
        """Return what the extension reckoned."""
        if not row.statistics:
            return value_display.NOTHING
        page = row.statistics.get("averagePageDuration")
        average = value_display.duration(int(page)) if isinstance(page, (int, float)) else value_display.NOTHING
        most = row.statistics.get("mostVisitedDomain") or value_display.NOTHING
        return value_display.table(("most visited domain", "average time on a page"), [(most, average)])

    @admin.display(description="domains")
    def domains_table(self, row: TabAggregate) -> SafeString | str:
        """Return the active time by domain, the longest first."""
        longest = sorted(row.domain_durations.items(), key=lambda pair: (-pair[1], pair[0]))
        return value_display.table(
            ("domain", "active"), ((domain, value_display.duration(int(ms))) for domain, ms in longest)
        )
