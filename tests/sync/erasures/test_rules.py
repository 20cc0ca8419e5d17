"""Erasing by a rule through the API: what goes, what stays, and what is refused afterwards."""

import hmac
import time
from datetime import date

import pytest

from insights import month_tallies, reports
from insights.models import MonthTally
from sync.erasures import erasure_service
from sync.models import Browser, Erasure, PageVisit, SyncBatch, SyncState, TabAggregate
from tests.sync.erasures.erasing import ERASURES, erase, progress, rows_with
from tests.wire import AGGREGATES, VISITS, assert_error_shape, post, push, send
from tests.wire_records import AT_9, aggregate, bare_aggregate, bare_visit, visit

HOUR = 3_600_000
# The month of AT_9.
MONTH = (date(2025, 11, 1), date(2025, 11, 30))


def now():
    return int(time.time() * 1000)


def urls(user):
    return sorted(PageVisit.objects.filter(user=user).values_list("url", flat=True))


@pytest.mark.django_db(transaction=True)
class TestTheRules:
    def test_a_domain_goes_with_its_subdomains_and_nothing_else(self, alice, bob):
        kept = ["https://example.com/", "https://notexample.org/", "https://org/"]
        gone = [
            "https://example.org/a",
            "https://www.example.org/",
            "https://a.b.example.org:8443/",
            "http://EXAMPLE.org./",
        ]
        push(alice, VISITS, [bare_visit(url=url) for url in kept + gone])
        push(bob, VISITS, [bare_visit(url=url) for url in gone])
        reply = erase(alice, {"domain": "WWW.Example.org."})
        assert reply["erased"] == {"pageVisits": 4, "tabAggregates": 0}
        assert reply["done"] is True
        assert urls(alice) == sorted(kept)
        assert len(urls(bob)) == 4

    def test_a_span_is_half_open(self, alice):
        push(alice, VISITS, [bare_visit(id=f"pv_{n}", startedAt=AT_9 + n) for n in range(5)])
        assert erase(alice, {"from": AT_9 + 1, "to": AT_9 + 3})["erased"]["pageVisits"] == 2
        left = PageVisit.objects.filter(user=alice).order_by("started_at").values_list("visit_id", flat=True)
        assert list(left) == ["pv_0", "pv_3", "pv_4"]

    @pytest.mark.parametrize(("rule", "left"), [({"from": AT_9 + 1}, 1), ({"to": AT_9 + 1}, 1)])
    def test_each_end_of_a_span_may_stand_alone(self, alice, rule, left):
        push(alice, VISITS, [bare_visit(startedAt=AT_9 + n) for n in range(2)])
        erase(alice, rule)
        assert PageVisit.objects.filter(user=alice).count() == left

    def test_a_browser_goes_and_the_others_stay(self, alice):
        for client in ("one", "two", ""):
            push(alice, VISITS, [bare_visit(id="pv_1")], anonymousClientId=client)
            push(alice, AGGREGATES, [bare_aggregate(tabId=7)], anonymousClientId=client)
        assert erase(alice, {"browser": ""})["erased"] == {"pageVisits": 1, "tabAggregates": 1}
        assert erase(alice, {"browser": "one"})["erased"] == {"pageVisits": 1, "tabAggregates": 1}
        assert PageVisit.objects.get(user=alice).browser.client_id == "two"

    def test_everything_goes(self, alice, bob):
        for person in (alice, bob):
            push(person, VISITS, [visit(), visit()])
            push(person, AGGREGATES, [aggregate()])
        assert erase(alice, {"everything": True})["erased"] == {"pageVisits": 2, "tabAggregates": 1}
        assert PageVisit.objects.filter(user=bob).count() == 2

    def test_ids_name_visits_of_one_browser(self, alice):
        for client in ("one", "two"):
            push(alice, VISITS, [bare_visit(id="pv_1"), bare_visit(id="pv_2")], anonymousClientId=client)
        rule = {"ids": [{"browser": "one", "id": "pv_1"}, {"browser": "three", "id": "pv_1"}]}
        assert erase(alice, rule)["erased"]["pageVisits"] == 1
        reply = push(alice, VISITS, [bare_visit(id="pv_1"), bare_visit(id="pv_2")], anonymousClientId="one")
        assert reply["results"] == ["erased", "unchanged"]
        assert PageVisit.objects.filter(user=alice).count() == 3

    def test_all_conditions_hold_together(self, alice):
        records = [
            bare_visit(id="all"),
            bare_visit(id="other site", url="https://example.com/"),
            bare_visit(id="other time", startedAt=AT_9 + HOUR),
        ]
        push(alice, VISITS, records, anonymousClientId="one")
        push(alice, VISITS, records, anonymousClientId="two")
        rule = {"domain": "example.org", "to": AT_9 + 1, "browser": "one"}
        assert erase(alice, rule)["erased"]["pageVisits"] == 1
        results = push(alice, VISITS, records, anonymousClientId="one")["results"]
        assert results == ["erased", "unchanged", "unchanged"]
        assert push(alice, VISITS, records, anonymousClientId="two")["results"] == ["unchanged"] * 3

    def test_what_begins_afterwards_is_recorded(self, alice):
        erase(alice, {"everything": True})
        time.sleep(0.002)
        assert push(alice, VISITS, [bare_visit(startedAt=now())])["results"] == ["created"]
        assert push(alice, VISITS, [bare_visit()])["results"] == ["erased"]

    def test_a_preview_counts_and_changes_nothing(self, alice):
        push(alice, VISITS, [visit(), visit()])
        push(alice, AGGREGATES, [aggregate(domainDurations={"stackoverflow.com": 5}), aggregate()])
        before = rows_with("")
        reply = erase(alice, {"domain": "stackoverflow.com"}, preview=True)
        assert reply == {"erasure": None, "erased": {"pageVisits": 2, "tabAggregates": 1}, "done": True}
        changed = [row for row in set(before) ^ set(rows_with("")) if "ratecount" not in row]
        assert changed == []

    def test_a_person_without_records_can_erase(self, alice):
        assert erase(alice, {"domain": "example.org"}, preview=True)["erased"] == {"pageVisits": 0, "tabAggregates": 0}
        assert erase(alice, {"domain": "example.org"})["done"] is True
        assert push(alice, VISITS, [bare_visit()])["results"] == ["erased"]

    def test_a_browser_is_not_made_for_records_that_are_erased(self, alice):
        erase(alice, {"everything": True})
        push(alice, VISITS, [bare_visit()], anonymousClientId="late")
        assert not Browser.objects.filter(user=alice).exists()
        assert SyncBatch.objects.get(user=alice).erased == 1


