"""Accounts on the wire."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers

from accounts.labels import LONGEST
from accounts.models import User, normalize_email

EMAIL_LENGTH = 254
TAKEN = "There is an account with this e-mail address already. Sign in instead."


class UserSerializer(serializers.ModelSerializer[User]):
    """A person as the API shows them."""

    timeZone = serializers.CharField(source="time_zone", read_only=True)
    dateJoined = serializers.SerializerMethodField(help_text="Milliseconds since the epoch.")
    id = serializers.CharField(read_only=True, help_text="Opaque.")

    class Meta:
        model = User
        fields = ["id", "email", "name", "timeZone", "dateJoined"]
        read_only_fields = fields

    def get_dateJoined(self, user: User) -> int:  # noqa: N802  # named by the field
        """Return when the person signed up, in milliseconds since the epoch."""
        return int(user.date_joined.timestamp() * 1000)


def label_field() -> Any:
    """Return the field of what a person calls this browser; by default it is what the User-Agent says."""
    words = 'What to call this browser, such as "Work laptop".'
    return serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST, help_text=words)


class RegisterSerializer(serializers.Serializer[User]):
    """A new account: the address must be free and the password pass the server's rules."""

    email = serializers.EmailField(max_length=EMAIL_LENGTH)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, allow_null=True, default="")
    label = label_field()

    def validate_email(self, value: str) -> str:
        """Normalise the address and refuse one that is taken."""
        email = normalize_email(value)
        if len(email) > EMAIL_LENGTH:  # a few letters grow when they are made small
            raise serializers.ValidationError(f"Ensure this field has no more than {EMAIL_LENGTH} characters.")
        if User.objects.filter(email=email).exists():
            raise serializers.ValidationError(TAKEN)
        return email

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the password against the validators, with the person at hand for comparison; null is no name."""
        attrs["name"] = attrs["name"] or ""
        try:
            validate_password(attrs["password"], User(email=attrs["email"], name=attrs["name"]))
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        """Create the person; two registrations of one address at the same moment end as one."""
        try:
            with transaction.atomic():
                return User.objects.create_user(**validated_data)
        except IntegrityError as error:
            raise serializers.ValidationError({"email": [TAKEN]}) from error


class LoginSerializer(serializers.Serializer[User]):
    """An address and a password; nothing about either is checked here, so that nothing is given away."""

    email = serializers.CharField(max_length=1024)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    label = label_field()


class RefreshSerializer(serializers.Serializer[User]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4096)


class TokensSerializer(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField(read_only=True, help_text="Send it as `Authorization: Bearer <access>`.")
    refresh = serializers.CharField(
        read_only=True,
        help_text="Good until what it was exchanged for is used; keep it where no page can read it.",
    )


class SignedInSerializer(TokensSerializer):
    """The person and a pair of tokens."""

    user = UserSerializer(read_only=True)
