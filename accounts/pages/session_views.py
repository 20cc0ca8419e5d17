"""The page of sessions."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Session
from accounts.pages import forms
from accounts.pages.signed_in import current, person
from accounts.sessions import session_service
from id_numbers import parse_id


@login_required
def session_list(request: HttpRequest) -> HttpResponse:
    """Show the browsers that are signed in; name one."""
    user = person(request)
    if request.method == "POST":
        session = own_session(request)
        form = forms.LabelForm(request.POST)
        if form.is_valid():
            Session.objects.of(user.pk).filter(pk=session.pk).update(label=form.cleaned_data["label"])
            messages.success(request, "Named.")
        else:
            messages.error(request, "A name has 1 to 100 characters.")
        return redirect("browsers")
    shown = session_service.shown(user)
    live = [session for session in shown if session.revoked_at is None]
    context = {
        "here": [session for session in live if session.pk == current(request)],
        "others": [session for session in live if session.pk != current(request)],
        "stolen": [session for session in shown if session.revoked_at is not None],
    }
    return render(request, "accounts/browsers.html", context)


def own_session(request: HttpRequest) -> Session:
    """Return the session a form is about; raises Http404 for anybody else's as for none."""
    number = parse_id(request.POST.get("session", ""))
    own = Session.objects.of(person(request).pk)
    found: Session | None = None if number is None else own.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign one browser out."""
    session = own_session(request)
    if session.pk == current(request):
        logout(request)
        return redirect("home")
    session_service.end_one(person(request), session.pk, Session.Reason.REMOTELY, request)
    messages.success(request, f"{session.label} is signed out.")
    return redirect("browsers")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign all other browsers out."""
    ended = session_service.end_others(person(request), current(request), Session.Reason.REMOTELY, request)
    messages.success(request, f"{ended} other browser{'' if ended == 1 else 's'} signed out.")
    return redirect("browsers")
