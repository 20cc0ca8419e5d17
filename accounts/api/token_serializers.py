"""The bodies and replies of the calls about personal tokens."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import ListField, TextField, WordField
from accounts.api.serializers import OwnPasswordSerializer
from accounts.models import TOKEN_NAME_LENGTH, PersonalToken
from accounts.personal_tokens.token_service import DEFAULT_LIFE, LIVES
from accounts.scopes import EXPLANATIONS, Scope
from instants import milliseconds

SCOPES_HELP = " ".join(f"`{scope.value}`: {EXPLANATIONS[scope]}." for scope in Scope)
LIFE_HELP = f"When it expires: {', '.join(f'`{name}` {words}' for name, (_, words) in LIVES.items())}."


class NewTokenSerializer(OwnPasswordSerializer):
    """A new personal token: its name, at least one scope, when it expires, and the person's password."""

    name = TextField(max_length=TOKEN_NAME_LENGTH)
    scopes = ListField(child=WordField(choices=Scope.values), allow_empty=False, min_length=1, help_text=SCOPES_HELP)
    expiresIn = WordField(choices=list(LIVES), required=False, default=DEFAULT_LIFE, help_text=LIFE_HELP)


class TokenSerializer(serializers.ModelSerializer[PersonalToken]):
    """A personal token, without its text."""

    id = serializers.CharField(read_only=True, help_text="Opaque.")
    scopes = serializers.SerializerMethodField()
    prefix = serializers.CharField(read_only=True, help_text="The first 8 characters of its text.")
    createdAt = serializers.SerializerMethodField(help_text="Milliseconds since the epoch.")
    expiresAt = serializers.SerializerMethodField(help_text="Milliseconds since the epoch; null: never.")
    lastUsedOn = serializers.DateField(
        source="last_used_on", read_only=True, allow_null=True, help_text="The day of its last use, in UTC."
    )
    lastAddress = serializers.CharField(
        source="last_client_ip", read_only=True, allow_null=True, help_text="The newest client IP of that day."
    )

    class Meta:
        model = PersonalToken
        fields = ["id", "name", "scopes", "prefix", "createdAt", "expiresAt", "lastUsedOn", "lastAddress"]

    def get_scopes(self, token: PersonalToken) -> list[str]:
        """Return its scopes."""
        return token.scopes.split()

    def get_createdAt(self, token: PersonalToken) -> int:  # noqa: N802  # named by the field
        """Return when it was made."""
        return milliseconds(token.created_at)

    def get_expiresAt(self, token: PersonalToken) -> int | None:  # noqa: N802  # as above
        """Return when it expires."""
        return None if token.expires_at is None else milliseconds(token.expires_at)


class MadeTokenSerializer(TokenSerializer):
    """A personal token that was made just now, with its text."""

    token = serializers.SerializerMethodField(help_text="Its text. It is shown this once and not stored.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]

    def get_token(self, token: PersonalToken) -> str:
        """Return its text."""
        return str(self.context["text"])


class TokenListSerializer(serializers.Serializer[Any]):
    """The personal tokens of a person, newest first; expired ones are listed for 30 days more."""

    tokens = TokenSerializer(many=True)
