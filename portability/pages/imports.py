"""The pages of imports: upload, preview, progress and result, and the removal of an import."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.exceptions import Throttled

from accounts.limits.long_requests import long_request
from portability.importers.found import UnknownFormat
from portability.models import Import
from portability.page_patterns import LONGEST, MOST
from portability.removal import import_browser, imports_with_visits, remove
from portability.staging import MAX_LABEL, discard, stage, staged_import
from portability.storing import PatternsAreFixed, choose, run
from portability.upload import is_too_large, kept, too_large
from portability.wording import fates_in_words, reasons_in_words
from sync import limits
from sync.browsers import TooManyBrowsers
from sync.erasures.erasure_service import TooManyErasures
from sync.person_lock import PersonGone

# A page that is asked for again and again shows how far the import is.
SECONDS_A_PAGE = 3.0
ALREADY_READING = "Other files or erasures of yours are being worked on. Send this file when they are done."


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(allow_empty_file=True, label="File")
    wal = forms.FileField(
        required=False, allow_empty_file=True, label="Its second file ending in -wal, if there is one"
    )
    label = forms.CharField(required=False, max_length=MAX_LABEL, label="Name, to tell two profiles apart (optional)")


class PatternsForm(forms.Form):
    """Patterns of pages to leave out, one a line."""

    leave_out = forms.CharField(required=False, strip=True, widget=forms.Textarea, max_length=MOST * LONGEST)

    def clean_leave_out(self) -> list[str]:
        """Return the patterns."""
        patterns = [line.strip() for line in self.cleaned_data["leave_out"].splitlines() if line.strip()]
        if len(patterns) > MOST or any(len(pattern) > LONGEST for pattern in patterns):
            raise forms.ValidationError(f"Enter at most {MOST} patterns of at most {LONGEST} characters.")
        return patterns


def _user_id(request: HttpRequest) -> int:
    person: Any = request.user  # never anonymous: login_required has run
    return int(person.pk)


@csrf_exempt  # the check reads the whole body, so the size is looked at first; `_imports` checks
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def imports(request: HttpRequest) -> HttpResponse:
    """Take a file, and list the imports."""
    if request.method == "POST" and is_too_large(request.META.get("CONTENT_LENGTH", "")):
        return _list(request, UploadForm(), too_large(), 413)
    return _imports(request)


@csrf_protect
def _imports(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _list(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=400)
    asked = form.cleaned_data
    try:
        with long_request(_user_id(request)), kept(asked["file"], asked["wal"]) as path:
            found = stage(_user_id(request), path, asked["label"])
    except UnknownFormat as error:
        return _list(request, form, str(error), 400)
    except Throttled as error:
        return _list(request, form, ALREADY_READING, error.status_code)
    except PersonGone:
        return redirect("sign-in")
    return redirect("portability:import", found.pk)


def _list(request: HttpRequest, form: UploadForm, error: str = "", status: int = 200) -> HttpResponse:
    user_id = _user_id(request)
    unfinished = Import.objects.filter(user_id=user_id, is_staged=True, finished_at=None).order_by("-created_at")
    sources = imports_with_visits(user_id)
    context = {"form": form, "error": error, "unfinished": unfinished, "sources": sources, "nav": "browsers"}
    return render(request, "portability/imports.html", context, status=status)


def _found(request: HttpRequest, import_id: int) -> Import:
    found = staged_import(_user_id(request), import_id) if import_id <= limits.MAX_INTEGER else None
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def one_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show a preview, the progress or the result of an import; a POST stores visits for some seconds."""
    found = _found(request, import_id)
    form = PatternsForm(request.POST if request.method == "POST" and found.stored is None else None)
    error, status = "", 200
    if request.method == "POST":
        try:
            if found.stored is None:
                if not form.is_valid():
                    return _show(request, found, form, "", 400)
                choose(found, form.cleaned_data["leave_out"])
            with long_request(found.user_id):
                run(found, SECONDS_A_PAGE)
            return redirect("portability:import", found.pk)
        except (PatternsAreFixed, Throttled):
            return redirect("portability:import", found.pk)
        except PersonGone as gone:
            raise Http404 from gone
        except TooManyBrowsers as refusal:
            error, status = str(refusal.detail), refusal.status_code
    return _show(request, found, form, error, status)


def _show(request: HttpRequest, found: Import, form: PatternsForm, error: str, status: int) -> HttpResponse:
    context = {
        "found": found,
        "form": form,
        "error": error,
        "reasons": reasons_in_words(found.counts),
        "fates": fates_in_words(found.stored or {}),
        "kept": found.counts["kept"],
        "first": _day(found.first_at),
        "last": _day(found.last_at),
        "examples": [{**example, "day": _day(example.get("startedAt"))} for example in found.examples],
        "nav": "browsers",
    }
    return render(request, "portability/import.html", context, status=status)


def _day(instant: Any) -> datetime | None:
    """Return an instant in ms in the person's time zone; None where it cannot be shown."""
    if type(instant) is not int or not 0 <= instant <= 253_402_300_799_000:
        return None
    return datetime.fromtimestamp(instant / 1000, timezone.get_current_timezone())


@require_POST
@login_required
def drop_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """Forget an import that is not finished."""
    discard(_found(request, import_id))
    messages.success(request, "The import was dropped. Visits that it had stored stay.")
    return redirect("portability:imports")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def remove_import(request: HttpRequest, browser_id: int) -> HttpResponse:
    """Ask whether the visits of an import are to be removed, and remove them."""
    browser = import_browser(_user_id(request), browser_id) if browser_id <= limits.MAX_INTEGER else None
    if browser is None:
        raise Http404
    is_begun = request.method == "POST"
    try:
        is_removed = is_begun and remove(browser)
    except PersonGone as gone:
        raise Http404 from gone
    except TooManyErasures as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("portability:imports")
    if is_removed:
        messages.success(request, "The import was removed.")
        return redirect("portability:imports")
    return render(request, "portability/remove.html", {"browser": browser, "is_begun": is_begun, "nav": "browsers"})
