"""The accounts app: people and their sign-ins."""

from django.apps import AppConfig, apps

# The names of apps of other packages in the admin.
PLAIN_NAMES = {"auth": "Groups of staff", "otp_totp": "Second step of signing in"}


class AccountsConfig(AppConfig):
    """People and their sessions."""

    name = "accounts"
    verbose_name = "People and sign-ins"

    def ready(self) -> None:
        """Name apps of other packages, and the tables that hold rows of a person: this app's own, and theirs."""
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
        for label, name in PLAIN_NAMES.items():
            apps.get_app_config(label).verbose_name = name
