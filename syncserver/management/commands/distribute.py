"""`manage.py distribute`: spreads the tables of records over the workers of a Citus cluster."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from syncserver import spread_tables
from syncserver.spread_tables import Refused


class Command(BaseCommand):
    """Do the steps that are left; after an interruption or an upgrade, run it again."""

    help = "Spread the tables of records over the workers of a Citus cluster, by person. docs/scaling.md tells when."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--dry-run` and `--shards`."""
        parser.add_argument("--dry-run", action="store_true", help="print the statements and change nothing")
        parser.add_argument(
            "--shards",
            type=int,
            default=32,
            help="parts of each table, where none is spread yet (default: 32)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each statement with the time it took; raises CommandError with the reason for a refusal."""
        if not 1 <= options["shards"] <= 1024:
            raise CommandError("--shards takes a number from 1 to 1024.")
        if connection.vendor != "postgresql":
            raise CommandError("Refused: only a PostgreSQL database with the extension citus can be spread.")
        try:
            with connection.cursor() as cursor:
                spread_tables.check_cluster(cursor)
                names = [model._meta.db_table for model in spread_tables.spread_models()]
                tables = spread_tables.read_tables(cursor, names)
                for step in list(spread_tables.steps(tables, options["shards"])):
                    if options["dry_run"]:
                        self.stdout.write(f"{step};")
                        continue
                    started = time.monotonic()
                    try:
                        cursor.execute(step)
                    except DatabaseError as error:
                        raise CommandError(
                            f"The database refused this step:\n{step};\nIt said: {error}\n"
                            "The steps before are done. Mend the cause and run the same again: it goes on from here."
                        ) from error
                    self.stdout.write(f"{step};  -- {time.monotonic() - started:.1f} s")
                    self.stdout.flush()
        except Refused as refused:
            raise CommandError(f"Refused: {refused}") from refused
