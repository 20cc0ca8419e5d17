"""A new digest format, as an upgrade brings it: stored versions are compared by fields, and nothing is rewritten."""

import itertools

import pytest

from sync.models import PageVisit, SyncState, TabAggregate
from sync.records import merge
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE
from tests.people import UserFactory
from tests.wire import AGGREGATES, LIST_KEY, VISITS, push, recorded_day
from tests.wire_records import AT_9, aggregate, bare_aggregate, bare_visit, visit

CLIENT = "038a5898-dc23-426f-9ec7-e48ffcc3924b"
pytestmark = pytest.mark.django_db


def age_digests(user):
    """Give every stored row of a person the digest of another format, one that says nothing of its content."""
    for model in (PageVisit, TabAggregate):
        for row in model.objects.filter(user=user):
            digest = bytes(row.digest)
            model.objects.filter(pk=row.pk).update(digest=bytes([digest[0] ^ 0xFF]) + bytes(len(digest) - 1))


FORMER = 3


def make_former(user):
    """Make the stored rows those of the former format: the site is as it was sent, and a digest is of it as well.

    An unknown duration was stored as 0.
    """
    for kind, site in ((PAGE_VISIT, "domain"), (TAB_AGGREGATE, "current_domain")):
        assert kind.format_number != FORMER
        columns = sorted(kind.columns)
        for row in kind.model.objects.filter(user=user).values("pk", *columns):
            pk = row.pop("pk")
            row |= {name: 0 for name, value in row.items() if name.endswith("_ms") and value is None}
            row[site] = row[site] and f"sent.{row[site]}"
            documents = [merge.encode_document(row[column]) for column in columns if column in kind.documents]
            scalars = [row[column] for column in columns if column not in kind.documents]
            kind.model.objects.filter(pk=pk).update(**row, digest=merge.digest(FORMER, scalars, documents))


def test_the_recorded_day_sent_again_to_rows_of_the_former_format_rewrites_nothing(alice):
    bare = [(VISITS, {"visits": [bare_visit()]}), (AGGREGATES, {"aggregates": [bare_aggregate()]})]
    requests = [(path, body[LIST_KEY[path]]) for path, body in [*recorded_day(), *bare]]
    for path, records in requests:
        push(alice, path, records, anonymousClientId=CLIENT)
    make_former(alice)
    before, counter = rows(alice), SyncState.objects.get(user=alice).counter
    assert [len(of_kind) for of_kind in before] == [120, 31]
    for path, records in requests:
        assert set(push(alice, path, records, anonymousClientId=CLIENT)["results"]) == {"unchanged"}
    assert rows(alice) == before
    assert SyncState.objects.get(user=alice).counter == counter


@pytest.mark.parametrize(
    ("path", "record", "site"),
    [
        (VISITS, visit(url="https://a.example/", domain="sent.a.example"), "domain"),
        (AGGREGATES, aggregate(currentUrl="https://a.example/", currentDomain="sent.a.example"), "current_domain"),
    ],
    ids=["visit", "aggregate"],
)
def test_a_site_as_it_was_sent_stays_until_its_record_changes(alice, path, record, site):
    model = PageVisit if path == VISITS else TabAggregate
    sites = model.objects.values_list(site, flat=True)
    push(alice, path, [record])
    make_former(alice)
    assert push(alice, path, [record])["results"] == ["unchanged"]
    assert list(sites.all()) == ["sent.a.example"]
    assert push(alice, path, [{**record, "revision": 1}])["results"] == ["updated"]
    assert list(sites.all()) == ["a.example"]


def test_a_duration_that_was_stored_as_0_stays_until_its_visit_changes(alice):
    record = bare_visit()
    push(alice, VISITS, [record])
    make_former(alice)
    assert push(alice, VISITS, [record])["results"] == ["unchanged"]
    assert PageVisit.objects.get().duration_ms == 0
    assert push(alice, VISITS, [{**record, "revision": 1}])["results"] == ["updated"]
    assert PageVisit.objects.get().duration_ms is None


def rows(user):
    return [list(model.objects.filter(user=user).order_by("pk").values()) for model in (PageVisit, TabAggregate)]


def test_the_recorded_day_sent_again_after_an_upgrade_rewrites_nothing(alice):
    for path, body in recorded_day():
        push(alice, path, body[LIST_KEY[path]], anonymousClientId=CLIENT)
    age_digests(alice)
    before, counter = rows(alice), SyncState.objects.get(user=alice).counter
    for path, body in recorded_day():
        assert set(push(alice, path, body[LIST_KEY[path]], anonymousClientId=CLIENT)["results"]) == {"unchanged"}
    assert rows(alice) == before
    assert SyncState.objects.get(user=alice).counter == counter


