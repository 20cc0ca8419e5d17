"""The form that signs in to the pages and to the admin."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from accounts import audit
from accounts.limits.throttling import account_wait


class SlowedSignInForm(AuthenticationForm):
    """A sign-in that makes an account wait when it is tried too often, and that notes failures."""

    def clean(self) -> dict[str, Any]:
        """Sign in; raises ValidationError with the seconds to wait before it checks any password."""
        email = self.cleaned_data.get("username")
        if email and (wait := account_wait(email)):
            raise ValidationError(
                f"There were too many attempts to sign in to this account. Wait {wait} seconds and try again.",
                code="throttled",
            )
        return super().clean()

    def get_invalid_login_error(self) -> ValidationError:
        """Note the failure and return the error."""
        if self.request is not None:
            audit.add_failed_sign_in(self.request, self.cleaned_data.get("username"))
        return super().get_invalid_login_error()
