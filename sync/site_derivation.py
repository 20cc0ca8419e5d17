"""Corrects the sites of rows that were stored under an older rule. The rule is in sync/records/page_url.py."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from instants import now_ms
from sync.models import Erasure, PageVisit, SyncRecord, SyncState, TabAggregate
from sync.person_lock import PersonGone, lock_active_person
from sync.records.page_url import read_page_url

ROWS_A_STEP = 1_000
# The column of the URL and the column of its site, for each table.
COLUMNS: tuple[tuple[type[SyncRecord], str, str], ...] = (
    (PageVisit, "url", "domain"),
    (TabAggregate, "current_url", "current_domain"),
)


def derive_sites(user_id: int) -> Iterator[int]:
    """Correct the sites of a person's records in short transactions; yield the number of rows that each one wrote.

    A row whose site is right already is not written. It may be stopped between any two steps and begun again.
    """
    for model, url, site in COLUMNS:
        rows = model._default_manager.filter(user_id=user_id).values_list("pk", url, site)
        # Read to the end first: on SQLite a transaction cannot begin to write while this connection still reads an
        # older state, and answers "database is locked" at once.
        wrong = [pk for pk, text, stored in rows.iterator(chunk_size=10_000) if _site_of(text, stored) != stored]
        for start in range(0, len(wrong), ROWS_A_STEP):
            yield _correct(user_id, model, url, site, wrong[start : start + ROWS_A_STEP])


def _site_of(url: str | None, stored: str | None) -> Any:
    """Return the site of a stored URL; a URL that is refused today keeps the site it has."""
    found = read_page_url(url) if url else None
    return found[1] if found else stored


def _correct(user_id: int, model: type[SyncRecord], url: str, site: str, ids: list[int]) -> int:
    """Correct the rows under the person's lock, where a push may have changed them meanwhile; return their number."""
    with transaction.atomic(durable=True):
        try:
            state = lock_active_person(user_id)
        except PersonGone:
            return 0
        mine = model._default_manager.filter(user_id=user_id)
        ids_by_site: dict[str | None, list[int]] = defaultdict(list)
        for pk, text, stored in mine.filter(pk__in=ids).values_list("pk", url, site):
            if (derived := _site_of(text, stored)) != stored:
                ids_by_site[derived].append(pk)
        changes = {"seq": state.counter + 1, "updated_at": now_ms()}
        written = sum(
            mine.filter(pk__in=some).update(**{site: derived}, **changes) for derived, some in ids_by_site.items()
        )
        if written:
            SyncState.objects.filter(user_id=user_id).update(counter=state.counter + 1)
            # A corrected record may be of a site that was erased; `manage.py finish_erasures` erases it.
            Erasure.objects.filter(user_id=user_id).exclude(domain_hash=None).update(is_done=False)
    return written
