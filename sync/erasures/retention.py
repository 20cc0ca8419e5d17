"""Retention: records are kept for a number of months, and then erased by a rule of time."""

from datetime import UTC, datetime
from typing import Final

from django.conf import settings

from instants import milliseconds
from sync.erasures import erasure_service
from sync.erasures.erasure_service import Conditions
from sync.models import Erasure, SyncState
from sync.person_lock import PersonGone

MOST_MONTHS: Final = 1_200


def months_kept(chosen: int | None) -> int | None:
    """Return the months that hold for a person who chose so many: the server's maximum if that is less.

    None keeps them for good.
    """
    limits = [months for months in (chosen, settings.KEEP_MONTHS_MAX) if months and months > 0]
    return min(limits, default=None)


def chosen_months(user_id: int) -> int | None:
    """Return the months that a person chose; None for ever."""
    return SyncState.objects.filter(user_id=user_id).values_list("keep_months", flat=True).first()


def choose_months(user_id: int, months: int | None) -> None:
    """Set the months that a person's records are kept; None for ever. Nothing is erased yet."""
    erasure_service.erasure_key(user_id)  # so that the person has a state
    SyncState.objects.filter(user_id=user_id).update(keep_months=months)


def kept_since(months: int, now: datetime) -> int:
    """Return the midnight in UTC, so many months before a moment, from which on records are kept, in ms.

    A day that the month does not have counts as its last one.
    """
    today = now.astimezone(UTC)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < 1:
        return 0
    for day in range(today.day, 0, -1):
        try:
            return milliseconds(datetime(year, month + 1, day, tzinfo=UTC))
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def apply(user_id: int, months: int, now: datetime) -> int:
    """Erase what began before the months that are kept; return the number of records. Raises PersonGone.

    The rule replaces the one of an earlier day. It may be killed at any time: the next call goes on.
    """
    ends_at = kept_since(months, now)
    if ends_at <= 0:
        return 0
    present = Erasure.objects.filter(user_id=user_id, is_retention=True).order_by("-seq").first()
    if present is None or (present.ends_at or 0) < ends_at:
        present = erasure_service.begin(user_id, Conditions(ends_at=ends_at), is_retention=True)
    before = present.page_visits + present.tab_aggregates
    erasure_service.run(user_id, present)
    if (after := erasure_service.find(user_id, present.pk)) is None:
        raise PersonGone
    return after.page_visits + after.tab_aggregates - before
