"""Retention: records older than the months that are kept are erased, and a push does not bring them back."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from instants import milliseconds
from sync.erasures import retention
from sync.models import Erasure, PageVisit, TabAggregate
from tests.sync.erasures.erasing import erase
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import bare_aggregate, bare_visit

pytestmark = pytest.mark.django_db(transaction=True)


def days_ago(days):
    return milliseconds(timezone.now() - timedelta(days=days))


def apply():
    out = StringIO()
    call_command("apply_retention", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("months", "now", "since"),
    [
        (1, datetime(2026, 3, 31, 15, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (12, datetime(2026, 3, 31, 15, tzinfo=UTC), datetime(2025, 3, 31, tzinfo=UTC)),
        (13, datetime(2024, 2, 29, tzinfo=UTC), datetime(2023, 1, 29, tzinfo=UTC)),
        (3, datetime(2026, 3, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
    ],
)
def test_records_are_kept_from_a_midnight_on(months, now, since):
    assert retention.kept_since(months, now) == milliseconds(since)


def test_more_months_than_there_are_keep_everything():
    assert retention.kept_since(100_000, timezone.now()) == 0


@pytest.mark.parametrize(
    ("own", "maximum", "months"),
    [(None, None, None), (6, None, 6), (None, 12, 12), (6, 12, 6), (24, 12, 12), (None, 0, None), (None, -1, None)],
)
def test_the_shorter_of_the_persons_choice_and_the_maximum_holds(settings, own, maximum, months):
    settings.KEEP_MONTHS_MAX = maximum
    assert retention.months_kept(own) == months


def test_what_is_older_is_erased_and_refused_and_what_is_younger_stays(alice, bob):
    old, young = bare_visit(startedAt=days_ago(100)), bare_visit(startedAt=days_ago(3))
    for person in (alice, bob):
        push(person, VISITS, [old, young])
        push(person, AGGREGATES, [bare_aggregate(startTime=days_ago(100), lastActiveTime=days_ago(3))])
    retention.choose_months(alice.pk, 2)
    assert apply() == "Erased 1 record past their time.\n"
    assert PageVisit.objects.filter(user=alice).count() == 1
    assert TabAggregate.objects.filter(user=alice).count() == 1
    assert PageVisit.objects.filter(user=bob).count() == 2
    assert push(alice, VISITS, [old, young])["results"] == ["erased", "unchanged"]


def test_a_later_rule_replaces_the_earlier_one_and_no_other(alice):
    erase(alice, {"domain": "example.com"})
    retention.choose_months(alice.pk, 2)
    apply()
    Erasure.objects.filter(is_retention=True).update(ends_at=5)
    apply()
    apply()
    assert Erasure.objects.filter(user=alice).count() == 2
    assert Erasure.objects.get(is_retention=True).ends_at > 5


def test_an_interrupted_one_is_finished(alice):
    push(alice, VISITS, [bare_visit(startedAt=days_ago(100))])
    retention.choose_months(alice.pk, 2)
    from sync.erasures import erasure_service

    ends_at = retention.kept_since(2, timezone.now())
    erasure_service.begin(alice.pk, erasure_service.Conditions(ends_at=ends_at), is_retention=True)
    assert PageVisit.objects.count() == 1
    assert apply() == "Erased 1 record past their time.\n"


def test_the_maximum_of_the_server_holds_for_everybody(alice, settings):
    settings.KEEP_MONTHS_MAX = 2
    push(alice, VISITS, [bare_visit(startedAt=days_ago(100))])
    apply()
    assert not PageVisit.objects.exists()


def test_nothing_is_erased_by_age_without_a_choice(alice):
    push(alice, VISITS, [bare_visit(startedAt=days_ago(3_000))])
    assert apply() == "Erased 0 records past their time.\n"
    assert PageVisit.objects.count() == 1
