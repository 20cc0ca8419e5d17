"""The accounts app, and the admin with its front door."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    """Who a person is, and which browsers are signed in."""

    name = "accounts"

    def ready(self) -> None:
        """Name the tables of this app, and those of other packages that hold rows of a person."""
        from django.contrib.admin.models import LogEntry
        from django_otp.plugins.otp_totp.models import TOTPDevice

        from accounts.models import AuditEvent, RecoveryCode, Session, User
        from accounts.owned_rows import name_rows

        name_rows(User, "accounts", "accounts")
        name_rows(Session, "sessions", "sign-ins")
        name_rows(RecoveryCode, "recoveryCodes", "recovery codes")
        name_rows(TOTPDevice, "authenticators", "authenticators")
        name_rows(LogEntry, "adminChanges", "changes made in the admin")
        name_rows(AuditEvent, "eventsKeptWithoutName", "events kept without a name")


class StaffAdminConfig(admin_apps.AdminConfig):
    """The admin, closed to staff who have not taken the second step they need."""

    default = False  # this app's own is the one above
    default_site = "accounts.staff_site.StaffSite"
