"""The demo is an account as real ones are: today until now, several browsers, an import, categories of each origin."""

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from insights.categories.resolver import built_in_category
from insights.categories.stored_rules import resolver_of, save_rule
from sync.browsers import browsers_of, name_of
from sync.models import PageVisit, TabAggregate
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE
from syncserver.demo.sites import SITES
from syncserver.demo.year import BROWSERS, Year
from syncserver.management.commands import demo

BERLIN = ZoneInfo("Europe/Berlin")
# 2025-11-03T15:00:00Z
NOW = 1_762_182_000_000
DAY = 86_400_000


def days(seed, now=NOW):
    year = Year(BERLIN, now, seed)
    return [year.day(date(2025, 10, day)) for day in range(20, 32)] + [year.day(date(2025, 11, 3))]


def end_of(visit):
    return visit["last_heartbeat_at"] if visit["is_active"] else visit["ended_at"]


def test_a_seed_makes_one_year_and_another_seed_another():
    assert days(1) == days(1)
    assert days(1) != days(2)


@pytest.mark.parametrize("hour", [0.2, 6, 12.5, 15, 18.5, 23.9])
def test_today_leads_up_to_now_with_one_open_visit(hour):
    now = NOW - 16 * 3_600_000 + int(hour * 3_600_000)
    visits = [visit for some, _ in days(1, now) for visit in some]
    assert max(end_of(visit) for visit in visits) == now
    assert max(Counter(visit["client_id"] for visit in visits if visit["is_active"]).values()) == 1
    assert all(tab["closed_at"] is None or tab["closed_at"] <= now for _, tabs in days(1, now) for tab in tabs)


def test_the_engine_takes_every_record_and_none_has_a_category_of_its_own(alice):
    days_made = days(1)
    visits = [visit for some, _ in days_made for visit in some]
    aggregates = [tab for _, some in days_made for tab in some]
    for kind, made in ((PAGE_VISIT, visits), (TAB_AGGREGATE, aggregates)):
        contents = [kind.content_of(columns) for columns in made]
        assert set(service.bulk_update_or_create(alice.pk, kind, contents)) == {"created"}
    assert PageVisit.objects.count() == len(visits) > 800
    assert TabAggregate.objects.count() == len(aggregates)
    # The extension that is shipped sends none.
    assert {visit["category"] for visit in visits} == {None}
    assert {visit["client_id"] for visit in visits} == {browser.client_id for browser in BROWSERS}


def test_the_old_browser_is_an_import_under_its_label_and_its_visits_have_no_known_time(alice):
    demo.make_past(alice.pk, BERLIN, 1)
    (browser,) = browsers_of(alice.pk)
    assert (name_of(browser), browser.kind) == ("Import from Chrome or a relative (Old laptop)", "import")
    assert PageVisit.objects.count() > 1_500
    assert set(PageVisit.objects.values_list("active_duration_ms", "duration_ms", "ended_at")) == {(None, None, None)}


def test_there_are_a_hundred_sites_whose_pages_have_titles():
    assert len(SITES) >= 100
    for site in SITES.values():
        assert site.minutes > 0
        assert site.pages
        assert all(path.startswith(("/", ":8000/")) and title and "=" not in title for path, title in site.pages)


def test_some_sites_have_a_category_by_a_rule_of_the_person_and_some_have_none(alice):
    for site, path, category in demo.RULES:
        save_rule(alice.pk, site, path, category)
    resolver = resolver_of(alice.pk)
    assert {rule[0] for rule in demo.RULES} <= {name.removeprefix("wiki.").removeprefix("tickets.") for name in SITES}
    assert resolver.category("wiki.planner.example", None) == "work"
    assert resolver.category("github.com", None, "https://github.com/parser/guitar/issues") == "Side projects"
    without = [site for site in SITES if not resolver.category(site, None)]
    assert 4 <= len(without) <= 12
    assert sum(1 for site in SITES if built_in_category(site)) >= 100


@pytest.mark.django_db
def test_the_demo_takes_only_its_own_file_or_a_database_without_accounts(alice):
    with pytest.raises(CommandError, match=r"runs only on demo\.sqlite3.*--empty-database"):
        call_command("demo")
    with pytest.raises(CommandError, match="Somebody has an account in this database"):
        call_command("demo", "--empty-database")
    assert type(alice).objects.filter(pk=alice.pk).exists()
