"""The time zones that a person may choose."""

from typing import Final
from zoneinfo import available_timezones

# Files in the folder of the machine's zones that are no zones of the world. `localtime` is the machine's own zone, so
# it would be another one on another server, and no browser knows it.
_NO_ZONES: Final = frozenset({"localtime", "Factory"})


def known_time_zones() -> set[str]:
    """Return the IANA names that this server knows."""
    return available_timezones() - _NO_ZONES
