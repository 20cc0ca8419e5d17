"""Who a person is, which browsers are signed in, and what happened to the account."""

from datetime import datetime
from typing import Any, ClassVar, Self
from zoneinfo import available_timezones

from axes.models import AccessAttempt
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.email_address import normalize_email
from accounts.sessions.rotation import Chain, Use
from accounts.user_agent import LONGEST


def account_key(email: str) -> str:
    """Return the key that attempts to sign in to an account are counted under."""
    return f"account {normalize_email(email)}"[:100]


def letter_key(email: str) -> str:
    """Return the key that letters to an address are counted under."""
    return f"letter {normalize_email(email)}"[:100]


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone, such as Europe/Berlin."""
    if name not in available_timezones():
        raise ValidationError("Enter an IANA time zone, such as Europe/Berlin.", code="invalid")


class UserManager(BaseUserManager["User"]):
    """Makes people, always with a normalised address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; raises ValueError without an address, IntegrityError when it is taken."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who may do everything in the admin."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def by_email(self, email: str) -> "models.QuerySet[User]":
        """Return the person with this address, if there is one.

        A person whose address was stored in another spelling, and whose normal one somebody else has, is found by
        their own.
        """
        spelled, normal = email.strip().lower(), normalize_email(email)
        if spelled != normal and (found := self.filter(email=spelled)).exists():
            return found
        return self.filter(email=normal)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this address; raises DoesNotExist."""
        return self.by_email(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address is the login and is stored as `normalize_email` spells it."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Untick to shut the person out without deleting.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    email_confirmed_at = models.DateTimeField("e-mail address confirmed", null=True, editable=False)
    pending_email = models.EmailField("new e-mail address, not yet confirmed", blank=True, editable=False)
    closed_at = models.DateTimeField("closed by the person", null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_user_email_lower"),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Leave the address as it is; forms normalise a new one.

        Django's own `clean` would change an address that is stored in another spelling into somebody else's.
        """

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the person, the failed sign-ins and counts kept under their address, and their name in the audit."""
        with transaction.atomic(using=using):
            AccessAttempt.objects.filter(username=normalize_email(self.email)[:254]).delete()
            RateCount.objects.filter(key__in=[account_key(self.email), letter_key(self.email)]).delete()
            AuditEvent.forget_person(self.pk)
            return super().delete(using=using, keep_parents=keep_parents)

    def get_full_name(self) -> str:
        """Return the name, or the address when there is none."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the name, or the address when there is none."""
        return self.get_full_name()


class RateCount(models.Model):
    """How often something was asked for in one window of time; rows of past windows mean nothing.

    On PostgreSQL the table is unlogged: a count lost in a crash costs nothing, and a commit that wrote nothing else
    waits for no disk.
    """

    key = models.CharField(max_length=100, primary_key=True)
    ends_at = models.BigIntegerField(help_text="When its window ends, in seconds since the epoch.")
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


# The detail of a failed sign-in that was a wrong password in one of the account's own forms.
ASKED_AGAIN = "asked once more"


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions by what they are."""

    def of(self, user_id: int) -> Self:
        """Keep the sessions of one person."""
        return self.filter(user_id=user_id)

    def live(self) -> Self:
        """Keep those that are signed in."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def end(self, reason: "Session.Reason") -> int:
        """Sign them out and return how many."""
        return self.update(revoked_at=timezone.now(), revoked_reason=reason)


