"""The page of the export, and its download."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import Throttled

from portability.exports.download import download


@require_safe
@never_cache
@login_required
def export_page(request: HttpRequest) -> HttpResponse:
    """Offer the export."""
    return render(request, "portability/export.html", {"nav": ""})


@require_POST
@login_required
def export_file(request: HttpRequest) -> HttpResponseBase:
    """Send the export."""
    person: Any = request.user  # never anonymous: login_required has run
    try:
        return download(person)
    except Throttled:
        messages.error(request, "Exports, imports or erasures of yours are being worked on. Try again in a moment.")
        return redirect("portability:export")
