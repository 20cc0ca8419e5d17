"""Accounts on the wire."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers

from accounts.models import AuditEvent, Session, User, normalize_email, validate_time_zone
from accounts.user_agent import LONGEST
from instants import milliseconds

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
        return milliseconds(user.date_joined)


def label_field(*, required: bool = False) -> Any:
    """Return the field of what a person calls this browser; when it is left out, that is what the User-Agent says."""
    words = 'What to call this browser, such as "Work laptop".'
    optional: dict[str, Any] = {} if required else {"required": False, "allow_blank": True, "default": ""}
    return serializers.CharField(max_length=LONGEST, help_text=words, **optional)


def check_new_password(password: str, user: User, field: str) -> None:
    """Raise ValidationError of `field` unless the password passes the server's rules."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: error.messages}) from error


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
        check_new_password(attrs["password"], User(email=attrs["email"], name=attrs["name"]), "password")
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


class SessionSerializer(serializers.ModelSerializer[Session]):
    """One sign-in of one browser, as its person sees it; the label alone may be written."""

    id = serializers.CharField(read_only=True, help_text="Opaque.")
    kind = serializers.ChoiceField(
        choices=Session.Kind.choices, read_only=True, help_text="`tokens`: an extension; `cookie`: these web pages."
    )
    isCurrent = serializers.SerializerMethodField(help_text="Whether this call comes from it.")
    createdAt = serializers.SerializerMethodField(help_text="Milliseconds since the epoch.")
    lastUsedAt = serializers.SerializerMethodField(help_text="Its last refresh: up to ten minutes before its last use.")
    lastAddress = serializers.CharField(source="last_address", read_only=True, allow_null=True)
    expiresAt = serializers.SerializerMethodField(help_text="When it ends by itself if it is not used.")
    endedAt = serializers.SerializerMethodField(help_text="Of one that was signed out for safety: when.")
    endReason = serializers.SerializerMethodField(help_text="`refresh_reuse`: an old token of it was used again.")

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
    """A name for a browser."""

    label = label_field(required=True)


class EndedSerializer(serializers.Serializer[Any]):
    """How many sessions a call ended."""

    ended = serializers.IntegerField(read_only=True)


class PersonChangeSerializer(serializers.Serializer[Any]):
    """What a person may change about themselves; what is left out stays."""

    name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    timeZone = serializers.CharField(
        max_length=64, required=False, validators=[validate_time_zone], help_text="An IANA name, such as Europe/Berlin."
    )


class OwnPasswordSerializer(serializers.Serializer[Any]):
    """The password, asked for once more."""

    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class NewPasswordSerializer(serializers.Serializer[Any]):
    """The present password and the next."""

    currentPassword = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    newPassword = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class EmailStateSerializer(serializers.Serializer[Any]):
    """The address of an account, and what is known of it."""

    email = serializers.CharField(read_only=True)
    isConfirmed = serializers.BooleanField(read_only=True, help_text="Whether a link sent to it was followed.")
    pendingEmail = serializers.CharField(read_only=True, allow_null=True, help_text="Wanted, and not yet confirmed.")


class NewEmailSerializer(OwnPasswordSerializer):
    """An address to change to; the present one, to be sent a link that confirms it."""

    email = serializers.EmailField(max_length=EMAIL_LENGTH)


class AddressSerializer(serializers.Serializer[Any]):
    """An e-mail address; nothing about it is checked here, so that nothing is given away."""

    email = serializers.CharField(max_length=1024)


class LinkSerializer(serializers.Serializer[Any]):
    """What a link that came by e-mail carries behind `?link=`."""

    link = serializers.CharField(max_length=200)


class ResetSerializer(LinkSerializer):
    """A link and the next password."""

    newPassword = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class ClosedSerializer(serializers.Serializer[Any]):
    """What closing an account erased."""

    erased = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by table, so far.")
    isFinished = serializers.BooleanField(help_text="False: the server goes on erasing by itself.")


class EventSerializer(serializers.ModelSerializer[AuditEvent]):
    """Something that happened to the account."""

    id = serializers.CharField(read_only=True, help_text="Opaque.")
    at = serializers.SerializerMethodField(help_text="Milliseconds since the epoch.")
    by = serializers.SerializerMethodField(help_text="`you`, `staff`, or null: the server, or somebody unknown.")
    address = serializers.CharField(source="address_shown", read_only=True, allow_null=True)

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
