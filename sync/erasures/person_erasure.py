"""Erases a person and all they own, in bounded steps.

It lives in sync because nearly all of what a person owns are rows of the record tables, and because each step takes the
person's SyncState lock, as a push does. Other tables are found by their foreign key to the person, so that no app needs
to be known here, and a table that comes later is erased too.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.db.models.deletion import CASCADE

from accounts.account_closing import CannotClose
from accounts.owned_rows import name_of
from sync.models import Browser, PageVisit, SyncBatch, SyncState, TabAggregate

ROWS_A_STEP = 5_000
# Ids read at once, for many steps: each read passes over what is deleted but not yet vacuumed.
IDS_A_READ = 100_000
COUNTED = 100_000
# Records go first, so that no record is ever without its browser. Each table is walked in the order of an index that
# starts with the person: PostgreSQL then scans that index, and so marks and soon skips the entries of deleted rows.
WALKED: dict[type[models.Model], tuple[str, ...]] = {
    PageVisit: ("started_at",),
    TabAggregate: ("browser_id", "tab_id", "started_at"),
    SyncBatch: ("received_at",),
    Browser: ("client_id",),
}


class Step(NamedTuple):
    """What one transaction deleted; `table` is a name of `accounts.owned_rows`."""

    table: str
    rows: int


class Refused(CannotClose):
    """This person must not be erased; the text says why."""


def owned() -> list[tuple[type[models.Model], str]]:
    """Return each table whose rows a person owns, and the name of its key to the person, in the order of erasing."""
    found: dict[Any, str] = {}
    # Hidden ones too: the record tables are, since nobody goes from a person to their rows through an attribute.
    for relation in get_user_model()._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.one_to_one or relation.on_delete is not CASCADE:
            continue
        if not relation.related_model._meta.auto_created:
            found[relation.related_model] = relation.field.name
    first = list(WALKED)
    return sorted(found.items(), key=lambda pair: first.index(pair[0]) if pair[0] in first else len(first))


def keeping() -> list[type[models.Model]]:
    """Return each table that keeps its rows without the person: its class method `forget_person` takes them out."""
    found = {
        relation.related_model
        for relation in get_user_model()._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel) and hasattr(relation.related_model, "forget_person")
    }
    return sorted(found, key=lambda model: str(model._meta.label))


def counts(user_id: int, cap: int = COUNTED) -> dict[str, int]:
    """Return how many rows a person owns in each table, counting no further than cap + 1, which stands for more."""
    counted: Counter[str] = Counter()
    for model, key in owned():
        counted[name_of(model)] += _mine(model, key, user_id).values("pk")[: cap + 1].count()
    return dict(counted)


def check_erasable(user_id: int) -> None:
    """Raise Refused for the last active superuser, without whom nobody could make another."""
    people = get_user_model()._default_manager.filter(is_superuser=True)
    others = people.filter(is_active=True).exclude(pk=user_id)
    if people.filter(pk=user_id).exists() and not others.exists():
        raise Refused("This is the last superuser. Make another one first: manage.py createsuperuser")


def erase(user_id: int) -> Iterator[Step]:
    """Deactivate a person, delete all they own and then the person, yielding after each transaction.

    It may be stopped or killed between any two steps and begun again. Raises Refused before anything is done.
    """
    check_erasable(user_id)
    # By itself, since a person's first push locks the person and then the state. From here on no push begins; one
    # that waited for the lock meanwhile may still store a batch, which the steps below meet.
    get_user_model()._default_manager.filter(pk=user_id).update(is_active=False)
    gone = False
    while not gone:
        for model, key in owned():
            for rows in _delete_all(model, key, user_id):
                yield Step(name_of(model), rows)
        for model in keeping():
            while forgotten := model.forget_person(user_id, ROWS_A_STEP):  # type: ignore[attr-defined]  # see keeping
                yield Step(name_of(model), forgotten)
        gone = _delete_person(user_id)
    yield Step(name_of(get_user_model()), 1)


def total(steps: Iterator[Step]) -> Counter[str]:
    """Run steps to their end and return what they deleted, by table."""
    deleted: Counter[str] = Counter()
    for step in steps:
        deleted[step.table] += step.rows
    return deleted


def _mine(model: type[models.Model], key: str, user_id: int) -> models.QuerySet[Any]:
    return model._default_manager.filter(**{key: user_id}).order_by()


def _hold(user_id: int) -> None:
    """Keep the person's pushes out until the transaction ends."""
    if SyncState.objects.select_for_update(of=("self",)).filter(user_id=user_id).first() is None:
        people = get_user_model()._default_manager.select_for_update(no_key=True)
        people.filter(pk=user_id).values_list("pk", flat=True).first()


def _delete_all(model: type[models.Model], key: str, user_id: int) -> Iterator[int]:
    """Delete the person's rows of one table, yielding how many after each transaction."""
    walk = _mine(model, key, user_id).order_by(*WALKED.get(model, ()))
    more = True
    while more:
        ids = list(walk.values_list("pk", flat=True)[:IDS_A_READ])
        for start in range(0, len(ids), ROWS_A_STEP):
            yield _delete_these(model, key, user_id, ids[start : start + ROWS_A_STEP])
        more = len(ids) == IDS_A_READ


def _delete_these(model: type[models.Model], key: str, user_id: int, ids: list[Any]) -> int:
    with transaction.atomic(durable=True):
        _hold(user_id)
        # The statement says whose rows it touches, but hides it from the planner, which with statistics from before
        # this person grew would read all their rows instead of looking up these few.
        whose = model._default_manager.alias(whose=models.F(f"{key}_id") + 0).filter(whose=user_id, pk__in=ids)
        return whose._raw_delete(whose.db)


def _delete_person(user_id: int) -> bool:
    """Delete the person and their state; return False when a push has left rows since they were deleted."""
    with transaction.atomic(durable=True):
        _hold(user_id)
        if connection.vendor == "postgresql":
            # Each table is asked once more for rows of this person: below, by Django's cascade, and at the commit for
            # the foreign keys. Statistics from before the rows went would have it read the whole table each time.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        if any(
            _mine(model, key, user_id).order_by(*WALKED.get(model, ()))[:1].values_list("pk") for model, key in owned()
        ):
            return False
        person = get_user_model()._default_manager.filter(pk=user_id).first()
        if person is not None:
            person.delete()
    return True
