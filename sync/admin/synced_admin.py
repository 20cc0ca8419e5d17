"""What the lists and pages of synced data have in common: reading alone, bounded queries, a line in the audit log."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from id_numbers import parse_id
from sync.admin import access_log, filters
from sync.admin.paginator import BoundedPaginator

OWN_PARAMETERS = (filters.PERSON, filters.BROWSER, filters.DOMAIN, filters.DAY, filters.RESULT)


def person_by(text: str) -> Any:
    """Return the person with this number or exact e-mail address, in any case; None if there is none."""
    people = get_user_model()._default_manager
    if (number := parse_id(text)) is not None:
        return people.filter(pk=number).first()
    return people.filter(email=text.lower()).first()


class SyncedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """A list and a page of rows that belong to a person and that only their browsers write."""

    paginator = BoundedPaginator
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for each choice of each filter
    actions = None
    # No sorting by columns and no date_hierarchy: both read every row, since no index serves them.
    sortable_by = ()
    list_select_related: ClassVar[tuple[str, ...]] = ("user", "browser")
    # Columns a list shows; the others, some of them large, stay in the database.
    narrow_columns: ClassVar[Sequence[str]] = ()
    # The column a list is ordered by, newest first, through an index that starts with the person.
    newest: ClassVar[str] = ""
    # Whether an index serves that order for everybody's rows too.
    newest_of_all: ClassVar[bool] = False

    class Media:
        css: ClassVar = {"all": ("sync/admin.css",)}

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
        """Allow the filters of the list and no lookup made up in the address, which could scan a table."""
        return lookup in OWN_PARAMETERS

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Order by time where an index serves it, else by primary key."""
        if self.newest and (self.newest_of_all or filters.chosen_person(request) is not None):
            return [f"-{self.newest}"]
        return ["-pk"]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns; the person's is left out where all rows are theirs."""
        columns = super().get_list_display(request)
        if filters.chosen_person(request) is None or columns[0] == "person_link":
            return columns
        return tuple(column for column in columns if column != "person_link")

    def narrow(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the list and its filters may look through: found by an index, or REACH at most."""
        queryset = queryset.only(*self.narrow_columns, "user__email", *self._browser_columns())
        person = filters.chosen_person(request)
        if person is not None:
            queryset = queryset.filter(user_id=person)
        elif self.needs_person(request):
            return queryset.none()
        if self.newest and self.is_reach_bounded(request):
            times = queryset.model._default_manager.order_by(f"-{self.newest}").values_list(self.newest, flat=True)
            times = times.filter(user_id=person) if person is not None else times
            for oldest in times[filters.REACH - 1 : filters.REACH]:
                queryset = queryset.filter(**{f"{self.newest}__gte": oldest})
        return queryset

    def _browser_columns(self) -> list[str]:
        if "browser" not in self.list_select_related:
            return []
        return [f"browser__{column}" for column in ("client_id", "browser_name", "browser_version")]

    def needs_person(self, request: HttpRequest) -> bool:
        """Tell whether a filter is asked for that only an index by person can answer."""
        wanted = [name for name in (*filters.UNINDEXED, filters.DAY) if filters.asked(request, name)]
        return bool(wanted) and not self.newest_of_all

    def is_reach_bounded(self, request: HttpRequest) -> bool:
        """Tell whether a filter without an index looks through the newest REACH rows alone: no day narrows it down."""
        return filters.chosen_day(request) is None and any(filters.asked(request, name) for name in filters.UNINDEXED)

    def notices(self, request: HttpRequest, person: Any) -> list[str]:
        """Return what the list should say of itself, in sentences."""
        said = []
        rows = str(self.opts.verbose_name_plural)
        if filters.asked(request, filters.PERSON) and person is None:
            said.append("Nobody has this e-mail address, so there is nothing to show.")
        elif person is None and self.needs_person(request):
            said.append(
                "Choose a person first: browser, domain and day are found quickly among one person's "
                f"{rows} and only by reading the whole table among everybody's."
            )
        elif self.is_reach_bounded(request):
            whose = "this person's" if person else "the"
            said.append(
                f"Looked through {whose} newest {filters.REACH:,} {rows}. Choose a day as well to look further back."
            )
        if filters.asked(request, filters.DAY) and filters.chosen_day(request) is None:
            said.append("Enter the day as year-month-day, such as 2026-03-01.")
        return said

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list; a search for an address becomes the list of that person."""
        searched = filters.asked(request, filters.SEARCH)
        wanted = searched if "@" in searched else filters.asked(request, filters.PERSON)
        person = person_by(wanted) if wanted else None
        is_number = wanted.isascii() and wanted.isdecimal()
        if person is not None and not is_number and self.has_view_permission(request):
            # The number stands in for the address, which then stays out of the browser's history.
            kept = {name: value for name, value in request.GET.items() if name not in (filters.SEARCH, filters.PERSON)}
            return HttpResponseRedirect(f"?{urlencode({**kept, filters.PERSON: person.pk})}")
        notices = self.notices(request, person)
        if "@" in searched and person is None:
            notices.append("Nobody has this e-mail address.")
        context = {"notices": notices, "person": person, **(extra_context or {})}
        if person is not None:
            context["title"] = f"{str(self.opts.verbose_name_plural).capitalize()} of {person}"
        answer = super().changelist_view(request, context)
        if answer.status_code == 200:
            access_log.note(request, "listed", self.model, person.pk if person else None)
        return answer

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows an exact search finds through an index; an address that is somebody's never comes here."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return (queryset.none() if "@" in term else self.find(request, queryset, term)), False

    def find(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the rows with exactly this id."""
        return queryset.none()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the page of a row, and log whose it is."""
        context = {"show_close": True, **(extra_context or {})}
        answer = super().changeform_view(request, object_id, form_url, context)
        shown = getattr(answer, "context_data", None) or {}
        if (row := shown.get("original")) is not None:
            access_log.note(request, "opened", self.model, row.user_id, row.pk)
        return answer

    @admin.display(description="person")
    def person_link(self, row: Any) -> SafeString | str:
        """Return the person as a link to this list, for them alone."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return format_html('<a href="{}?person={}">{}</a>', address, row.user_id, row.user)

    @admin.display(description="browser")
    def browser_words(self, row: Any) -> str:
        """Return the browser in a few words."""
        return filters.browser_words(row.browser) if row.browser else "–"

    @admin.display(description="person")
    def person_page(self, row: Any) -> SafeString:
        """Return the person as a link to their page."""
        meta = get_user_model()._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.user_id])
        return format_html('<a href="{}">{}</a>', address, row.user)

    @admin.display(description="browser")
    def browser_page(self, row: Any) -> SafeString | str:
        """Return the browser as a link to its page."""
        if not row.browser:
            return "–"
        address = reverse("admin:sync_browser_change", args=[row.browser_id])
        return format_html('<a href="{}">{}</a>', address, filters.browser_words(row.browser))
