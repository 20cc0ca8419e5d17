"""A year with a filter is answered from stored months, which are made when it is first asked for."""

from collections import Counter
from datetime import date

import pytest

from insights import month_tallies, queries, reports
from insights.categories.stored_rules import save_rule
from insights.filters import Selection
from insights.models import MonthTally
from tests.insights.records import AT_9, DAY, store, visit
from tests.sync.erasures.erasing import erase
from tests.wire import send

FILTERS = ["category=work", "site=example.org", "weekdays=1,2", "hours=9", "imports=only", "category=none&weekdays=1"]
MONTHS_APART = [0, 30, 60, 90]


@pytest.fixture(autouse=True)
def _tallied_at_reading(settings):
    settings.TALLY_AT_READING = True
    month_tallies._tallied_at.clear()
    yield
    # What a test kept from running would make the tests after it wait.
    month_tallies._tallied_at.clear()
    month_tallies._waiting.clear()


@pytest.fixture
def records(alice, bob):
    for person in (alice, bob):
        for days in MONTHS_APART:
            store(
                person,
                visit(started_at=AT_9 - days * DAY, category="work"),
                visit(started_at=AT_9 - days * DAY + 1, domain="clinic.example", url="https://clinic.example/"),
                visit(started_at=AT_9 - days * DAY + 2, category="work", client_id="import:firefox"),
            )


def year(person, query):
    return send("GET", f"/api/insights/summary?from=2025-01-01&to=2025-12-31&{query}", user=person).json()


def filtered(person):
    return MonthTally.objects.filter(user=person).exclude(filter_key="")


@pytest.mark.parametrize("query", FILTERS)
def test_a_filtered_year_reads_the_visits_of_its_months_once(alice, bob, records, monkeypatch, query):
    first = year(alice, query)
    assert filtered(alice).count() >= len(MONTHS_APART)
    assert not filtered(bob).exists()
    read = []
    real = queries.visits
    monkeypatch.setattr(queries, "visits", lambda *them, **named: read.append(them[1:3]) or real(*them, **named))
    assert year(alice, query) == first
    # The months before the first visit have no tally, and nothing to read.
    earliest = AT_9 - max(MONTHS_APART) * DAY
    assert [span for span in read if span[1] > earliest] == []
    assert year(bob, query)["visits"] == first["visits"]


def test_a_changed_a_new_and_an_erased_visit_change_the_filtered_year(alice, records):
    query = "category=work"
    assert year(alice, query)["visits"] == 8
    changed = visit(visit_id="pv_changed", started_at=AT_9 - 60 * DAY + 3, category="work")
    store(alice, changed)
    assert year(alice, query)["visits"] == 9
    store(alice, {**changed, "revision": 1, "category": "news"})
    assert year(alice, query)["visits"] == 8
    erase(alice, {"from": AT_9 - 60 * DAY, "to": AT_9 - 60 * DAY + 1})
    assert year(alice, query)["visits"] == 7


def test_a_rule_for_a_category_changes_the_filtered_year_at_once(alice, records):
    assert year(alice, "category=health")["visits"] == 0
    save_rule(alice.pk, "clinic.example", "", "health")
    assert year(alice, "category=health")["visits"] == len(MONTHS_APART)


def test_a_new_browser_changes_the_year_without_imports(alice, records):
    assert year(alice, "imports=without")["visits"] == 8
    store(alice, visit(client_id="third", started_at=AT_9 - 60 * DAY))
    assert year(alice, "imports=without")["visits"] == 9


def test_no_filtered_tally_names_a_site_that_was_erased(alice, bob, records):
    for person in (alice, bob):
        for query in FILTERS[2:]:
            year(person, query)
        assert any("clinic.example" in each.tally["sites"] for each in filtered(person))
    erase(alice, {"domain": "clinic.example"})
    assert not any("clinic.example" in each.tally["sites"] for each in filtered(alice))
    assert any("clinic.example" in each.tally["sites"] for each in filtered(bob))


def test_the_oldest_filtered_tallies_go_and_the_whole_ones_stay(alice, bob, records, monkeypatch):
    year(bob, FILTERS[0])
    year(alice, "")
    whole, of_bob = (found.count() for found in (MonthTally.objects.filter(user=alice), filtered(bob)))
    monkeypatch.setattr(month_tallies, "MOST_FILTERED", 6)
    for n in range(9):
        year(alice, f"site=site{n}.example")
    assert MonthTally.objects.filter(user=alice, filter_key="").count() == whole
    assert filtered(bob).count() == of_bob
    # August to December.
    kept = Counter(filtered(alice).values_list("filter_key", flat=True))
    assert kept == {Selection(site="site8.example").key: 5, Selection(site="site7.example").key: 1}


def test_a_month_that_is_tallied_anew_takes_its_old_filtered_tallies_with_it(alice, records):
    year(alice, "category=work")
    month = filtered(alice).filter(first_day="2025-10-01")
    assert month.exists()
    zone, first, last = reports.zone_of("UTC"), date(2025, 9, 1), date(2025, 10, 31)
    month_tallies.store_months(alice.pk, zone, first, last)
    assert month.exists()  # the visits are the same
    store(alice, visit(started_at=AT_9 - 30 * DAY))
    month_tallies.store_months(alice.pk, zone, first, last)
    assert not month.exists()


def test_one_month_with_a_filter_stores_nothing(client, alice, records):
    client.force_login(alice)
    assert client.get("/dashboard/month/2025-10?category=work").status_code == 200
    assert not filtered(alice).exists()


def test_many_filters_do_not_wait_for_the_thread_at_once(alice, bob, records, monkeypatch):
    begun = []
    monkeypatch.setattr(month_tallies, "run_after_response", lambda work, asked, *more, **named: begun.append(asked[0]))
    for n in range(9):
        year(alice, f"site=site{n}.example")
    year(bob, FILTERS[0])
    assert (begun.count(alice.pk), begun.count(bob.pk) > 0) == (month_tallies.MOST_WAITING, True)
