"""One thing has one total: every page, file and call that names it says the same, and so does the popup."""

import csv
import io
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from accounts.models import User
from insights import queries, reports, visit_tallies
from insights.periods import Period
from instants import now_ms
from sync.models import PageVisit
from tests.insights import oracle, records
from tests.insights.records import AT_9, DAY, HOUR, MINUTE
from tests.insights.worlds import worlds
from tests.wire import send

LOCAL_DAYS = Path(__file__).resolve().parents[2] / "extension" / "src" / "capture" / "local-days.js"


def answer(user, call):
    return send("GET", f"/api/insights/{call}", user=user).json()


def file_total(client, path):
    """Return active time, time on pages and visits of the first row of a page's CSV file."""
    row = next(csv.DictReader(io.StringIO(client.get(path).content.decode())))
    return tuple(int(row[name]) if row[name] else None for name in ("activeMs", "timeMs", "visits"))


def known(values):
    return sum(value or 0 for value in values)


@pytest.mark.django_db(transaction=True)
@settings(deadline=None)
@given(world=worlds())
def test_a_day_has_the_same_total_on_every_page(client, alice, world):
    zone, period, contents = world
    PageVisit.objects.all().delete()
    User.objects.update(time_zone=zone.key)
    alice.refresh_from_db()
    records.store(alice, *contents)
    client.force_login(alice)
    day = period.last
    rows = list(PageVisit.objects.values())
    low, high = (oracle.first_instant_of(zone, day + timedelta(days=n)) for n in (0, 1))
    spans = oracle.spans_of(oracle.local_hours(zone, day, day))
    expected = oracle.numbers(rows, low, high, spans)
    total = expected["active"], expected["time"], expected["visits"]

    page = client.get(f"/dashboard/day/{day}")
    totals = page.context["totals"]
    assert (totals.active_ms, totals.time_ms, totals.visits) == total
    assert file_total(client, f"/dashboard/day/{day}?format=csv") == total
    summary = answer(alice, f"summary?from={day}&to={day}")
    assert (summary["activeMs"], summary["timeMs"], summary["visits"]) == total
    if page.context["is_empty"]:
        return
    hours = [bar.value.hour for bar in page.context["chart"].bars]
    assert known(hour.active_ms for hour in hours) == known([expected["active"]])
    assert known(hour["activeMs"] for hour in answer(alice, f"hours?from={day}&to={day}")["hours"]) == known([total[0]])

    for path in (f"/dashboard/week/{day}", f"/dashboard/month/{day:%Y-%m}", f"/dashboard/year/{day:%Y}"):
        chart = client.get(path).context["chart"]
        if chart.unit == "day":  # a year may be drawn by weeks or months
            (hour,) = [bar.value.hour for bar in chart.bars if bar.value.day == day]
            assert (hour.active_ms, hour.time_ms, hour.visits) == total, path
    lists = client.get(f"/dashboard/timeline/{day}?view=all").context["list"].hours
    assert known(each.numbers.active_ms for each in lists) == known([total[0]])
    assert sum(each.numbers.visits for each in lists) == total[2]
    for domain, active_ms, _, visits in _sites(page):
        site = client.get(f"/dashboard/sites/{domain}?from={day}&to={day}")
        totals = site.context["totals"]
        assert [active_ms, totals.time_ms, visits] == expected["sites"][domain]
        assert (totals.active_ms, totals.visits) == (active_ms, visits)
        for found in site.context["pages"]:
            of_page = [row for row in rows if row["domain"] == domain and row["url"] == found.url]
            assert [found.active_ms, found.visits] == oracle.sums(of_page, low, high, spans)[::2]
        of_site = [row for row in rows if row["domain"] == domain]
        assert site.context["typical_ms"] == oracle.typical(of_site, low, high)
    for name, active_ms, *_ in page.context["categories"]:
        assert active_ms == expected["categories"][name]


def _sites(page):
    for domain, site, *_ in page.context["sites"]:
        yield domain, site.active_ms, site.time_ms, site.visits