@pytest.mark.django_db(transaction=True)
class TestAggregates:
    def test_a_domain_leaves_the_totals_and_what_names_it(self, alice):
        push(
            alice,
            AGGREGATES,
            [aggregate(domainDurations={"github.com": 180_000, "gist.github.com": 1_000, "a.org": 7})],
        )
        assert erase(alice, {"domain": "github.com"})["erased"]["tabAggregates"] == 1
        row = TabAggregate.objects.get(user=alice)
        assert row.domain_durations == {"a.org": 7}
        assert row.total_active_duration_ms == 240_000 - 181_000
        assert row.statistics == {"averagePageDuration": 80_000, "mostVisitedDomain": None}
        assert row.current_domain == "theguardian.com"
        erase(alice, {"domain": "theguardian.com"})
        row = TabAggregate.objects.get(user=alice)
        assert (row.current_url, row.current_domain) == (None, None)

    def test_a_total_is_never_negative(self, alice):
        push(alice, AGGREGATES, [bare_aggregate(domainDurations={"a.org": 7}, totalActiveDuration=5)])
        erase(alice, {"domain": "a.org"})
        assert TabAggregate.objects.get(user=alice).total_active_duration_ms == 0

    def test_what_is_pushed_again_is_unchanged_and_what_is_new_is_stripped(self, alice):
        record = aggregate()
        push(alice, AGGREGATES, [record])
        erase(alice, {"domain": "github.com"})
        counter = SyncState.objects.get(user=alice).counter
        assert push(alice, AGGREGATES, [record])["results"] == ["unchanged"]
        assert SyncState.objects.get(user=alice).counter == counter
        newer = {**record, "revision": 1, "totalActiveDuration": 250_000, "domainDurations": {"github.com": 190_000}}
        assert push(alice, AGGREGATES, [newer])["results"] == ["updated"]
        row = TabAggregate.objects.get(user=alice)
        assert (row.total_active_duration_ms, row.domain_durations) == (60_000, {})
        assert push(alice, AGGREGATES, [newer])["results"] == ["unchanged"]

    def test_a_stripped_aggregate_moves_to_the_end_of_the_feed(self, alice):
        push(alice, AGGREGATES, [aggregate()])
        erase(alice, {"domain": "github.com"})
        row, erasure, state = TabAggregate.objects.get(), Erasure.objects.get(), SyncState.objects.get()
        assert erasure.seq < row.seq == state.counter

    def test_a_span_takes_a_tab_only_whole(self, alice):
        inside = bare_aggregate(startTime=AT_9, lastActiveTime=AT_9 + 10)
        reaches_out = bare_aggregate(startTime=AT_9, lastActiveTime=AT_9 + 10, closedAt=AT_9 + 100)
        earlier = bare_aggregate(startTime=AT_9 - 1, lastActiveTime=AT_9 + 10)
        push(alice, AGGREGATES, [inside, reaches_out, earlier])
        assert erase(alice, {"from": AT_9, "to": AT_9 + 100})["erased"]["tabAggregates"] == 1
        results = push(alice, AGGREGATES, [inside, reaches_out, earlier])["results"]
        assert results == ["erased", "unchanged", "unchanged"]

    def test_ids_of_visits_leave_tabs_alone(self, alice):
        push(alice, AGGREGATES, [bare_aggregate()])
        erase(alice, {"ids": [{"browser": "", "id": "pv_1"}]})
        assert TabAggregate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestWhatIsKept:
    def test_no_table_names_the_domain_or_the_id(self, alice):
        push(alice, VISITS, [bare_visit(id="pv_secret", url="https://clinic.example/"), bare_visit()])
        push(
            alice, AGGREGATES, [aggregate(domainDurations={"clinic.example": 9}, currentUrl="https://clinic.example/x")]
        )
        month_tallies.store_months(alice.pk, reports.zone_of("UTC"), *MONTH)
        assert "clinic.example" in str(MonthTally.objects.get().tally)
        erase(alice, {"ids": [{"browser": "", "id": "pv_secret"}]})
        erase(alice, {"domain": "clinic.example"})
        assert rows_with("clinic.example") == []
        assert rows_with("pv_secret") == []

    def test_a_tally_of_another_month_stays(self, alice):
        push(alice, VISITS, [bare_visit(url="https://clinic.example/"), bare_visit(startedAt=AT_9 - 150 * 24 * HOUR)])
        zone = reports.zone_of("UTC")
        first = reports.date_at(zone, AT_9 - 150 * 24 * HOUR).replace(day=1)
        month_tallies.store_months(alice.pk, zone, first, MONTH[1])
        before = MonthTally.objects.count()
        erase(alice, {"domain": "clinic.example"})
        left = sorted(MonthTally.objects.values_list("first_day", flat=True))
        assert left[0] == first
        assert len(left) < before
        assert MONTH[0] not in left

    def test_the_rule_has_the_hash_of_the_domain_under_the_persons_key(self, alice, bob):
        hers, his = (erase(person, {"domain": "example.org"})["erasure"]["rule"] for person in (alice, bob))
        key = bytes.fromhex(erasure_service.erasure_key(alice.pk))
        assert hers == {"domainHash": hmac.new(key, b"example.org", "sha256").hexdigest()}
        assert hers != his

    def test_the_other_conditions_are_kept_as_they_are(self, alice):
        assert erase(alice, {"from": 5, "to": 9, "browser": "one"})["erasure"]["rule"] == {
            "from": 5,
            "to": 9,
            "browser": "one",
        }
        assert erase(alice, {"everything": True})["erasure"]["rule"] == {"everything": True}
        (id_hash,) = erase(alice, {"ids": [{"browser": "", "id": "pv_1"}]})["erasure"]["rule"]["idHashes"]
        assert len(bytes.fromhex(id_hash)) == 16


