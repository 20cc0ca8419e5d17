"""Fields of requests with strict types, and null counted as absent where a field is optional."""

from typing import Any

from django.core.validators import EmailValidator
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.email_address import INVALID, MAX_EMAIL_LENGTH, TOO_LONG, check_email, normalize_email

NO_TEXT = "Send a string."


class NullIsAbsent(serializers.Field[Any, Any, Any, Any]):
    """A field that counts null as absent where it is optional, and refuses null where it is required."""

    def __init__(self, **options: Any) -> None:
        is_optional = not options.get("required", "default" not in options)
        super().__init__(**{"allow_null": is_optional, **options})

    def run_validation(self, data: Any = empty) -> Any:
        """Return the value; raises ValidationError, or SkipField where it is absent and has no default."""
        return super().run_validation(empty if data is None and not self.required else data)


class TextField(NullIsAbsent, serializers.CharField):
    """A text of at most `max_length` characters as sent; the framework would take a number too."""

    default_error_messages = {"type": NO_TEXT}

    def run_validation(self, data: Any = empty) -> Any:
        """Return the text; raises ValidationError."""
        # First, because the framework calls str() on the value, which fails for a number of many digits.
        if not (data is empty or data is None or isinstance(data, str)):
            self.fail("type")
        # The text as sent, as the API's description counts it, and not what is left of it without blanks.
        if isinstance(data, str) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().run_validation(data)


class EmailField(TextField, serializers.EmailField):
    """An e-mail address that may become the address of an account, returned as it is stored."""

    default_error_messages = {"invalid": INVALID, "max_length": TOO_LONG}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_EMAIL_LENGTH, **options)
        # In place of the framework's own, which would say the same a second time.
        self.validators = [each for each in self.validators if not isinstance(each, EmailValidator)] + [check_email]

    def to_internal_value(self, data: str) -> str:
        """Return the address as it is stored; it is checked in this spelling."""
        return normalize_email(super().to_internal_value(data))


class TrueOrFalseField(NullIsAbsent, serializers.BooleanField):
    """True or false; the framework would take "yes" and 1 as well."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the value; raises ValidationError."""
        if not isinstance(data, bool):
            self.fail("type")
        return data

    default_error_messages = {"type": "Send true or false."}


class WordField(NullIsAbsent, serializers.ChoiceField):
    """One of a few words. The error names them, and not the value that was sent."""

    default_error_messages = {"type": NO_TEXT}

    def to_internal_value(self, data: Any) -> Any:
        """Return the word; raises ValidationError."""
        # First, because the framework calls str() on the value, which fails for a number of many digits.
        if not isinstance(data, str):
            self.fail("type")
        if data not in self.choices:
            raise serializers.ValidationError(f"Choose one of: {', '.join(self.choices)}.")
        return data


class ListField(NullIsAbsent, serializers.ListField):
    """A list."""


class PasswordField(TextField):
    """A password; blanks around it belong to it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1024, trim_whitespace=False, write_only=True, **options)
