"""`manage.py apply_retention`: erases records that are older than their person, or this server, keeps them."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from sync.erasures import retention
from sync.models import SyncState
from sync.person_lock import PersonGone


class Command(BaseCommand):
    """Apply the retention of everybody; safe to run and to stop at any time."""

    help = "Erase records that are older than they are kept, in small steps. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply it to one person after another."""
        active = set(get_user_model()._default_manager.filter(is_active=True).values_list("pk", flat=True))
        chosen = list(SyncState.objects.values_list("user_id", "keep_months"))
        people = [
            (user_id, months)
            for user_id, own in chosen
            if user_id in active and (months := retention.months_kept(own)) is not None
        ]
        erased = 0
        for user_id, months in tqdm(people, desc="Applying retention", unit="person", disable=None):
            try:
                erased += retention.apply(user_id, months, timezone.now())
            except PersonGone:
                continue  # the account was closed meanwhile
        self.stdout.write(f"Erased {erased:,} record{'' if erased == 1 else 's'} past their time.")
