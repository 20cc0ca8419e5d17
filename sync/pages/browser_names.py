"""The form on the page of browsers by which a person names one."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.pages.next_page import page_before
from sync import limits
from sync.browsers import set_label


class LabelForm(forms.Form):
    """A browser and its new name."""

    client_id = forms.CharField(max_length=limits.MAX_CLIENT_ID, required=False, strip=False)
    label = forms.CharField(max_length=limits.MAX_LABEL, required=False)


@require_POST
@login_required
def name_browser(request: HttpRequest) -> HttpResponse:
    """Name a browser of the person, or take its name away."""
    form = LabelForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"A name has at most {limits.MAX_LABEL} characters.")
    elif set_label(cast("int", request.user.pk), form.cleaned_data["client_id"], form.cleaned_data["label"]) is None:
        raise Http404
    else:
        messages.success(request, "Named." if form.cleaned_data["label"] else "The name is gone.")
    return redirect(page_before(request, "insights:browsers"))
