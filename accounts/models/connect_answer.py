"""The table of answers to extensions that asked to connect."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class ConnectAnswer(models.Model):
    """The answer of a person to one grant (accounts/sessions/connecting.py). It means nothing after `expires_at`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connect_answers")
    grant_digest = models.CharField(max_length=64, help_text="SHA-256 of the id of the grant.")
    is_allowed = models.BooleanField()
    taken_at = models.DateTimeField(null=True, help_text="When the extension took its tokens.")
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["grant_digest"], name="accounts_connectanswer_grant"),
        ]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="accounts_connectanswer_expires")]

    def __str__(self) -> str:
        return f"answer {self.pk}"
