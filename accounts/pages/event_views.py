"""The page that lists the events of the account."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.pages.signed_in import person
from id_numbers import parse_id


@require_GET
@login_required
def event_list(request: HttpRequest) -> HttpResponse:
    """Show the events of the account."""
    before = request.GET.get("before", "")
    events, following = audit.page_of_events(person(request), parse_id(before))
    return render(request, "accounts/events.html", {"events": events, "next": following})
