"""Rows of upper apps that name sites: those made from visits, those that wait to become visits, and settings for sites.

The upper app registers in `AppConfig.ready()` how it deletes them.
"""

from collections.abc import Callable

# Takes a person and the first and last instant of the visits that are erased, in ms.
ForgetDerived = Callable[[int, int, int], None]

# Takes a person.
DiscardWaiting = Callable[[int], None]

# Takes a person, and what tells whether a site is erased for all time.
ForgetSites = Callable[[int, Callable[[str], bool]], None]

_registered: list[ForgetDerived] = []
_waiting: list[DiscardWaiting] = []
_settings: list[ForgetSites] = []


def register(forget: ForgetDerived) -> None:
    """Add a function that deletes rows made from visits; for `AppConfig.ready()`."""
    if forget not in _registered:
        _registered.append(forget)


def forget(user_id: int, first: int, last: int) -> None:
    """Delete what was made from visits that began at `first` or later and ended at `last` or earlier, in ms."""
    for each in _registered:
        each(user_id, first, last)


def register_waiting(discard: DiscardWaiting) -> None:
    """Add a function that deletes rows that wait to become visits; for `AppConfig.ready()`."""
    if discard not in _waiting:
        _waiting.append(discard)


def discard_waiting(user_id: int) -> None:
    """Delete what waits to become visits of a person."""
    for each in _waiting:
        each(user_id)


def register_settings(forget: ForgetSites) -> None:
    """Add a function that deletes a person's settings for sites; for `AppConfig.ready()`."""
    if forget not in _settings:
        _settings.append(forget)


def forget_settings(user_id: int, is_erased: Callable[[str], bool]) -> None:
    """Delete what a person has set for sites that are erased."""
    for each in _settings:
        each(user_id, is_erased)
