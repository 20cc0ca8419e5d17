"""The accounts app, and the admin with its own sign-in site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    """People and their sessions."""

    name = "accounts"

    def ready(self) -> None:
        """Name the tables that hold rows of a person: this app's own, and those of other packages."""
        from django.contrib.admin.models import LogEntry
        from django_otp.plugins.otp_totp.models import TOTPDevice

        from accounts.models import AuditEvent, ConnectAnswer, PersonalToken, RecoveryCode, Session, User
        from accounts.owned_rows import name_rows

        name_rows(User, "accounts", "accounts")
        name_rows(Session, "sessions", "sign-ins")
        name_rows(ConnectAnswer, "connectAnswers", "answers to extensions that asked to connect")
        name_rows(PersonalToken, "personalTokens", "personal tokens")
        name_rows(RecoveryCode, "recoveryCodes", "recovery codes")
        name_rows(TOTPDevice, "authenticators", "authenticators")
        name_rows(LogEntry, "adminChanges", "changes made in the admin")
        name_rows(AuditEvent, "eventsKeptWithoutName", "events kept without a name")


class StaffAdminConfig(admin_apps.AdminConfig):
    """The admin, closed to staff until they take a second step that is required of them."""

    default = False  # so that Django takes AccountsConfig for this app
    default_site = "accounts.staff_site.StaffSite"
