"""`manage.py tally_months`: stores the tallies of past months, so that pages about a year are fast."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from insights import month_tallies, queries, reports
from insights.models import MonthTally
from insights.periods import date_at
from instants import now_ms


class Command(BaseCommand):
    """Tally the months without a valid tally; safe to run and to stop at any time."""

    help = "Tally the months that are over, where the tally is missing or visits have changed since then."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--rebuild", action="store_true", help="delete all tallies first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tally the months of one person after another."""
        if options["rebuild"]:
            MonthTally.objects.all().delete()
        people = list(get_user_model()._default_manager.filter(is_active=True).values_list("pk", "time_zone"))
        made = 0
        for user_id, time_zone in tqdm(people, desc="Tallying", unit="person", disable=None):
            zone = reports.zone_of(time_zone)
            first = queries.first_started_at(user_id)
            if first is not None:
                last = date_at(zone, now_ms()).replace(day=1) - timedelta(days=1)
                made += month_tallies.store_months(user_id, zone, date_at(zone, first).replace(day=1), last)
        if options["verbosity"]:
            self.stdout.write(f"{made} month{'' if made == 1 else 's'} tallied.")
