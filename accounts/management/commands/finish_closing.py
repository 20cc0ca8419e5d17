"""`manage.py finish_closing`: finishes closings of accounts that were interrupted."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import account_closing


class Command(BaseCommand):
    """Finish the closings that a restart interrupted."""

    help = "Erase the people who closed their account and whose erasing was interrupted. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase and print how many."""
        self.stdout.write(f"Finished closing {account_closing.finish_all()} accounts.")
