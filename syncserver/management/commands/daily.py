"""`manage.py daily`: runs everything that a server needs once a day."""

from typing import Any, Final

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

COMMANDS: Final = (
    "finish_closing",
    "finish_erasures",
    "apply_retention",
    "clear_imports",
    "clear_batches",
    "clear_sessions",
    "clearsessions",
    "clear_rate_counts",
    "tally_months",
)


class Command(BaseCommand):
    """Run each command, also after one that failed; raises CommandError with the names of those that failed."""

    help = "Run everything that docs/deployment.md names for every day. It may be stopped and run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one after another, and print which one runs."""
        failed = []
        for name in COMMANDS:
            self.stdout.write(name)
            try:
                call_command(name, stdout=self.stdout, stderr=self.stderr)
            except Exception as error:  # the other commands have nothing to do with it
                # The message of an error may contain a value of a record, so only its class is printed.
                self.stderr.write(f"{name} failed: {type(error).__name__}")
                failed.append(name)
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. Run each of them by itself to see why.")
