"""The time zone of this machine."""

from pathlib import Path

from django.conf import settings

from accounts.time_zones import known_time_zones

LOCAL_TIME = Path("/etc/localtime")


def machine_time_zone() -> str:
    """Return the IANA name of the machine's time zone; DEFAULT_TIME_ZONE where the machine does not tell it.

    The variable TZ is not asked: Django sets it to UTC.
    """
    _, _, name = str(LOCAL_TIME.resolve()).partition("/zoneinfo/")
    if name == "Etc/UTC":
        # Debian's name of it; people know the other one.
        return "UTC"
    return name if name in known_time_zones() else settings.DEFAULT_TIME_ZONE