@pytest.mark.django_db(transaction=True)
class TestPeople:
    def test_a_rule_of_bob_does_nothing_to_alice(self, alice, bob):
        push(alice, VISITS, [bare_visit(id="pv_1")])
        erase(bob, {"everything": True})
        assert push(alice, VISITS, [bare_visit(id="pv_1")])["results"] == ["unchanged"]
        assert push(alice, VISITS, [bare_visit(id="pv_2")])["results"] == ["created"]

    def test_an_erasure_of_somebody_else_is_not_there(self, alice, bob):
        erasure_id = erase(alice, {"domain": "example.org"})["erasure"]["id"]
        assert progress(alice, erasure_id).json()["done"] is True
        assert_error_shape(progress(bob, erasure_id), 404, "not_found")
        assert_error_shape(progress(alice, "999999"), 404, "not_found")
        assert_error_shape(progress(alice, "x"), 404, "not_found")


BAD_BODIES = [
    ({}, "rule"),
    ({"rule": None}, "rule"),
    ({"rule": {}}, "rule"),
    ({"rule": []}, "rule"),
    ({"rule": "everything"}, "rule"),
    ({"rule": {"domain": None}}, "rule"),
    ({"rule": {"site": "example.org"}}, "rule"),
    ({"rule": {"domain": "example.org", "title": "x"}}, "rule"),
    ({"rule": {"domain": "example.org"}, "dryRun": True}, "rule"),
    ({"rule": {"domain": "example.org"}, "\ud800": True}, "rule"),
    ({"rule": {"domain": "example.org"}, "preview": 1}, "preview"),
    ({"rule": {"domain": "example.org"}, "preview": "true"}, "preview"),
    ({"rule": {"domain": ""}}, "rule.domain"),
    ({"rule": {"domain": 7}}, "rule.domain"),
    ({"rule": {"domain": "https://example.org/"}}, "rule.domain"),
    ({"rule": {"domain": "example.org/private"}}, "rule.domain"),
    ({"rule": {"domain": "no host"}}, "rule.domain"),
    ({"rule": {"domain": "*.example.org"}}, "rule.domain"),
    ({"rule": {"domain": ".example.org"}}, "rule.domain"),
    ({"rule": {"domain": "."}}, "rule.domain"),
    ({"rule": {"domain": "WWW.com"}}, "rule.domain"),
    ({"rule": {"domain": "\ud800.org"}}, "rule.domain"),
    ({"rule": {"domain": "a\u0000.org"}}, "rule.domain"),
    ({"rule": {"domain": "x" * 5_000}}, "rule.domain"),
    ({"rule": {"everything": False}}, "rule.everything"),
    ({"rule": {"everything": 1}}, "rule.everything"),
    ({"rule": {"everything": True, "domain": "example.org"}}, "rule.everything"),
    ({"rule": {"from": "1"}}, "rule.from"),
    ({"rule": {"from": -1}}, "rule.from"),
    ({"rule": {"from": 1.5}}, "rule.from"),
    ({"rule": {"from": True}}, "rule.from"),
    ({"rule": {"to": 2**63}}, "rule.to"),
    ({"rule": {"from": 5, "to": 5}}, "rule.to"),
    ({"rule": {"browser": 1}}, "rule.browser"),
    ({"rule": {"browser": "x" * 65}}, "rule.browser"),
    ({"rule": {"browser": "a\u0000"}}, "rule.browser"),
    ({"rule": {"ids": []}}, "rule.ids"),
    ({"rule": {"ids": {}}}, "rule.ids"),
    ({"rule": {"ids": [{"browser": "", "id": str(n)} for n in range(1_001)]}}, "rule.ids"),
    ({"rule": {"ids": ["pv_1"]}}, "rule.ids.0"),
    ({"rule": {"ids": [{"id": "pv_1"}]}}, "rule.ids.0"),
    ({"rule": {"ids": [{"browser": "", "id": "pv_1", "url": "x"}]}}, "rule.ids.0"),
    ({"rule": {"ids": [{"browser": "", "id": ""}]}}, "rule.ids.0.id"),
    ({"rule": {"ids": [{"browser": "", "id": "\ud800"}]}}, "rule.ids.0.id"),
    ({"rule": {"ids": [{"browser": None, "id": "pv_1"}]}}, "rule.ids.0.browser"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "field"), BAD_BODIES)
