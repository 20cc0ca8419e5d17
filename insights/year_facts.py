"""What stands out in a year: pure, from its days and hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from insights.numbers import Hour
from insights.periods import HourLabel, date_of_hour

# A day of a person ends at this hour, so that a late evening is late, and not the earliest of the next day.
FIRST_HOUR: Final = 4
Days = Sequence[tuple[date, Hour]]


@dataclass(frozen=True, slots=True)
class Streak:
    """Consecutive days with a visit each."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1


def longest_streak(days: Days) -> Streak | None:
    """Return the longest streak, of equal ones the first; None where no day has a visit."""
    best: Streak | None = None
    first: date | None = None
    for day, hour in days:
        if not hour.visits:
            first = None
            continue
        first = first or day
        if best is None or (day - first).days + 1 > best.length:
            best = Streak(first, day)
    return best


def busiest_day(days: Days) -> tuple[date, int] | None:
    """Return the day with the most active time, and that time in ms; None where none is known."""
    found = max(days, key=lambda each: each[1].active_sum_ms, default=None)
    return None if found is None or not found[1].active_sum_ms else (found[0], found[1].active_sum_ms)


@dataclass(frozen=True, slots=True)
class ClockHour:
    """An hour of the clock, the day to which a person counts it, and the day that the calendar has then."""

    hour: int
    day: date
    clock_day: date


def earliest_and_latest(hours: Mapping[HourLabel, Hour]) -> tuple[ClockHour, ClockHour] | None:
    """Return the earliest and the latest hour with a visit, days running from FIRST_HOUR; None without a visit."""
    shifted = [label - FIRST_HOUR for label, hour in hours.items() if hour.visits]
    if not shifted:
        return None
    earliest = min(shifted, key=lambda label: (label % 24, label))
    latest = min(shifted, key=lambda label: (-(label % 24), label))
    return _clock_hour(earliest), _clock_hour(latest)


def _clock_hour(shifted: int) -> ClockHour:
    return ClockHour((shifted + FIRST_HOUR) % 24, date_of_hour(shifted), date_of_hour(shifted + FIRST_HOUR))


def months_by_category(hours: Mapping[HourLabel, Hour]) -> dict[date, dict[str, int]]:
    """Return the active time in ms of each category, by the first day of its month."""
    found: dict[date, dict[str, int]] = {}
    for label, hour in hours.items():
        sums = found.setdefault(date_of_hour(label).replace(day=1), {})
        for category, active_ms in hour.categories.items():
            sums[category] = sums.get(category, 0) + active_ms
    return found


def days_with_visits(days: Days) -> int:
    """Return the number of days on which a visit began."""
    return sum(1 for _, hour in days if hour.visits)
