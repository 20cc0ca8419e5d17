"""The base of the admin for rows that browsers write: read only, with bounded lists, and each access recorded."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import bounded_list
from accounts.bounded_list import BoundedList
from accounts.models import User
from bounded_reading import bounded_reading
from sync.admin import access_log, filters, person_picker, value_display
from sync.models import Browser

LIST_PARAMETERS = (filters.PERSON, filters.BROWSER, filters.SITE, filters.DAY, filters.RESULT)


class ReadOnlyAdmin(BoundedList):
    """A list and a page of rows that belong to a person; only the person's browsers write them."""

    # The columns that a list shows. The others, some of them large, are not read.
    narrow_columns: ClassVar[Sequence[str]] = ()
    # True for a list of one person's rows, which shows the person picker until a person is chosen.
    needs_person: ClassVar[bool] = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: browsers write these rows, staff read them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse, as above."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows go with their person, through sync.erasures.person_erasure."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the list's own filters. Any other lookup in a query string could scan a table."""
        return lookup in LIST_PARAMETERS

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, without the person's where all rows are of one person."""
        columns = super().get_list_display(request)
        if filters.chosen_person(request) is None or columns[0] == "person_link":
            return columns
        return tuple(column for column in columns if column != "person_link")

    def bounded(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the list and its filters may look through, with the list's columns."""
        person = filters.chosen_person(request)
        if person is not None:
            queryset = queryset.filter(user_id=person)
        if self.is_reach_bounded(request):
            queryset = self.within_reach(queryset)
        # In statements of their own: people and records may stand on different machines.
        queryset = queryset.only(*self.narrow_columns).prefetch_related(Prefetch("user", User.objects.only("email")))
        if "browser" in self.narrow_columns:
            queryset = queryset.prefetch_related(Prefetch("browser", _browsers(person)))
        return queryset

    def is_reach_bounded(self, request: HttpRequest) -> bool:
        """Tell whether a filter or an order has no index, and no day bounds the rows for it."""
        if filters.chosen_day(request) is not None:
            return False
        is_filtered = any(filters.parameter(request, name) for name in filters.UNINDEXED)
        return is_filtered or self.is_sorted_without_index(request)

    def notices(self, request: HttpRequest, person: User | None) -> list[str]:
        """Return sentences to show above the list."""
        notices = []
        if self.is_reach_bounded(request):
            whose = "this person's" if person else "the"
            notices.append(
                f"Looked through {whose} newest {bounded_list.REACH:,} {self.opts.verbose_name_plural}. "
                "Choose a day as well to look further back."
            )
        if filters.parameter(request, filters.DAY) and filters.chosen_day(request) is None:
            notices.append("Enter the day as year-month-day, such as 2026-03-01.")
        return notices

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list; while a person is looked for, show the picker instead."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        with bounded_reading():
            return self._picker_or_list(request, extra_context)

    def _picker_or_list(self, request: HttpRequest, extra_context: dict[str, Any] | None) -> HttpResponse:
        wanted = person_picker.wanted_person(request)
        person = wanted.person
        if person is not None and not wanted.is_by_id:
            # The list's URL has the id: an e-mail address would stay in the staff member's browsing history.
            return HttpResponseRedirect(f"?{urlencode({**person_picker.kept(request), filters.PERSON: person.pk})}")
        if person is None and (wanted.text or self.needs_person):
            return person_picker.page(self, request, wanted.text)
        context = {"notices": self.notices(request, person), "person": person, **(extra_context or {})}
        if person is not None:
            context["title"] = f"{str(self.opts.verbose_name_plural).capitalize()} of {person}"
        response = super().changelist_view(request, context)
        if response.status_code == 200:
            access_log.note(request, "listed", self.model, person.pk if person else None)
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that an exact search finds through an index; never by LIKE."""
        term = search_term.strip()
        return (self.search(request, queryset, term) if term else queryset), False

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the rows with exactly this id; none in a list that has no search."""
        return queryset.none()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the page of a row, and record whose row was opened."""
        context = {"show_close": True, **(extra_context or {})}
        response = super().changeform_view(request, object_id, form_url, context)
        shown = getattr(response, "context_data", None) or {}
        if (row := shown.get("original")) is not None:
            access_log.note(request, "opened", self.model, row.user_id, row.pk)
        return response

    @admin.display(description="person")
    def person_link(self, row: Any) -> SafeString | str:
        """Return a link to this list for the row's person alone."""
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return format_html('<a href="{}?person={}">{}</a>', url, row.user_id, row.user)

    @admin.display(description="browser")
    def browser_name(self, row: Any) -> str:
        """Return the browser's name."""
        return filters.browser_name(row.browser) if row.browser else value_display.NOTHING

    @admin.display(description="person")
    def person_page(self, row: Any) -> SafeString:
        """Return a link to the person's page."""
        return format_html('<a href="{}">{}</a>', reverse("admin:accounts_user_change", args=[row.user_id]), row.user)

    @admin.display(description="browser")
    def browser_page(self, row: Any) -> SafeString | str:
        """Return a link to the browser's page."""
        if not row.browser:
            return value_display.NOTHING
        url = reverse("admin:sync_browser_change", args=[row.browser_id])
        return format_html('<a href="{}">{}</a>', url, filters.browser_name(row.browser))


def _browsers(person: int | None) -> QuerySet[Browser]:
    """Return the browsers with the columns that lists show, of one person or of all."""
    browsers = Browser.objects.only("client_id", "label", "browser_name", "browser_version")
    return browsers if person is None else browsers.filter(user_id=person)