def test_a_wrong_body_is_refused_with_a_clear_text_and_nothing_is_erased(alice, body, field):
    push(alice, VISITS, [visit()])
    errors = assert_error_shape(post(ERASURES, body, user=alice), 400, "invalid")["errors"]
    assert list(errors) == [field]
    assert PageVisit.objects.count() == 1
    assert not Erasure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_thousand_ids_of_the_longest_kind_are_taken(alice):
    ids = [{"browser": "b" * 64, "id": f"{n:0>128}"} for n in range(1_000)]
    assert erase(alice, {"ids": ids})["done"] is True
    assert len(Erasure.objects.get().id_hashes) == 16_000


@pytest.mark.django_db(transaction=True)
def test_whole_numbers_with_a_fraction_of_zero_are_taken(alice):
    assert post(ERASURES, b'{"rule": {"from": 1.0, "to": 2e3}}', user=alice).json()["erasure"]["rule"] == {
        "from": 1,
        "to": 2_000,
    }


@pytest.mark.django_db(transaction=True)
class TestTheFeed:
    def test_an_erasure_is_a_change_with_its_rule_and_no_domain(self, alice, bob):
        push(alice, VISITS, [visit(), visit()])
        reply = erase(alice, {"domain": "stackoverflow.com"})
        page = send("GET", "/api/sync/changes", user=alice)
        assert [change["kind"] for change in page.json()["changes"]] == ["erasure"]
        assert page.json()["changes"][0]["erasure"] == reply["erasure"]
        assert b"stackoverflow" not in page.content
        assert send("GET", "/api/sync/changes", user=bob).json()["changes"] == []

    def test_pages_of_one_bring_each_change_once(self, alice):
        push(alice, VISITS, [bare_visit(id="pv_1")])
        erase(alice, {"domain": "example.com"})
        push(alice, AGGREGATES, [aggregate()])
        erase(alice, {"domain": "github.com"})
        kinds, cursor, more = [], "", True
        while more:
            page = send("GET", f"/api/sync/changes?limit=1&cursor={cursor}", user=alice).json()
            kinds += [change["kind"] for change in page["changes"]]
            cursor, more = page["cursor"], page["more"]
        assert kinds == ["page-visit", "erasure", "erasure", "tab-aggregate"]

    def test_the_status_tells_the_key(self, alice):
        key = send("GET", "/api/sync/status", user=alice).json()["erasureKey"]
        assert key == erasure_service.erasure_key(alice.pk)
        assert len(bytes.fromhex(key)) == 32
