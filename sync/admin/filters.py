"""Filters that ask for a value instead of listing all there are, and bound what the database looks through."""

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

# How many of a list's newest rows a filter without an index of its own looks through.
REACH = 20_000
PERSON, BROWSER, DOMAIN, DAY, RESULT, SEARCH = "person", "browser", "domain", "day", "result", "q"
# What no index finds: each is looked for among rows that an index has narrowed down.
UNINDEXED = (BROWSER, DOMAIN, RESULT)


def asked(request: HttpRequest, name: str) -> str:
    """Return what a filter or the search was asked for, without blanks; "" when it was not.

    NUL, which PostgreSQL takes in no text, stands as U+FFFD, as in what pushes store.
    """
    return request.GET.get(name, "").replace("\0", "\ufffd").strip()


def chosen_person(request: HttpRequest) -> int | None:
    """Return the id of the person whose rows are asked for; -1, which is nobody's, for what is no id."""
    text = asked(request, PERSON)
    if not text:
        return None
    number = parse_id(text)
    return -1 if number is None else number


def chosen_day(request: HttpRequest) -> date | None:
    """Return the day asked for, or None."""
    try:
        day = date.fromisoformat(asked(request, DAY))
    except ValueError:
        return None
    return day if 1970 < day.year < 9999 else None


def span(day: date) -> tuple[datetime, datetime]:
    """Return the instants a day starts and ends at in the active time zone; it may have 23 or 25 hours."""
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


class InputFilter(SimpleListFilter):
    """A filter with a field to type into."""

    template = "admin/sync/input_filter.html"
    input_type = "text"
    hint = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return one nameless choice, without which the admin would hide the filter."""
        return [("", "")]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]  # keys of our own template
        """Yield what the field's form needs: the other parameters to keep, and the way to clear this one."""
        others = sorted((name, value) for name, value in changelist.params.items() if name != self.parameter_name)
        without = changelist.get_query_string(remove=[str(self.parameter_name)])
        yield {"others": others, "clear": without, "value": self.value() or ""}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows the filter leaves."""
        return queryset


class PersonFilter(InputFilter):
    """Whose rows; first of a list's filters, so that the filters after it look through no more than they may."""

    title = "person"
    parameter_name = PERSON
    hint = "exact e-mail address"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.narrow = model_admin.narrow
        person = chosen_person(request)
        people = get_user_model()._default_manager.filter(pk=person) if person is not None else None
        self.email = people.values_list("email", flat=True).first() if people is not None else None

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]  # as above
        """Yield what the field's form needs, with the person's address for the number in the query."""
        for choice in super().choices(changelist):
            yield {**choice, "value": self.email or choice["value"]}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows the other filters may look through."""
        narrowed: QuerySet[Any] = self.narrow(request, queryset)
        return narrowed


class BrowserFilter(SimpleListFilter):
    """Which of the chosen person's browsers, of whom there are a hundred at most."""

    title = "browser"
    parameter_name = BROWSER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the chosen person's browsers, the last used first; none while nobody is chosen."""
        person = chosen_person(request)
        if person is None:
            return []
        mine = Browser.objects.filter(user_id=person).order_by("-last_push_at")
        return [(str(browser.pk), browser_words(browser)) for browser in mine]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen browser."""
        browser = parse_id(self.value() or "")
        return queryset if browser is None else queryset.filter(browser_id=browser)


class DomainFilter(InputFilter):
    """On which domain."""

    title = "domain"
    parameter_name = DOMAIN
    hint = "such as example.org"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of exactly this domain, as it is stored: lower case, without `www.`."""
        domain = asked(request, DOMAIN).lower().removeprefix("www.")
        return queryset.filter(domain=domain) if domain else queryset


class DayFilter(InputFilter):
    """On which day of the staff member's own time zone, by an instant in milliseconds."""

    title = "day"
    parameter_name = DAY
    input_type = "date"
    column = "started_at"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the day; anything that is no day filters nothing and is said above the list."""
        day = chosen_day(request)
        if day is None:
            return queryset
        start, end = self.bounds(day)
        return queryset.filter(**{f"{self.column}__gte": start, f"{self.column}__lt": end})

    def bounds(self, day: date) -> tuple[Any, Any]:
        """Return the day's first instant and the next day's, as the column stores them."""
        start, end = span(day)
        return milliseconds(start), milliseconds(end)


class ReceivedDayFilter(DayFilter):
    """On which day of the staff member's own time zone, by a time stamp."""

    title = "day received"
    column = "received_at"

    def bounds(self, day: date) -> tuple[Any, Any]:
        """Return the day's first instant and the next day's."""
        return span(day)


def browser_words(browser: Browser) -> str:
    """Return a browser as one recognises it: its name and version if it told them, and the start of its id."""
    told = f"{browser.browser_name} {browser.browser_version}".strip()
    client = browser.client_id if len(browser.client_id) < 13 else f"{browser.client_id[:8]}…"
    return f"{told} ({client})" if told and client else told or client or "(no client id)"
