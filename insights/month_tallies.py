"""The tally of a period, with stored tallies of its whole months where they are still valid."""

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from datetime import date, timedelta
from math import inf
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.after_response import run_after_response
from bounded_reading import ReadingTookTooLong, bounded_reading, keep_within_time, took_too_long
from insights import queries
from insights.categories.resolver import Resolver
from insights.categories.stored_rules import resolver_of
from insights.filters import EVERYTHING, Selection
from insights.models import MonthTally
from insights.numbers import Hour, Site, Sums, Tally, Unknown
from insights.periods import Period, date_at, period_of
from insights.visit_tallies import add_with_most_sites, tally_visits
from instants import from_milliseconds, now_ms
from sync.person_lock import lock_person

# Raised when stored tallies get another form, or a number another definition, or a row another meaning.
FORM = 4
# The time for reading one month where nobody waits for it, and the one for the months of one person.
TALLY_SECONDS: Final = 20
TALLYING_SECONDS: Final = 60
# A tally of more sites would take longer to read than the visits.
MOST_TALLIED_SITES: Final = 5_000
# Stored tallies that are read at once. One may have some megabytes.
TALLIES_AT_ONCE: Final = 2
TALLIED_EVERY_MS: Final = 600_000
MOST_REMEMBERED: Final = 10_000
# The tallies of filtered months that are kept of a person. Ten years and the ten before them have 240 months.
MOST_FILTERED: Final = 240
# The periods of one person that may wait in one process until their months are tallied.
MOST_WAITING: Final = 4
# A person, the first day of a period, and the key of a filter.
Asked = tuple[int, date, str]
# When this process last began to tally the months of a period, and the periods that it has not finished.
_tallied_at: dict[Asked, int] = {}
_waiting: set[Asked] = set()


class StillTallying(ReadingTookTooLong):
    """The months are read for the first time, or have changed, and this process adds up their numbers now."""


def months_of(period: Period) -> list[Period]:
    """Return the months that lie wholly in a period."""
    months = []
    month = period_of(period.zone, "month", period.first)
    while month.last <= period.last:
        if month.first >= period.first:
            months.append(month)
        month = month.following
    return months


def bases(user_id: int, months: Sequence[Period], resolver: Resolver) -> list[list[list[int]]]:
    """Return, for each of these consecutive months, the numbers that tell whether a stored tally is still valid.

    The numbers are a count and a highest seq for each of three groups: the visits that begin in the month before, the
    visits that begin in the month, and earlier visits of a day or longer that reach into it. Every push that writes
    raises the person's seq, so a visit of the month that is stored, changed or erased changes one of these numbers.
    The last numbers are the form of tallies and that of the rules for categories: another rule makes all invalid.
    """
    if not months:
        return []
    before = months[0].previous
    cuts = [before.starts_at, *(month.starts_at for month in months), months[-1].ends_at]
    found = queries.counts_and_highest_seqs(user_id, cuts)
    long = queries.long_visits(user_id, months[-1].starts_at)
    result = []
    for number, month in enumerate(months):
        earlier = [each for each in long if each.visit.started_at < cuts[number]]
        seqs = [each.seq for each in earlier if each.visit.last_known_at > month.starts_at]
        result.append([list(found[number]), list(found[number + 1]), [len(seqs), max(seqs, default=0)],
                       [FORM, resolver.fingerprint]])  # fmt: skip
    return result


def valid_months(user_id: int, months: Sequence[Period], only: Selection, resolver: Resolver) -> list[Period]:
    """Return the months that have a stored tally of a selection which is still valid."""
    if not months:
        return []
    stored = dict(_month_tallies(user_id, months, only).values_list("first_day", "basis"))
    if not stored:
        return []
    first = bisect_left([month.first for month in months], min(stored))
    last = bisect_left([month.first for month in months], max(stored))
    candidates = months[first : last + 1]
    found = bases(user_id, candidates, resolver)
    return [month for month, basis in zip(candidates, found, strict=True) if stored.get(month.first) == basis]


def stored_tallies(user_id: int, months: Sequence[Period], only: Selection) -> Iterator[tuple[date, Tally]]:
    """Yield the first day and the stored tally of each of these months, in order: those of ten years are too large."""
    if not months:
        return
    wanted = {month.first for month in months}
    rows = _month_tallies(user_id, months, only).filter(first_day__in=wanted).order_by("first_day")
    # As text, because msgspec parses it three times as fast as Django does.
    texts = rows.annotate(text=Cast("tally", TextField())).values_list("first_day", "text")
    for first_day, text in texts.iterator(chunk_size=TALLIES_AT_ONCE):
        # SQLite looks at the time after thousands of steps, and this is one step of it and much work here.
        keep_within_time()
        yield first_day, from_json(msgspec.json.decode(text))


