"""The list of a person's browsers, and the names under which people see them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework import status

from accounts.api.refusal import BrowserOfExtension, Refusal
from accounts.models import PersonalToken
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

# A browser's description of itself: wire name and column.
CLIENT_COLUMNS: Final = {
    "extensionVersion": "extension_version",
    "browserName": "browser_name",
    "browserVersion": "browser_version",
    "platform": "platform",
}


class TooManyBrowsers(Refusal):
    """403: records would give the person more browsers than the limit."""

    def __init__(self, reason: str) -> None:
        detail = f"A person has at most {limits.MAX_BROWSERS} browsers; {reason}."
        super().__init__(status.HTTP_403_FORBIDDEN, "quota_exceeded", detail, maxBrowsers=limits.MAX_BROWSERS)


class Sender(NamedTuple):
    """The browser that pushes, with its description of itself by column, and the session or token that it pushes by."""

    client_id: str | None = None
    client: Mapping[str, str] = MappingProxyType({})
    session_id: int | None = None
    token: PersonalToken | None = None


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


def client_id_of_token(token: PersonalToken) -> str:
    """Return the client id of the browser that a personal token pushes to where it names none."""
    return f"{limits.PROGRAM_PREFIX}{token.pk}"


def browsers_of_push(user_id: int, client_ids: Collection[str], sender: Sender) -> dict[str, int]:
    """Return the keys of the person's browsers by client id, made where they are new, and note that they pushed.

    The sender's description of itself is stored with its browser. Raises TooManyBrowsers, and BrowserOfExtension for a
    token that names a browser of an extension.
    """
    now = timezone.now()
    named = {*client_ids} if sender.client_id is None else {*client_ids, sender.client_id}
    if sender.token and has_extension_among(user_id, named):
        raise BrowserOfExtension("Leave anonymousClientId out, or make up another one.")
    known = {}
    for pk, client_id, *columns in _set_last_push(user_id, named, now, sender.session_id):
        known[client_id] = pk
        kept = dict(zip(CLIENT_COLUMNS.values(), columns, strict=True))
        if client_id == sender.client_id and {**kept, **sender.client} != kept:
            Browser.objects.filter(user_id=user_id, pk=pk).update(**sender.client)
    new = [
        Browser(
            user_id=user_id, created_at=now, last_push_at=now, last_session_id=sender.session_id, client_id=client_id,
            kind=_kind_of_new(client_id, sender), label=_label_of_new(client_id, sender),
            **(sender.client if client_id == sender.client_id else {}),
        )
        for client_id in client_ids
        if client_id not in known
    ]  # fmt: skip
    return known | add_browsers(user_id, new, "this batch would add another")


def add_browsers(user_id: int, new: Sequence[Browser], reason: str) -> dict[str, int]:
    """Store new browsers of a person, who is locked; return their keys by client id.

    Raises TooManyBrowsers, with the reason, where the person would have more than MAX_BROWSERS of one kind.
    """
    for kind in {browser.kind for browser in new}:
        there = Browser.objects.filter(user_id=user_id, kind=kind).count()
        if there + sum(browser.kind == kind for browser in new) > limits.MAX_BROWSERS:
            raise TooManyBrowsers(reason)
    return {browser.client_id: browser.pk for browser in Browser.objects.bulk_create(new)}


def _set_last_push(user_id: int, client_ids: Collection[str], now: datetime, session_id: int | None) -> list[Any]:
    """Set the time and the session of the last push; return (key, client id, CLIENT_COLUMNS) of those there are.

    It runs at every push; building its SQL by the ORM took longer than the database takes.
    """
    if not client_ids:
        return []
    places = ", ".join(["%s"] * len(client_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Browser._meta.db_table} SET last_push_at = %s, last_session_id = %s "
            f"WHERE user_id = %s AND client_id IN ({places}) "
            f"RETURNING id, client_id, {', '.join(CLIENT_COLUMNS.values())}",
            [connection.ops.adapt_datetimefield_value(now), session_id, user_id, *client_ids],
        )
        return list(cursor)


def _kind_of_new(client_id: str, sender: Sender) -> Browser.Kind:
    if client_id.startswith(limits.IMPORT_PREFIX):
        return Browser.Kind.IMPORT
    # A session that sends records under the name of a token's browser must not lock the token out of it.
    if sender.token or client_id.startswith(limits.PROGRAM_PREFIX):
        return Browser.Kind.PROGRAM
    return Browser.Kind.EXTENSION


def _label_of_new(client_id: str, sender: Sender) -> str:
    is_own = sender.token and client_id == client_id_of_token(sender.token)
    return sender.token.name[: limits.MAX_LABEL] if sender.token and is_own else ""
