"""The form that signs in to the pages and to the admin, and the status of a page that shows it."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpResponse

from accounts import audit
from accounts.limits.failed_sign_ins import Attempt, TooManyFailures, begin_sign_in, check_sign_in_rate

ADVICE = "A browser in which you have signed in before need not wait. A link by e-mail sets a new password."


class SlowedSignInForm(AuthenticationForm):
    """A sign-in within the limits on failures, which it counts and notes."""

    # Set where the try was refused before its password was checked.
    seconds_to_wait = 0

    def clean(self) -> dict[str, Any]:
        """Sign in; raises ValidationError with the seconds to wait before it checks any password."""
        email = self.cleaned_data.get("username")
        if self.request is None or not email or not self.cleaned_data.get("password"):
            return super().clean()
        try:
            attempt = begin_sign_in(self.request, email)
            cleaned = self._counted(attempt)
            check_sign_in_rate(self.get_user())
        except TooManyFailures as refused:
            self.seconds_to_wait = refused.seconds
            raise ValidationError(f"{refused} {ADVICE}", code="throttled") from refused
        return cleaned

    def _counted(self, attempt: Attempt) -> dict[str, Any]:
        try:
            cleaned = super().clean()
        except ValidationError:
            attempt.failed()
            raise
        attempt.succeeded()
        return cleaned

    def get_invalid_login_error(self) -> ValidationError:
        """Note the failure and return the error."""
        if self.request is not None:
            audit.add_failed_sign_in(self.request, self.cleaned_data.get("username"))
        return super().get_invalid_login_error()


def with_wait(form: Any, response: HttpResponse) -> HttpResponse:
    """Return the page with status 429 and Retry-After where the form refused the try."""
    if seconds := getattr(form, "seconds_to_wait", 0):
        response.status_code = 429
        response["Retry-After"] = str(seconds)
    return response
