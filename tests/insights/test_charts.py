"""Charts: bars over a scale, levels of colour, and the hours of a timeline."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from insights import charts, timeline
from insights.numbers import Hour
from insights.periods import period_of
from insights.queries import listed_visits
from tests.insights.records import AT_9, HOUR, MINUTE, store, visit

DAYS = [(date(2025, 1, 1) + timedelta(days=n), Hour(active_sum_ms=HOUR)) for n in range(730)]


def ticks(days):
    return [bar.value.tick for bar in charts.days_or_months(days).bars if bar.value.tick]


def test_levels_are_quarters_of_the_highest_and_one_outlier_dims_no_other():
    assert charts.levels([0, 1, 25, 26, 50, 75, 76, 100, 100]) == [0, 1, 1, 2, 2, 3, 4, 4, 4]
    assert charts.levels([0, 100, 100, 100, 100, 10_000]) == [0, 4, 4, 4, 4, 4]
    assert charts.levels([0, 0]) == [0, 0]


def test_a_scale_ends_at_or_above_the_highest_value():
    for highest in (0, 1, 59_999, HOUR, 25 * HOUR, 800 * HOUR):
        top, marks = charts.scale(highest)
        assert top >= highest
        assert marks[-1] == top
        assert len(marks) <= 5


def test_labels_below_days_are_those_people_expect():
    assert ticks(DAYS[5:12]) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert ticks(DAYS[:31]) == ["1", "4", "7", "10", "13", "16", "19", "22", "25", "28", "31"]
    assert ticks(DAYS[:365]) == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    assert ticks(DAYS[3:300])[:2] == ["Feb", "Mar"]
    assert ticks(DAYS)[:2] == ["Jan 2025", "Apr 2025"]


def test_a_year_has_a_bar_for_each_week_and_the_weeks_add_up():
    year = charts.days_or_months(DAYS[:365])
    assert (year.unit, len(year.bars)) == ("week", 53)
    assert sum(bar.value.hour.active_sum_ms for bar in year.bars) == 365 * HOUR
    assert [bar.value.label for bar in year.bars[:2]] == ["1 Jan – 5 Jan", "6 Jan – 12 Jan"]


def test_the_calendar_leaves_out_the_days_to_come():
    calendar = charts.calendar(DAYS[:365], date(2025, 1, 31))
    assert [cell.day for week in calendar.weeks for cell in week.cells] == [day for day, _ in DAYS[:31]]
    # The first week of 2025 begins on a Wednesday, two rows of 14 units below Monday, which is at 18.
    assert [(week.x, week.y, len(week.cells)) for week in calendar.weeks] == [
        (30, 46, 5), (44, 18, 7), (58, 18, 7), (72, 18, 7), (86, 18, 5)]  # fmt: skip


@pytest.mark.parametrize("hour", [None, 9, 10, 11, 12])
def test_the_numbers_of_an_hour_are_those_of_its_share_of_every_visit(alice, hour):
    # 9:30 to 11:30, half of it active, away from 10:10 to 10:40 and from 11:25, and a short one at 12:10.
    away = [{"start": AT_9 + low * MINUTE, "end": AT_9 + high * MINUTE} for low, high in ((70, 100), (145, 150))]
    long = {"ended_at": AT_9 + 150 * MINUTE, "duration_ms": 120 * MINUTE, "active_duration_ms": 60 * MINUTE,
            "idle_periods": away}  # fmt: skip
    store(alice, visit(started_at=AT_9 + 30 * MINUTE, **long), visit(started_at=AT_9 + 190 * MINUTE))
    shown = timeline.time_range(period_of(ZoneInfo("UTC"), "day", date(2025, 11, 3)), hour)
    visits = listed_visits(alice.pk, shown.starts_at, shown.ends_at).visits
    found = {
        each.label: (each.numbers.active_ms, each.numbers.time_ms, each.numbers.clock_ms, each.numbers.visits)
        for each in timeline.hour_lists(visits, [], shown)
    }
    expected = {
        "09:00": (30 * MINUTE, 30 * MINUTE, 30 * MINUTE, 1),
        "10:00": (30 * MINUTE, 60 * MINUTE, 30 * MINUTE, 0),
        "11:00": (0, 30 * MINUTE, 25 * MINUTE, 0),
        "12:00": (8 * MINUTE, 10 * MINUTE, 10 * MINUTE, 1),
    }
    if hour is not None:
        expected = {f"{hour:02}:00": expected[f"{hour:02}:00"]}
    assert found == expected


def test_an_hour_that_comes_twice_is_one_range_of_two_hours():
    shown = timeline.time_range(period_of(ZoneInfo("Europe/Berlin"), "day", date(2025, 10, 26)), 2)
    assert shown.ends_at - shown.starts_at == 2 * HOUR
    skipped = timeline.time_range(period_of(ZoneInfo("Europe/Berlin"), "day", date(2025, 3, 30)), 2)
    assert (skipped.label, skipped.ends_at - skipped.starts_at) == (None, 23 * HOUR)


def test_a_bar_is_divided_by_category_in_the_order_of_the_legend():
    hour = Hour(active_sum_ms=HOUR, categories={"": 15 * MINUTE, "news": 15 * MINUTE, "development": 30 * MINUTE})
    chart = charts.chart([charts.BarValue("one", "", hour, date(2025, 1, 1))], "day")
    assert [entry.category for entry in chart.legend] == ["development", "news", ""]
    assert [stack.color for stack in chart.stacks] == ["cat-1", "cat-5", "cat-0"]
    # From below: the half, a quarter, a quarter of a bar as high as the drawing.
    assert [stack.path for stack in chart.stacks] == ["M0 1000V500", "M0 500V250", "M0 250V0"]


def test_without_any_category_bars_are_plain():
    hour = Hour(active_sum_ms=HOUR, categories={"": HOUR})
    chart = charts.chart([charts.BarValue("one", "", hour, date(2025, 1, 1))] * 2, "day")
    assert (chart.stacks, chart.legend) == ([charts.Stack("plain", "M0 1000V0M1 1000V0")], [])


def test_the_period_before_stands_behind_by_place_and_within_the_scale():
    now, before = (charts.days_or_months([(day, Hour(active_sum_ms=ms)) for day, _ in days])
                   for days, ms in ((DAYS[31:59], HOUR), (DAYS[:31], 2 * HOUR)))  # fmt: skip
    both = charts.with_period_before(now, before, "January")
    assert both.before_name == "January"
    assert both.lines[-1].value_ms == 2 * HOUR
    assert [bar.before_ms for bar in both.bars] == [2 * HOUR] * 28
    assert both.before.count("M") == 28
    assert {bar.height for bar in both.bars} == {"50%"}


def test_a_day_of_the_calendar_has_the_colour_of_its_main_category():
    assert charts.main_category({"news": 2, "development": 2, "": 1}) == "development"
    assert charts.main_category({}) == ""
