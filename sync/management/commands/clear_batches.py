"""`manage.py clear_batches`: deletes old rows of the log of pushes."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sync import limits
from sync.models import SyncBatch

ROWS_A_STEP = 5_000


class Command(BaseCommand):
    """Delete old batches in bounded steps, so that no push waits for a long transaction."""

    help = "Delete rows of the log of pushes that are older than some days. Run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--days`."""
        parser.add_argument(
            "--days",
            type=int,
            default=limits.BATCH_KEPT_DAYS,
            help=f"days for which rows are kept (default: {limits.BATCH_KEPT_DAYS})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the rows and print their number; raises CommandError for a number of days out of range."""
        if not 0 <= options["days"] <= 36_500:
            raise CommandError("--days takes a number of days from 0 to 36500.")
        before = timezone.now() - timedelta(days=options["days"])
        old = SyncBatch.objects.filter(received_at__lt=before).order_by("received_at")
        deleted = 0
        while ids := list(old.values_list("pk", flat=True)[:ROWS_A_STEP]):
            deleted += SyncBatch.objects.filter(pk__in=ids).delete()[0]
        self.stdout.write(f"Deleted {deleted:,} batches received before {before:%Y-%m-%d %H:%M} UTC.")
