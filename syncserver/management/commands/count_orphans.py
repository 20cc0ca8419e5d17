"""`manage.py count_orphans`: counts rows that outlived their person."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from syncserver.spread_tables import spread_models


class Command(BaseCommand):
    """Compare the owners of rows with the people there are, since no foreign key does."""

    help = "Count the rows of people who are gone. There are none, unless somebody deleted a person by SQL."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the number; raises CommandError with the numbers by table when there are any."""
        people = get_user_model()._default_manager
        orphans: dict[str, int] = {}
        gone: set[int] = set()
        for model in spread_models():
            rows = model._default_manager.order_by()
            owners = set(rows.values_list("user_id", flat=True).distinct())
            # The people are read after their rows, so that nobody who is new is taken for gone.
            missing = owners - set(people.values_list("pk", flat=True))
            # Counted now, so that nobody is listed who was erased in between.
            if found := {owner: count for owner in missing if (count := rows.filter(user_id=owner).count())}:
                orphans[model._meta.db_table] = sum(found.values())
                gone |= found.keys()
        if orphans:
            told = ", ".join(f"{count:,} in {table}" for table, count in orphans.items())
            ids = ", ".join(map(str, sorted(gone)[:20]))
            raise CommandError(f"{sum(orphans.values()):,} rows without a person: {told}. Ids of these people: {ids}.")
        self.stdout.write("0 rows without a person.")
