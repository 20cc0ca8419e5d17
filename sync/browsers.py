"""The list of a person's browsers, and the names under which people see them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from sync import limits
from sync.models import Browser
from sync.person_lock import lock_person

# A browser is silent that has not pushed for SILENT_DAYS, and forgotten after FORGOTTEN_DAYS.
SILENT_DAYS: Final = 7
FORGOTTEN_DAYS: Final = 183
PLATFORMS: Final = {"linux": "Linux", "mac": "macOS", "win": "Windows", "android": "Android", "cros": "ChromeOS"}

IMPORT_SOURCES: Final = {
    "chromium": "Chrome or a relative",
    "firefox": "Firefox",
    "safari": "Safari",
    "activitywatch": "ActivityWatch",
    "own": "an export",
}


def browsers_of(user_id: int) -> list[Browser]:
    """Return the person's browsers of every kind, the latest to push first."""
    return list(Browser.objects.filter(user_id=user_id).order_by("-last_push_at", "client_id"))


def is_silent(browser: Browser, now: datetime) -> bool:
    """Tell whether a browser of an extension has not pushed for SILENT_DAYS, and has in FORGOTTEN_DAYS."""
    since = now - browser.last_push_at
    return browser.kind == Browser.Kind.EXTENSION and timedelta(SILENT_DAYS) < since < timedelta(FORGOTTEN_DAYS)


def silent_at(now: datetime) -> Q:
    """Return the condition of `is_silent` for the database."""
    from_day, to_day = now - timedelta(FORGOTTEN_DAYS), now - timedelta(SILENT_DAYS)
    return Q(kind=Browser.Kind.EXTENSION, last_push_at__gt=from_day, last_push_at__lt=to_day)


def has_extension_among(user_id: int, client_ids: Collection[str]) -> bool:
    """Tell whether the person has a browser of kind `extension` with one of the client ids."""
    mine = Browser.objects.filter(user_id=user_id, kind=Browser.Kind.EXTENSION)
    return not {*client_ids}.isdisjoint(mine.values_list("client_id", flat=True)[: limits.MAX_BROWSERS])


def name_of(browser: Browser) -> str:
    """Return the label that the person gave, or else a name made from what the browser told of itself."""
    if browser.kind == Browser.Kind.IMPORT:
        family = browser.client_id.removeprefix(limits.IMPORT_PREFIX).partition(":")[0]
        source = IMPORT_SOURCES.get(family, family)
        return f"Import from {source}" + (f" ({browser.label})" if browser.label else "")
    if browser.label:
        return browser.label
    if browser.browser_name:
        platform = PLATFORMS.get(browser.platform.lower(), browser.platform)
        return f"{browser.browser_name} on {platform}" if platform else browser.browser_name
    kind = browser.get_kind_display().capitalize()
    if browser.kind == Browser.Kind.PROGRAM:
        return f"{kind} {browser.client_id.partition(':')[2] or browser.client_id}"
    return f"{kind} {browser.client_id[:8]}" if browser.client_id else f"{kind} without a name"


def set_label(user_id: int, client_id: str, label: str) -> Browser | None:
    """Name a browser of the person, "" for no name; return it, or None where they have no such browser."""
    with transaction.atomic():
        lock_person(user_id)
        mine = Browser.objects.filter(user_id=user_id, client_id=client_id)
        mine.update(label=label.strip())
        return mine.first()
