"""The command that tallies the months that are over."""

import time
from io import StringIO

from django.core.management import call_command

from accounts.models import User
from insights import month_tallies, visit_tallies
from insights.models import MonthTally
from sync.erasures import person_erasure
from tests.insights.records import DAY, HOUR, store, visit
from tests.wire import VISITS, push, send
from tests.wire_records import visit as wire_visit


def tally(**options):
    said = StringIO()
    call_command("tally_months", stdout=said, **options)
    return said.getvalue().strip()


def test_months_that_are_over_are_tallied_once_and_again_when_visits_change(alice, bob):
    now = int(time.time() * 1000)
    store(alice, visit(visit_id="pv_1", started_at=now - 70 * DAY), visit(started_at=now - DAY // 100))
    store(bob, visit(started_at=now - DAY // 100))
    first = MonthTally.objects.filter(user=alice)
    assert "tallied" in tally()
    made = first.count()
    assert made >= 2
    assert not MonthTally.objects.filter(user=bob).exists()
    assert tally() == "0 months tallied."
    store(alice, visit(visit_id="pv_1", started_at=now - 70 * DAY, revision=1))
    assert tally() != "0 months tallied."
    assert tally(rebuild=True) == f"{made} months tallied."


def test_no_tally_outlives_a_person_who_is_erased_while_their_months_are_tallied(alice, monkeypatch):
    store(alice, visit(started_at=int(time.time() * 1000) - 70 * DAY))
    real = visit_tallies.tally_visits

    def erased_meanwhile(user_id, *args, **kwargs):
        tallied = real(user_id, *args, **kwargs)
        if User.objects.filter(pk=user_id).exists():
            dict(person_erasure.erase(user_id))
        return tallied

    monkeypatch.setattr(month_tallies, "tally_visits", erased_meanwhile)
    assert tally() == "0 months tallied."
    assert not MonthTally.objects.exists()


def test_a_person_who_moves_to_another_zone_gets_new_tallies(alice):
    store(alice, visit(started_at=int(time.time() * 1000) - 40 * DAY))
    tally()
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    assert tally() != "0 months tallied."
    assert set(MonthTally.objects.values_list("time_zone", flat=True)) == {"Asia/Tokyo"}


def test_a_push_tallies_nothing_and_what_it_changes_is_right_before_the_next_tally(client, alice):
    start = 1_751_362_200_000  # 2025-07-01T09:30:00Z
    late = visit(started_at=start, ended_at=start + HOUR, duration_ms=HOUR, active_duration_ms=HOUR)
    push(alice, VISITS, [wire_visit(startedAt=start, endedAt=start + HOUR, duration=HOUR, activeDuration=HOUR)])
    assert not MonthTally.objects.exists()
    tally()
    assert MonthTally.objects.filter(first_day="2025-07-01").exists()
    client.force_login(alice)

    def active():
        answer = send("GET", "/api/insights/summary?from=2025-01-01&to=2025-12-31", user=alice).json()
        assert client.get("/dashboard/year/2025").context["totals"].active_ms == answer["activeMs"]
        return answer["activeMs"]

    assert active() == HOUR
    store(alice, late)
    assert active() == 2 * HOUR
    store(alice, {**late, "revision": 1, "active_duration_ms": HOUR // 2})
    assert active() == HOUR + HOUR // 2
    tally()
    assert active() == HOUR + HOUR // 2


def test_a_tally_that_is_good_is_what_is_read(alice):
    start = 1_751_362_200_000
    store(alice, visit(started_at=start))
    tally()
    month = MonthTally.objects.get(first_day="2025-07-01")
    month.tally["hours"][0][1] = 7
    MonthTally.objects.filter(user=alice, pk=month.pk).update(tally=month.tally)
    answer = send("GET", "/api/insights/summary?from=2025-07-01&to=2025-07-31", user=alice).json()
    assert answer["activeMs"] == 7
