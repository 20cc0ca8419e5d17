"""Who a person is."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from axes.models import AccessAttempt
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone


def normalize_email(email: str) -> str:
    """Return the one spelling an address is stored and compared in: lower case, no surrounding blanks."""
    return email.strip().lower()


def account_key(email: str) -> str:
    """Return the key that attempts to sign in to an account are counted under."""
    return f"account {normalize_email(email)}"[:100]


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

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by address, without regard to case."""
        return self.get(email=normalize_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address is the login and is stored in lower case."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Untick to shut the person out without deleting.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

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
        """Normalise the address, so that forms compare it as the database will."""
        super().clean()
        self.email = normalize_email(self.email)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the person, and the failed sign-ins and counts kept under their address."""
        with transaction.atomic(using=using):
            AccessAttempt.objects.filter(username=self.email).delete()
            RateCount.objects.filter(key=account_key(self.email)).delete()
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
