"""The page on which a person chooses how long records are kept."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from insights.pages.forget import counted, in_words
from insights.pages.page_context import Viewer, form_page, viewer_of
from instants import from_milliseconds
from sync.erasures import retention
from sync.erasures.erasure_service import Conditions, Counts


class MonthsForm(forms.Form):
    """A number of months; empty for good."""

    months = forms.IntegerField(
        label="Months",
        required=False,
        min_value=1,
        max_value=retention.MOST_MONTHS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@form_page
def retention_page(request: HttpRequest) -> HttpResponse:
    """Show the choice; save it after a question that names the number of older records."""
    viewer = viewer_of(request)
    chosen = retention.chosen_months(viewer.pk)
    form = MonthsForm(request.POST if request.method == "POST" else None, initial={"months": chosen})
    context: dict[str, Any] = {"nav": "", "form": form, "chosen": chosen, "maximum": settings.KEEP_MONTHS_MAX}
    if request.method == "POST" and form.is_valid():
        months = form.cleaned_data["months"]
        older = _older(viewer, months)
        if older is None or "confirmed" in request.POST:
            retention.choose_months(viewer.pk, months)
            messages.success(request, "Saved." if older is None else "Saved. Older records are erased within a day.")
            return redirect("insights:retention")
        context |= {"asked_months": months, **older}
    return render(request, "insights/retention.html", context)


def _older(viewer: Viewer, months: int | None) -> dict[str, Any] | None:
    """Return the count of what a choice would erase, and the day before which it began; None if nothing is older."""
    kept = retention.months_kept(months)
    if kept is None:
        return None
    since = retention.kept_since(kept, timezone.now())
    counts = counted(viewer, Conditions(ends_at=since))
    if counts == Counts(0, 0):
        return None
    words = in_words(counts) if counts else "more records than can be counted in a moment"
    return {"counts": words, "since": from_milliseconds(since)}
