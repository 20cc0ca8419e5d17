"""The command that tallies the months that are over."""

import time
from io import StringIO

from django.core.management import call_command

from insights.models import MonthTally
from tests.insights.records import DAY, store, visit


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


def test_a_person_who_moves_to_another_zone_gets_new_tallies(alice):
    store(alice, visit(started_at=int(time.time() * 1000) - 40 * DAY))
    tally()
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    assert tally() != "0 months tallied."
    assert set(MonthTally.objects.values_list("time_zone", flat=True)) == {"Asia/Tokyo"}