def _month_tallies(user_id: int, months: Sequence[Period], only: Selection) -> QuerySet[MonthTally]:
    span = (months[0].first, months[-1].first)
    return MonthTally.objects.filter(
        user_id=user_id, filter_key=only.key, time_zone=months[0].zone.key, first_day__range=span
    )


def tally_of(
    user_id: int,
    period: Period,
    until: int | None = None,
    only: Selection = EVERYTHING,
    *,
    resolver: Resolver | None = None,
) -> Tally:
    """Return the tally of a period, cut off at `until`, with stored tallies of its months where they are valid."""
    resolver = resolver or resolver_of(user_id)
    months = [month for month in months_of(period) if until is None or month.ends_at <= until]
    stored = valid_months(user_id, months, only, resolver)
    days_stored = {month.first for month in stored}
    missing = [month for month in months if month.first not in days_stored]
    asked = (user_id, period.first, only.key)
    try:
        whole = _sum_of(user_id, period, until, only, stored, resolver)
    except Exception as error:
        if missing and took_too_long(error):
            store_months_later(asked, missing, only)
            if is_tallying(asked):
                raise StillTallying from error
        raise
    # Afterwards, or the thread of tallies would slow down this reading.
    store_months_later(asked, missing, only)
    return whole


def _sum_of(
    user_id: int, period: Period, until: int | None, only: Selection, stored: Sequence[Period], resolver: Resolver
) -> Tally:
    """Return the tally of a period from the stored ones of these months, and from the visits of its other days."""
    whole = Tally()
    rest = period.first
    for first_day, of_month in stored_tallies(user_id, stored, only):
        if rest < first_day:
            days_before = Period(period.zone, rest, first_day - timedelta(days=1))
            add_with_most_sites(whole, tally_visits(user_id, days_before, until, only, resolver=resolver))
        add_with_most_sites(whole, of_month)
        rest = period_of(period.zone, "month", first_day).last + timedelta(days=1)
    if rest <= period.last:
        days_after = Period(period.zone, rest, period.last)
        add_with_most_sites(whole, tally_visits(user_id, days_after, until, only, resolver=resolver))
    return whole


def store_months_later(asked: Asked, months: Sequence[Period], only: Selection) -> None:
    """Begin to store tallies of a period's months that are over, in the background; at most once in TALLIED_EVERY_MS.

    So a year is read fast from the second time on, also on a server that runs no command on a schedule.
    """
    now = now_ms()
    over = [month for month in months if month.ends_at <= now]
    # The visits of one month are read fast where a filter leaves most of them out.
    is_needed = len(over) > (0 if only.is_everything else 1)
    if not settings.TALLY_AT_READING or not is_needed or now < _tallied_at.get(asked, 0) + TALLIED_EVERY_MS:
        return
    if sum(1 for user_id, *_ in _waiting.copy() if user_id == asked[0]) >= MOST_WAITING:
        return  # else thousands of filters would wait for the one thread, and all other people behind them
    if len(_tallied_at) > MOST_REMEMBERED:
        _tallied_at.clear()
    _tallied_at[asked] = now
    _waiting.add(asked)
    run_after_response(_store_from_first_visit, asked, over, only, thread="tallies")


def is_tallying(asked: Asked) -> bool:
    """Tell whether this process may still be adding up months of the person's period."""
    return now_ms() < _tallied_at.get(asked, 0) + 1000 * int(TALLYING_SECONDS)


def _store_from_first_visit(asked: Asked, months: Sequence[Period], only: Selection) -> None:
    user_id, zone, first = asked[0], months[0].zone, months[0].first
    try:
        started_at = queries.first_started_at(user_id)
        if started_at is not None:
            first = max(first, date_at(zone, started_at).replace(day=1))
            store_months(user_id, zone, first, months[-1].last, only, seconds=TALLYING_SECONDS)
    finally:
        _waiting.discard(asked)


