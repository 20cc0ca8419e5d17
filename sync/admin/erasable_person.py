"""People in the admin, with the page on which staff erase one."""

import time
from collections import Counter
from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin import PersonAdmin
from accounts.models import User
from accounts.owned_rows import words_of
from bounded_reading import ReadingTookTooLong, bounded_reading
from sync.admin import access_log, person_facts, person_totals
from sync.admin.table_sizes import may_view
from sync.erasures import person_erasure
from sync.models import Browser, PageVisit, TabAggregate

# A platform's router gives up after 30 seconds.
SECONDS_A_REQUEST = 5.0
# The time for what a page shows beside the person's own row. A page without it is better than none.
SECONDS_FOR_TOTALS = 0.5
# Columns of the list, with the rows that staff must be allowed to view.
TOTALS = {"last_push": Browser, "browsers": Browser, "page_visits": PageVisit, "tab_aggregates": TabAggregate}


@admin.register(User)
class ErasablePersonAdmin(PersonAdmin):
    """The accounts' own admin of people, with the erase page, a bounded list and the access log added."""

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with those totals whose rows the member of staff may view."""
        totals = [name for name, model in TOTALS.items() if may_view(request.user, model)]
        email, name, *others = super().get_list_display(request)
        return (email, name, *totals, *others)

    @admin.display(description="last push")
    def last_push(self, person: User) -> str:
        """Return when a browser of the person pushed last."""
        return person_totals.of(person).last_push

    @admin.display(description="browsers")
    def browsers(self, person: User) -> str:
        """Return the number of the person's browsers."""
        return person_totals.of(person).browsers

    @admin.display(description="page visits")
    def page_visits(self, person: User) -> str:
        """Return the number of the person's visits, up to a bound."""
        return person_totals.of(person).page_visits

    @admin.display(description="tab aggregates")
    def tab_aggregates(self, person: User) -> str:
        """Return the number of the person's tab aggregates, up to a bound."""
        return person_totals.of(person).tab_aggregates

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let nobody erase themselves, and only superusers erase a superuser."""
        if obj is not None and obj.pk == request.user.pk:
            return False
        if obj is not None and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_delete_permission(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask on GET; on POST erase for some seconds. Django's own page would load all rows to be deleted."""
        person = self.get_object(request, unquote(object_id))
        if person is None:
            return self._back_to_list(request, "This person is gone already.", messages.INFO)
        if person.pk == request.user.pk:
            return self._back_to_list(
                request, "You cannot erase yourself. Ask another member of staff.", messages.ERROR
            )
        if not self.has_delete_permission(request, person):
            raise PermissionDenied
        try:
            person_erasure.check_erasable(person.pk)
        except person_erasure.Refused as refused:
            return self._back_to_list(request, str(refused), messages.ERROR)
        if request.method == "POST":
            return self._erase_for_seconds(request, person)
        deleted = request.session.get(_session_key(person.pk))
        return self._erase_page(request, person, "resume" if deleted else "ask", Counter(deleted or {}))

    def _erase_for_seconds(self, request: HttpRequest, person: User) -> HttpResponse:
        """Erase until SECONDS_A_REQUEST are over or nothing is left."""
        pk = person.pk
        deleted = Counter[str](request.session.get(_session_key(pk)) or {})
        if not deleted:
            access_log.note(request, "erasing", self.model, pk, pk)
        deadline = time.monotonic() + SECONDS_A_REQUEST
        for step in person_erasure.erase(pk):
            deleted[step.table] += step.rows
            # Each step is committed. A request killed here loses its part of the count, never of the work.
            if time.monotonic() > deadline and self.get_object(request, str(pk)) is not None:
                request.session[_session_key(pk)] = dict(deleted)
                return self._erase_page(request, person, "progress", deleted)
        request.session.pop(_session_key(pk), None)
        access_log.note(request, "erased", self.model, pk, pk)
        return self._erase_page(request, person, "done", deleted)

    def _erase_page(self, request: HttpRequest, person: User, state: str, deleted: Counter[str]) -> HttpResponse:
        left = {} if state == "done" else person_erasure.counts(person.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Erased" if state == "done" else "Erase a person",
            "person": person,
            "state": state,
            "left": [(words_of(table), person_erasure.capped(rows)) for table, rows in left.items()],
            "deleted": [(words_of(table), f"{rows:,}") for table, rows in deleted.items()],
            "media": self.media,
        }
        return TemplateResponse(request, "admin/sync/erase.html", context)

    def _back_to_list(self, request: HttpRequest, text: str, level: int) -> HttpResponse:
        self.message_user(request, text, level)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, and record that it was shown."""
        response = super().changelist_view(request, extra_context)
        if response.status_code == 200:
            access_log.note(request, "listed", self.model)
        if shown := (getattr(response, "context_data", None) or {}).get("cl"):
            models = {model for model in TOTALS.values() if may_view(request.user, model)}
            with suppress(ReadingTookTooLong), bounded_reading(SECONDS_FOR_TOTALS):
                person_totals.attach(list(shown.result_list), models)
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the page of a person, and record that it was opened."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        context = getattr(response, "context_data", None) or {}
        if (person := context.get("original")) is not None:
            access_log.note(request, "opened", self.model, person.pk, person.pk)
            with suppress(ReadingTookTooLong), bounded_reading(SECONDS_FOR_TOTALS):
                context["facts"] = person_facts.facts_of(person, request.user)
        return response


def _session_key(pk: int) -> str:
    return f"erased-of-{pk}"
