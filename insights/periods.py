"""Days, weeks, months and years in a person's time zone: pure. Instants are integer milliseconds since the epoch.

A day runs from the person's midnight to their next one, so it has 23 or 25 hours where clocks change. Where midnight
comes twice or not at all, a day begins at the first instant that has its date or a later one.
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
# Hours since 1970 by the person's calendar and clock, which count 24 for each day, also for one of 23 or 25 hours.
HourLabel = int


class OffsetSpan(NamedTuple):
    """Instants [start, end) at which `instant + shift_ms` reads as the person's calendar and clock."""

    start: int
    end: int
    shift_ms: int


def utc_offset_ms(zone: ZoneInfo, instant: int) -> int:
    """Return how far the zone's clocks are ahead of UTC at an instant."""
    there = datetime.fromtimestamp(instant // 1000, zone).utcoffset()
    return (there or timedelta(0)) // timedelta(milliseconds=1)


def midnight(zone: ZoneInfo, day: date) -> int:
    """Return the first instant of a day."""
    # If clocks go back over midnight, it comes twice, and this is the first of the two.
    local = datetime.combine(day, time(), zone)
    instant = milliseconds(local)
    there = datetime.fromtimestamp(instant // 1000, zone)
    if there.replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # Clocks skipped midnight, so the day begins at the skip.
    return _offset_change(zone, instant - DAY_MS, instant)


def _offset_change(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the first instant after `low` with another offset than at `low`; there must be one until `high`."""
    before = utc_offset_ms(zone, low)
    low, high = low // 1000, high // 1000
    while high - low > 1:
        middle = (low + high) // 2
        if utc_offset_ms(zone, middle * 1000) == before:
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
    def starts_at(self) -> int:
        """The first instant."""
        return midnight(self.zone, self.first)

    @cached_property
    def ends_at(self) -> int:
        """The first instant after it."""
        return midnight(self.zone, self.last + timedelta(days=1))

    @cached_property
    def dates(self) -> list[date]:
        """Every day, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @cached_property
    def midnights(self) -> list[int]:
        """The first instant of every day, and the first one after the last day."""
        return [midnight(self.zone, day) for day in (*self.dates, self.last + timedelta(days=1))]

    @cached_property
    def offset_spans(self) -> list[OffsetSpan]:
        """The spans of the period, each with one UTC offset; a year has three, or one in a zone without changes."""
        cuts: list[OffsetSpan] = []
        for number, day in enumerate(self.dates):
            start, end = self.midnights[number], self.midnights[number + 1]
            while start < end:
                shift_ms = utc_offset_ms(self.zone, start)
                stop = _offset_change(self.zone, start, end) if utc_offset_ms(self.zone, end - 1) != shift_ms else end
                # If clocks go back over midnight, the repeated hour belongs to the new day.
                shown = (start + shift_ms) // DAY_MS
                stop = min(stop, (shown + 1) * DAY_MS - shift_ms)
                shift_ms += ((day - EPOCH).days - shown) * DAY_MS
                if cuts and cuts[-1].shift_ms == shift_ms:
                    cuts[-1] = cuts[-1]._replace(end=stop)
                else:
                    cuts.append(OffsetSpan(start, stop, shift_ms))
                start = stop
        return cuts

    @cached_property
    def hours(self) -> tuple[list[int], list[HourLabel]]:
        """The first instant and the label of each hour of the person's clock."""
        starts: list[int] = []
        labels: list[HourLabel] = []
        for start, end, shift_ms in self.offset_spans:
            at = start
            while at < end:
                label = (at + shift_ms) // HOUR_MS
                if not labels or labels[-1] != label:
                    starts.append(at)
                    labels.append(label)
                at = (label + 1) * HOUR_MS - shift_ms
        return starts, labels

    def hour_at(self, instant: int) -> HourLabel:
        """Return the label of the hour that holds an instant of this period."""
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
    """Return the day, week (from Monday), month or year that holds a day."""
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(zone, monday, monday + timedelta(days=6), unit)
    if unit == "month":
        first = day.replace(day=1)
        return Period(zone, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), unit)
    if unit == "year":
        return Period(zone, date(day.year, 1, 1), date(day.year, 12, 31), unit)
    return Period(zone, day, day, "day")


def date_of_hour(label: HourLabel) -> date:
    """Return the day that an hour belongs to."""
    return EPOCH + timedelta(days=label // 24)


def date_at(zone: ZoneInfo, instant: int) -> date:
    """Return the day that holds an instant."""
    day = datetime.fromtimestamp(instant / 1000, zone).date()
    return day + timedelta(days=1) if midnight(zone, day + timedelta(days=1)) <= instant else day


def weeks(first: date, last: date) -> Iterator[list[date | None]]:
    """Yield the weeks from one day to another, Monday to Sunday; a day outside is None."""
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        days = [monday + timedelta(days=n) for n in range(7)]
        yield [day if first <= day <= last else None for day in days]
        monday += timedelta(days=7)
