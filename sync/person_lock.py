"""The lock under which everything that belongs to a person is written and erased.

The record tables have no foreign key to the person, so this lock alone keeps a row from outliving its person.
"""

from accounts.models import User
from sync.models import SyncState


class PersonGone(Exception):
    """The person was deleted or deactivated while a request of theirs was under way."""


def lock_person(user_id: int) -> bool:
    """Keep other writers out until the transaction ends; return False where the person is gone."""
    states = SyncState.objects.select_for_update().filter(user_id=user_id)
    if states.values_list("pk").first() is not None:
        return True
    # Nothing was pushed yet: the first push locks the person too.
    people = User.objects.select_for_update(no_key=True).filter(pk=user_id)
    return people.values_list("pk").first() is not None
