"""Erases a person and all they own, in bounded steps.

Each step takes the person's SyncState lock, as a push does. Tables of other apps are found by their foreign key to the
person, so a table added later is erased too.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.db.models.deletion import CASCADE

from accounts.account_closing import CannotClose
from accounts.models import User
from accounts.owned_rows import name_of
from sync.erasures import rows_by_id
from sync.models import Browser, Erasure, PageVisit, SyncBatch, TabAggregate
from sync.person_lock import lock_person

ROWS_A_STEP = 5_000
# Each read of ids passes over the rows that are deleted and not yet vacuumed, so one read serves many steps.
IDS_A_READ = 100_000
COUNTED = 100_000
# Records go before browsers, so that no record is ever without its browser. Each table is read in the order of an index
# that starts with the person: PostgreSQL then marks the entries of deleted rows in that index and skips them soon.
READ_ORDERS: dict[type[models.Model], tuple[str, ...]] = {
    PageVisit: ("started_at",),
    TabAggregate: ("browser_id", "tab_id", "started_at"),
    SyncBatch: ("received_at",),
    Erasure: ("seq",),
    Browser: ("client_id",),
}


class Step(NamedTuple):
    """The rows of one table that one transaction deleted; `table` is a name of `accounts.owned_rows`."""

    table: str
    rows: int


class Refused(CannotClose):
    """This person must not be erased; the text says why."""


def owned_tables() -> list[tuple[type[models.Model], str]]:
    """Return each table that a person owns rows of, with the name of its key to the person, in the order of erasing."""
    found: dict[Any, str] = {}
    # The record tables are hidden relations: a User has no attribute for them.
    for relation in User._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.one_to_one or relation.on_delete is not CASCADE:
            continue
        if not relation.related_model._meta.auto_created:
            found[relation.related_model] = relation.field.name
    first = list(READ_ORDERS)
    return sorted(found.items(), key=lambda pair: first.index(pair[0]) if pair[0] in first else len(first))


def counts(user_id: int, cap: int = COUNTED) -> dict[str, int]:
    """Return how many rows a person owns in each table, counted up to cap + 1, which stands for any greater number."""
    counted: Counter[str] = Counter()
    for model, key in owned_tables():
        counted[name_of(model)] += _rows_of(model, key, user_id).values("pk")[: cap + 1].count()
    return dict(counted)


def capped(rows: int) -> str:
    """Return a number of `counts` as text."""
    return f"more than {COUNTED:,}" if rows > COUNTED else f"{rows:,}"


def check_erasable(user_id: int) -> None:
    """Raise Refused for the last active superuser: nobody else could make another one in the admin."""
    superusers = User.objects.filter(is_superuser=True)
    others = superusers.filter(is_active=True).exclude(pk=user_id)
    if superusers.filter(pk=user_id).exists() and not others.exists():
        raise Refused("This is the last superuser. Make another one first: manage.py createsuperuser")


def erase(user_id: int) -> Iterator[Step]:
    """Deactivate a person, delete all they own and then the person, yielding after each transaction.

    It may be stopped or killed between any two steps and begun again. Raises Refused before it changes anything.
    """
    check_erasable(user_id)
    # A transaction of its own: a person's first push locks the person before the state, and the reverse order would
    # deadlock with it. No push begins from here on. A push that is waiting for the lock may still store a batch, which
    # the loop below deletes.
    User.objects.filter(pk=user_id).update(is_active=False)
    is_gone = False
    while not is_gone:
        for model, key in owned_tables():
            for rows in _delete_rows_of(model, key, user_id):
                yield Step(name_of(model), rows)
        for model in _tables_that_forget():
            while forgotten := model.forget_person(user_id, ROWS_A_STEP):  # type: ignore[attr-defined]  # see _tables_that_forget
                yield Step(name_of(model), forgotten)
        is_gone = _delete_person(user_id)
    yield Step(name_of(User), 1)


def _rows_of(model: type[models.Model], key: str, user_id: int) -> models.QuerySet[Any]:
    return model._default_manager.filter(**{key: user_id}).order_by()


def _tables_that_forget() -> list[type[models.Model]]:
    """Return each table that keeps its rows and takes the person out of them, by its class method `forget_person`."""
    found = {
        relation.related_model
        for relation in User._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel) and hasattr(relation.related_model, "forget_person")
    }
    return sorted(found, key=lambda model: str(model._meta.label))


def _delete_rows_of(model: type[models.Model], key: str, user_id: int) -> Iterator[int]:
    """Delete the person's rows of one table, yielding their number after each transaction."""
    rows = _rows_of(model, key, user_id).order_by(*READ_ORDERS.get(model, ()))
    has_more = True
    while has_more:
        ids = list(rows.values_list("pk", flat=True)[:IDS_A_READ])
        for start in range(0, len(ids), ROWS_A_STEP):
            yield _delete_ids(model, key, user_id, ids[start : start + ROWS_A_STEP])
        has_more = len(ids) == IDS_A_READ


def _delete_ids(model: type[models.Model], key: str, user_id: int, ids: list[Any]) -> int:
    with transaction.atomic(durable=True):
        lock_person(user_id)
        return rows_by_id.delete(model, key, user_id, ids)


def _delete_person(user_id: int) -> bool:
    """Delete the person and their state; return False when a push has left rows since they were deleted."""
    with transaction.atomic(durable=True):
        lock_person(user_id)
        if connection.vendor == "postgresql":
            # Each table is searched again for rows of this person: below, by Django's cascade, and at the commit for
            # the foreign keys. Old statistics would make each search read the whole table.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        if any(
            _rows_of(model, key, user_id).order_by(*READ_ORDERS.get(model, ()))[:1].values_list("pk")
            for model, key in owned_tables()
        ):
            return False
        person = User.objects.filter(pk=user_id).first()
        if person is not None:
            person.delete()
    return True
