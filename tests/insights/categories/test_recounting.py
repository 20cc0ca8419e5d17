"""A rule of a person holds for the past at once, stored months included, and for no other person."""

from datetime import date

import pytest

from insights import month_tallies, reports
from insights.categories.stored_rules import MOST_RULES, TooManyRules, delete_rule, resolver_of, rules_of, save_rule
from insights.models import MonthTally
from insights.periods import Period
from tests.insights.records import AT_9, DAY, MINUTE, store, visit
from tests.wire import send

UTC = reports.zone_of("UTC")
AUTUMN = Period(UTC, date(2025, 10, 1), date(2025, 11, 30))
QUERY = "from=2025-10-01&to=2025-11-30"


def categories(person):
    return dict(reports.categories(month_tallies.tally_of(person.pk, AUTUMN)))


def sites(person):
    answer = send("GET", f"/api/insights/sites?{QUERY}", user=person).json()["sites"]
    return {site["domain"]: site["category"] for site in answer}


def test_a_rule_counts_the_past_anew_at_once_also_in_stored_months(alice, bob):
    october = AT_9 - 14 * DAY
    for person in (alice, bob):
        store(person, visit(domain="wikipedia.org"), visit(domain="wikipedia.org", started_at=october),
              visit(domain="garden.example", started_at=october + 20 * MINUTE, category="hobby"))  # fmt: skip
        month_tallies.store_months(person.pk, UTC, date(2025, 10, 1), date(2025, 11, 30))
    assert MonthTally.objects.count() == 4
    before = {"reference": 16 * MINUTE, "hobby": 8 * MINUTE}
    assert categories(alice) == before
    save_rule(alice.pk, "wikipedia.org", "", "life")
    save_rule(alice.pk, "garden.example", "", "life")
    assert categories(alice) == {"life": 24 * MINUTE}
    assert sites(alice) == {"wikipedia.org": "life", "garden.example": "life"}
    assert categories(bob) == before
    for rule in rules_of(alice.pk):
        delete_rule(alice.pk, rule.pk)
    assert categories(alice) == before


def test_a_rule_for_a_path_takes_its_time_out_of_the_site(alice):
    store(
        alice,
        visit(url="https://reddit.com/r/gardening/1", domain="reddit.com", active_duration_ms=3 * MINUTE),
        visit(url="https://reddit.com/r/all", domain="reddit.com", active_duration_ms=2 * MINUTE),
    )
    month_tallies.store_months(alice.pk, UTC, date(2025, 11, 1), date(2025, 11, 30))
    save_rule(alice.pk, "reddit.com", "/r/gardening", "life")
    assert categories(alice) == {"life": 3 * MINUTE, "social": 2 * MINUTE}
    month_tallies.store_months(alice.pk, UTC, date(2025, 11, 1), date(2025, 11, 30))
    assert categories(alice) == {"life": 3 * MINUTE, "social": 2 * MINUTE}


def test_the_day_and_its_hours_hold_the_time_of_each_category(alice):
    store(alice, visit(domain="wikipedia.org", started_at=AT_9 + 55 * MINUTE, active_duration_ms=10 * MINUTE))
    day = Period(UTC, date(2025, 11, 3), date(2025, 11, 3), "day")
    hours = month_tallies.tally_of(alice.pk, day).hours
    assert sum(hour.categories.get("reference", 0) for hour in hours.values()) == 10 * MINUTE
    assert all(sum(hour.categories.values()) == hour.active_sum_ms for hour in hours.values())


def test_a_rule_is_replaced_and_bounded_in_number(alice, bob, monkeypatch):
    rule = save_rule(alice.pk, "a.example", "", "life")
    assert save_rule(alice.pk, "a.example", "", "work").pk == rule.pk
    assert resolver_of(alice.pk).by_site == {"a.example": "work"}
    assert not delete_rule(bob.pk, rule.pk)
    assert resolver_of(bob.pk).by_site == {}
    monkeypatch.setattr("insights.categories.stored_rules.MOST_RULES", 1)
    with pytest.raises(TooManyRules):
        save_rule(alice.pk, "b.example", "", "work")
    assert MOST_RULES == 1_000
