"""`manage.py clear_rate_counts`: forgets the counts of windows that are over."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import RateCount


class Command(BaseCommand):
    """Delete rate counts whose window has ended."""

    help = "Forget the counts of rate limits whose window is over; they hold addresses, and mean nothing any more."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete and report."""
        deleted, _ = RateCount.objects.filter(ends_at__lt=int(time.time())).delete()
        self.stdout.write(f"Forgot {deleted} rate counts.")
