"""The account's pages, by cookie and CSRF token: sign-up, sign-in, and what a person may see and change."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import FormView, TemplateView, UpdateView
from rest_framework.exceptions import Throttled

from accounts import account_closing, account_service, audit, emails
from accounts.api.account_views import DEAD_LINK, EVENTS_A_PAGE, events_of
from accounts.limits.client_ip import client_address
from accounts.limits.throttling import check_rate
from accounts.models import Session, User
from accounts.pages import forms
from accounts.sessions import session_service
from accounts.sessions.middleware import SIGN_IN
from id_numbers import parse_id

CLOSING, ERASED = "closing", "erased"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def person(request: HttpRequest) -> User:
    """Return who is signed in; login_required let only people in."""
    return cast("User", request.user)


def current(request: HttpRequest) -> int:
    """Return the number of the session the cookie belongs to; 0 on the page that begins it."""
    return int(request.session.get(SIGN_IN, 0))


class RatedPage:
    """A page whose form anyone may send, within the rate of `scope` for each address."""

    scope = "auth"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 429 with how long to wait beyond the rate."""
        try:
            check_rate(self.scope, f"address {client_address(request)}")
        except Throttled as error:
            seconds = int(getattr(error, "wait", 0) or 0) + 1
            response = render(request, "accounts/too_many.html", {"seconds": seconds}, status=429)
            response["Retry-After"] = str(seconds)
            return response
        answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]  # of the view beside it
        return answer


class SignUpPage(RatedPage, FormView):  # type: ignore[type-arg]  # takes no parameter at run time
    """Make an account and sign in to it."""

    template_name = "accounts/sign_up.html"
    form_class = forms.SignUpForm

    @method_decorator((never_cache, sensitive_post_parameters()))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the form, unless somebody is signed in."""
        if request.user.is_authenticated:
            return redirect("account")
        if not settings.REGISTRATION_OPEN:
            return render(request, "accounts/sign_up_closed.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: forms.SignUpForm) -> HttpResponse:
        """Make the person and lead them to their account."""
        user = form.save()
        if user is None:
            return self.form_invalid(form)
        audit.note_own(audit.Kind.REGISTERED, self.request, user)
        emails.ask_confirmation(user, emails.site_of(self.request))
        login(self.request, user, BACKEND)
        return redirect(settings.LOGIN_REDIRECT_URL)


class SignInPage(RatedPage, LoginView):
    """Sign in."""

    template_name = "accounts/sign_in.html"
    authentication_form = forms.SignInForm
    redirect_authenticated_user = True
    extra_context = {"registration_open": settings.REGISTRATION_OPEN}


class SignOut(LogoutView):
    """Sign out of these pages."""


class ForgottenPage(RatedPage, FormView):  # type: ignore[type-arg]  # as above
    """Ask for a link to set a new password; the answer is the same whoever has the address."""

    template_name = "accounts/forgotten.html"
    form_class = forms.ForgottenForm
    success_url = reverse_lazy("forgotten-sent")
    scope = "reset"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether the server sends e-mail at all."""
        return super().get_context_data(**kwargs, can_be_sent=emails.can_be_sent())

    def form_valid(self, form: forms.ForgottenForm) -> HttpResponse:
        """Send the link, if there is anybody to send it to."""
        emails.offer_reset(form.cleaned_data["email"], emails.site_of(self.request))
        return super().form_valid(form)


class ForgottenSentPage(TemplateView):
    """Says that a link is on its way, if there is such an account."""

    template_name = "accounts/forgotten_sent.html"


class ResetPage(PasswordResetConfirmView):
    """Set a new password by a link that came by e-mail."""

    template_name = "accounts/reset.html"
    form_class = forms.ResetForm
    success_url = reverse_lazy("reset-done")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Take the link out of the address first: what stands in a query stays out of logs, then out of the page."""
        token = self.reset_url_token
        if link := request.GET.get("link"):
            request.session["reset_of"], _, token = link.partition(".")
        number = request.session.get("reset_of", "")
        return super().dispatch(request, uidb64=urlsafe_base64_encode(force_bytes(number)), token=token or "-")

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, which ends all sessions."""
        for key in (INTERNAL_RESET_SESSION_TOKEN, "reset_of"):
            self.request.session.pop(key, None)
        password = form.cleaned_data["new_password1"]
        session_service.change_password(form.user, password, 0, self.request, by_mail=True)
        return redirect(self.get_success_url())


class ResetDonePage(TemplateView):
    """Says that the password is set."""

    template_name = "accounts/reset_done.html"


@never_cache
def confirm_email(request: HttpRequest) -> HttpResponse:
    """Confirm an address: a link that is only looked at, as mail scanners do, changes nothing."""
    link = (request.POST if request.method == "POST" else request.GET).get("link", "")
    if request.method == "POST":
        user = account_service.confirm_email(link, request)
        context = {"email": user.email if user else None, "dead": DEAD_LINK}
        return render(request, "accounts/email_confirmed.html", context, status=200 if user else 400)
    reader = emails.reader_of(link, emails.address_links)
    address = (reader.pending_email or reader.email) if reader else None
    context = {"link": link, "email": address, "dead": DEAD_LINK}
    return render(request, "accounts/confirm_email.html", context, status=200 if reader else 400)