def store_months(
    user_id: int, zone: ZoneInfo, first: date, last: date, only: Selection = EVERYTHING, *, seconds: float = inf
) -> int:
    """Store the tally of each whole month from `first` to `last` without a valid one; return how many.

    No month is begun after so many seconds. A month with too much to read gets none.
    """
    ends_at = time.monotonic() + seconds
    months = months_of(Period(zone, first, last))
    resolver = resolver_of(user_id)
    stored = MonthTally.objects.filter(user_id=user_id, filter_key=only.key, time_zone=zone.key)
    known = dict(stored.values_list("first_day", "basis"))
    found = bases(user_id, months, resolver)
    # The pairs of site and category must be read after the bases, or visits of new pairs would be left out unnoticed.
    only = replace(only, resolver=resolver)
    made = 0
    for month, basis in zip(months, found, strict=True):
        if known.get(month.first) == basis:
            continue
        if time.monotonic() > ends_at:
            break
        # The basis was read before the visits, so a push in between makes the tally invalid and never wrongly valid.
        try:
            with bounded_reading(TALLY_SECONDS, in_background=True):
                content = to_json(tally_visits(user_id, month, only=only, resolver=resolver))
        except ReadingTookTooLong:
            continue
        if len(content["sites"]) > MOST_TALLIED_SITES:
            continue
        with transaction.atomic():
            if not lock_person(user_id):
                break  # erased since, and its tallies with it
            if bases(user_id, [month], resolver_of(user_id)) != [basis]:
                continue  # visits were erased or rules changed since, and the tally would still name their sites
            _store(user_id, month, only, basis, content)
        made += 1
    return made


def _store(user_id: int, month: Period, only: Selection, basis: list[list[int]], content: dict[str, Any]) -> None:
    """Store a tally in place of the one before, and delete the filtered ones that are no longer valid or too many."""
    zone = month.zone.key
    is_over = Q(filter_key=only.key) | ~Q(filter_key="") & ~Q(basis=basis, time_zone=zone)
    MonthTally.objects.filter(is_over, user_id=user_id, first_day=month.first).delete()
    MonthTally.objects.create(
        user_id=user_id,
        first_day=month.first,
        filter_key=only.key,
        time_zone=zone,
        basis=basis,
        tally=content,
        made_at=now_ms(),
    )
    filtered = MonthTally.objects.filter(user_id=user_id).exclude(filter_key="").order_by("-made_at", "first_day")
    too_many = list(filtered.values_list("pk", flat=True)[MOST_FILTERED:])
    if too_many:
        MonthTally.objects.filter(user_id=user_id, pk__in=too_many).delete()


def forget_months(user_id: int, first: int, last: int) -> None:
    """Delete the tallies of the months in which visits from one instant to another may stand, in ms."""
    # No month began more than 33 days before a moment in it, on the clock of any time zone.
    low, high = (from_milliseconds(instant).date() for instant in (first, last))
    MonthTally.objects.filter(
        user_id=user_id, first_day__gte=low - timedelta(days=33), first_day__lte=high + timedelta(days=1)
    ).delete()


# Stored tallies outlive upgrades, so another form raises FORM. The numbers of Unknown are stored where there are any.
def to_json(tallied: Tally) -> dict[str, Any]:
    """Return a tally in its stored form."""
    return {
        "hours": [
            [
                label,
                hour.active_sum_ms,
                hour.time_sum_ms,
                hour.clock_sum_ms,
                hour.visits,
                hour.categories,
                sorted(hour.browsers),
                *_unknown_numbers(hour),
            ]
            for label, hour in tallied.hours.items()
        ],
        "sites": {
            domain: {
                "active": site.active_sum_ms,
                "time": site.time_sum_ms,
                "visits": site.visits,
                "longest": site.longest_ms,
                "categories": site.categories,
                "unknown": _unknown_numbers(site),
            }
            for domain, site in tallied.sites.items()
        },
    }


def _unknown_numbers(sums: Sums) -> list[int]:
    return [] if sums.unknown == Unknown() else list(astuple(sums.unknown))


def from_json(stored: dict[str, Any]) -> Tally:
    """Return a tally from its stored form."""
    return Tally(
        {
            label: Hour(active, time_on_pages, visits, Unknown(*unknown), clock, set(browsers), categories)
            for label, active, time_on_pages, clock, visits, categories, browsers, *unknown in stored["hours"]
        },
        {
            domain: Site(
                site["active"],
                site["time"],
                site["visits"],
                Unknown(*site["unknown"]),
                site["longest"],
                site["categories"],
            )
            for domain, site in stored["sites"].items()
        },
    )
