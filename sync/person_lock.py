"""The lock under which everything that belongs to a person is written and erased.

The record tables have no foreign key to the person, so this lock alone keeps a row from outliving its person.
"""

from typing import NamedTuple

from django.db import connection
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User
from sync.models import SyncState


class PersonGone(AuthenticationFailed):
    """The person was deleted or deactivated while a request of theirs was under way."""

    default_detail = "This token belongs to nobody who may sign in."
    default_code = "token_invalid"


class LockedState(NamedTuple):
    """The columns of a person's SyncState that a push needs."""

    counter: int
    erased_before: int
    erasure_key: bytes


def lock_person(user_id: int) -> bool:
    """Keep other writers out until the transaction ends; return False where the person is gone."""
    states = SyncState.objects.select_for_update().filter(user_id=user_id)
    if states.values_list("pk").first() is not None:
        return True
    # Nothing was pushed yet: the first push locks the person too.
    people = User.objects.select_for_update(no_key=True).filter(pk=user_id)
    return people.values_list("pk").first() is not None


def lock_active_person(user_id: int) -> LockedState:
    """Keep other writers out until the transaction ends; return the person's state, made where there is none.

    Raises PersonGone. It runs at every push; building its SQL by the ORM took longer than the database takes.
    """
    # On SQLite the transaction itself holds the only lock there is.
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    columns = ", ".join(LockedState._fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {SyncState._meta.db_table} WHERE user_id = %s{lock}", [user_id])
        state = cursor.fetchone()
        if state is None:
            people = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True)
            if not people.exists():
                raise PersonGone
            SyncState.objects.bulk_create([SyncState(user_id=user_id)], ignore_conflicts=True)
            return lock_active_person(user_id)
        # In a statement of its own: it sees an erasure that held the lock before, and Citus drops the lock of a join.
        cursor.execute(f"SELECT 1 FROM {User._meta.db_table} WHERE id = %s AND is_active", [user_id])
        if cursor.fetchone() is None:
            raise PersonGone
    return LockedState(*state)
