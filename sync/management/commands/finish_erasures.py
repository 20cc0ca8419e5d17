"""`manage.py finish_erasures`: finishes erasures that were interrupted."""

from typing import Any

from django.core.management.base import BaseCommand

from sync.erasures import erasure_service
from sync.models import Erasure


class Command(BaseCommand):
    """Finish the erasures that a restart interrupted; safe to run and to stop at any time."""

    help = "Erase what is left of erasures that were interrupted. Their rules hold already. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase and print how many."""
        unfinished = list(Erasure.objects.filter(is_done=False))
        for erasure in unfinished:
            erasure_service.run(erasure.user_id, erasure)
        self.stdout.write(f"Finished {len(unfinished)} erasure{'' if len(unfinished) == 1 else 's'}.")
