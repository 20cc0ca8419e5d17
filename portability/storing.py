"""Stores staged batches through the writer of pushes. Any process may go on where another one stopped."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from instants import now_ms
from portability import category_rules
from portability.importers import own
from portability.models import Import, StagedBatch
from portability.page_patterns import matcher
from portability.staging import commit_without_waiting, lines_of
from sync import limits
from sync.browsers import add_browsers
from sync.models import Browser
from sync.person_lock import PersonGone, lock_person
from sync.push import service
from sync.recorded_elsewhere import recorded_elsewhere
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import Content, RecordKind, Rejected
from sync.records.tab_aggregate import TAB_AGGREGATE

KINDS: Final[dict[str, RecordKind]] = {kind.batch_kind.value: kind for kind in (PAGE_VISIT, TAB_AGGREGATE)}
FATES: Final = ("created", "updated", "unchanged", "rejected", "erased", "alreadyRecorded", "leftOut")
SECONDS_A_RUN = 10.0


class PatternsAreFixed(Exception):
    """Visits of this import are stored already, so its patterns cannot change any more."""


def choose(found: Import, leave_out: Sequence[str]) -> None:
    """Set the patterns of pages that are not stored; raises PatternsAreFixed after the first batch."""
    with transaction.atomic():
        lock_person(found.user_id)
        unused = Import.objects.filter(user_id=found.user_id, pk=found.pk, stored__isnull=True)
        if not unused.update(leave_out=list(leave_out)) and list(leave_out) != found.leave_out:
            raise PatternsAreFixed
    found.leave_out = list(leave_out)


def run(found: Import, seconds: float = SECONDS_A_RUN) -> None:
    """Store staged batches for up to `seconds`, or to the end; the import holds the counts afterwards.

    Raises PersonGone, TooManyBrowsers, or django.db.OperationalError when the database cannot be had.
    """
    until = time.monotonic() + seconds
    while found.finished_at is None and time.monotonic() < until:
        run_batch(found)


def run_batch(found: Import) -> int:
    """Store the next staged batch; return the number of its records, 0 when the import is finished."""
    mine = StagedBatch.objects.filter(user_id=found.user_id, source_id=found.pk)
    batch = mine.order_by("number").first()
    if batch is None:
        _settle(found, None, Counter())
        return 0
    lines = lines_of(batch)
    if batch.kind == own.CATEGORY_RULES:
        category_rules.restore(found.user_id, lines)
        fates: Counter[str] = Counter()
    else:
        fates = _store(found, KINDS[batch.kind], lines)
    _settle(found, batch, fates)
    return len(lines)


def _settle(found: Import, batch: StagedBatch | None, fates: Counter[str]) -> None:
    """Add the fates of a batch to the import and delete the batch, at once, so that no batch counts twice."""
    with transaction.atomic():
        lock_person(found.user_id)
        row = Import.objects.filter(user_id=found.user_id, pk=found.pk).values("stored", "finished_at").first()
        if row is None:
            raise PersonGone
        stored = row["stored"] or dict.fromkeys(FATES, 0)
        finished_at = row["finished_at"]
        if batch is None:
            finished_at = finished_at or timezone.now()
        else:
            # A crash that loses this commit stores the batch again, as unchanged. The next push makes it durable.
            commit_without_waiting()
            mine = StagedBatch.objects.filter(user_id=found.user_id, source_id=found.pk, number=batch.number)
            # Another process may have stored the same batch meanwhile.
            if mine.delete()[0]:
                stored = {**stored, **{fate: stored.get(fate, 0) + number for fate, number in fates.items()}}
        changed: dict[str, Any] = {"stored": stored, "finished_at": finished_at}
        if finished_at is not None:
            changed["examples"] = []  # they were for the preview, and hold URLs
        Import.objects.filter(user_id=found.user_id, pk=found.pk).update(**changed)
    found.stored, found.finished_at = stored, finished_at


def _store(found: Import, kind: RecordKind, lines: Sequence[bytes]) -> Counter[str]:
    """Store the records of one batch as a push does, and return how many had which fate."""
    fates: Counter[str] = Counter()
    latest = now_ms() + limits.CLOCK_LEEWAY_MS
    contents: list[Content] = []
    for text in lines:
        try:
            contents.append(kind.read(text, latest, found.client_id)[0])
        except Rejected:
            fates["rejected"] += 1
    if kind is PAGE_VISIT and found.leave_out:
        matches = matcher(found.leave_out)
        left = [content for content in contents if not matches(content.url, content.domain)]
        fates["leftOut"] += len(contents) - len(left)
        contents = left
    named = {content.client_id for content in contents}
    if found.stored is None:
        named |= {browser["client_id"] for browser in found.browsers}
    browsers = _browsers(found, named)
    # An export restores what each of its browsers recorded, even where two of them were on one page at once.
    if found.family != "own" and contents:
        recorded = recorded_elsewhere(found.user_id, browsers, contents)
        fates["alreadyRecorded"] += len(recorded)
        contents = [content for place, content in enumerate(contents) if place not in recorded]
    if contents:
        fates.update(service.bulk_update_or_create(found.user_id, kind, contents))
    return fates


def _browsers(found: Import, client_ids: set[str]) -> dict[str, int]:
    """Return the ids of the browsers of some records, made where they are new; raises TooManyBrowsers or PersonGone."""
    mine = Browser.objects.filter(user_id=found.user_id)
    known = dict(mine.filter(client_id__in=client_ids).values_list("client_id", "pk"))
    if client_ids <= known.keys():
        return known
    exported = {browser["client_id"]: browser for browser in found.browsers}
    with transaction.atomic():
        if not lock_person(found.user_id):
            raise PersonGone
        known = dict(mine.filter(client_id__in=client_ids).values_list("client_id", "pk"))
        new = [_browser(found, client_id, exported.get(client_id, {})) for client_id in client_ids - known.keys()]
        return known | add_browsers(found.user_id, new, "this export would add more")


def _browser(found: Import, client_id: str, exported: dict[str, Any]) -> Browser:
    kind = exported.get("kind", Browser.Kind.IMPORT if client_id == found.client_id else Browser.Kind.EXTENSION)
    label = exported.get("label", found.label if client_id == found.client_id else "")
    return Browser(
        user_id=found.user_id,
        client_id=client_id,
        kind=kind,
        label=label,
        **exported.get("client", {}),
    )
