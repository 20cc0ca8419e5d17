"""The admin, closed to staff who have not taken the second step they need."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.limits.slowed_sign_in_form import with_wait
from accounts.second_step import needs_second_step


class StaffSite(admin.AdminSite):
    """The admin, closed to staff who have not taken the second step they need."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether any page of the admin may be shown."""
        return super().has_permission(request) and not needs_second_step(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the form; staff who gave their password are led to the second step."""
        if super().has_permission(request) and needs_second_step(request):
            wanted = request.GET.get("next") or reverse("admin:index", current_app=self.name)
            return redirect(f"{reverse('second-step')}?{urlencode({'next': wanted})}")
        page = super().login(request, extra_context)
        # A page that leads elsewhere has no context.
        return with_wait((getattr(page, "context_data", None) or {}).get("form"), page)
