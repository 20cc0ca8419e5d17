"""The facts on the page of a person: how much they have, their browsers and their last batches."""

from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.contrib.admin import site
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from accounts.owned_rows import name_of, words_of
from sync.admin import filters
from sync.admin.table_sizes import may_view
from sync.browsers import browsers_of, is_silent
from sync.browsers import name_of as name_of_browser
from sync.erasures import person_erasure
from sync.models import Browser, SyncBatch, SyncState

LISTED: Final = 10


class Rows(NamedTuple):
    """The number of a person's rows in a table, and the list of them where the admin has one for a person."""

    words: str
    number: str
    url: str


class BrowserFacts(NamedTuple):
    """A browser with the name under which its person sees it."""

    browser: Browser
    name: str
    is_silent: bool


class BatchFacts(NamedTuple):
    """A push with the name of the browser that sent it, "" where that is unknown or not to be seen."""

    batch: SyncBatch
    browser: str


class Facts(NamedTuple):
    """All of it. A part that the member of staff may not see is None."""

    rows: list[Rows]
    live_sessions: int | None
    keep_months: int | None
    browsers: list[BrowserFacts] | None
    more_browsers: int
    first_push: datetime | None
    last_push: datetime | None
    batches: list[BatchFacts] | None


def facts_of(person: User, staff: Any) -> Facts:
    """Return the facts about a person that a member of staff may see; each number has a bound."""
    browsers = browsers_of(person.pk) if may_view(staff, Browser) else None
    names = {browser.pk: name_of_browser(browser) for browser in browsers or []}
    now = timezone.now()
    live = Session.objects.of(person.pk).live() if may_view(staff, Session) else None
    return Facts(
        rows=_rows_of(person, staff),
        live_sessions=None if live is None else live.count(),
        keep_months=_keep_months_of(person) if may_view(staff, SyncState) else None,
        browsers=[BrowserFacts(each, names[each.pk], is_silent(each, now)) for each in browsers[:LISTED]]
        if browsers is not None
        else None,
        more_browsers=max(0, len(browsers or []) - LISTED),
        first_push=min((browser.created_at for browser in browsers or []), default=None),
        last_push=max((browser.last_push_at for browser in browsers or []), default=None),
        batches=_batches_of(person, names) if may_view(staff, SyncBatch) else None,
    )


def _keep_months_of(person: User) -> int | None:
    return SyncState.objects.filter(user_id=person.pk).values_list("keep_months", flat=True).first()


def _batches_of(person: User, names: dict[int, str]) -> list[BatchFacts]:
    newest = SyncBatch.objects.filter(user_id=person.pk).defer("errors").order_by("-received_at")
    return [BatchFacts(batch, names.get(batch.browser_id or 0, "")) for batch in newest[:LISTED]]


def _rows_of(person: User, staff: Any) -> list[Rows]:
    """Return the numbers of the person's rows by table, counted as the page does that erases them."""
    viewed = {name_of(model): model for model, _ in person_erasure.owned_tables() if may_view(staff, model)}
    counted = person_erasure.counts(person.pk)
    return [
        Rows(words_of(name), person_erasure.capped(rows), _list_of(viewed[name], person))
        for name, rows in counted.items()
        if name in viewed
    ]


def _list_of(model: type[models.Model], person: User) -> str:
    """Return the URL of the list of a person's rows, "" where there is none."""
    if not site.is_registered(model) or filters.PersonFilter not in site.get_model_admin(model).list_filter:
        return ""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode({filters.PERSON: person.pk})}"
