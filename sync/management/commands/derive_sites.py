"""`manage.py derive_sites`: derives the sites of stored records anew from their URLs."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from accounts.models import User
from sync.site_derivation import derive_sites


class Command(BaseCommand):
    """Derive the sites of every person's records in small steps; safe to run and to stop at any time."""

    help = (
        "Derive the site of each stored record anew from its URL, for all active people. "
        "Run it once after an upgrade that says so."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Derive the sites of one person after another, and print the number of corrected rows."""
        people = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
        written = sum(
            rows
            for user_id in tqdm(people, desc="Deriving sites", unit="person", disable=None)
            for rows in derive_sites(user_id)
        )
        self.stdout.write(f"Corrected the site of {written:,} record{'' if written == 1 else 's'}.")
