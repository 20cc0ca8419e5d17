"""`manage.py erase_person EMAIL`: deletes a person and all they own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import User
from accounts.owned_rows import words_of
from sync.erasures import person_erasure


class Command(BaseCommand):
    """Erase a person in bounded steps and show the progress."""

    help = "Erase a person and all they own, for good. After an interruption, run it again to finish."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the e-mail address and `--yes`."""
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, erase, and print the numbers of deleted rows."""
        person = User.objects.by_email(options["email"]).first()
        if person is None:
            raise CommandError(f"Nobody has the e-mail address {options['email']}.")
        email = person.email
        for table, rows in person_erasure.counts(person.pk).items():
            self.stdout.write(f"{words_of(table):26} {person_erasure.capped(rows):>18}")
        if not options["yes"] and not is_confirmed(f"Erase {email} and all of this, for good? Type yes: "):
            raise CommandError("Nothing was erased.")
        deleted: dict[str, int] = {}
        try:
            with tqdm(desc="Erasing", unit=" rows", disable=None) as progress:
                for step in person_erasure.erase(person.pk):
                    deleted[step.table] = deleted.get(step.table, 0) + step.rows
                    progress.update(step.rows)
        except person_erasure.Refused as refused:
            raise CommandError(str(refused)) from refused
        except KeyboardInterrupt as stopped:
            raise CommandError(f"Stopped half-way. {email} can no longer sign in. Run it again to finish.") from stopped
        self.stdout.write("Erased:")
        for table, rows in deleted.items():
            self.stdout.write(f"{words_of(table):26} {rows:>18,}")


def is_confirmed(question: str) -> bool:
    """Ask on the terminal and tell whether the answer was `yes`; an interruption counts as no."""
    try:
        return input(question).strip() == "yes"
    except (EOFError, KeyboardInterrupt):
        return False
