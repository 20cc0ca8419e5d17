"""The table of events, which is only added to."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models.session import Session

# The detail of a failed sign-in that was a wrong password in one of the account's own forms.
ASKED_AGAIN = "asked once more"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Events to read and to add; changing and deleting them is refused, but for failed sign-ins that are old."""

    def about(self, user_id: int) -> Self:
        """Keep the events of one person's account."""
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
    """An event of an account, written once; no token, no URL, no e-mail address.

    Erasing a person replaces them by null and leaves their number, which then is nobody's.
    """

    class Kind(models.TextChoices):
        """The kind of event."""

        REGISTERED = "registered", "account made"
        SIGN_IN = "sign_in", "signed in"
        CONNECT_ALLOWED = "connect_allowed", "an extension was allowed to connect"
        CONNECT_DENIED = "connect_denied", "an extension was not allowed to connect"
        SIGN_IN_FAILED = "sign_in_failed", "failed sign-in"
        REFRESH_REUSE = "refresh_reuse", "an old sign-in was used again"
        SESSION_REVOKED = "session_revoked", "signed out"
        PASSWORD_CHANGED = "password_changed", "password changed"
        PASSWORD_RESET = "password_reset", "password reset by e-mail"
        EMAIL_CONFIRMED = "email_confirmed", "e-mail address confirmed"
        EMAIL_CHANGED = "email_changed", "e-mail address changed"
        SECOND_STEP_CHANGED = "second_step_changed", "second step of signing in changed"
        TOKEN_MADE = "token_made", "personal token made"
        TOKEN_REVOKED = "token_revoked", "personal token revoked"
        ACCOUNT_CLOSED = "account_closed", "account closed"
        STAFF_OPENED = "staff_opened", "staff opened records"
        STAFF_DELETED = "staff_deleted", "staff deleted the account"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    # The clock of the server, as in every other table. The database's now() is the start of the transaction.
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    subject = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_number = models.BigIntegerField(null=True)
    subject_number = models.BigIntegerField(null=True)
    client_ip = models.GenericIPAddressField(null=True)
    detail = models.CharField(max_length=64, blank=True, help_text="A fixed word, never text of a client.")

    objects: ClassVar[Any] = AuditEventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_number"], name="accounts_audit_subject_number"),
            models.Index(
                fields=["created_at"], condition=models.Q(kind="sign_in_failed"), name="accounts_audit_failed_at"
            ),
        ]

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
        """Return the detail in plain words."""
        words = dict(
            [*Session.Reason.choices, *Session.Kind.choices, (ASKED_AGAIN, "when the password was asked for again")]
        )
        return str(words.get(self.detail, self.detail))

    def done_by(self) -> str | None:
        """Return `you` or `staff` as the subject sees it; None for the server, or somebody unknown."""
        if self.actor_number is None:
            return None
        return "you" if self.actor_number == self.subject_number else "staff"

    def client_ip_for_subject(self) -> str | None:
        """Return the client IP as the subject may see it; that of staff is hidden."""
        return None if self.done_by() == "staff" else self.client_ip

    @classmethod
    def forget_person(cls, user_id: int, at_most: int | None = None) -> int:
        """Replace a person and their client IPs by null in up to `at_most` events; return the number of events."""
        theirs = cls.objects.filter(models.Q(actor_id=user_id) | models.Q(subject_id=user_id)).order_by()
        ids = list(theirs.values_list("pk", flat=True)[:at_most])
        mine: models.QuerySet[AuditEvent] = models.QuerySet(cls).filter(pk__in=ids)
        return mine.update(
            actor=_unless("actor_id", user_id),
            subject=_unless("subject_id", user_id),
            client_ip=models.Case(
                # A client IP belongs to the one who acted; that of staff who looked stays.
                models.When(~models.Q(actor_id=user_id) & models.Q(actor_id__isnull=False), then=models.F("client_ip")),
                default=None,
            ),
        )

    @classmethod
    def forget_failures(cls, before: datetime, at_most: int) -> None:
        """Delete at most so many failed sign-ins from before this instant; strangers can cause them without end."""
        old = cls.objects.filter(kind=cls.Kind.SIGN_IN_FAILED, created_at__lt=before).order_by("created_at")
        ids = list(old.values_list("pk", flat=True)[:at_most])
        if ids:
            models.QuerySet(cls).filter(pk__in=ids).delete()


def _unless(column: str, user_id: int) -> models.Case:
    return models.Case(models.When(**{column: user_id}, then=None), default=models.F(column))
