"""The table of recovery codes."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class RecoveryCode(models.Model):
    """A code that stands in once for a staff member's authenticator; its digest alone is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="accounts_recoverycode_key")]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
