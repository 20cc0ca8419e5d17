"""The pages that change a password or set a forgotten one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.generic import FormView, TemplateView

from accounts import account_service, emails
from accounts.email_address import MAX_EMAIL_LENGTH
from accounts.limits import known_client
from accounts.limits.throttling import check_rate
from accounts.models import User
from accounts.pages import forms
from accounts.pages.rate_limited_page import RateLimitedPage
from accounts.pages.signed_in import current_session_id, person
from accounts.sessions import session_service


class ForgottenPage(RateLimitedPage, FormView):  # type: ignore[type-arg]  # as above
    """Ask for a link that sets a new password; the answer does not tell whether somebody has the address."""

    template_name = "accounts/forgotten.html"
    form_class = forms.ForgottenForm
    success_url = reverse_lazy("forgotten-sent")
    scope = "reset"

    def check_rate(self, request: HttpRequest) -> None:
        """Count the form; a browser in which the person has signed in before has a count of its own."""
        person_id = (
            User.objects.by_email(request.POST.get("email", "")[:MAX_EMAIL_LENGTH]).values_list("pk", flat=True).first()
        )
        device = None if person_id is None else known_client.known_device(request, person_id)
        if device is None:
            super().check_rate(request)
        else:
            check_rate(self.scope, f"device {device}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether the server sends e-mail at all."""
        return super().get_context_data(**kwargs, can_be_sent=emails.can_be_sent())

    def form_valid(self, form: forms.ForgottenForm) -> HttpResponse:
        """Send the link, if there is anybody to send it to."""
        emails.send_reset_link(form.cleaned_data["email"], emails.server_url(self.request))
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
        """Move a good link out of the URL into the cookie session, so that no log and no Referer holds it.

        Nothing is stored of a link that is not good, which anybody could send without end.
        """
        token = self.reset_url_token
        if link := request.GET.get("link"):
            if account_service.person_of_reset_link(link) is None:
                return super().dispatch(request, uidb64="-", token="-")  # noqa: S106  # no token at all
            request.session["reset_of"], _, token = link.partition(".")
        number = request.session.get("reset_of", "")
        return super().dispatch(request, uidb64=urlsafe_base64_encode(force_bytes(number)), token=token or "-")

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, which ends all sessions."""
        for key in (INTERNAL_RESET_SESSION_TOKEN, "reset_of"):
            self.request.session.pop(key, None)
        password = form.cleaned_data["new_password1"]
        end_tokens = form.cleaned_data.get("end_tokens", False)
        session_service.change_password(form.user, password, 0, self.request, by_mail=True, end_tokens=end_tokens)
        response = redirect(self.get_success_url())
        # The link proved who this is, so the sign-in that follows need not wait for the failures of others.
        known_client.remember(self.request, response, form.user.pk)
        return response


class ResetDonePage(TemplateView):
    """Says that the password is set."""

    template_name = "accounts/reset_done.html"


class PasswordPage(LoginRequiredMixin, PasswordChangeView):
    """Change the password."""

    template_name = "accounts/password.html"
    form_class = forms.ChangePasswordForm
    success_url = reverse_lazy("account")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the request."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, which ends every other session, and stay signed in here."""
        user, password = person(self.request), form.cleaned_data["new_password1"]
        session_service.change_password(user, password, current_session_id(self.request), self.request, by_mail=False)
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "The password is changed, and you are signed out everywhere else.")
        return redirect(self.get_success_url())
