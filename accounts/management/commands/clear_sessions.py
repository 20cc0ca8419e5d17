"""`manage.py clear_sessions`: deletes old sessions."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone

from accounts.models import Session
from accounts.sessions.session_service import ENDED_KEPT_DAYS

ROWS_A_STEP = 1_000


class Command(BaseCommand):
    """Delete old sessions in small steps; a long transaction would make refreshes wait."""

    help = f"Delete sessions that ended or expired more than {ENDED_KEPT_DAYS} days ago. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete and print how many."""
        before = timezone.now() - timedelta(days=ENDED_KEPT_DAYS)
        deleted = 0
        for old in (Q(revoked_at__lt=before), Q(expires_at__lt=before)):
            while ids := list(Session.objects.filter(old).values_list("pk", flat=True)[:ROWS_A_STEP]):
                deleted += Session.objects.filter(pk__in=ids).delete()[0]
        self.stdout.write(f"Deleted {deleted:,} sessions that ended more than {ENDED_KEPT_DAYS} days ago.")