@require_GET
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show the account at a glance, and above all else what was ended for safety."""
    shown = session_service.shown(person(request))
    live = [session for session in shown if session.revoked_at is None]
    stolen = [session for session in shown if session.revoked_at is not None]
    return render(request, "accounts/account.html", {"live": len(live), "stolen": stolen})


class ProfilePage(LoginRequiredMixin, UpdateView):  # type: ignore[type-arg]  # as above
    """Name and time zone."""

    template_name = "accounts/profile.html"
    form_class = forms.ProfileForm
    success_url = reverse_lazy("account")

    def get_object(self, queryset: Any = None) -> User:
        """Return the person who is signed in."""
        return person(self.request)

    def form_valid(self, form: Any) -> HttpResponse:
        """Save and say so."""
        messages.success(self.request, "Saved.")
        return super().form_valid(form)


class PasswordPage(LoginRequiredMixin, PasswordChangeView):
    """Change the password."""

    template_name = "accounts/password.html"
    form_class = forms.ChangePasswordForm
    success_url = reverse_lazy("account")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who asks."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, which ends every other session, and stay signed in here."""
        user, password = person(self.request), form.cleaned_data["new_password1"]
        session_service.change_password(user, password, current(self.request), self.request, by_mail=False)
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "The password is changed, and every other browser is signed out.")
        return redirect(self.get_success_url())


class OwnPasswordPage(LoginRequiredMixin, FormView):  # type: ignore[type-arg]  # as above
    """A form that asks for the password once more."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who asks."""
        return {**super().get_form_kwargs(), "request": self.request, "user": person(self.request)}


class EmailPage(OwnPasswordPage):
    """Change the e-mail address, or confirm the one there is."""

    template_name = "accounts/email.html"
    form_class = forms.EmailForm
    success_url = reverse_lazy("own-email")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether the server sends e-mail at all."""
        return super().get_context_data(**kwargs, can_be_sent=emails.can_be_sent())

    def form_valid(self, form: forms.EmailForm) -> HttpResponse:
        """Send the link."""
        account_service.want_email(person(self.request), form.cleaned_data["email"], self.request)
        messages.success(self.request, "A link is on its way to that address. It changes when you follow it.")
        return super().form_valid(form)


@require_POST
@login_required
def send_confirmation(request: HttpRequest) -> HttpResponse:
    """Send another link to confirm the address there is, or the one that is wanted."""
    emails.ask_confirmation(person(request), emails.site_of(request))
    messages.success(request, "A link is on its way. It works once and for one hour.")
    return redirect("own-email")


@login_required
def browsers(request: HttpRequest) -> HttpResponse:
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
def end_browser(request: HttpRequest) -> HttpResponse:
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
def end_other_browsers(request: HttpRequest) -> HttpResponse:
    """Sign all other browsers out."""
    ended = session_service.end_others(person(request), current(request), Session.Reason.REMOTELY, request)
    messages.success(request, f"{ended} other browser{'' if ended == 1 else 's'} signed out.")
    return redirect("browsers")


@require_GET
@login_required
def events(request: HttpRequest) -> HttpResponse:
    """Show what happened to the account."""
    before = request.GET.get("before", "")
    found = events_of(person(request), parse_id(before) or 0, EVENTS_A_PAGE + 1)
    context = {
        "events": found[:EVENTS_A_PAGE],
        "next": found[EVENTS_A_PAGE - 1].pk if len(found) > EVENTS_A_PAGE else None,
    }
    return render(request, "accounts/events.html", context)


class ClosePage(OwnPasswordPage):
    """Close the account: asks for the password, says what will be erased, erases it, and says what that was."""

    template_name = "accounts/close.html"
    form_class = forms.OwnPasswordForm

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go on with a closing that was begun, whose person can no longer be signed in."""
        if CLOSING in request.session:
            return self._go_on(request)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Count what is there."""
        return super().get_context_data(**kwargs, owned=said(account_closing.owned(person(self.request))))

    def form_valid(self, form: forms.OwnPasswordForm) -> HttpResponse:
        """Erase for some seconds."""
        user = person(self.request)
        number = user.pk
        try:
            done = account_closing.close(user, self.request, in_background=False)
        except account_closing.CannotClose as error:
            raise PermissionDenied(str(error)) from error
        return self._shown(self.request, number, done, {})

    def _go_on(self, request: HttpRequest) -> HttpResponse:
        number = request.session[CLOSING]
        before = request.session.get(ERASED, {})
        if request.method != "POST":
            return self._page(request, before, finished=False)
        return self._shown(request, number, account_closing.go_on(number), before)

    def _shown(
        self, request: HttpRequest, number: int, done: account_closing.Closing, before: dict[str, int]
    ) -> HttpResponse:
        tables = {**before, **done.erased}
        erased = {table: before.get(table, 0) + done.erased.get(table, 0) for table in tables}
        if done.finished:
            logout(request)
        else:
            request.session[CLOSING], request.session[ERASED] = number, erased
        return self._page(request, erased, finished=done.finished)

    def _page(self, request: HttpRequest, erased: dict[str, int], *, finished: bool) -> HttpResponse:
        return render(request, "accounts/closed.html", {"erased": said(erased), "finished": finished})


def said(counts: dict[str, int]) -> list[tuple[str, str]]:
    """Return each table that holds anything, with its count in words."""
    cap = account_closing.counted_to()
    return [(table, f"more than {cap:,}" if rows == cap + 1 else f"{rows:,}") for table, rows in counts.items() if rows]