class Session(models.Model):
    """One sign-in of one browser: of an extension, which holds tokens, or of the web pages, which hold a cookie.

    Of refresh tokens it knows the newest generation that was refreshed, and the marks of those that may be presented
    again (accounts/sessions/rotation.py). No token can be made from that.
    """

    class Kind(models.TextChoices):
        """What holds the sign-in."""

        TOKENS = "tokens", "extension"
        COOKIE = "cookie", "web pages"

    class Reason(models.TextChoices):
        """Why a session was ended before its time."""

        SIGNED_OUT = "signed_out", "signed out"
        REMOTELY = "signed_out_remotely", "signed out from elsewhere"
        PASSWORD = "password_changed", "signed out by a new password"
        DEACTIVATED = "deactivated", "the account was deactivated"
        REUSE = "refresh_reuse", "signed out for safety"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    label = models.CharField(max_length=LONGEST)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(help_text="Its last refresh, so up to the life of an access token ago.")
    last_address = models.GenericIPAddressField(null=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)
    generation = models.PositiveIntegerField(default=0)
    uses = models.JSONField(default=list, help_text="[generation, mark, milliseconds] of each that may be retried.")

    objects: ClassVar[Any] = SessionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="accounts_session_expires"),
            models.Index(fields=["revoked_at"], name="accounts_session_revoked"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def chain(self) -> Chain:
        """Return what is remembered of its refresh tokens."""
        return Chain(self.generation, tuple(Use(*use) for use in self.uses))

    @chain.setter
    def chain(self, chain: Chain) -> None:
        self.generation, self.uses = chain.generation, [list(use) for use in chain.uses]

    def is_live(self, now: datetime) -> bool:
        """Tell whether it is signed in."""
        return self.revoked_at is None and self.expires_at > now


class RecoveryCode(models.Model):
    """A code that stands in once for a staff member's authenticator; its digest alone is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="accounts_recoverycode_key")]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Events to read and to add; changing and deleting them is refused."""

    def about(self, user_id: int) -> Self:
        """Keep what happened to one person's account."""
        return self.filter(subject_id=user_id)

    def update(self, **kwargs: Any) -> int:
        """Refuse."""
        raise AppendOnly

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        """Refuse."""
        raise AppendOnly

    def _raw_delete(self, using: str | None) -> int:
        raise AppendOnly


class AppendOnly(Exception):
    """The audit trail is written once."""

    def __init__(self) -> None:
        super().__init__("Audit events are only added, never changed or deleted.")


class AuditEvent(models.Model):
    """What happened to an account, written once; no token, no URL, no address of e-mail.

    Erasing a person replaces them by null and leaves their number, which then is nobody's.
    """

    class Kind(models.TextChoices):
        """What happened."""

        REGISTERED = "registered", "account made"
        SIGN_IN = "sign_in", "signed in"
        SIGN_IN_FAILED = "sign_in_failed", "failed sign-in"
        REFRESH_REUSE = "refresh_reuse", "an old sign-in was used again"
        SESSION_REVOKED = "session_revoked", "signed out"
        PASSWORD_CHANGED = "password_changed", "password changed"
        PASSWORD_RESET = "password_reset", "password reset by e-mail"
        EMAIL_CONFIRMED = "email_confirmed", "e-mail address confirmed"
        EMAIL_CHANGED = "email_changed", "e-mail address changed"
        SECOND_STEP_CHANGED = "second_step_changed", "second step of signing in changed"
        ACCOUNT_CLOSED = "account_closed", "account closed"
        STAFF_OPENED = "staff_opened", "staff opened records"
        STAFF_DELETED = "staff_deleted", "staff deleted the account"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    # By the database's clock this would be the start of the transaction; the server's is what every other row has.
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    subject = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    actor_number = models.BigIntegerField(null=True)
    subject_number = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    detail = models.CharField(max_length=64, blank=True, help_text="A word of ours, never of a client.")

    objects: ClassVar[Any] = AuditEventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject_number"], name="accounts_audit_subject_number")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M:%S}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the event; raises AppendOnly for one that is there."""
        if not self._state.adding:
            raise AppendOnly
        self.actor_number, self.subject_number = (
            self.actor_id or self.actor_number,
            self.subject_id or self.subject_number,
        )
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AppendOnly

    def reason(self) -> str:
        """Return its detail in words."""
        words = dict(
            [*Session.Reason.choices, *Session.Kind.choices, (ASKED_AGAIN, "when the password was asked for again")]
        )
        return str(words.get(self.detail, self.detail))

    def done_by(self) -> str | None:
        """Return `you` or `staff` as the subject sees it; None for the server, or somebody unknown."""
        if self.actor_number is None:
            return None
        return "you" if self.actor_number == self.subject_number else "staff"

    def address_shown(self) -> str | None:
        """Return from where it was done, to the subject; where staff sit is not theirs to know."""
        return None if self.done_by() == "staff" else self.address

    @classmethod
    def forget_person(cls, user_id: int, at_most: int | None = None) -> int:
        """Replace a person by null in at most so many events, their addresses with them; return in how many."""
        theirs = cls.objects.filter(models.Q(actor_id=user_id) | models.Q(subject_id=user_id)).order_by()
        ids = list(theirs.values_list("pk", flat=True)[:at_most])
        mine: models.QuerySet[AuditEvent] = models.QuerySet(cls).filter(pk__in=ids)
        return mine.update(
            actor=_unless("actor_id", user_id),
            subject=_unless("subject_id", user_id),
            address=models.Case(
                # An address belongs to whoever acted; that of staff who looked stays.
                models.When(~models.Q(actor_id=user_id) & models.Q(actor_id__isnull=False), then=models.F("address")),
                default=None,
            ),
        )


def _unless(column: str, user_id: int) -> models.Case:
    return models.Case(models.When(**{column: user_id}, then=None), default=models.F(column))
