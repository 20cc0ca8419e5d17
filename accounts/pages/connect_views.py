"""The page on which a person allows an extension to sign in to their account."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import Throttled

from accounts.limits.client_ip import client_ip_to_store
from accounts.limits.throttling import check_rate
from accounts.pages.rate_limited_page import too_many
from accounts.pages.signed_in import person
from accounts.sessions import connecting


class ConnectPage(LoginRequiredMixin, View):
    """Shows what asks to connect and its number, takes the answer, and shows the answer."""

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Forbid every cache to keep the page, whose state changes."""
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, grant_id: str) -> HttpResponse:
        """Show the question, or the answer that was given."""
        grant = self._grant(grant_id)
        answer = connecting.answer_to(grant_id)
        if answer is not None and answer.user_id == person(request).pk:
            return render(request, "accounts/connect_answered.html", {"grant": grant, "is_allowed": answer.is_allowed})
        if answer is not None:
            return render(request, "accounts/connect_over.html", {"is_answered": True}, status=410)
        if grant.has_expired():
            return render(request, "accounts/connect_over.html", status=410)
        context = {"grant": grant, "here": self.request.path, "is_elsewhere": self._is_elsewhere(grant)}
        return render(request, "accounts/connect.html", context)

    def post(self, request: HttpRequest, grant_id: str) -> HttpResponse:
        """Store the answer of the button `allow` or `deny`, and show it."""
        self._grant(grant_id)
        choice = request.POST.get("answer", "")
        if choice not in {"allow", "deny"}:
            return redirect("connect-page", grant_id)
        try:
            # Each answer leaves an event.
            check_rate("auth", f"person {person(request).pk}")
            connecting.answer(person(request), grant_id, request, is_allowed=choice == "allow")
        except Throttled as error:
            return too_many(request, error)
        except (connecting.Answered, connecting.Expired):
            pass  # the page says so
        return redirect("connect-page", grant_id)

    def _grant(self, grant_id: str) -> connecting.Grant:
        try:
            return connecting.grant_of(grant_id)
        except connecting.UnknownGrant as error:
            raise Http404 from error

    def _is_elsewhere(self, grant: connecting.Grant) -> bool:
        """Tell whether the extension asked from another client IP than the person now has."""
        here = client_ip_to_store(self.request)
        return grant.client_ip is not None and here is not None and grant.client_ip != here
