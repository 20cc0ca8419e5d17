"""The demo's year is the same for the same seed, and the server takes all of its records."""

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

from sync.management.commands._demo_year import SITES, Year
from sync.models import PageVisit, TabAggregate
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE

BERLIN = ZoneInfo("Europe/Berlin")
# 2025-11-03T15:00:00Z
NOW = 1_762_182_000_000
HOUR = 3_600_000


def days(seed):
    year = Year(BERLIN, NOW, seed)
    return [year.day(date(2025, 10, day)) for day in range(20, 32)] + [year.day(date(2025, 11, 3))]


def test_a_seed_makes_one_year_and_another_seed_another():
    assert days(1) == days(1)
    assert days(1) != days(2)


def test_nothing_lies_ahead_and_at_most_one_visit_of_a_browser_is_open():
    made = days(1)
    visits = [visit for some, _ in made for visit in some]
    aggregates = [tab for _, some in made for tab in some]
    open_visits = Counter(visit["client_id"] for visit in visits if visit["is_active"])
    assert NOW - 8 * HOUR < max(visit["ended_at"] or visit["last_heartbeat_at"] for visit in visits) <= NOW
    assert NOW - 8 * HOUR < max(tab["closed_at"] for tab in aggregates if tab["closed_at"] is not None) <= NOW
    assert set(open_visits.values()) <= {1}


def test_the_engine_takes_every_record(alice):
    days_made = days(1)
    visits = [visit for some, _ in days_made for visit in some]
    aggregates = [tab for _, some in days_made for tab in some]
    for kind, made in ((PAGE_VISIT, visits), (TAB_AGGREGATE, aggregates)):
        contents = [kind.content_of(columns) for columns in made]
        assert set(service.bulk_update_or_create(alice.pk, kind, contents)) == {"created"}
    assert PageVisit.objects.count() == len(visits) > 800
    assert TabAggregate.objects.count() == len(aggregates)


def test_there_are_a_hundred_sites_whose_pages_have_titles():
    assert len(SITES) >= 100
    for _, _, minutes, pages in SITES.values():
        assert minutes > 0
        assert pages
        assert all(path.startswith(("/", ":8000/")) and title and "=" not in title for path, title in pages)
