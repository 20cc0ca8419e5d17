"""What a person does with their sessions; the page of browsers lists them."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.models import Session
from accounts.pages import forms
from accounts.pages.next_page import page_before
from accounts.pages.signed_in import current_session_id, person
from accounts.sessions import session_service
from id_numbers import parse_id

LIST = "insights:browsers"


@login_required
def name_session(request: HttpRequest) -> HttpResponse:
    """Name one session. A GET leads to the page that lists them."""
    if request.method == "POST":
        session = posted_session(request)
        form = forms.LabelForm(request.POST)
        if form.is_valid():
            Session.objects.of(person(request).pk).filter(pk=session.pk).update(label=form.cleaned_data["label"])
            messages.success(request, "Named.")
        else:
            messages.error(request, "A name has 1 to 100 characters.")
        return redirect(page_before(request, LIST))
    return redirect(LIST)


def posted_session(request: HttpRequest) -> Session:
    """Return the person's session of a form; raises Http404 for any other."""
    number = parse_id(request.POST.get("session", ""))
    own = Session.objects.of(person(request).pk)
    found: Session | None = None if number is None else own.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """End one session."""
    session = posted_session(request)
    if session.pk == current_session_id(request):
        logout(request)
        return redirect("home")
    session_service.end_one(person(request), session.pk, Session.Reason.REMOTELY, request)
    messages.success(request, f"{session.label} is signed out.")
    return redirect(page_before(request, LIST))


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one."""
    ended = session_service.end_others(person(request), current_session_id(request), Session.Reason.REMOTELY, request)
    messages.success(request, f"{ended} other sign-in{'' if ended == 1 else 's'} ended.")
    return redirect(page_before(request, LIST))
