"""Removes what an import brought, by its browser. An erasure by browser takes this place once there are erasures."""

import time

from django.db import transaction
from django.db.models import F

from sync.models import Browser, PageVisit, SyncState, TabAggregate
from sync.person_lock import lock_person

ROWS_A_STEP = 5_000
SECONDS_A_RUN = 8.0


def import_browser(user_id: int, browser_id: int) -> Browser | None:
    """Return a browser of kind `import` of the person; None for every other."""
    return Browser.objects.filter(user_id=user_id, pk=browser_id, kind=Browser.Kind.IMPORT).first()


def remove(browser: Browser, seconds: float = SECONDS_A_RUN) -> bool:
    """Delete the records of a browser in steps, then the browser; return False where time was up before the end."""
    until = time.monotonic() + seconds
    while _remove_some(browser):
        if time.monotonic() > until:
            return False
    return True


def _remove_some(browser: Browser) -> int:
    """Delete some records in one short transaction; return how many, 0 when the browser itself is gone."""
    user_id = browser.user_id
    with transaction.atomic():
        lock_person(user_id)
        for model, order in ((PageVisit, ("visit_id",)), (TabAggregate, ("tab_id", "started_at"))):
            mine = model._default_manager.filter(user_id=user_id, browser_id=browser.pk)
            ids = list(mine.order_by(*order).values_list("pk", flat=True)[:ROWS_A_STEP])
            if ids:
                rows = model._default_manager.filter(user_id=user_id, pk__in=ids)
                # Numbers that were worked out before are told from those after it by this counter.
                SyncState.objects.filter(user_id=user_id).update(counter=F("counter") + 1)
                return int(rows._raw_delete(rows.db))
        Browser.objects.filter(user_id=user_id, pk=browser.pk).delete()
    return 0
