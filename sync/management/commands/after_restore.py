"""`manage.py after_restore`: tells followers that the database is a restored backup."""

from typing import Any

from django.core.management.base import BaseCommand

from instants import from_milliseconds
from sync.models import Erasure, SyncBatch
from sync.server_identity import renew_epoch


class Command(BaseCommand):
    """Renew the epoch, so that every cursor of the feed from before the restore is refused."""

    help = "Run this once after the database was restored from a backup, before people use the server again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew the epoch, and say what this means and how old the backup is."""
        renew_epoch()
        last = SyncBatch.objects.order_by("-received_at").values_list("received_at", flat=True).first()
        self.stdout.write(
            "Every cursor of the feed is refused from now on (410 resync_required): each program that follows the feed "
            "begins anew and ends with what this database holds."
        )
        if last is None:
            self.stdout.write("This database holds no push of the last 30 days.")
        else:
            self.stdout.write(
                f"The last push in this database is of {last:%Y-%m-%d %H:%M} UTC. "
                "Records that were stored after it are missing."
            )
        erased_at = Erasure.objects.order_by("-erased_at").values_list("erased_at", flat=True).first()
        since = (
            "No erasure is in this database"
            if erased_at is None
            else (f"The last erasure in this database is of {from_milliseconds(erased_at):%Y-%m-%d %H:%M} UTC")
        )
        self.stdout.write(
            f"{since}. Erasures that were made later are missing: what they erased is back until it is erased again."
        )
