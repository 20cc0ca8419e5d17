"""The command `clear_imports`."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone

from portability.models import Import
from portability.staging import EXPIRES_AFTER, KEPT_AFTER_THE_END, discard


class Command(BaseCommand):
    """Deletes imports that were not finished within a day, and the counts of finished ones after 30 days."""

    help = "Delete what was staged a day ago and not stored, and the counts of imports that ended 30 days ago."

    def handle(self, **options: Any) -> None:
        """Delete them, in the steps of each import."""
        now = timezone.now()
        stale = Q(finished_at=None, created_at__lt=now - EXPIRES_AFTER)
        ended = Q(finished_at__lt=now - KEPT_AFTER_THE_END)
        number = 0
        for found in Import.objects.filter(stale | ended).only("pk", "user_id"):
            discard(found)
            number += 1
        self.stdout.write(f"{number:,} imports deleted")