ODD_VISITS = {
    "whole numbers with a fraction": {"metadata": {"a": 100.0, "b": [1.0, -1.0]}, "engagementRate": 1.0},
    "whole numbers without": {"engagementRate": 1, "categoryConfidence": 1},
    "zero": {"engagementRate": 0, "categoryConfidence": 0, "tabId": 0},
    "minus zero": {"metadata": {"a": -0.0}, "engagementRate": -0.0},
    "exponents": {"metadata": {"a": 1e21, "b": 1e-7, "c": 1.5e300, "d": 5e-324, "e": 1e15, "f": 1e16}},
    "large integers": {"metadata": {"a": 2**63, "b": 2**64 + 1, "c": -(10**30)}},
    "long fractions": {"metadata": {"a": 0.1, "b": 1 / 3, "c": 123456789.123456789}, "engagementRate": 1 / 3},
    "true and 1": {"metadata": {"a": True, "b": 1, "c": "1", "d": None}},
    "odd keys": {"metadata": {"ü": 1, "z": 2, "a": 3, "": 4, "🦊": 5, "\ufffd": 6, "A": 7}},
    "odd text": {"title": "\x7f\u2028🦊\\\"'", "metadata": {"a": "\\u0000 \x1f"}, "category": ""},
    "cleaned text": {"title": "a\x00\ud83d", "metadata": {"\x00": "\ud83d"}},
    "idle periods": {"idlePeriods": [{"start": AT_9, "reason": "idle"}, {"start": float(AT_9), "reason": ""}]},
    "nothing optional": dict.fromkeys(["title", "category", "metadata", "idlePeriods", "endedAt", "duration"]),
}


@pytest.mark.parametrize("over", ODD_VISITS.values(), ids=ODD_VISITS)
def test_an_odd_visit_sent_again_is_unchanged_before_and_after_an_upgrade(alice, over):
    record = visit(**over)
    assert push(alice, VISITS, [record])["results"] == ["created"]
    assert push(alice, VISITS, [record])["results"] == ["unchanged"]
    age_digests(alice)
    before = rows(alice)
    assert push(alice, VISITS, [record])["results"] == ["unchanged"]
    assert rows(alice) == before


ODD_AGGREGATES = {
    "whole numbers with a fraction": {"domainDurations": {"a.org": 100.0}, "pageCount": 3.0},
    "no statistics": {"statistics": None},
    "half of the statistics": {"statistics": {"averagePageDuration": 5.0}},
    "dropped addresses": {"currentUrl": "nonsense", "currentDomain": None},
    "many domains": {"domainDurations": {f"d{number}.org": number % 7 for number in range(1_100)}},
    "nothing optional": dict.fromkeys(
        ["lastActiveTime", "domainDurations", "pageCount", "currentUrl", "currentDomain"]
    ),
}


@pytest.mark.parametrize("over", ODD_AGGREGATES.values(), ids=ODD_AGGREGATES)
def test_an_odd_aggregate_sent_again_is_unchanged_before_and_after_an_upgrade(alice, over):
    record = aggregate(**over)
    assert push(alice, AGGREGATES, [record])["results"] == ["created"]
    assert push(alice, AGGREGATES, [record])["results"] == ["unchanged"]
    age_digests(alice)
    before = rows(alice)
    assert push(alice, AGGREGATES, [record])["results"] == ["unchanged"]
    assert rows(alice) == before


TIED = [{"title": title, "metadata": {"a": value}} for title, value in [("a", 1), ("b", True), ("c", "1"), ("a", 2)]]


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(range(len(TIED)), 2)))
def test_a_tie_is_broken_alike_before_and_after_an_upgrade(first, second):
    record = visit(id="pv")
    ends = []
    for upgraded in (False, True):
        for order in ((first, second), (second, first)):
            user = UserFactory()
            push(user, VISITS, [{**record, **TIED[order[0]]}])
            if upgraded:
                age_digests(user)
            push(user, VISITS, [{**record, **TIED[order[1]]}])
            row = PageVisit.objects.get(user=user)
            ends.append((row.title, repr(row.metadata)))
    assert len(set(ends)) == 1


def test_a_newer_version_still_wins_after_an_upgrade(alice):
    record = visit(revision=1)
    push(alice, VISITS, [record])
    age_digests(alice)
    assert push(alice, VISITS, [{**record, "revision": 0}])["results"] == ["unchanged"]
    assert push(alice, VISITS, [{**record, "revision": 2}])["results"] == ["updated"]


def test_a_fuller_version_still_wins_after_an_upgrade(alice):
    record = visit(category=None)
    push(alice, VISITS, [record])
    age_digests(alice)
    assert push(alice, VISITS, [{**record, "title": ""}])["results"] == ["unchanged"]
    assert push(alice, VISITS, [{**record, "category": "a"}])["results"] == ["updated"]
