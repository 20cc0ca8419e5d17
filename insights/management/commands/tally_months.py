"""`manage.py tally_months`: tallies the months that are over, so that a year is read in a moment."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from insights import queries, reports
from insights.models import MonthTally
from insights.periods import today


class Command(BaseCommand):
    """Tally what is missing or no longer true; safe to run at any time, and to stop."""

    help = "Tally the months that are over, where the tally is missing or visits have changed since."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--rebuild", action="store_true", help="throw every tally away first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the people one by one."""
        if options["rebuild"]:
            MonthTally.objects.all().delete()
        people = list(get_user_model()._default_manager.filter(is_active=True).values_list("pk", "time_zone"))
        made = 0
        for user_id, time_zone in tqdm(people, desc="Tallying", unit="person", disable=None):
            zone = reports.zone_of(time_zone)
            first = queries.first_visit(user_id)
            if first is not None:
                last = today(zone, reports.milliseconds_now()).replace(day=1) - timedelta(days=1)
                made += reports.store_months(user_id, zone, today(zone, first).replace(day=1), last)
        if options["verbosity"]:
            self.stdout.write(f"{made} month{'' if made == 1 else 's'} tallied.")
