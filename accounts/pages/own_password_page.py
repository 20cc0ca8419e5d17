"""A page with a form that asks for the password once more."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import FormView

from accounts.pages.signed_in import person


class OwnPasswordPage(LoginRequiredMixin, FormView):  # type: ignore[type-arg]  # as above
    """A form that asks for the password once more."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the request and the person."""
        return {**super().get_form_kwargs(), "request": self.request, "user": person(self.request)}
