"""Sign-ins of extensions and of web browsers, live and ended."""

from datetime import datetime
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

# The longest name of a session, in characters.
LABEL_LENGTH: Final = 100


class SessionQuerySet(models.QuerySet["Session"]):
    """Queries of sessions."""

    def of(self, user_id: int) -> Self:
        """Keep the sessions of one person."""
        return self.filter(user_id=user_id)

    def live(self) -> Self:
        """Keep the sessions that have neither ended nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def end(self, reason: "Session.Reason") -> int:
        """End the sessions and return their number."""
        return self.update(revoked_at=timezone.now(), revoked_reason=reason)


class Session(models.Model):
    """One sign-in: of an extension, which holds tokens, or of a web browser, which holds a cookie.

    The row keeps the newest generation of refresh tokens that was refreshed, and the marks of the tokens that may be
    presented again (accounts/sessions/rotation.py). No token can be made from them.
    """

    class Kind(models.TextChoices):
        """The holder of the sign-in."""

        TOKENS = "tokens", "extension"
        COOKIE = "cookie", "web pages"

    class Reason(models.TextChoices):
        """The reason why a session ended before it expired."""

        SIGNED_OUT = "signed_out", "signed out"
        REMOTELY = "signed_out_remotely", "signed out from elsewhere"
        PASSWORD = "password_changed", "signed out by a new password"
        DEACTIVATED = "deactivated", "the account was deactivated"
        REUSE = "refresh_reuse", "signed out for safety"
        DISPLACED = "displaced", "signed out by newer sign-ins"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    label = models.CharField(max_length=LABEL_LENGTH)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(help_text="Its last refresh, so up to the life of an access token ago.")
    last_client_ip = models.GenericIPAddressField(null=True)
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

    def is_live(self, now: datetime) -> bool:
        """Tell whether the session has neither ended nor expired."""
        return self.revoked_at is None and self.expires_at > now
