"""The forms of the account pages."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from accounts.throttling import account_wait


class SignInForm(AuthenticationForm):
    """A page's sign-in, slowed for an account that is tried too often, just like the API's."""

    def clean(self) -> dict[str, Any]:
        """Sign in; raises ValidationError with the seconds to wait, before any password is looked at."""
        email = self.cleaned_data.get("username")
        if email and (wait := account_wait(email)):
            raise ValidationError(
                f"There were too many attempts to sign in to this account. Wait {wait} seconds and try again.",
                code="throttled",
            )
        return super().clean()
