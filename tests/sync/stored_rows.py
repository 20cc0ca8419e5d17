"""Rows of synced data, made without a push."""

import itertools

from django.utils import timezone

from sync.models import Browser, PageVisit, SyncBatch, SyncState, TabAggregate
from tests.wire_records import AT_9

URL = "https://secret.example.net/a/very/private/page"
TITLE = "A very private title"
_numbers = itertools.count(1)


def a_browser(person, client_id="a-client", **fields):
    SyncState.objects.get_or_create(user=person)
    return Browser.objects.get_or_create(user=person, client_id=client_id, defaults=fields)[0]


def a_visit(person, browser=None, **fields):
    """Make the row of a visit with the columns that a push fills."""
    number = next(_numbers)
    defaults = {
        "visit_id": f"pv_{number}", "url": URL, "domain": "secret.example.net", "title": TITLE, "started_at": AT_9,
        "duration_ms": 192_000, "seq": 1, "digest": b"\x01", "received_at": AT_9, "updated_at": AT_9,
    }  # fmt: skip
    return PageVisit.objects.create(user=person, browser=browser or a_browser(person), **{**defaults, **fields})


def an_aggregate(person, browser=None, **fields):
    defaults = {
        "tab_id": next(_numbers), "started_at": AT_9, "last_active_at": AT_9, "total_active_duration_ms": 192_000,
        "current_url": URL, "current_domain": "secret.example.net", "domain_durations": {"secret.example.net": 192_000},
        "seq": 1, "digest": b"\x01", "received_at": AT_9, "updated_at": AT_9,
    }  # fmt: skip
    return TabAggregate.objects.create(user=person, browser=browser or a_browser(person), **{**defaults, **fields})


def a_batch(person, browser=None, **fields):
    defaults = {
        "kind": SyncBatch.Kind.PAGE_VISITS, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0,
        "body_bytes": 1024, "duration_ms": 7, "received_at": timezone.now(),
    }  # fmt: skip
    return SyncBatch.objects.create(user=person, browser=browser or a_browser(person), **{**defaults, **fields})


def everything(person, rows=3):
    """Give a person so many visits, aggregates and batches."""
    for _ in range(rows):
        a_visit(person)
        an_aggregate(person)
        a_batch(person)


def left_of(person):
    """Return how many rows the person has, batches, browsers and the counter among them."""
    owned = (PageVisit, TabAggregate, SyncBatch, Browser, SyncState)
    return sum(model.objects.filter(user_id=person.pk).count() for model in owned)
