"""Days, weeks, months and years by the person's clock."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from insights.periods import HOUR_MS, Period, date_at, midnight, period_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2025, 3, 30), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Asia/Kolkata", date(2025, 3, 30), 24),
        ("Australia/Lord_Howe", date(2024, 4, 7), 24.5),
        ("America/Santiago", date(2024, 9, 8), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_has_as_many_hours_as_clocks_give_it(zone, day, hours):
    period = period_of(ZoneInfo(zone), "day", day)
    assert (period.ends_at - period.starts_at) / HOUR_MS == hours


def test_a_day_begins_when_clocks_skip_its_midnight():
    # In Santiago 24:00 of 7 September was followed by 01:00 of 8 September.
    assert midnight(ZoneInfo("America/Santiago"), date(2024, 9, 8)) == 1_725_768_000_000


@pytest.mark.parametrize(
    ("unit", "first", "last"),
    [
        ("day", date(2024, 2, 29), date(2024, 2, 29)),
        ("week", date(2024, 2, 26), date(2024, 3, 3)),
        ("month", date(2024, 2, 1), date(2024, 2, 29)),
        ("year", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_period_holds_its_day(unit, first, last):
    period = period_of(BERLIN, unit, date(2024, 2, 29))
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    ("unit", "first", "last"),
    [
        ("day", date(2024, 2, 28), date(2024, 2, 28)),
        ("week", date(2024, 2, 19), date(2024, 2, 25)),
        ("month", date(2024, 1, 1), date(2024, 1, 31)),
        ("year", date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_the_period_before_is_of_the_same_kind_and_leads_back(unit, first, last):
    period = period_of(BERLIN, unit, date(2024, 2, 29))
    assert (period.previous.first, period.previous.last) == (first, last)
    assert period.previous.following == period


def test_before_a_range_lie_as_many_days():
    period = Period(BERLIN, date(2024, 3, 1), date(2024, 3, 10))
    assert (period.previous.first, period.previous.last) == (date(2024, 2, 20), date(2024, 2, 29))


def test_today_is_the_day_of_the_persons_clock():
    # 2025-11-03T23:30:00Z
    assert date_at(BERLIN, 1_762_212_600_000) == date(2025, 11, 4)
    assert date_at(ZoneInfo("America/New_York"), 1_762_212_600_000) == date(2025, 11, 3)


def test_an_hour_that_comes_twice_is_one_hour_of_two():
    period = period_of(BERLIN, "day", date(2025, 10, 26))
    starts, labels = period.hours
    assert [label % 24 for label in labels] == list(range(24))
    assert starts[3] - starts[2] == 2 * HOUR_MS
