"""Closes an account for good. The app that owns the records registers how a person is erased."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.after_response import run_after_response
from accounts.models import User

# Well under the time that a platform's router waits for an answer.
SECONDS_A_REQUEST = 10.0


class CannotClose(Exception):
    """This account must stay; the text gives the reason."""


@dataclass(frozen=True)
class PersonErasure:
    """The functions that erase a person by id. Rows are named as in `owned_rows`."""

    check: Callable[[int], None]
    """Raises CannotClose for a person who must stay."""
    counts: Callable[[int], dict[str, int]]
    """Returns the number of rows by name, or `counted_to` + 1 where there are more."""
    erase: Callable[[int], Iterable[tuple[str, int]]]
    """Yields (name, rows) after each committed step. It may be stopped between two steps and begun again."""
    counted_to: int


_registered: list[PersonErasure] = []


def register(erasure: PersonErasure) -> None:
    """Set the functions that erase a person; for `AppConfig.ready()`."""
    _registered[:] = [erasure]


def _erasure() -> PersonErasure:
    return _registered[0]


class Closing(NamedTuple):
    """The rows erased so far, by name, and whether the account is gone."""

    erased: dict[str, int]
    finished: bool


def owned(user: User) -> dict[str, int]:
    """Return how many rows closing would erase, by name; `counted_to()` + 1 stands for more."""
    return _erasure().counts(user.pk)


def counted_to() -> int:
    """Return the number beyond which rows are not counted."""
    return _erasure().counted_to


def close(user: User, request: HttpRequest, *, in_background: bool) -> Closing:
    """Erase a person and their rows for up to SECONDS_A_REQUEST; raises CannotClose before anything is erased.

    The rest is erased in the background, or by calls of `erase_more` until the closing is finished.
    """
    _erasure().check(user.pk)
    audit.add_own_event(audit.Kind.ACCOUNT_CLOSED, request, user)
    User.objects.filter(pk=user.pk).update(closed_at=timezone.now(), is_active=False)
    closing = erase_more(user.pk)
    if in_background and not closing.finished:
        run_after_response(_finish, user.pk)
    return closing


def erase_more(user_id: int) -> Closing:
    """Erase for up to SECONDS_A_REQUEST more."""
    erased: Counter[str] = Counter()
    until = time.monotonic() + SECONDS_A_REQUEST
    for name, rows in _erasure().erase(user_id):
        erased[name] += rows
        if time.monotonic() > until:
            break
    return Closing(dict(erased), not User.objects.filter(pk=user_id).exists())


def unfinished() -> list[int]:
    """Return the ids of people who closed their account and are not yet erased."""
    return list(User.objects.exclude(closed_at=None).values_list("pk", flat=True))


def _finish(user_id: int) -> None:
    for _ in _erasure().erase(user_id):
        pass


def finish_all() -> int:
    """Erase the rest of all interrupted closings; return the number of people."""
    people = unfinished()
    for user_id in people:
        _finish(user_id)
    return len(people)
