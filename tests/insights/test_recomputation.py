"""The numbers agree to the millisecond with a slow, obvious recomputation over random visits."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from insights import number_format, reports
from insights.models import MonthTally
from insights.periods import Period
from sync.models import PageVisit
from tests.insights import oracle, records
from tests.insights.records import DAY, HOUR
from tests.wire import send

# A change of clocks lies in or beside each of these days: 25 hours, 23 hours, at midnight, by half an hour, none.
PLACES = [
    ("Europe/Berlin", date(2024, 10, 27)),
    ("Europe/Berlin", date(2024, 3, 31)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/Santiago", date(2024, 9, 8)),
    ("America/Asuncion", date(2024, 3, 24)),
    ("America/Havana", date(2024, 11, 3)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Asia/Kolkata", date(2024, 5, 1)),
    ("Asia/Kathmandu", date(2024, 1, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("UTC", date(2024, 2, 29)),
]


@st.composite
def worlds(draw):
    """Return a zone, a period of a few days around a change of clocks, and visits around it."""
    name, middle = draw(st.sampled_from(PLACES))
    zone = ZoneInfo(name)
    first = middle - timedelta(days=draw(st.integers(0, 2)))
    last = middle + timedelta(days=draw(st.integers(0, 2)))
    noon = oracle.first_instant_of(zone, middle)
    near = st.integers(noon - 4 * DAY, noon + 4 * DAY)
    on_the_hour = st.integers(-60, 60).map(lambda n: noon + n * HOUR)
    contents = []
    for number in range(draw(st.integers(0, 12))):
        start = draw(near | on_the_hour)
        length = draw(
            st.just(0) | st.integers(1, 90_000) | st.integers(0, 4 * HOUR) | st.integers(0, 5 * DAY) | st.just(HOUR)
        )
        is_open = draw(st.booleans())
        contents.append(
            records.visit(
                visit_id=f"pv_{number}",
                client_id=draw(st.sampled_from(["first", "second", "third"])),
                domain=draw(st.sampled_from(["a.example", "b.example"])),
                category=draw(st.sampled_from([None, "", "reading"])),
                started_at=start,
                ended_at=None if is_open else start + length,
                last_heartbeat_at=draw(st.none() | st.integers(start - HOUR, start + DAY)) if is_open else None,
                duration_ms=draw(st.just(length) | st.just(0) | st.integers(0, 2 * DAY) | st.none()),
                active_duration_ms=draw(st.integers(0, length + 30_000) | st.just(length) | st.none()),
            )
        )
    return zone, Period(zone, first, last), contents


def compare(found, expected):
    totals = reports.totals(found)
    assert (totals.active_ms, totals.time_ms, totals.clock_ms, totals.visits, totals.longest_ms, totals.focus) == tuple(
        expected[name] for name in ("active", "time", "clock", "visits", "longest", "focus")
    )
    sites = {domain: [site.active_ms, site.time_ms, site.visits] for domain, site in found.sites.items()}
    assert sites == expected["sites"]


@pytest.mark.django_db(transaction=True)
@given(world=worlds())
def test_totals_days_and_hours_agree_with_the_recomputation(alice, world):
    zone, period, contents = world
    PageVisit.objects.all().delete()
    records.store(alice, *contents)
    rows = list(PageVisit.objects.values())
    found = reports.tally_visits(alice.pk, period)

    low = oracle.first_instant_of(zone, period.first)
    high = oracle.first_instant_of(zone, period.last + timedelta(days=1))
    assert (period.starts_at, period.ends_at) == (low, high)
    compare(found, oracle.numbers(rows, low, high))

    for day, numbers in reports.days(found, period):
        midnight, next_midnight = (oracle.first_instant_of(zone, day + timedelta(days=n)) for n in (0, 1))
        expected = oracle.numbers(rows, midnight, next_midnight)
        assert (numbers.active_ms, numbers.time_ms, numbers.clock_ms, numbers.visits) == (
            expected["active"], expected["time"], expected["clock"], expected["visits"]
        )  # fmt: skip

    matrix = [[[0, 0, 0, 0] for _ in range(24)] for _ in range(7)]
    for n in range((period.last - period.first).days + 1):
        day = period.first + timedelta(days=n)
        midnight, next_midnight = (oracle.first_instant_of(zone, day + timedelta(days=m)) for m in (0, 1))
        for hour, start, end in oracle.local_hours(zone, midnight, next_midnight):
            expected = oracle.numbers(rows, start, end)
            for place, name in enumerate(("active", "time", "clock", "visits")):
                matrix[day.weekday()][hour][place] += expected[name] or 0
    assert [
        [[hour.active_sum_ms, hour.time_sum_ms, hour.clock_sum_ms, hour.visits] for hour in hours]
        for hours in reports.week_hours(found)
    ] == matrix


def sent(expected):
    return {"activeMs": expected["active"], "timeMs": expected["time"], "clockMs": expected["clock"],
            "visits": expected["visits"]}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@given(world=worlds())
def test_the_pages_and_the_api_say_what_the_recomputation_says(client, alice, world):
    zone, period, contents = world
    PageVisit.objects.all().delete()
    User.objects.update(time_zone=zone.key)
    alice.refresh_from_db()
    records.store(alice, *contents)
    rows = list(PageVisit.objects.values())
    days = f"from={period.first}&to={period.last}"
    low = oracle.first_instant_of(zone, period.first)
    high = oracle.first_instant_of(zone, period.last + timedelta(days=1))
    expected = oracle.numbers(rows, low, high)

    def answer(call):
        return send("GET", f"/api/insights/{call}?{days}", user=alice).json()

    summary = answer("summary")
    assert {name: summary[name] for name in ("start", "end")} == {"start": low, "end": high}
    assert {name: summary[name] for name in sent(expected)} == sent(expected)
    assert summary["sites"] == len(expected["sites"])
    assert (summary["longestStay"] or {"activeMs": 0})["activeMs"] == (expected["longest"] or 0)
    length = (period.last - period.first).days + 1
    before = oracle.numbers(rows, oracle.first_instant_of(zone, period.first - timedelta(days=length)), low)
    assert {name: summary["previous"][name] for name in sent(before)} == sent(before)

    for day in answer("days")["days"]:
        midnight = date.fromisoformat(day.pop("date"))
        edges = [oracle.first_instant_of(zone, midnight + timedelta(days=n)) for n in (0, 1)]
        assert day == sent(oracle.numbers(rows, *edges))
    assert sum(hour["activeMs"] or 0 for hour in answer("hours")["hours"]) == (expected["active"] or 0)
    assert {
        site["domain"]: [site["activeMs"], site["timeMs"], site["visits"]] for site in answer("sites")["sites"]
    } == expected["sites"]

    client.force_login(alice)
    page = client.get(f"/dashboard/range?{days}", follow=True)
    totals = page.context["totals"]
    assert (totals.active_ms, totals.time_ms, totals.clock_ms, totals.visits) == tuple(
        expected[name] for name in ("active", "time", "clock", "visits")
    )
    if any(expected[name] for name in ("time", "visits")):
        assert sum(bar.value.hour.active_sum_ms for bar in page.context["chart"].bars) == (expected["active"] or 0)
        shown = number_format.duration(expected["clock"])
        assert f'<span class="value">{shown}</span>' in re.sub("</?time[^>]*>", "", page.content.decode())


@pytest.mark.django_db(transaction=True)
@given(world=worlds(), until=st.integers(0, 10 * DAY), months=st.integers(1, 3), change=st.sampled_from("newdel"))
def test_stored_months_agree_with_the_visits_also_after_these_change(alice, world, until, months, change):
    zone, period, contents = world
    PageVisit.objects.all().delete()
    MonthTally.objects.all().delete()
    records.store(alice, *contents)
    first = (period.first.replace(day=1) - timedelta(days=1)).replace(day=1)
    last = first + timedelta(days=31 * months + 40)
    whole = Period(zone, first + timedelta(days=0), last)
    reports.store_months(alice.pk, zone, first, last)
    assert MonthTally.objects.exists()
    assert reports.tally_of(alice.pk, whole) == reports.tally_visits(alice.pk, whole)
    assert reports.tally_of(alice.pk, whole, period.starts_at + until) == reports.tally_visits(
        alice.pk, whole, period.starts_at + until
    )

    if contents:
        if change == "n":
            records.store(alice, {**contents[0], "visit_id": "another"})
        elif change == "e":
            records.store(alice, {**contents[0], "revision": 9, "started_at": contents[0]["started_at"] - 40 * DAY})
        elif change == "w":
            records.store(alice, {**contents[-1], "revision": 9, "active_duration_ms": 5, "domain": "c.example"})
        else:
            PageVisit.objects.filter(visit_id="pv_0").delete()
    assert reports.tally_of(alice.pk, whole) == reports.tally_visits(alice.pk, whole)
