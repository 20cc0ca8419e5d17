"""The stored numbers of past months, made from the visits by a command; they can be deleted at any time."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class MonthTally(models.Model):
    """The tally of one month of a person in one time zone; valid while `basis` matches the visits."""

    # No database constraint: see sync/models.py.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    first_day = models.DateField()
    time_zone = models.CharField(max_length=64)
    basis = models.JSONField(help_text="Which visits it was made from; see insights.reports.bases.")
    tally = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "first_day"], name="insights_monthtally_key"),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"
