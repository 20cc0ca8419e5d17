"""People, who sign in with an e-mail address in its normalised spelling."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.email_address import normalize_email
from accounts.models.audit_event import AuditEvent
from accounts.models.rate_count import RateCount, email_key, failures_key
from accounts.time_zones import known_time_zones


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone, such as Europe/Berlin."""
    if name not in known_time_zones():
        raise ValidationError("Enter an IANA time zone, such as Europe/Berlin.", code="invalid")


class UserManager(BaseUserManager["User"]):
    """Makes people, always with a normalised e-mail address."""

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

    def by_email(self, email: str) -> "models.QuerySet[User]":
        """Return a query for the person with this e-mail address.

        An address stored before NFKC keeps its old spelling where somebody else has the normal one. Such a person
        is found by the old spelling.
        """
        spelled, normal = email.strip().lower(), normalize_email(email)
        if spelled != normal and (found := self.filter(email=spelled)).exists():
            return found
        return self.filter(email=normal)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this e-mail address; raises DoesNotExist."""
        return self.by_email(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address is the login and is stored as `normalize_email` spells it."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Untick to shut the person out without deleting.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    email_confirmed_at = models.DateTimeField("e-mail address confirmed", null=True, editable=False)
    pending_email = models.EmailField("new e-mail address, not yet confirmed", blank=True, editable=False)
    closed_at = models.DateTimeField("closed by the person", null=True, editable=False)

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
        """Leave the address as it is; forms normalise a new one.

        Django's own `clean` would change an address that is stored in another spelling into somebody else's.
        """

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the person with the counts of their e-mail address, and take them out of events."""
        counts = models.Q(key__startswith=email_key(self.email)) | models.Q(key__startswith=failures_key(self.email))
        with transaction.atomic(using=using):
            RateCount.objects.filter(counts).delete()
            AuditEvent.forget_person(self.pk)
            return super().delete(using=using, keep_parents=keep_parents)

    @property
    def time_zone_name(self) -> str:
        """The time zone for people, such as "America/Los Angeles"."""
        return self.time_zone.replace("_", " ")

    def get_full_name(self) -> str:
        """Return the name, or the e-mail address when there is none."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the name, or the e-mail address when there is none."""
        return self.get_full_name()
