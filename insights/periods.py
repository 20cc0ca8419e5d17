"""Days, weeks, months and years of a person: pure. Instants are integer milliseconds in UTC.

A day runs from the person's midnight to their next one, so it has 23 or 25 hours where clocks change. Where midnight
comes twice or not at all, a day begins at the first instant whose date is that day or later.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from instants import milliseconds

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EPOCH = date(1970, 1, 1)
MAX_DAYS = 3_660

Unit = Literal["day", "week", "month", "year", "range"]
# Hours since 1970 as the person's calendar and clock count them: 24 a day, whatever the day's length.
HourLabel = int


class Stretch(NamedTuple):
    """Instants [start, end) at which `instant + shift` reads as the person's calendar and clock."""

    start: int
    end: int
    shift: int


def offset(zone: ZoneInfo, instant: int) -> int:
    """Return how many milliseconds the zone's clocks are ahead of UTC at an instant."""
    there = datetime.fromtimestamp(instant // 1000, zone).utcoffset()
    return (there or timedelta(0)) // timedelta(milliseconds=1)


def midnight(zone: ZoneInfo, day: date) -> int:
    """Return the instant at which a day begins."""
    # Where midnight comes twice this is the first of them.
    local = datetime.combine(day, time(), zone)
    instant = milliseconds(local)
    there = datetime.fromtimestamp(instant // 1000, zone)
    if there.replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # Clocks skipped it: the day begins when they did.
    return _change(zone, instant - DAY_MS, instant)


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the first instant after `low` with another offset than at `low`, given that there is one until `high`."""
    before = offset(zone, low)
    low, high = low // 1000, high // 1000
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, middle * 1000) == before:
            low = middle
        else:
            high = middle
    return high * 1000


@dataclass(frozen=True)
class Period:
    """The days `first` to `last`, both included, of a person in `zone`."""

    zone: ZoneInfo
    first: date
    last: date
    unit: Unit = "range"

    @cached_property
    def start(self) -> int:
        """The instant it begins."""
        return midnight(self.zone, self.first)

    @cached_property
    def end(self) -> int:
        """The instant it is over."""
        return midnight(self.zone, self.last + timedelta(days=1))

    @cached_property
    def dates(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @cached_property
    def midnights(self) -> list[int]:
        """The instants at which its days begin, and the one at which the last is over."""
        return [midnight(self.zone, day) for day in (*self.dates, self.last + timedelta(days=1))]

    @cached_property
    def stretches(self) -> list[Stretch]:
        """The period cut where the zone's offset changes; a year has three stretches, or one."""
        cuts: list[Stretch] = []
        for number, day in enumerate(self.dates):
            start, end = self.midnights[number], self.midnights[number + 1]
            while start < end:
                shift = offset(self.zone, start)
                stop = _change(self.zone, start, end) if offset(self.zone, end - 1) != shift else end
                # An hour before midnight that clocks repeat after midnight belongs to the day that had begun.
                shown = (start + shift) // DAY_MS
                stop = min(stop, (shown + 1) * DAY_MS - shift)
                shift += ((day - EPOCH).days - shown) * DAY_MS
                if cuts and cuts[-1].shift == shift:
                    cuts[-1] = cuts[-1]._replace(end=stop)
                else:
                    cuts.append(Stretch(start, stop, shift))
                start = stop
        return cuts

    @cached_property
    def hours(self) -> tuple[list[int], list[HourLabel]]:
        """The instants at which an hour of the person's clock begins, and the label of each hour; see HourLabel."""
        starts: list[int] = []
        labels: list[HourLabel] = []
        for start, end, shift in self.stretches:
            at = start
            while at < end:
                label = (at + shift) // HOUR_MS
                if not labels or labels[-1] != label:
                    starts.append(at)
                    labels.append(label)
                at = (label + 1) * HOUR_MS - shift
        return starts, labels

    def hour_of(self, instant: int) -> HourLabel:
        """Return the label of the hour an instant of this period lies in."""
        starts, labels = self.hours
        return labels[bisect_right(starts, instant) - 1]

    @property
    def previous(self) -> "Period":
        """The period of the same kind before this one; before a range, as many days as it has."""
        before = self.first - timedelta(days=1)
        if self.unit == "month":
            return Period(self.zone, before.replace(day=1), before, "month")
        if self.unit == "year":
            return Period(self.zone, date(before.year, 1, 1), before, "year")
        return Period(self.zone, self.first - (self.last - self.first) - timedelta(days=1), before, self.unit)

    @property
    def following(self) -> "Period":
        """The period of the same kind after this one."""
        after = self.last + timedelta(days=1)
        if self.unit in ("month", "year", "week", "day"):
            return period_of(self.zone, self.unit, after)
        return Period(self.zone, after, after + (self.last - self.first))


def period_of(zone: ZoneInfo, unit: Unit, day: date) -> Period:
    """Return the day, week (from Monday), month or year that a day lies in."""
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(zone, monday, monday + timedelta(days=6), unit)
    if unit == "month":
        first = day.replace(day=1)
        return Period(zone, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), unit)
    if unit == "year":
        return Period(zone, date(day.year, 1, 1), date(day.year, 12, 31), unit)
    return Period(zone, day, day, "day")


def date_of(label: HourLabel) -> date:
    """Return the day of an hour."""
    return EPOCH + timedelta(days=label // 24)


def today(zone: ZoneInfo, now: int) -> date:
    """Return the day an instant lies in."""
    day = datetime.fromtimestamp(now / 1000, zone).date()
    return day + timedelta(days=1) if midnight(zone, day + timedelta(days=1)) <= now else day


def weeks(first: date, last: date) -> Iterator[list[date | None]]:
    """Yield the weeks of a stretch of days, Monday to Sunday, None for a day outside it."""
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        days = [monday + timedelta(days=n) for n in range(7)]
        yield [day if first <= day <= last else None for day in days]
        monday += timedelta(days=7)
