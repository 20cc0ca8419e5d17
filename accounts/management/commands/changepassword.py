"""`manage.py changepassword EMAIL`: Django's command, which also ends the person's sessions."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.sessions import session_service


class Command(changepassword.Command):
    """Set a password and sign the person out everywhere, as a password set in the admin does.

    `accounts` stands before `django.contrib.auth` in INSTALLED_APPS, so that this command is the one that runs.
    """

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Set the password, end all sessions and note the change; raises CommandError when nothing was changed."""
        # One transaction: a crash in between must not leave the sessions of the old password alive.
        with transaction.atomic():
            done = super().handle(*args, **options)
            user = User.objects.get_by_natural_key(options["username"])
            session_service.end_all(user, session_service.Reason.PASSWORD)
            audit.add_event(audit.Kind.PASSWORD_CHANGED, None, subject=user.pk)
        return done
