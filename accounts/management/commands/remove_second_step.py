"""`manage.py remove_second_step EMAIL`: for staff who lost their phone and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import second_step
from accounts.models import User


class Command(BaseCommand):
    """Delete a person's authenticator and recovery codes.

    If the server requires a second step, they set one up at the next sign-in.
    """

    help = "Remove the second step of a member of staff who lost phone and recovery codes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the argument."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it and say so."""
        try:
            user = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist as error:
            raise CommandError("Nobody has this e-mail address.") from error
        second_step.remove(None, user)
        self.stdout.write("The second step is removed.")
