"""How many records of each browser the server has."""

from typing import Any

from django.db.models import Count, Max

from instants import milliseconds
from sync.browsers import browsers_of, name_of
from sync.models import Browser, PageVisit, SyncBatch, SyncRecord, TabAggregate


def browser_fields(browser: Browser) -> dict[str, Any]:
    """Return the fields of BrowserSerializer."""
    return {
        "anonymousClientId": browser.client_id,
        "kind": browser.kind,
        "label": browser.label,
        "name": name_of(browser),
    }


def browser_statuses(user_id: int) -> list[dict[str, Any]]:
    """Return the fields of BrowserStatusSerializer of each browser, the latest to push first."""
    visits, aggregates = record_counts(PageVisit, user_id), record_counts(TabAggregate, user_id)
    rejected = _last_rejected(user_id)
    return [
        {
            **browser_fields(browser),
            "pageVisits": visits.get(browser.pk, 0),
            "tabAggregates": aggregates.get(browser.pk, 0),
            "lastPushAt": milliseconds(browser.last_push_at),
            "lastRejected": rejected.get(browser.pk, 0),
        }
        for browser in browsers_of(user_id)
    ]


def record_counts(model: type[SyncRecord], user_id: int) -> dict[int, int]:
    """Return the number of records by browser. Of the whole row, so that PostgreSQL reads an index alone."""
    mine = model._default_manager.filter(user_id=user_id)
    return dict(mine.values("browser_id").annotate(rows=Count("*")).values_list("browser_id", "rows"))


def _last_rejected(user_id: int) -> dict[int | None, int]:
    mine = SyncBatch.objects.filter(user_id=user_id)
    last = dict(mine.values("browser_id").annotate(last=Max("received_at")).values_list("browser_id", "last"))
    found = mine.filter(received_at__in=last.values()).values_list("browser_id", "received_at", "rejected")
    return {browser_id: rejected for browser_id, received_at, rejected in found if received_at == last[browser_id]}
