"""How staff erase a person: first what there is, then some seconds of work a request, then what was erased."""

import time
from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.owned_rows import words_of
from sync.admin import access_log
from sync.admin.paginator import BoundedPaginator
from sync.erasures import person_erasure

# Well under what a platform's router waits for an answer.
SECONDS_A_REQUEST = 5.0


class ErasableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """The delete page, the bounded list and the audit log of whatever model a person is."""

    paginator = BoundedPaginator

    class Media:
        css = {"all": ("sync/admin.css",)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody erase themselves, and superusers alone a superuser."""
        if obj is not None and obj.pk == request.user.pk:
            return False
        if obj is not None and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_delete_permission(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, then erase for some seconds a request until nothing is left; nothing is loaded to be deleted."""
        person = self.get_object(request, unquote(object_id))
        if person is None:
            return self._list(request, "This person is gone already.", messages.INFO)
        if person.pk == request.user.pk:
            return self._list(request, "You cannot erase yourself; ask another member of staff.", messages.ERROR)
        if not self.has_delete_permission(request, person):
            raise PermissionDenied
        try:
            person_erasure.check_erasable(person.pk)
        except person_erasure.Refused as refused:
            return self._list(request, str(refused), messages.ERROR)
        if request.method == "POST":
            return self._work(request, person)
        kept = request.session.get(_key(person.pk))
        return self._page(request, person, "resume" if kept else "ask", Counter(kept or {}))

    def _work(self, request: HttpRequest, person: Any) -> HttpResponse:
        """Erase until the time is up or nothing is left."""
        pk = person.pk
        deleted = Counter[str](request.session.get(_key(pk)) or {})
        if not deleted:
            access_log.note(request, "erasing", self.model, pk, pk)
        until = time.monotonic() + SECONDS_A_REQUEST
        for step in person_erasure.erase(pk):
            deleted[step.table] += step.rows
            # Each step is committed; what a killed request had not told the session is missing in the count alone.
            if time.monotonic() > until and self.get_object(request, str(pk)) is not None:
                request.session[_key(pk)] = dict(deleted)
                return self._page(request, person, "progress", deleted)
        request.session.pop(_key(pk), None)
        access_log.note(request, "erased", self.model, pk, pk)
        return self._page(request, person, "done", deleted)

    def _page(self, request: HttpRequest, person: Any, state: str, deleted: Counter[str]) -> HttpResponse:
        left = {} if state == "done" else person_erasure.counts(person.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Erased" if state == "done" else "Erase a person",
            "person": person,
            "state": state,
            "left": [(words_of(table), _said(rows)) for table, rows in left.items()],
            "deleted": [(words_of(table), f"{rows:,}") for table, rows in deleted.items()],
            "media": self.media,
        }
        return TemplateResponse(request, "admin/sync/erase.html", context)

    def _list(self, request: HttpRequest, text: str, level: int) -> HttpResponse:
        self.message_user(request, text, level)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, and log that it was shown."""
        answer = super().changelist_view(request, extra_context)
        if answer.status_code == 200:
            access_log.note(request, "listed", self.model)
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the page of a person, and log whose it is."""
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        if (person := shown.get("original")) is not None:
            access_log.note(request, "opened", self.model, person.pk, person.pk)
        return answer


def _key(pk: int) -> str:
    return f"erased-of-{pk}"


def _said(rows: int) -> str:
    return f"more than {person_erasure.COUNTED:,}" if rows > person_erasure.COUNTED else f"{rows:,}"
