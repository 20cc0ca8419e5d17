"""The pages about the e-mail address."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import account_service, emails
from accounts.pages import forms
from accounts.pages.own_password_page import OwnPasswordPage
from accounts.pages.signed_in import person

LINK_SENT = "The server has sent a link to the new e-mail address. Follow it, and your account has that address."


@never_cache
def confirm_email(request: HttpRequest) -> HttpResponse:
    """Confirm an e-mail address on POST. GET changes nothing, because mail scanners open links."""
    link = (request.POST if request.method == "POST" else request.GET).get("link", "")
    if request.method == "POST":
        user = account_service.confirm_email(link, request)
        context = {"email": user.email if user else None, "dead": account_service.DEAD_LINK}
        return render(request, "accounts/email_confirmed.html", context, status=200 if user else 400)
    reader = emails.person_of_link(link, emails.confirmation_links)
    address = (reader.pending_email or reader.email) if reader else None
    context = {"link": link, "email": address, "dead": account_service.DEAD_LINK}
    return render(request, "accounts/confirm_email.html", context, status=200 if reader else 400)


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
        account_service.request_email_change(person(self.request), form.cleaned_data["email"], self.request)
        messages.success(self.request, LINK_SENT)
        return super().form_valid(form)


@require_POST
@login_required
def send_confirmation(request: HttpRequest) -> HttpResponse:
    """Send another link to confirm the address there is, or the one that is wanted."""
    emails.send_confirmation_link(person(request), emails.server_url(request))
    messages.success(request, "The server has sent a link. It works once and for one hour.")
    return redirect("own-email")
