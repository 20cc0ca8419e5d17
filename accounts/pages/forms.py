"""The forms of the account pages."""

import secrets
from typing import Any, cast

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import account_service
from accounts.email_address import INVALID, MAX_EMAIL_LENGTH, TOO_LONG, check_email, normalize_email
from accounts.limits.failed_sign_ins import TooManyFailures
from accounts.limits.slowed_sign_in_form import SlowedSignInForm
from accounts.models import LABEL_LENGTH, TOKEN_NAME_LENGTH, User
from accounts.pages.signed_in import current_session_id
from accounts.personal_tokens.token_service import LIVES
from accounts.scopes import EXPLANATIONS, Scope
from accounts.time_zones import known_time_zones

CURRENT_PASSWORD_INPUT = forms.PasswordInput(attrs={"autocomplete": "current-password"})
NEW_PASSWORD_INPUT = forms.PasswordInput(attrs={"autocomplete": "new-password"})
EMAIL_INPUT = forms.EmailInput(attrs={"autocomplete": "email"})
PASSWORD_HELP = "At least 8 characters. Not a common password, not only digits, not like your name or e-mail address."  # noqa: S105  # a hint for people
END_TOKENS_HELP = "Do this if somebody else may have signed in. Your own programs then need new tokens."  # as above
REPEAT_LABEL = "New password, once more"


def new_form_id() -> str:
    """Return a random id, by which a form that is sent again is recognised."""
    return secrets.token_hex(16)


class FocusedForm:
    """A form without colons after its labels that focuses the first field with an error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def full_clean(self) -> None:
        """Check the fields, and focus the first one that is wrong."""
        super().full_clean()  # type: ignore[misc]  # of the form beside it
        self._focus_first_error()

    def refuse(self, errors: dict[str, list[str]]) -> None:
        """Add the errors of a service, and focus the first field that is wrong."""
        for field, texts in errors.items():
            cast("forms.Form", self).add_error(field, ValidationError(texts))
        self._focus_first_error()

    def _focus_first_error(self) -> None:
        form = cast("forms.Form", self)
        wrong = [name for name in form.fields if name in form.errors]
        if wrong:
            for field in form.fields.values():
                field.widget.attrs.pop("autofocus", None)
            form.fields[wrong[0]].widget.attrs["autofocus"] = True


class EmailField(forms.EmailField):
    """An e-mail address that may become the address of an account, returned as it is stored."""

    default_validators = [check_email]

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=EMAIL_INPUT, error_messages={"max_length": TOO_LONG}, **options)

    def to_python(self, value: Any) -> str:
        """Return the address as it is stored; it is checked in this spelling."""
        return normalize_email(super().to_python(value) or "")


class SignInForm(FocusedForm, SlowedSignInForm):
    """Signing in to the pages."""

    error_messages = {
        "invalid_login": "The e-mail address or the password is wrong.",
        "inactive": "The e-mail address or the password is wrong.",
    }


class SignUpForm(FocusedForm, forms.Form):
    """A new account."""

    email = EmailField(label="E-mail address")
    name = forms.CharField(
        label="Name (if you like)",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password", max_length=1024, strip=False, widget=NEW_PASSWORD_INPUT, help_text=PASSWORD_HELP
    )
    # Filled by browser_time_zone.js. A name that the server does not know is no reason to refuse a sign-up.
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-time-zone": ""}))

    def clean(self) -> dict[str, Any] | None:
        """Name the problems of the password beside a wrong e-mail address, so that both are mended at once."""
        cleaned = super().clean()
        password = self.cleaned_data.get("password")
        if password and "email" in self.errors:
            for problem in account_service.password_problems(password, name=self.cleaned_data.get("name", "")):
                self.add_error("password", problem)
        return cleaned


def check_own_password(user: User, password: str, request: HttpRequest) -> str:
    """Return the password; raises ValidationError for a wrong one or too many attempts."""
    try:
        account_service.check_own_password(user, password, request, current_session_id(request))
    except account_service.WrongPassword as error:
        raise ValidationError("The password is wrong.", code="wrong") from error
    except TooManyFailures as error:
        raise ValidationError(str(error), code="throttled") from error
    return password


class OwnPasswordForm(FocusedForm, forms.Form):
    """Asks for the password once more."""

    password = forms.CharField(label="Your password", max_length=1024, strip=False, widget=CURRENT_PASSWORD_INPUT)

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user

    def clean_password(self) -> str:
        """Return the password; raises ValidationError for a wrong one."""
        return check_own_password(self.user, self.cleaned_data["password"], self.request)


class TokenForm(OwnPasswordForm):
    """A new personal token."""

    field_order = ["name", "scopes", "expires_in", "password", "form_id"]
    name = forms.CharField(
        label="Name",
        max_length=TOKEN_NAME_LENGTH,
        help_text="The program that will use it, such as “Weekly report”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What the program may do",
        choices=[(scope.value, f"{scope.label}: {EXPLANATIONS[scope]}") for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one.", "invalid_choice": "Choose from the list."},
    )
    expires_in = forms.ChoiceField(
        label="Expires", choices=[(name, words.capitalize()) for name, (_, words) in LIVES.items()]
    )
    form_id = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput, initial=new_form_id)


class EmailForm(OwnPasswordForm):
    """Another e-mail address."""

    field_order = ["email", "password"]
    email = EmailField(label="New e-mail address")


class NewPasswordTwice(FocusedForm):
    """The new password typed twice, with the help text of the other pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = (cast("forms.Form", self).fields[name] for name in ("new_password1", "new_password2"))
        first.help_text, second.help_text, second.label = PASSWORD_HELP, "", REPEAT_LABEL


class ResetForm(NewPasswordTwice, SetPasswordForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """The new password, for a person who followed a link."""

    error_messages = {"password_mismatch": "The two passwords differ."}
    end_tokens = forms.BooleanField(required=False, label="Revoke my personal tokens too")

    def __init__(self, user: User | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        if user is None or not user.personal_tokens.exists():
            del self.fields["end_tokens"]
        else:
            self.fields["end_tokens"].help_text = END_TOKENS_HELP


class ChangePasswordForm(NewPasswordTwice, PasswordChangeForm):
    """The present password, and the new one typed twice."""

    error_messages = {**PasswordChangeForm.error_messages, **ResetForm.error_messages}

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request
        self.fields["old_password"].label = "Present password"

    def clean_old_password(self) -> str:
        """Return the present password; raises ValidationError for a wrong one."""
        return check_own_password(self.user, self.cleaned_data["old_password"], self.request)


class ForgottenForm(FocusedForm, forms.Form):
    """The e-mail address of a forgotten password."""

    email = forms.EmailField(
        label="E-mail address", max_length=MAX_EMAIL_LENGTH, widget=EMAIL_INPUT, error_messages={"invalid": INVALID}
    )


class ProfileForm(FocusedForm, forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """Name and time zone."""

    time_zone = forms.ChoiceField(
        label="Time zone", choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(known_time_zones())]
    )

    class Meta:
        model = User
        fields = ("name", "time_zone")


class LabelForm(forms.Form):
    """The name of a session."""

    label = forms.CharField(max_length=LABEL_LENGTH)


class CodeForm(FocusedForm, forms.Form):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}),
    )
