"""The table of rate counts, and the keys that hold an e-mail address."""

from typing import ClassVar

from django.db import models
from django.utils.crypto import salted_hmac

from accounts.email_address import normalize_email


def failures_key(email: str) -> str:
    """Return the key of failed sign-ins to an account; keys that begin with it count its clients apart."""
    # Hashed, because a long address and the name of a client would not fit into a key.
    return f"failed {salted_hmac('accounts.failed', normalize_email(email)).hexdigest()[:24]}"


def email_key(email: str) -> str:
    """Return the key under which e-mails to one e-mail address are counted."""
    return f"letter {normalize_email(email)}"[:100]


class RateCount(models.Model):
    """The number of attempts under one key in one window of time; rows of past windows mean nothing.

    On PostgreSQL the table is unlogged: a count lost in a crash costs nothing, and a commit that wrote nothing else
    waits for no disk.
    """

    key = models.CharField(max_length=100, primary_key=True)
    ends_at = models.BigIntegerField(help_text="When its window ends, in seconds since the epoch.")
    count = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="accounts_ratecount_ends")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
