"""Rows that upper apps made from visits and that name their sites. They are deleted with the visits.

The upper app registers in `AppConfig.ready()` how it deletes them.
"""

from collections.abc import Callable

# Takes a person and the first and last instant of the visits that are erased, in ms.
ForgetDerived = Callable[[int, int, int], None]

_registered: list[ForgetDerived] = []


def register(forget: ForgetDerived) -> None:
    """Add a function that deletes rows made from visits; for `AppConfig.ready()`."""
    if forget not in _registered:
        _registered.append(forget)


def forget(user_id: int, first: int, last: int) -> None:
    """Delete what was made from visits that began at `first` or later and ended at `last` or earlier, in ms."""
    for each in _registered:
        each(user_id, first, last)
