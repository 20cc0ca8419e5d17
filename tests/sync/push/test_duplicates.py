"""The same record more than once, in a batch and over many."""

from sync.models import PageVisit, SyncState, TabAggregate
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import AT_9, aggregate, visit


def test_of_500_versions_in_a_batch_the_newest_is_created(alice):
    record = visit(id="pv")
    reply = push(alice, VISITS, [{**record, "revision": number % 499, "title": str(number)} for number in range(500)])
    assert reply["results"] == ["unchanged"] * 498 + ["created", "unchanged"]
    row = PageVisit.objects.get()
    assert (row.revision, row.title) == (498, "498")


def test_of_500_identical_copies_in_a_batch_the_first_is_created(alice):
    reply = push(alice, VISITS, [visit(id="pv")] * 500)
    assert reply["results"] == ["created"] + ["unchanged"] * 499
    assert PageVisit.objects.count() == 1


def test_of_500_snapshots_of_a_tab_in_a_batch_the_newest_is_created(alice):
    record = aggregate(tabId=5)
    reply = push(alice, AGGREGATES, [{**record, "lastActiveTime": AT_9 + number} for number in range(500)])
    assert reply["results"] == ["unchanged"] * 499 + ["created"]
    assert TabAggregate.objects.get().last_active_at == AT_9 + 499


def test_of_several_newer_versions_in_a_batch_the_newest_is_updated(alice):
    record = visit(id="pv", revision=1)
    push(alice, VISITS, [record])
    reply = push(alice, VISITS, [{**record, "revision": revision} for revision in (2, 4, 1, 3, 4, 0)])
    assert reply["results"] == ["unchanged", "updated", "unchanged", "unchanged", "unchanged", "unchanged"]
    assert PageVisit.objects.get().revision == 4


def test_versions_in_a_batch_that_are_all_older_are_unchanged(alice):
    record = visit(id="pv", revision=9)
    push(alice, VISITS, [record])
    reply = push(alice, VISITS, [{**record, "revision": revision} for revision in (2, 8, 9)])
    assert reply["results"] == ["unchanged", "unchanged", "unchanged"]


def test_a_refused_copy_does_not_hide_a_valid_one(alice):
    record = visit(id="pv", revision=1)
    reply = push(
        alice, VISITS, [{**record, "revision": 9, "url": "nonsense"}, record, {**record, "revision": 8, "tabId": -1}]
    )
    assert reply["results"] == ["rejected", "created", "rejected"]
    assert PageVisit.objects.get().revision == 1


def test_the_batch_may_name_one_visit_by_either_alias(alice):
    record = visit(id="pv", revision=1)
    other = {**record, "visitId": "pv", "revision": 2}
    del other["id"]
    assert push(alice, VISITS, [record, other])["results"] == ["unchanged", "created"]


def test_one_id_in_two_browsers_is_two_visits(alice):
    records = [visit(id="pv", anonymousClientId="b1"), visit(id="pv", anonymousClientId="b2")]
    assert push(alice, VISITS, records)["results"] == ["created", "created"]
    assert sorted(row.browser.client_id for row in PageVisit.objects.all()) == ["b1", "b2"]


def test_the_client_id_at_the_top_serves_records_without_one(alice):
    push(alice, VISITS, [visit(id="pv_1"), visit(id="pv_2", anonymousClientId="b2")], anonymousClientId="b1")
    assert {row.visit_id: row.browser.client_id for row in PageVisit.objects.all()} == {"pv_1": "b1", "pv_2": "b2"}


def test_a_null_client_id_gives_way_to_the_one_at_the_top(alice):
    push(alice, VISITS, [visit(anonymousClientId=None)], anonymousClientId="b1")
    assert PageVisit.objects.get().browser.client_id == "b1"


def test_an_empty_client_id_of_a_record_is_the_browser_that_sends_none(alice):
    push(alice, VISITS, [visit(anonymousClientId="")], anonymousClientId="")
    assert PageVisit.objects.get().browser.client_id == ""


def test_a_client_id_of_64_characters_is_kept(alice):
    push(alice, VISITS, [visit(anonymousClientId="ü" * 64)])
    assert PageVisit.objects.get().browser.client_id == "ü" * 64


def test_a_client_id_of_65_characters_rejects_its_record(alice):
    reply = push(alice, VISITS, [visit(anonymousClientId="x" * 65), visit()])
    assert reply["results"] == ["rejected", "created"]
    assert list(reply["rejected"][0]["errors"]) == ["anonymousClientId"]


# Sending again


def snapshot(user):
    return [
        list(PageVisit.objects.filter(user=user).order_by("visit_id").values()),
        list(TabAggregate.objects.filter(user=user).order_by("tab_id").values()),
        list(SyncState.objects.filter(user=user).values()),
    ]


def test_sending_again_writes_no_row_and_leaves_the_counter(alice):
    visits, aggregates = [visit() for _ in range(20)], [aggregate() for _ in range(20)]
    push(alice, VISITS, visits)
    push(alice, AGGREGATES, aggregates)
    before = snapshot(alice)
    assert push(alice, VISITS, visits)["results"] == ["unchanged"] * 20
    assert push(alice, AGGREGATES, aggregates)["results"] == ["unchanged"] * 20
    assert snapshot(alice) == before


def test_sending_an_older_version_writes_no_row_and_leaves_the_counter(alice):
    record = visit(revision=5)
    push(alice, VISITS, [record])
    before = snapshot(alice)
    push(alice, VISITS, [{**record, "revision": 4, "title": "older"}])
    assert snapshot(alice) == before


def test_sending_one_new_record_among_old_ones_touches_it_alone(alice):
    records = [visit(id=f"pv_{number}") for number in range(10)]
    push(alice, VISITS, records)
    before = snapshot(alice)[0]
    reply = push(alice, VISITS, [*records, visit(id="pv_new")])
    assert reply["results"] == ["unchanged"] * 10 + ["created"]
    assert snapshot(alice)[0][:10] == before


def test_each_row_written_carries_the_raised_counter(alice):
    first, second = visit(id="pv_1"), visit(id="pv_2")
    push(alice, VISITS, [first])
    start = SyncState.objects.get(user=alice).counter
    push(alice, VISITS, [second, {**first, "revision": 1}])
    counter = SyncState.objects.get(user=alice).counter
    assert counter > start
    assert list(PageVisit.objects.values_list("seq", flat=True)) == [counter, counter]


def test_a_batch_of_refused_records_leaves_the_counter(alice):
    push(alice, VISITS, [visit()])
    before = snapshot(alice)
    push(alice, VISITS, [visit(url="nonsense")])
    assert snapshot(alice) == before


def test_an_updated_row_keeps_the_time_of_its_first_receipt(alice):
    record = visit()
    push(alice, VISITS, [record])
    first = PageVisit.objects.get()
    push(alice, VISITS, [{**record, "revision": 1}])
    second = PageVisit.objects.get()
    assert second.received_at == first.received_at
    assert second.updated_at >= first.updated_at


def test_a_winner_replaces_the_whole_record(alice):
    record = visit(id="pv")
    push(alice, VISITS, [record])
    push(alice, VISITS, [{"id": "pv", "url": "https://example.org/", "startedAt": AT_9 + 1, "revision": 1}])
    row = PageVisit.objects.get()
    assert (row.url, row.started_at, row.title, row.ended_at) == ("https://example.org/", AT_9 + 1, "", None)
    assert (row.tab_id, row.category, row.metadata, row.duration_ms) == (None, None, {}, None)
