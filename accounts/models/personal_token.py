"""The table of personal tokens."""

from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.scopes import Scope

# The longest name of a token, in characters.
TOKEN_NAME_LENGTH: Final = 100


class PersonalToken(models.Model):
    """A token by which a person's own program calls the API. Its text is shown once and never stored."""

    # The number is never used again after a token is revoked: it names the browser that its pushes go to.
    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="personal_tokens")
    name = models.CharField(max_length=TOKEN_NAME_LENGTH)
    scopes = models.CharField(max_length=32, help_text="Words of accounts.scopes with blanks between them.")
    prefix = models.CharField(max_length=8, help_text="The first characters of its text.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of its text.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True, help_text="In UTC.")
    last_client_ips = models.JSONField(default=list, help_text="Of the day of its last use, in the order they came.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="accounts_personaltoken_digest")]

    def __str__(self) -> str:
        return f"personal token {self.pk}"

    def may(self, scope: Scope) -> bool:
        """Tell whether the token has a scope."""
        return scope.value in self.scopes.split()

    def has_expired(self) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def scope_names(self) -> str:
        """Return its scopes in plain words."""
        return ", ".join(Scope(scope).label.lower() for scope in self.scopes.split())

    def last_client_ip(self) -> str | None:
        """Return the newest client IP of the day of its last use."""
        return self.last_client_ips[-1] if self.last_client_ips else None
