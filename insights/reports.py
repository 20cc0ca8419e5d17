"""The numbers of a person's period: read from the visits, whole months from their stored tally while that is good."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q

from insights import queries
from insights.models import MonthTally
from insights.numbers import Hour, Site, Tally, Totals, tally, totals
from insights.periods import Period, date_of, period_of, today


def milliseconds_now() -> int:
    """Return the present instant."""
    return int(time.time() * 1000)


def zone_of(name: str) -> ZoneInfo:
    """Return a person's time zone; UTC for a name this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def tally_visits(user_id: int, period: Period, until: int | None = None, only: Q | None = None) -> Tally:
    """Return the tally of a period from the visits themselves, as if it were over at `until`."""
    end = period.end if until is None else min(period.end, until)
    if end <= period.start:
        return Tally()
    starts, labels = period.hours
    within = bisect_left(starts, end)
    return tally(queries.visits(user_id, period.start, end, only), starts[:within], labels[:within], end)


def months_of(period: Period) -> list[Period]:
    """Return the whole months of a period."""
    months = []
    month = period_of(period.zone, "month", period.first)
    while month.last <= period.last:
        if month.first >= period.first:
            months.append(month)
        month = month.following
    return months


def bases(user_id: int, months: Sequence[Period]) -> list[list[list[int]]]:
    """Return, for each of these months in a row, what its tally is made from.

    That is the number and the highest seq of the visits that begin in the month before it, of those that begin in it,
    and of those of a day or longer that reach into it from earlier: no visit of the month can be stored, changed or
    erased without changing one of these, because every push that writes raises the person's seq.
    """
    if not months:
        return []
    before = months[0].previous
    cuts = [before.start, *(month.start for month in months), months[-1].end]
    states = queries.states(user_id, cuts)
    long = queries.long_visits(user_id, months[-1].start)
    found = []
    for number, month in enumerate(months):
        since = cuts[number]
        reaching = [each.seq for each in long if each.visit.start < since and each.visit.end > month.start]
        found.append([list(states[number]), list(states[number + 1]), [len(reaching), max(reaching, default=0)]])
    return found


def stored_months(user_id: int, months: Sequence[Period]) -> dict[date, Tally]:
    """Return the stored tallies that are good, by the first day of their month."""
    if not months:
        return {}
    stored = {
        row.first_day: row
        for row in MonthTally.objects.filter(
            user_id=user_id,
            time_zone=months[0].zone.key,
            first_day__range=(months[0].first, months[-1].first),
        )
    }
    if not stored:
        return {}
    first = bisect_left([month.first for month in months], min(stored))
    last = bisect_left([month.first for month in months], max(stored))
    asked = months[first : last + 1]
    return {
        month.first: from_json(stored[month.first].tally)
        for month, basis in zip(asked, bases(user_id, asked), strict=True)
        if month.first in stored and stored[month.first].basis == basis
    }


def tally_of(user_id: int, period: Period, until: int | None = None) -> Tally:
    """Return the tally of a period, as if it were over at `until`."""
    months = [month for month in months_of(period) if until is None or month.end <= until]
    stored = stored_months(user_id, months)
    whole = Tally()
    rest = period.first
    for month in months:
        if month.first in stored:
            if rest < month.first:
                whole.add(tally_visits(user_id, Period(period.zone, rest, month.first - timedelta(days=1)), until))
            whole.add(stored[month.first])
            rest = month.last + timedelta(days=1)
    if rest <= period.last:
        whole.add(tally_visits(user_id, Period(period.zone, rest, period.last), until))
    return whole


def store_months(user_id: int, zone: ZoneInfo, first: date, last: date) -> int:
    """Tally and store the whole months from `first` to `last` whose stored tally is missing or no longer good."""
    months = months_of(Period(zone, first, last))
    kept = MonthTally.objects.filter(user_id=user_id, time_zone=zone.key).in_bulk(field_name="pk")
    known = {row.first_day: row.basis for row in kept.values()}
    made = 0
    for month, basis in zip(months, bases(user_id, months), strict=True):
        if known.get(month.first) == basis:
            continue
        # The basis was read before the visits: a push in between makes a stored tally look old, never good.
        MonthTally.objects.update_or_create(
            user_id=user_id,
            first_day=month.first,
            defaults={"time_zone": zone.key, "basis": basis, "tally": to_json(tally_visits(user_id, month))},
        )
        made += 1
    return made


def to_json(tallied: Tally) -> dict[str, Any]:
    """Return a tally in its stored form."""
    return {
        "hours": [[label, hour.active, hour.time, hour.clock, hour.visits] for label, hour in tallied.hours.items()],
        "sites": {domain: asdict(site) for domain, site in tallied.sites.items()},
    }


def from_json(stored: dict[str, Any]) -> Tally:
    """Return a tally from its stored form."""
    return Tally(
        {label: Hour(*numbers) for label, *numbers in stored["hours"]},
        {domain: Site(**site) for domain, site in stored["sites"].items()},
    )


@dataclass(frozen=True, slots=True)
class Report:
    """A period and its numbers, and those of the one before it."""

    period: Period
    tally: Tally
    totals: Totals
    previous: Totals | None


def report(user_id: int, period: Period, now: int, *, compare: bool = True) -> Report:
    """Return the report of a period; one that is still running is compared with as much of the one before."""
    tallied = tally_of(user_id, period)
    previous = None
    if compare:
        before = period.previous
        running = period.start <= now < period.end
        until = min(before.start + now - period.start, before.end) if running else None
        previous = totals(tally_of(user_id, before, until))
    return Report(period, tallied, totals(tallied), previous)


def days(tallied: Tally, period: Period) -> list[tuple[date, Hour]]:
    """Return the numbers of every day of a period, in order."""
    found = {day: Hour() for day in period.dates}
    for label, hour in tallied.hours.items():
        day = found.get(date_of(label))
        if day is not None:
            day.add(hour)
    return list(found.items())


def week_hours(tallied: Tally) -> list[list[Hour]]:
    """Return the numbers by weekday, from Monday, and hour of the person's clock."""
    matrix = [[Hour() for _ in range(24)] for _ in range(7)]
    for label, hour in tallied.hours.items():
        matrix[date_of(label).weekday()][label % 24].add(hour)
    return matrix


def top_sites(tallied: Tally, most: int | None = None) -> list[tuple[str, Site]]:
    """Return sites by active time, then time on pages, visits and name."""
    order = sorted(tallied.sites.items(), key=lambda item: (-item[1].active, -item[1].time, -item[1].visits, item[0]))
    return list(islice(order, most))


def categories(tallied: Tally) -> list[tuple[str, int]]:
    """Return the active time by category, most first; "" is what came without one."""
    sums: dict[str, int] = {}
    for site in tallied.sites.values():
        for category, active in site.categories.items():
            sums[category] = sums.get(category, 0) + active
    return sorted(((name, active) for name, active in sums.items() if active), key=lambda item: (-item[1], item[0]))


def day_period(zone: ZoneInfo, day: date | None, now: int) -> Period:
    """Return the period of a day; of today when none is given."""
    return period_of(zone, "day", day or today(zone, now))
