"""`manage.py clear_sessions`: deletes old sessions, and expired personal tokens and answers to extensions."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone

from accounts.models import ConnectAnswer, PersonalToken, Session
from accounts.personal_tokens.token_service import EXPIRED_KEPT_DAYS
from accounts.sessions.session_service import ENDED_KEPT_DAYS

ROWS_A_STEP = 1_000


class Command(BaseCommand):
    """Delete old sessions in small steps; a long transaction would make refreshes wait."""

    help = (
        f"Delete sessions that ended or expired more than {ENDED_KEPT_DAYS} days ago, and personal tokens that expired "
        f"more than {EXPIRED_KEPT_DAYS} days ago, and answers to extensions that asked to connect. Run it daily."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete and print how many."""
        before = timezone.now() - timedelta(days=ENDED_KEPT_DAYS)
        deleted = 0
        for old in (Q(revoked_at__lt=before), Q(expires_at__lt=before)):
            while ids := list(Session.objects.filter(old).values_list("pk", flat=True)[:ROWS_A_STEP]):
                deleted += Session.objects.filter(pk__in=ids).delete()[0]
        self.stdout.write(f"Deleted {deleted:,} sessions that ended more than {ENDED_KEPT_DAYS} days ago.")
        ConnectAnswer.objects.filter(expires_at__lt=timezone.now()).delete()
        expired = PersonalToken.objects.filter(expires_at__lt=timezone.now() - timedelta(days=EXPIRED_KEPT_DAYS))
        tokens, _ = expired.delete()
        self.stdout.write(
            f"Deleted {tokens:,} personal token{'' if tokens == 1 else 's'} that expired more than {EXPIRED_KEPT_DAYS} "
            "days ago."
        )
