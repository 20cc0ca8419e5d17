"""The stored numbers of past months, which can be deleted at any time, and each person's rules for categories."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from sync.limits import MAX_CATEGORY, MAX_DOMAIN

MAX_FILTER_KEY = 32


class MonthTally(models.Model):
    """The tally of one month of a person in one time zone; valid while `basis` matches the visits.

    One with a `filter_key` holds only the visits of that selection: see insights.filters.Selection.
    """

    # No database constraint: see sync/models.py.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    first_day = models.DateField()
    time_zone = models.CharField(max_length=64)
    basis = models.JSONField(help_text="Which visits it was made from; see insights.month_tallies.bases.")
    tally = models.JSONField()
    # Defaults of the database, because a server of the version before writes neither column.
    filter_key = models.CharField(max_length=MAX_FILTER_KEY, blank=True, db_default="")
    made_at = models.BigIntegerField(db_default=0)

    class Meta:
        verbose_name_plural = "month tallies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "first_day", "filter_key"], name="insights_monthtally_key"),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"


class CategoryRule(models.Model):
    """A person's category for a site with its subdomains or, where `path` is not "", for a path of one site.

    The rule decides when categories are read, so it holds for visits of the past too.
    """

    MAX_PATH = 512

    # No database constraint: see sync/models.py.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    site = models.CharField(max_length=MAX_DOMAIN)
    path = models.CharField(max_length=MAX_PATH, blank=True)
    category = models.CharField(max_length=MAX_CATEGORY)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "site", "path"], name="insights_categoryrule_key"),
        ]

    def __str__(self) -> str:
        return f"{self.site}{self.path}: {self.category}"
