"""Reads a file into staged batches in the database, in short transactions."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from portability.importers import own
from portability.importers.found import REASONS, Family, Found
from portability.importers.recognition import Source, recognised
from portability.importers.records import client_id, records
from portability.models import Import, StagedBatch
from sync import limits
from sync.person_lock import PersonGone, lock_person

MAX_LABEL = 40
EXPIRES_AFTER = timedelta(days=1)
KEPT_AFTER_THE_END = timedelta(days=30)
EXAMPLES = 8
BATCH_BYTES = 4 * 1024 * 1024
# Client ids that are kept in memory. An account has fewer browsers, so an import with more of them is refused later.
MOST_NAMED = 10_000
Progress = Callable[[int], object]
# Start in ms, None where nobody looked; kind; record as JSON.
Staged = tuple[int | None, str, bytes]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stage(user_id: int, path: Path, label: str = "", progress: Progress = bool) -> Import:
    """Read a file into staged batches and return the import; `progress` is told how many records were staged.

    Raises UnknownFormat or PersonGone, and nothing of the file stays then.
    """
    delete_expired(user_id)
    while True:
        try:
            return _staged(user_id, path, label, progress)
        except Dropped:
            # What is erased is left out when the records are stored, so the file may be read again.
            continue


class Dropped(Exception):
    """An erasure of the person has dropped the import while its file was read."""


def _staged(user_id: int, path: Path, label: str, progress: Progress) -> Import:
    with recognised(path) as source:
        found = Import(
            user_id=user_id,
            family=source.family,
            label=label,
            client_id=client_id(source.family, label),
            file_sha256=file_sha256(path),
            notes=list(source.notes),
            browsers=[browser._asdict() for browser in source.browsers],
        )
        with transaction.atomic():
            if not lock_person(user_id):
                raise PersonGone
            found.save()
        try:
            _stage_records(found, source, progress)
        except BaseException:
            discard(found)
            raise
    return found


def _stage_records(found: Import, source: Source, progress: Progress) -> None:
    counts: Counter[str] = Counter()
    if source.own:
        staged = _own(source.own(), counts, found.named)
    elif source.found:
        staged = _visits(source.family, source.found(), found.client_id, counts)
    # Where the database is away, the error keeps what is read here, and another thread could not close it.
    with closing(staged):
        _stage_batches(found, staged, source, progress)
    found.counts = {reason: counts[reason] for reason in ("kept", *REASONS)}
    found.is_staged = True
    with transaction.atomic():
        if not lock_person(found.user_id):
            raise PersonGone
        changed = {name: getattr(found, name) for name in ("counts", "examples", "first_at", "last_at", "is_staged")}
        if not Import.objects.filter(user_id=found.user_id, pk=found.pk).update(**changed):
            raise Dropped


def _stage_batches(found: Import, staged: Iterator[Staged], source: Source, progress: Progress) -> None:
    starts: list[int] = []
    # Rules for categories are no records, and are counted nowhere.
    rules = ((None, own.CATEGORY_RULES, text) for text in source.category_rules)
    for number, (kind, batch) in enumerate(_batches(chain(staged, rules))):
        began = [start for start, _ in batch if start is not None]
        starts = [min([*starts, *began]), max([*starts, *began])] if starts or began else []
        if kind == own.PAGE_VISITS and len(found.examples) < EXAMPLES:
            found.examples += [_example(text) for _, text in batch[: EXAMPLES - len(found.examples)]]
        packed = zlib.compress(b"\n".join(text for _, text in batch), 1)
        with transaction.atomic():
            mine = Import.objects.filter(user_id=found.user_id, pk=found.pk)
            if not lock_person(found.user_id):
                raise PersonGone
            # A batch would be left over.
            if not mine.exists():
                raise Dropped
            # The last commit of the import waits for the disk, and with it all before are durable.
            commit_without_waiting()
            StagedBatch.objects.create(
                user_id=found.user_id, source_id=found.pk, number=number, kind=kind, records=packed
            )
        progress(len(batch))
    found.first_at, found.last_at = starts or (None, None)


def commit_without_waiting() -> None:
    """Let the commit of this transaction return before it is on the disk; a crash may lose it, and nothing else."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")


def _visits(family: Family, rows: Iterator[Found], client: str, counts: Counter[str]) -> Generator[Staged]:
    for start, text in records(family, rows, client, counts):
        yield start, own.PAGE_VISITS, text


def _own(reading: own.OwnReading, counts: Counter[str], named: set[str]) -> Generator[Staged]:
    for each in reading:
        if isinstance(each, own.OwnRecord):
            counts["kept"] += 1
            if each.client_id is not None and len(named) < MOST_NAMED:
                named.add(each.client_id)
            yield each.start, each.kind, each.text
        else:
            counts[each.reason] += 1


def _batches(staged: Iterator[Staged]) -> Iterator[tuple[str, list[tuple[int | None, bytes]]]]:
    """Yield (kind, records) of at most MAX_RECORDS records and about 4 MiB."""
    batch: list[tuple[int | None, bytes]] = []
    kind_of_batch, size = "", 0
    for start, kind, text in staged:
        if batch and (kind != kind_of_batch or len(batch) == limits.MAX_RECORDS or size > BATCH_BYTES):
            yield kind_of_batch, batch
            batch, size = [], 0
        kind_of_batch = kind
        batch.append((start, text))
        size += len(text)
    if batch:
        yield kind_of_batch, batch


def _example(text: bytes) -> dict[str, Any]:
    """Return start, URL and title of a record for the preview."""
    record = msgspec.json.decode(text)
    told = {name: record.get(name) for name in ("startedAt", "url", "title")} if isinstance(record, dict) else {}
    return {name: value[:300] if isinstance(value, str) else value for name, value in told.items()}


def lines_of(batch: StagedBatch) -> list[bytes]:
    """Return the records of a batch as JSON."""
    return zlib.decompress(bytes(batch.records)).split(b"\n")


def discard(found: Import) -> None:
    """Delete an import and its staged batches; the visits that it stored stay."""
    while True:
        with transaction.atomic():
            lock_person(found.user_id)
            mine = StagedBatch.objects.filter(user_id=found.user_id, source_id=found.pk)
            numbers = list(mine.order_by("number").values_list("number", flat=True)[:100])
            if not numbers:
                Import.objects.filter(user_id=found.user_id, pk=found.pk).delete()
                return
            mine.filter(number__lte=numbers[-1]).delete()


def discard_unfinished(user_id: int) -> None:
    """Delete the imports of a person that are not finished, and the patterns of the finished ones, under their lock.

    They hold URLs, perhaps of what the person erases. The file can be read again.
    """
    unfinished = Import.objects.filter(user_id=user_id, finished_at=None)
    StagedBatch.objects.filter(user_id=user_id, source_id__in=list(unfinished.values_list("pk", flat=True))).delete()
    unfinished.delete()
    Import.objects.filter(user_id=user_id).update(leave_out=[])


def delete_expired(user_id: int) -> None:
    """Delete what the person staged more than a day ago and did not store to the end."""
    before = timezone.now() - EXPIRES_AFTER
    for found in Import.objects.filter(user_id=user_id, created_at__lt=before, finished_at=None):
        discard(found)


def staged_import(user_id: int, pk: int) -> Import | None:
    """Return an import of the person whose file was read; None where there is none."""
    return Import.objects.filter(user_id=user_id, pk=pk, is_staged=True).first()
