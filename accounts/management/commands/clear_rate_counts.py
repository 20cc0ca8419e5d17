"""`manage.py clear_rate_counts`: deletes rate counts of past windows."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import RateCount


class Command(BaseCommand):
    """Delete rate counts whose window has ended."""

    help = "Delete the counts of rate limits after their window; they hold client IPs and e-mail addresses."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete and report."""
        deleted, _ = RateCount.objects.filter(ends_at__lt=int(time.time())).delete()
        self.stdout.write(f"Forgot {deleted} rate counts.")
