"""The bodies and replies of the account calls."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from accounts.api.fields import EmailField, PasswordField, TextField, TrueOrFalseField
from accounts.models import LABEL_LENGTH, AuditEvent, Session, User, validate_time_zone
from accounts.sessions import connecting
from instants import milliseconds


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
        return milliseconds(user.date_joined)


def label_field() -> Any:  # a TextField, under a name that the base class of serializers types otherwise
    """Return the field for the name of a new session."""
    return TextField(
        max_length=LABEL_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text='A name for this sign-in, such as "Work laptop". Without it the User-Agent gives one.',
    )


def check_new_password(password: str, user: User, field: str) -> None:
    """Raise ValidationError of `field` unless the password passes the server's rules."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: error.messages}) from error


class RegisterSerializer(serializers.Serializer[User]):
    """A new account: the address must be free and the password pass the server's rules."""

    email = EmailField()
    password = PasswordField()
    name = TextField(max_length=150, required=False, allow_blank=True, default="")
    timeZone = TextField(
        required=False,
        allow_blank=True,
        default="",
        help_text="An IANA name, such as Europe/Berlin. When it is left out or unknown, the default of the server.",
    )
    label = label_field()


class LoginSerializer(serializers.Serializer[User]):
    """An e-mail address and a password. Their form is not checked: that would tell which accounts can exist."""

    email = TextField(max_length=1024)
    password = PasswordField()
    label = label_field()
    refresh = TextField(
        max_length=4096,
        required=False,
        allow_blank=True,
        default="",
        help_text="A refresh token of an earlier sign-in of this program, ended or not. With it, failed sign-ins of "
        "others do not make this one wait.",
    )


class RefreshSerializer(serializers.Serializer[User]):
    """A refresh token."""

    refresh = TextField(max_length=4096)


