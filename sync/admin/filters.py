"""The filters of the lists of synced data, and the query parameters that they read."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from id_numbers import parse_id
from instants import milliseconds
from sync.models import Browser
from sync.records.page_url import site_of_text

PERSON, BROWSER, SITE, DAY, RESULT, SEARCH = "person", "browser", "site", "day", "result", "q"
# The text by which the picker looks for a person.
FIND_PERSON = "find"
# No index serves these filters alone, so the list searches its newest rows only.
UNINDEXED = (BROWSER, SITE, RESULT)


def parameter(request: HttpRequest, name: str) -> str:
    """Return a query parameter without blanks around it, "" when it is absent.

    U+FFFD stands for NUL, as in stored records: PostgreSQL refuses a statement with NUL in its text.
    """
    return request.GET.get(name, "").replace("\0", "\ufffd").strip()


def chosen_person(request: HttpRequest) -> int | None:
    """Return the id of the chosen person, or None."""
    return parse_id(parameter(request, PERSON))


def chosen_day(request: HttpRequest) -> date | None:
    """Return the chosen day, or None."""
    try:
        day = date.fromisoformat(parameter(request, DAY))
    except ValueError:
        return None
    # Midnight in a zone far from UTC falls outside the calendar at its very ends.
    return day if 1970 < day.year < 9999 else None


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the start and the end of a day in the active time zone; it may have 23 or 25 hours."""
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


class InputFilter(SimpleListFilter):
    """A filter with a field to type into."""

    template = "admin/sync/input_filter.html"
    input_type = "text"
    hint = ""
    # The query parameter that the field sends, "" for the filter's own.
    input_name = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return one nameless choice, without which the admin would hide the filter."""
        return [("", "")]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]  # keys of our own template
        """Yield the field's value, the parameters to send along, and the link to the list without this filter."""
        others = sorted((name, value) for name, value in changelist.params.items() if name != self.parameter_name)
        without = changelist.get_query_string(remove=[str(self.parameter_name)])
        yield {"others": others, "clear": without, "value": self.value() or "", "clear_label": f"any {self.title}"}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return all rows; a filter that narrows them overrides this."""
        return queryset


class PersonFilter(InputFilter):
    """Keeps the rows of one person, found by part of an e-mail address or name.

    It stands first in a list's filters: it bounds the rows that the filters after it look through.
    """

    title = "person"
    parameter_name = PERSON
    input_name = FIND_PERSON
    hint = "e-mail or name"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.bounded = model_admin.bounded
        self.clear_label = "choose another" if model_admin.needs_person else "any person"
        person = chosen_person(request)
        people = get_user_model()._default_manager.filter(pk=person) if person is not None else None
        self.email = people.values_list("email", flat=True).first() if people is not None else None

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]  # as above
        """Yield the same with the person's e-mail address in place of the id, and no browser of theirs."""
        for choice in super().choices(changelist):
            others = [(name, value) for name, value in choice["others"] if name != BROWSER]
            clear = changelist.get_query_string(remove=[PERSON, BROWSER])
            yield {"others": others, "value": self.email or "", "clear": clear, "clear_label": self.clear_label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the other filters may look through."""
        bounded: QuerySet[Any] = self.bounded(request, queryset)
        return bounded


class BrowserFilter(SimpleListFilter):
    """Keeps the rows of one of the chosen person's browsers."""

    title = "browser"
    parameter_name = BROWSER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the chosen person's browsers, the last used first; none while nobody is chosen."""
        person = chosen_person(request)
        if person is None:
            return []
        browsers = Browser.objects.filter(user_id=person).order_by("-last_push_at")
        return [(str(browser.pk), browser_name(browser)) for browser in browsers]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen browser."""
        browser = parse_id(self.value() or "")
        return queryset if browser is None else queryset.filter(browser_id=browser)


class SiteFilter(InputFilter):
    """Keeps the rows of exactly one site."""

    title = "site"
    parameter_name = SITE
    hint = "example.org"
    column = "domain"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the site as it is stored: in lower case, without `www.`."""
        site = parameter(request, SITE)
        site = site_of_text(site) if site else ""
        return queryset.filter(**{self.column: site}) if site else queryset


class LastSiteFilter(SiteFilter):
    """Keeps the tab aggregates that ended on a site."""

    title = "last site"
    column = "current_domain"


class DayFilter(InputFilter):
    """Keeps the rows of one day of the staff member's time zone, by a column in milliseconds."""

    title = "day"
    parameter_name = DAY
    input_type = "date"
    column = "started_at"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the day, or all when the text is no day; the list says so then."""
        day = chosen_day(request)
        if day is None:
            return queryset
        start, end = self.column_bounds(day)
        return queryset.filter(**{f"{self.column}__gte": start, f"{self.column}__lt": end})

    def column_bounds(self, day: date) -> tuple[Any, Any]:
        """Return the start and the end of the day as the column stores them."""
        start, end = day_bounds(day)
        return milliseconds(start), milliseconds(end)


class ReceivedDayFilter(DayFilter):
    """Keeps the rows received on one day of the staff member's time zone, by a timestamp column."""

    title = "day received"
    column = "received_at"

    def column_bounds(self, day: date) -> tuple[Any, Any]:
        """Return the start and the end of the day."""
        return day_bounds(day)


def browser_name(browser: Browser) -> str:
    """Return the label, or else the name and version that a browser sent, if any; and the start of its client id."""
    product = browser.label or f"{browser.browser_name} {browser.browser_version}".strip()
    client = browser.client_id if len(browser.client_id) < 13 else f"{browser.client_id[:8]}…"
    return f"{product} ({client})" if product and client else product or client or "(no client id)"
