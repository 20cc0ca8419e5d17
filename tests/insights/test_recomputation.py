"""The numbers agree to the millisecond with a slow, obvious recomputation over random visits."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import User
from insights import month_tallies, number_format, reports
from insights.categories.stored_rules import save_rule
from insights.filters import Filter, Selection
from insights.models import CategoryRule, MonthTally
from insights.month_tallies import tally_of
from insights.numbers import Hour
from insights.periods import Period, date_of_hour
from insights.visit_tallies import tally_visits
from sync.models import Browser, PageVisit
from tests.insights import oracle, records
from tests.insights.records import DAY
from tests.insights.worlds import worlds
from tests.wire import send


def compare(found, expected):
    totals = reports.totals(found)
    assert totals.focus == pytest.approx(expected["focus"])
    assert (
        totals.active_ms, totals.time_ms, totals.clock_ms, totals.visits, totals.longest_ms, totals.browsers
    ) == tuple(expected[name] for name in ("active", "time", "clock", "visits", "longest", "browsers"))  # fmt: skip
    assert dict(reports.categories(found)) == {name: ms for name, ms in expected["categories"].items() if ms}
    sites = {domain: [site.active_ms, site.time_ms, site.visits] for domain, site in found.sites.items()}
    assert sites == expected["sites"]


@pytest.mark.django_db(transaction=True)
@given(world=worlds())
def test_totals_days_and_hours_agree_with_the_recomputation(alice, world):
    zone, period, contents = world
    PageVisit.objects.all().delete()
    records.store(alice, *contents)
    rows = list(PageVisit.objects.values())
    found = tally_visits(alice.pk, period)

    low = oracle.first_instant_of(zone, period.first)
    high = oracle.first_instant_of(zone, period.last + timedelta(days=1))
    assert (period.starts_at, period.ends_at) == (low, high)
    hours = oracle.local_hours(zone, period.first, period.last)
    compare(found, oracle.numbers(rows, low, high, oracle.spans_of(hours)))

    for day, numbers in reports.days(found, period):
        midnight, next_midnight = (oracle.first_instant_of(zone, day + timedelta(days=n)) for n in (0, 1))
        expected = oracle.numbers(rows, midnight, next_midnight, oracle.spans_of(hours))
        assert (numbers.active_ms, numbers.time_ms, numbers.clock_ms, numbers.visits) == (
            expected["active"], expected["time"], expected["clock"], expected["visits"]
        )  # fmt: skip

    matrix = [[[0, 0, 0, 0] for _ in range(24)] for _ in range(7)]
    for day, number, start, end in hours:
        expected = oracle.numbers(rows, start, end, [(start, end)])
        for place, name in enumerate(("active", "time", "clock", "visits")):
            matrix[day.weekday()][number][place] += expected[name] or 0
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
    length = (period.last - period.first).days + 1
    hours = oracle.spans_of(oracle.local_hours(zone, period.first - timedelta(days=length), period.last))
    expected = oracle.numbers(rows, low, high, hours)

    def answer(call):
        return send("GET", f"/api/insights/{call}?{days}", user=alice).json()

    summary = answer("summary")
    assert {name: summary[name] for name in ("start", "end")} == {"start": low, "end": high}
    assert {name: summary[name] for name in sent(expected)} == sent(expected)
    assert summary["sites"] == len(expected["sites"])
    assert (summary["longestStay"] or {"activeMs": 0})["activeMs"] == (expected["longest"] or 0)
    earlier = oracle.first_instant_of(zone, period.first - timedelta(days=length))
    if rows and min(row["started_at"] for row in rows) <= earlier:
        before = oracle.numbers(rows, earlier, low, hours)
        assert {name: summary["previous"][name] for name in sent(before)} == sent(before)
    else:
        assert summary["previous"] is None

    for day in answer("days")["days"]:
        midnight = date.fromisoformat(day.pop("date"))
        edges = [oracle.first_instant_of(zone, midnight + timedelta(days=n)) for n in (0, 1)]
        assert day == sent(oracle.numbers(rows, *edges, hours))
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
    month_tallies.store_months(alice.pk, zone, first, last)
    assert MonthTally.objects.exists()
    assert tally_of(alice.pk, whole) == tally_visits(alice.pk, whole)
    assert tally_of(alice.pk, whole, period.starts_at + until) == tally_visits(
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
    assert tally_of(alice.pk, whole) == tally_visits(alice.pk, whole)


@pytest.mark.django_db(transaction=True)
@example(
    world=(
        ZoneInfo("America/St_Johns"),
        Period(ZoneInfo("America/St_Johns"), date(2010, 11, 7), date(2010, 11, 7)),
        [records.visit(visit_id="pv_0", started_at=1289097000000, ended_at=1289097000000, duration_ms=0)],
    ),
    client_id=None,
    chosen=Filter(),
    until=0,
)
@given(
    world=worlds(),
    client_id=st.sampled_from([None, "first", "nobody"]),
    chosen=st.builds(
        Filter,
        site=st.sampled_from(["", "a.example"]),
        category=st.sampled_from([None, "", "reading", "path"]),
        weekdays=st.sets(st.integers(1, 7)).map(lambda days: tuple(sorted(days))),
        hours=st.sampled_from([(), (0, 1, 23), (9,)]),
    ),
    until=st.integers(0, 10 * DAY),
)
def test_stored_months_of_a_filter_agree_with_the_visits_and_the_recomputation(alice, world, client_id, chosen, until):
    zone, period, contents = world
    for model in (PageVisit, MonthTally, CategoryRule):
        model.objects.filter(user=alice).delete()
    save_rule(alice.pk, "a.example", "/2", "path")
    records.store(alice, *contents)
    browsers = list(Browser.objects.filter(user=alice))
    named = {browser.client_id: browser.pk for browser in browsers}
    if client_id is not None:
        chosen = replace(chosen, browser=named.get(client_id, 0))
    whole = Period(zone, period.first.replace(day=1), period.last + timedelta(days=40))

    def only():
        return reports.selection(alice.pk, chosen, browsers, whole)

    assert month_tallies.store_months(alice.pk, zone, whole.first, whole.last, only()) >= 1
    found = tally_of(alice.pk, whole, only=only())
    assert found == tally_visits(alice.pk, whole, only=only())
    rows = [
        {**row, "category": "path" if (row["domain"], row["url"][-2:]) == ("a.example", "/2") else row["category"]}
        for row in PageVisit.objects.values()
    ]
    rows = [
        row
        for row in rows
        if chosen.browser in (None, row["browser_id"])
        and chosen.site in ("", row["domain"])
        and (chosen.category is None or (row["category"] or "") == chosen.category)
    ]
    # An hour can come twice with another between: clocks in St. John's went back at 0:01 on 2010-11-07, to 23:01.
    expected = defaultdict(list)
    for day, hour, low, high in oracle.local_hours(zone, period.first, period.last):
        is_chosen = day.isoweekday() in (chosen.weekdays or range(1, 8)) and hour in (chosen.hours or range(24))
        expected[day, hour].append(oracle.sums(rows if is_chosen else [], low, high, [(low, high)]))
    for (day, hour), parts in expected.items():
        numbers = found.hours.get((day - date(1970, 1, 1)).days * 24 + hour, Hour())
        assert [numbers.active_sum_ms, numbers.time_sum_ms, numbers.visits] == [
            sum(number or 0 for number in each) for each in zip(*parts, strict=True)
        ]

    cut = period.starts_at + until
    assert tally_of(alice.pk, whole, cut, only()) == tally_visits(alice.pk, whole, cut, only())
    # A visit of another pair of site and category, and one less.
    added = {**records.visit(visit_id="another", started_at=period.starts_at, domain="b.example"), "category": "path"}
    records.store(alice, added)
    PageVisit.objects.filter(user=alice, visit_id="pv_0").delete()
    assert tally_of(alice.pk, whole, only=only()) == tally_visits(alice.pk, whole, only=only())


@pytest.mark.django_db(transaction=True)
@given(world=worlds(), chosen=st.sets(st.integers(0, 23), min_size=1), weekdays=st.sets(st.integers(1, 7)))
def test_chosen_hours_have_the_numbers_that_they_have_among_all(alice, world, chosen, weekdays):
    _, period, contents = world
    PageVisit.objects.all().delete()
    records.store(alice, *contents)
    only = Selection(weekdays=tuple(sorted(weekdays)), hours=tuple(sorted(chosen)))
    every, found = (tally_visits(alice.pk, period, only=each) for each in (Selection(), only))
    assert found.hours == {
        label: hour
        for label, hour in every.hours.items()
        if label % 24 in chosen and (not weekdays or date_of_hour(label).isoweekday() in weekdays)
    }


@pytest.mark.django_db(transaction=True)
@given(
    world=worlds(),
    client_id=st.sampled_from([None, "first", "second"]),
    domain=st.sampled_from(["", "a.example"]),
    category=st.sampled_from([None, "", "reading"]),
    weekdays=st.sets(st.integers(1, 7)),
)
def test_a_filter_counts_what_the_recomputation_counts_over_the_chosen_visits(
    alice, world, client_id, domain, category, weekdays
):
    zone, period, contents = world
    PageVisit.objects.all().delete()
    records.store(alice, *contents)
    browsers = list(Browser.objects.filter(user=alice))
    named = {browser.client_id: browser.pk for browser in browsers}
    browser = None if client_id is None else named.get(client_id, 0)
    chosen = Filter(browser=browser, site=domain, category=category, weekdays=tuple(sorted(weekdays)))
    found = tally_of(alice.pk, period, only=reports.selection(alice.pk, chosen, browsers, period))
    rows = [
        row
        for row in PageVisit.objects.values()
        if browser in (None, row["browser_id"])
        and domain in ("", row["domain"])
        and (category is None or (row["category"] or "") == category)
    ]
    hours = oracle.spans_of(oracle.local_hours(zone, period.first, period.last))
    for day, numbers in reports.days(found, period):
        midnight, next_midnight = (oracle.first_instant_of(zone, day + timedelta(days=n)) for n in (0, 1))
        expected = oracle.numbers(rows, midnight, next_midnight, hours)
        if weekdays and day.isoweekday() not in weekdays:
            expected = {"active": 0, "time": 0, "clock": 0, "visits": 0}
        assert (numbers.active_ms, numbers.time_ms, numbers.clock_ms, numbers.visits) == (
            expected["active"], expected["time"], expected["clock"], expected["visits"]
        )  # fmt: skip
