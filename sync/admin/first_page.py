"""The numbers on the first page of the admin, as far as a member of staff may see them.

Each part has its share of READING_SECONDS. A part that would take longer says so, and the others are shown.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AuditEvent
from bounded_reading import ReadingTookTooLong, bounded_reading, seconds_left
from sync.admin import access_log, last_day, table_sizes
from sync.admin.last_day import LastDay
from sync.browsers import FORGOTTEN_DAYS, SILENT_DAYS, name_of, silent_at
from sync.models import Browser, SyncBatch

# Silent browsers are counted up to this number.
MOST_SILENT: Final = 1_000
LISTED: Final = 10
# The time that the page needs after its parts.
REST_SECONDS: Final = 0.3


class Part(NamedTuple):
    """A part of the page: its name in the template, the rows that staff must be allowed to view, and how it is read."""

    name: str
    model: type[models.Model]
    read: Callable[[LastDay], Any]


class Hour(NamedTuple):
    """A line of the table by hour; `width` is the length of its bar in percent of the longest."""

    name: str
    pushes: Mapping[str, int]
    width: int
    failures: int


class SilentBrowser(NamedTuple):
    """A browser that has not pushed for some days."""

    pk: int
    name: str
    person: int
    email: str
    last_push_at: datetime


class Silent(NamedTuple):
    """The number of silent browsers, up to MOST_SILENT + 1, and those that fell silent last."""

    number: int
    browsers: list[SilentBrowser]
    is_counted: bool
    days: int = SILENT_DAYS
    forgotten_days: int = FORGOTTEN_DAYS
    most: int = MOST_SILENT


def silent_browsers(day: LastDay) -> Silent:
    """Return the browsers of everybody that are silent. The table is small: a person has a hundred at most."""
    rows = Browser.objects.filter(silent_at(day.now)).order_by()
    number = rows.values("pk")[: MOST_SILENT + 1].count()
    newest = list(rows.order_by("-last_push_at")[:LISTED])
    emails = last_day.emails_of(browser.user_id for browser in newest)
    listed = [
        SilentBrowser(row.pk, name_of(row), row.user_id, emails.get(row.user_id, ""), row.last_push_at)
        for row in newest
    ]
    return Silent(number, listed, number <= MOST_SILENT)


PARTS: Final = (
    Part("failures", AuditEvent, last_day.failures),
    Part("silent", Browser, silent_browsers),
    Part("pushes", SyncBatch, last_day.pushes),
    Part("reasons", SyncBatch, last_day.reasons),
    Part("slowest", SyncBatch, last_day.slowest),
)


def numbers(request: HttpRequest) -> dict[str, Any]:
    """Return the parts that the member of staff may see by name, and `late` with the names of those that took too long.

    A part that is not to be seen is absent; one that is late is None.
    """
    day, user = LastDay(timezone.now()), request.user
    parts = [part for part in PARTS if table_sizes.may_view(user, part.model)]
    reads = {"sizes": lambda: table_sizes.sizes(user)} | {part.name: partial(part.read, day) for part in parts}
    ends_at = time.monotonic() + seconds_left() - REST_SECONDS
    found: dict[str, Any] = {}
    for name, read in reads.items():
        share = (ends_at - time.monotonic()) / (len(reads) - len(found))
        found[name] = _within(max(share, 0.01), read)
    if "pushes" in found or "failures" in found:
        found["hours"] = _hours(day, found.get("pushes"), found.get("failures"))
    if "pushes" in found:
        access_log.note(request, "summed up", SyncBatch)
    return found | {"late": [name for name, value in found.items() if value is None]}


def _within(seconds: float, read: Callable[[], Any]) -> Any:
    try:
        with bounded_reading(seconds):
            return read()
    except ReadingTookTooLong:
        return None


def _hours(day: LastDay, pushes: last_day.Pushes | None, failures: last_day.Failures | None) -> Sequence[Hour]:
    """Return the lines by hour, the newest first; none where nothing happened."""
    records = {hour: numbers["records"] for hour, numbers in (pushes.by_hour if pushes else {}).items()}
    failed = failures.by_hour if failures else {}
    if not records and not failed:
        return []
    most = max([1, *records.values()])
    return [
        Hour(
            last_day.local_hour(hour),
            (pushes.by_hour if pushes else {}).get(hour, {}),
            round(100 * records.get(hour, 0) / most),
            failed.get(hour, 0),
        )
        for hour in day.hours()
    ]
