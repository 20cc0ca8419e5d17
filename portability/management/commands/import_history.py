"""The command `import_history`."""

import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import User
from portability.importers.found import UnknownFormat
from portability.importers.recognition import check_beginning
from portability.models import Import
from portability.staging import MAX_LABEL, file_sha256, stage
from portability.storing import run_batch
from portability.wording import fates_in_words, reasons_in_words
from sync.browsers import TooManyBrowsers
from sync.person_lock import PersonGone


class Command(BaseCommand):
    """Imports the history of a browser, or an export, for a person."""

    help = "Import a browser's history file, a Takeout, an ActivityWatch export or an export of this server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the person and the label."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--email", required=True, help="whose records they become")
        parser.add_argument("--label", default="", help="tells two profiles of one family apart")

    def handle(self, *, file: Path, email: str, label: str, **options: Any) -> None:
        """Read the file, or go on with an import of it that was stopped, and store its visits."""
        person = User.objects.by_email(email).filter(is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account with the e-mail {email}.")
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        if len(label) > MAX_LABEL:
            raise CommandError(f"A label has at most {MAX_LABEL} characters.")
        try:
            # A large file that is not taken is refused before it is copied.
            check_beginning(file)
            found = self._staged(person.pk, file, label)
            self._tell(found, reasons_in_words(found.counts))
            for note in found.notes:
                self.stdout.write(note)
            with tqdm(
                total=found.counts["kept"], initial=found.settled, desc="Storing", unit=" records", disable=None
            ) as bar:
                while number := run_batch(found):
                    bar.update(number)
        except UnknownFormat as error:
            raise CommandError(str(error)) from error
        except PersonGone:
            raise CommandError("The account was closed, or records were erased meanwhile. Start again.") from None
        except TooManyBrowsers:
            raise CommandError("This export would give the person more browsers than are allowed.") from None
        self._tell(found, fates_in_words(found.stored or {}))

    def _staged(self, user_id: int, file: Path, label: str) -> Import:
        """Return the import of the file; one that was stopped goes on."""
        # A browser may be writing the file, so a copy is read.
        with tempfile.TemporaryDirectory(prefix="import-") as folder:
            copy = Path(folder) / "h"
            shutil.copyfile(file, copy)
            wal = file.with_name(file.name + "-wal")
            if wal.is_file():
                shutil.copyfile(wal, copy.with_name("h-wal"))
            unfinished = Import.objects.filter(
                user_id=user_id, is_staged=True, finished_at=None, label=label, stored__isnull=False
            )
            found = unfinished.filter(file_sha256=file_sha256(copy)).first()
            if found is not None:
                self.stdout.write("Going on with the import of this file.")
                return found
            with tqdm(desc="Reading", unit=" records", disable=None) as bar:
                return stage(user_id, copy, label, bar.update)

    def _tell(self, found: Import, lines: list[tuple[int, str]]) -> None:
        for number, words in lines:
            self.stdout.write(f"{number:>12,}  {words}")
