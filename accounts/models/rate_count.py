"""The table of rate counts, and the keys that hold an e-mail address."""

from typing import ClassVar

from django.db import models
from django.utils.crypto import salted_hmac

from accounts.email_address import normalize_email


def failures_key(email: str) -> str:
    """Return the key of failed sign-ins to an account; keys that begin with it count its clients apart."""
    return f"failed {_hashed(email)}"


def email_key(email: str) -> str:
    """Return the key of e-mails to one e-mail address; keys that begin with it count each kind of e-mail apart."""
    return f"letter {_hashed(email)}"


def _hashed(email: str) -> str:
    # A long address, and the name of a client or of a kind beside it, would not fit into a key.
    return salted_hmac("accounts.failed", normalize_email(email)).hexdigest()[:24]


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
