"""The command `export`."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import User
from portability.exports.archive import export


class Command(BaseCommand):
    """Writes everything that a person has into a ZIP."""

    help = "Export all that a person has as a ZIP, which another server can import."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the person and the file."""
        parser.add_argument("email", help="whose records")
        parser.add_argument("file", type=Path, help="the ZIP to write")

    def handle(self, *, email: str, file: Path, **options: Any) -> None:
        """Write the file; one that broke off is not left behind."""
        person = User.objects.by_email(email).first()
        if person is None:
            raise CommandError(f"There is no account with the e-mail {email}.")
        part = file.with_name(file.name + ".part")
        try:
            # The export is for its person alone.
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out, tqdm(unit="B", unit_scale=True, disable=None) as bar:
                for block in export(person):
                    bar.update(out.write(block))
            part.replace(file)
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"Exported to {file}")
