"""The page of a year: streaks, the busiest day, the earliest and the latest hour, new sites, months by category."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import year_facts
from insights.numbers import Hour
from tests.insights.records import AT_9, DAY, HOUR, MINUTE, store, visit

FIRST = date(2025, 1, 1)


def days(*visits):
    return [(FIRST + timedelta(days=n), Hour(visits=number, active_sum_ms=number)) for n, number in enumerate(visits)]


def test_the_longest_streak_is_the_first_of_equal_ones():
    found = year_facts.longest_streak(days(1, 0, 2, 3, 0, 1, 1, 0))
    assert (found.first, found.last, found.length) == (date(2025, 1, 3), date(2025, 1, 4), 2)
    assert year_facts.longest_streak(days(0, 0)) is None


@given(st.lists(st.integers(0, 2), max_size=40))
def test_a_streak_is_as_long_as_the_longest_run_of_days_with_visits(visits):
    runs = "".join("x" if number else " " for number in visits).split()
    found = year_facts.longest_streak(days(*visits))
    assert (found.length if found else 0) == max(map(len, runs), default=0)


def test_a_late_night_is_late_and_not_early():
    labels = {24 * 20_000 + hour: Hour(visits=1) for hour in (2, 9, 23)}
    earliest, latest = year_facts.earliest_and_latest(labels)
    assert (earliest.hour, latest.hour) == (9, 2)
    assert latest.day == latest.clock_day - timedelta(days=1)
    assert earliest.day == earliest.clock_day
    assert year_facts.earliest_and_latest({}) is None


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return lambda path: " ".join(client.get(path).content.decode().split())


def test_the_page_tells_what_stands_out(page, alice):
    long = {"ended_at": AT_9 + 3 * HOUR, "duration_ms": 3 * HOUR, "active_duration_ms": 2 * HOUR}
    store(
        alice,
        visit(domain="old.example", started_at=AT_9 - 400 * DAY),
        visit(domain="old.example"),
        visit(domain="github.com", **long),
        visit(domain="new.example", started_at=AT_9 + DAY - 2 * HOUR),
        visit(domain="new.example", started_at=AT_9 + DAY + 14 * HOUR),
    )
    text = page("/dashboard/your-year/2025")
    assert "2 days" in text
    assert "3 November to 4 November" in text
    assert "Monday, 3 November" in text
    assert ">07:00<" in text
    assert ">23:00<" in text
    assert text.count("new.example") > text.count("old.example")
    new = text.partition("New this year")[2]
    assert "new.example" in new.replace("<wbr>", "")
    assert "old.example" not in new.replace("<wbr>", "")
    assert "Development" in text
    assert "New this year" not in page("/dashboard/your-year/2024")
    assert "Nothing was recorded in 2023" in page("/dashboard/your-year/2023")
    assert "Your year 2026" in page("/dashboard/your-year") or "Your year" in page("/dashboard/your-year")


def test_the_page_of_a_year_is_filtered(page, alice):
    store(alice, visit(domain="one.example"), visit(domain="two.example", started_at=AT_9 + 60 * MINUTE))
    assert "two.example" not in page("/dashboard/your-year/2025?site=one.example").replace("<wbr>", "")


def test_a_year_outside_the_calendar_is_404(client, alice):
    client.force_login(alice)
    assert client.get("/dashboard/your-year/1995").status_code == 404
    assert client.get("/dashboard/your-year/99999").status_code == 404


def test_bob_sees_nothing_of_the_year_of_alice(client, alice, bob):
    store(alice, visit(domain="secret.example"))
    client.force_login(bob)
    assert "secret" not in client.get("/dashboard/your-year/2025").content.decode()