class TokensSerializer(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField(read_only=True, help_text="Send it as `Authorization: Bearer <access>`.")
    refresh = serializers.CharField(
        read_only=True,
        help_text="Good until a token that it was exchanged for is used. Keep it where no page can read it.",
    )


class SignedInSerializer(TokensSerializer):
    """The person and a pair of tokens."""

    user = UserSerializer(read_only=True)


class ConnectSerializer(serializers.Serializer[Any]):
    """The challenge of an extension that wants to connect, and its name."""

    challenge = TextField(
        max_length=43,
        help_text="SHA-256 of the verifier, in base64url without padding (S256 of RFC 7636): 43 characters.",
    )
    label = label_field()

    def validate_challenge(self, challenge: str) -> str:
        """Return the challenge; raises ValidationError unless it can be a SHA-256."""
        if not connecting.is_challenge(challenge):
            raise serializers.ValidationError("Send the SHA-256 of the verifier in base64url: 43 characters.")
        return challenge


class GrantSerializer(serializers.Serializer[Any]):
    """A grant that waits for the answer of a person."""

    id = serializers.CharField(read_only=True, help_text="Opaque; up to 3,000 characters.")
    number = serializers.CharField(read_only=True, help_text="Four digits. Show them to the person.")
    expiresAt = serializers.IntegerField(read_only=True, help_text="Milliseconds since the epoch: in ten minutes.")
    page = serializers.CharField(read_only=True, help_text="Open it in a tab. The person answers there.")


class VerifierSerializer(serializers.Serializer[Any]):
    """The verifier of a grant."""

    verifier = TextField(max_length=128, help_text="43 to 128 characters, of which `challenge` was made.")


class WaitingSerializer(serializers.Serializer[Any]):
    """Nobody has answered yet."""

    expiresAt = serializers.IntegerField(read_only=True, help_text="Milliseconds since the epoch.")


class SessionSerializer(serializers.ModelSerializer[Session]):
    """One sign-in of one browser."""

    id = serializers.CharField(read_only=True, help_text="Opaque.")
    kind = serializers.ChoiceField(
        choices=Session.Kind.choices, read_only=True, help_text="`tokens`: an extension; `cookie`: these web pages."
    )
    isCurrent = serializers.SerializerMethodField(help_text="Whether this call comes from it.")
    createdAt = serializers.SerializerMethodField(help_text="Milliseconds since the epoch.")
    lastUsedAt = serializers.SerializerMethodField(help_text="Its last refresh: up to ten minutes before its last use.")
    lastAddress = serializers.CharField(source="last_client_ip", read_only=True, allow_null=True)
    expiresAt = serializers.SerializerMethodField(help_text="When it ends by itself if it is not used.")
    endedAt = serializers.SerializerMethodField(help_text="When it was ended for safety; else null.")
    endReason = serializers.SerializerMethodField(
        help_text="`refresh_reuse`: an old token of it was used again; else null."
    )

    class Meta:
        model = Session
        fields = [
            "id", "kind", "label", "isCurrent", "createdAt", "lastUsedAt", "lastAddress", "expiresAt", "endedAt",
            "endReason",
        ]  # fmt: skip

    def get_isCurrent(self, session: Session) -> bool:  # noqa: N802  # named by the field
        """Tell whether the call comes from this session."""
        return bool(session.pk == self.context.get("current"))

    def get_createdAt(self, session: Session) -> int:  # noqa: N802  # as above
        """Return when it was signed in."""
        return milliseconds(session.created_at)

    def get_lastUsedAt(self, session: Session) -> int:  # noqa: N802  # as above
        """Return when it was refreshed last."""
        return milliseconds(session.last_used_at)

    def get_expiresAt(self, session: Session) -> int:  # noqa: N802  # as above
        """Return when it ends by itself."""
        return milliseconds(session.expires_at)

    def get_endedAt(self, session: Session) -> int | None:  # noqa: N802  # as above
        """Return when it was ended."""
        return None if session.revoked_at is None else milliseconds(session.revoked_at)

    def get_endReason(self, session: Session) -> str | None:  # noqa: N802  # as above
        """Return why it was ended."""
        return session.revoked_reason or None


class SessionListSerializer(serializers.Serializer[Any]):
    """The sessions of a person."""

    sessions = SessionSerializer(many=True)


class LabelSerializer(serializers.Serializer[Any]):
    """A name for a session; without it nothing changes."""

    label = TextField(max_length=LABEL_LENGTH, required=False)  # type: ignore[assignment]  # the base class has a label too


class EndedSerializer(serializers.Serializer[Any]):
    """The number of sessions that a call ended."""

    ended = serializers.IntegerField(read_only=True)


class PersonChangeSerializer(serializers.Serializer[Any]):
    """The fields that a person may change; a field that is left out stays."""

    name = TextField(max_length=150, required=False, allow_blank=True)
    timeZone = TextField(
        max_length=64, required=False, validators=[validate_time_zone], help_text="An IANA name, such as Europe/Berlin."
    )


class OwnPasswordSerializer(serializers.Serializer[Any]):
    """The person's own password."""

    password = PasswordField()


class NewPasswordSerializer(serializers.Serializer[Any]):
    """The present password and the new one."""

    currentPassword = PasswordField()
    newPassword = PasswordField()


class EmailStateSerializer(serializers.Serializer[Any]):
    """The e-mail address of an account."""

    email = serializers.CharField(read_only=True)
    isConfirmed = serializers.BooleanField(read_only=True, help_text="Whether a link sent to it was followed.")
    pendingEmail = serializers.CharField(
        read_only=True, allow_null=True, help_text="The address that it becomes when its link is followed."
    )


class NewEmailSerializer(OwnPasswordSerializer):
    """The new e-mail address, or the present one to get another link."""

    email = EmailField()


class ForgottenPasswordSerializer(serializers.Serializer[Any]):
    """An e-mail address. Its form is not checked, so that all get the same answer."""

    email = TextField(max_length=1024)


class LinkSerializer(serializers.Serializer[Any]):
    """The value behind `?link=` of a link that came by e-mail."""

    link = TextField(max_length=200)


class ResetSerializer(LinkSerializer):
    """A link and the new password."""

    newPassword = PasswordField()
    endTokens = TrueOrFalseField(
        required=False, default=False, help_text="Whether to revoke all personal tokens of the person too."
    )


class ClosedSerializer(serializers.Serializer[Any]):
    """The rows that closing an account erased."""

    erased = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Rows erased so far by name: `pageVisits`, `tabAggregates`, `batches`, `browsers`, `monthTallies`, "
        "`categoryRules`, `sessions`, `connectAnswers`, `personalTokens`, `recoveryCodes`, `authenticators`, "
        "`adminChanges`, `accounts`. `eventsKeptWithoutName` are events that stay with a number in place of the "
        "person. Other names may come.",
    )
    isFinished = serializers.BooleanField(help_text="False: the server goes on erasing by itself.")


class EventSerializer(serializers.ModelSerializer[AuditEvent]):
    """An event of the account."""

    id = serializers.CharField(read_only=True, help_text="Opaque.")
    at = serializers.SerializerMethodField(help_text="Milliseconds since the epoch.")
    by = serializers.SerializerMethodField(help_text="`you`, `staff`, or null for the server or somebody unknown.")
    address = serializers.CharField(source="client_ip_for_subject", read_only=True, allow_null=True)

    class Meta:
        model = AuditEvent
        fields = ["id", "at", "kind", "by", "address", "detail"]
        read_only_fields = fields

    def get_at(self, event: AuditEvent) -> int:
        """Return when it happened."""
        return milliseconds(event.created_at)

    def get_by(self, event: AuditEvent) -> str | None:
        """Return who did it, without saying which member of staff."""
        return event.done_by()


class EventListSerializer(serializers.Serializer[Any]):
    """Events, newest first."""

    events = EventSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Send it as `?before=` for older ones; null: no more.")
