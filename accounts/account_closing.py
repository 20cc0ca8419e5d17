"""Closes an account for good, through the service that erases a person; the setting ERASURE names its module."""

import time
from collections import Counter
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.after_response import later
from accounts.models import User

# Well under what a platform's router waits for an answer.
SECONDS_A_REQUEST = 10.0


class CannotClose(Exception):
    """This account must stay; the text says why."""


class Closing(NamedTuple):
    """What was erased so far, by table, and whether that is all."""

    erased: dict[str, int]
    finished: bool


def _erasure() -> Any:
    return import_module(settings.ERASURE)


def owned(user: User) -> dict[str, int]:
    """Return how many rows of each table closing would erase, counting no further than COUNTED + 1."""
    counts: dict[str, int] = _erasure().counts(user.pk)
    return counts


def counted_to() -> int:
    """Return how far rows are counted."""
    cap: int = _erasure().COUNTED
    return cap


def close(user: User, request: HttpRequest, *, in_background: bool) -> Closing:
    """Erase a person and all they own for some seconds; raises CannotClose before anything is done.

    What is left then is erased in the background, or by calling `go_on` until it is finished.
    """
    erasure = _erasure()
    try:
        erasure.check_erasable(user.pk)
    except erasure.Refused as refused:
        raise CannotClose(str(refused)) from refused
    audit.note_own(audit.Kind.ACCOUNT_CLOSED, request, user)
    User.objects.filter(pk=user.pk).update(closed_at=timezone.now(), is_active=False)
    closing = go_on(user.pk)
    if in_background and not closing.finished:
        later(_finish, user.pk)
    return closing


def go_on(user_id: int) -> Closing:
    """Erase for some seconds more."""
    erased: Counter[str] = Counter()
    until = time.monotonic() + SECONDS_A_REQUEST
    for step in _erasure().erase(user_id):
        erased[step.table] += step.rows
        if time.monotonic() > until:
            break
    return Closing(dict(erased), not User.objects.filter(pk=user_id).exists())


def unfinished() -> list[int]:
    """Return the people whose account was closed and is not yet erased."""
    return list(User.objects.exclude(closed_at=None).values_list("pk", flat=True))


def _finish(user_id: int) -> None:
    for _ in _erasure().erase(user_id):
        pass


def finish_all() -> int:
    """Erase what interrupted closings have left; return how many people that were."""
    people = unfinished()
    for user_id in people:
        _finish(user_id)
    return len(people)
