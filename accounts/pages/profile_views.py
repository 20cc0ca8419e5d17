"""The account at a glance, and the name and time zone."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET
from django.views.generic import UpdateView

from accounts.models import User
from accounts.pages import forms
from accounts.pages.signed_in import person
from accounts.personal_tokens import token_service
from accounts.sessions import session_service


@require_GET
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show the account at a glance; sessions ended for safety stand first."""
    shown = session_service.sessions_to_show(person(request))
    live = [session for session in shown if session.revoked_at is None]
    stolen = [session for session in shown if session.revoked_at is not None]
    tokens = sum(not token.has_expired() for token in token_service.tokens_of(person(request)))
    return render(request, "accounts/account.html", {"live": len(live), "stolen": stolen, "tokens": tokens})


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