def browser_days(visits):
    """Return the parts by day that the extension's popup adds up, for each visit."""
    script = f"""
        import {{ hourParts }} from {json.dumps(LOCAL_DAYS.as_uri())};
        let text = '';
        for await (const chunk of process.stdin) text += chunk;
        console.log(JSON.stringify(JSON.parse(text).map(hourParts)));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], input=json.dumps(visits), capture_output=True, text=True,
        check=True, env={"TZ": "Europe/Berlin", "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.django_db(transaction=True)
def test_the_popup_and_the_dashboard_agree_on_each_day(alice):
    zone = reports.zone_of("Europe/Berlin")
    # The clocks go back in the night of 26 October 2025.
    evening = oracle.first_instant_of(zone, reports.date_at(zone, AT_9) - timedelta(days=8)) - 2 * HOUR
    cases = [
        (evening + n * 60 * MINUTE, length, active, [(evening + n * 60 * MINUTE + a, evening + n * 60 * MINUTE + b)])
        for n, (length, active, a, b) in enumerate([
            (10 * MINUTE, 8 * MINUTE, MINUTE, 3 * MINUTE),
            (5 * HOUR, 3 * HOUR, HOUR // 2, 2 * HOUR),
            (30 * HOUR, 30_000, 2 * HOUR, 20 * HOUR),
            (26 * HOUR, 13 * HOUR, 0, 13 * HOUR),
        ])
    ]  # fmt: skip
    shown = browser_days([
        {"startedAt": start, "durationMs": length, "activeMs": active,
         "idlePeriods": [{"startedAt": low, "endedAt": high} for low, high in away]}
        for start, length, active, away in cases
    ])  # fmt: skip
    for (start, length, active, away), parts in zip(cases, shown, strict=True):
        PageVisit.objects.all().delete()
        idle = [{"start": low, "end": high, "reason": "idle", "durationMs": high - low, "resumeReason": None}
                for low, high in away]  # fmt: skip
        records.store(alice, records.visit(started_at=start, ended_at=start + length, duration_ms=length,
                                           active_duration_ms=active, idle_periods=idle))  # fmt: skip
        days = reports.days(*_tallied(alice, zone, start, start + length))
        by_day = {}
        for part in parts:
            of_day = by_day.setdefault(str(part["day"]), [0, 0])
            of_day[0] += part["activeMs"]
            of_day[1] += part["visits"]
        assert {f"{day:%Y%m%d}": [hour.active_ms, hour.visits] for day, hour in days if hour.time_ms} == by_day


def _tallied(person, zone, start, end):
    period = Period(zone, reports.date_at(zone, start), reports.date_at(zone, end))
    return visit_tallies.tally_visits(person.pk, period), period


@pytest.mark.django_db(transaction=True)
def test_one_browser_has_at_most_an_hour_in_an_hour_and_two_have_two(client, alice):
    overlapping = [
        records.visit(started_at=AT_9 + n * MINUTE, ended_at=AT_9 + DAY + n * MINUTE, duration_ms=DAY,
                      active_duration_ms=DAY, domain=f"{n % 2}.example", client_id=client_id)
        for n in range(5) for client_id in ("first", "second")
    ]  # fmt: skip
    records.store(alice, *[each for each in overlapping if each["client_id"] == "first"])
    client.force_login(alice)
    page = client.get("/dashboard/day/2025-11-03")
    assert max(bar.value.hour.active_ms for bar in page.context["chart"].bars) == HOUR
    assert (page.context["totals"].active_ms, page.context["totals"].browsers) == (15 * HOUR, 1)
    assert "added up" not in page.content.decode().replace("durations of all visits, added up", "")
    records.store(alice, *[each for each in overlapping if each["client_id"] == "second"])
    page = client.get("/dashboard/day/2025-11-03")
    totals = page.context["totals"]
    assert (totals.active_ms, totals.clock_ms, totals.browsers) == (30 * HOUR, 15 * HOUR, 2)
    assert "in 2 browsers" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_half_a_minute_in_a_tab_that_is_open_for_half_a_day_is_active_in_one_hour(client, alice):
    away = {"start": AT_9 + 30_000, "end": None, "reason": "idle", "durationMs": None, "resumeReason": None}
    stay = {"ended_at": AT_9 + 12 * HOUR, "duration_ms": 12 * HOUR, "active_duration_ms": 30_000}
    client.force_login(alice)
    for idle, clock_ms in (([], 12 * HOUR), ([away], 30_000)):
        PageVisit.objects.all().delete()
        records.store(alice, records.visit(idle_periods=idle, **stay))
        context = client.get("/dashboard/day/2025-11-03").context
        actives = [bar.value.hour.active_ms for bar in context["chart"].bars]
        assert [active_ms for active_ms in actives if active_ms] == [30_000]
        assert context["totals"].clock_ms == clock_ms


@pytest.mark.django_db(transaction=True)
def test_a_change_is_shown_only_where_the_records_begin_before_the_period_before(client, alice):
    client.force_login(alice)
    records.store(alice, records.visit(), records.visit(started_at=AT_9 - DAY, active_duration_ms=4 * MINUTE))
    page = client.get("/dashboard/day/2025-11-03").content.decode()
    assert 'class="change"' not in page
    assert "vs. " not in page
    assert answer(alice, "summary?from=2025-11-03&to=2025-11-03")["previous"] is None
    records.store(alice, records.visit(started_at=AT_9 - 2 * DAY))
    page = client.get("/dashboard/day/2025-11-03").content.decode()
    assert '<span class="change" aria-hidden="true">▲ 100 %</span><span class="unseen">100 % more than before' in page
    assert "vs. Sunday, 2 November 2025" in page


@pytest.mark.django_db(transaction=True)
def test_a_visit_that_nobody_ended_is_not_open_for_ever(alice):
    now = now_ms()
    records.store(alice, records.visit(started_at=now - HOUR, ended_at=None, last_heartbeat_at=now, is_active=True))
    for age_ms, is_open in ((10 * MINUTE, True), (2 * HOUR, False)):
        PageVisit.objects.update(updated_at=now - age_ms)
        (listed,) = queries.listed_visits(alice.pk, now - DAY, now + DAY).visits
        assert listed.is_open is is_open
