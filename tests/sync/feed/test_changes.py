"""The feed: its order, its pages, its filters, and cursors that lead nowhere."""

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from sync.feed.record_source import RecordSource
from sync.models import Browser, PageVisit, ServerIdentity, SyncState
from tests.people import UserFactory
from tests.wire import AGGREGATES, CHANGES, VISITS, assert_error_shape, changes, page_of_changes, push, send
from tests.wire_records import aggregate, bare_visit, visit

pytestmark = pytest.mark.django_db


def ask(user, query=""):
    return send("GET", f"{CHANGES}?{query}", user=user)


def key_of(change):
    """Return what identifies the record of a change."""
    if "visit" in change:
        return change["kind"], change["browser"], change["visit"]["id"]
    return change["kind"], change["browser"], change["aggregate"]["tabId"], change["aggregate"]["startTime"]


def keys(user, **query):
    return [key_of(change) for change in changes(user, **query)[0]]


def test_somebody_without_records_gets_an_empty_page_and_a_cursor_to_go_on_from(alice):
    page = page_of_changes(alice)
    assert (page["changes"], page["more"]) == ([], False)
    push(alice, VISITS, [visit(id="first")], anonymousClientId="b1")
    later = page_of_changes(alice, cursor=page["cursor"])
    assert [key_of(change) for change in later["changes"]] == [("page-visit", "b1", "first")]
    assert type(later["serverTime"]) is int


def test_a_change_is_the_kind_the_browser_and_the_record(alice):
    sent = visit(id="one", title="A “title”", metadata={"n": [1.5, None]}, idlePeriods=[])
    push(alice, VISITS, [sent], anonymousClientId="b1")
    (change,) = page_of_changes(alice)["changes"]
    assert set(change) == {"kind", "browser", "visit"}
    assert (change["kind"], change["browser"]) == ("page-visit", "b1")
    assert change["visit"]["title"] == "A “title”"
    assert change["visit"]["metadata"] == {"n": [1.5, None]}
    assert change["visit"]["isActive"] is False
    assert change["visit"]["anonymousClientId"] == "b1"


def test_changes_come_in_the_order_of_the_pushes_and_within_one_by_browser_and_key(alice):
    push(alice, VISITS, [visit(id="z", anonymousClientId="b")])
    push(
        alice,
        VISITS,
        [visit(id=record_id, anonymousClientId=client) for record_id, client in
         [("b", "b"), ("ä", "a"), ("B", "b"), ("Z", "a"), ("a", ""), ("a", "a"), ("\U0001f600", "a"), ("\uffee", "a")]],
    )  # fmt: skip
    push(alice, AGGREGATES, [aggregate(tabId=10), aggregate(tabId=9)], anonymousClientId="b")
    assert [key[1:3] for key in keys(alice)] == [
        ("b", "z"),
        ("", "a"), ("a", "Z"), ("a", "a"), ("a", "ä"), ("a", "\uffee"), ("a", "\U0001f600"), ("b", "B"), ("b", "b"),
        ("b", 9), ("b", 10),
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1_000])
def test_pages_of_any_size_bring_the_same_changes(alice, limit):
    for client in ("b", "a"):
        push(alice, VISITS, [visit(anonymousClientId=c) for c in ("a", "", "b") for _ in range(3)])
        push(alice, AGGREGATES, [aggregate(tabId=tab) for tab in (3, 1, 2)], anonymousClientId=client)
    whole = page_of_changes(alice)
    assert (len(whole["changes"]), whole["more"]) == (24, False)
    assert changes(alice, limit=limit) == (whole["changes"], whole["cursor"])


def test_a_page_has_500_changes_when_no_limit_is_asked_for(alice):
    push(alice, VISITS, [bare_visit() for _ in range(501)])
    page = page_of_changes(alice)
    assert (len(page["changes"]), page["more"]) == (500, True)
    rest = page_of_changes(alice, cursor=page["cursor"])
    assert (len(rest["changes"]), rest["more"]) == (1, False)


def test_a_full_page_that_ends_with_the_last_change_says_that_there_is_no_more(alice):
    push(alice, VISITS, [visit(), visit()])
    assert page_of_changes(alice, limit=2)["more"] is False


def test_a_changed_record_stands_once_at_the_end_in_its_present_version(alice):
    push(alice, VISITS, [visit(id="one"), visit(id="two")])
    push(alice, VISITS, [visit(id="one", revision=1, title="changed")])
    found, cursor = changes(alice)
    assert [(change["visit"]["id"], change["visit"]["revision"]) for change in found] == [("two", 0), ("one", 1)]
    push(alice, VISITS, [visit(id="one", title="older"), visit(id="two", revision=2)])
    later, _ = changes(alice, cursor)
    assert [change["visit"]["id"] for change in later] == ["two"]


def test_nothing_is_skipped_when_records_change_while_a_page_is_read(alice, monkeypatch):
    ids = "abcdef"
    push(alice, VISITS, [visit(id=i) for i in ids[:3]])
    for i in ids[3:]:
        push(alice, VISITS, [visit(id=i)])
    bound = RecordSource.bound

    def bound_and_then_a_push(source, *place):
        monkeypatch.setattr(RecordSource, "bound", bound)
        found = bound(source, *place)
        push(alice, VISITS, [visit(id="a", revision=1), visit(id="d", revision=1)])
        return found

    monkeypatch.setattr(RecordSource, "bound", bound_and_then_a_push)
    found, _ = changes(alice, limit=2)
    assert {change["visit"]["id"] for change in found} == {*ids}
    assert [change["visit"]["revision"] for change in found if change["visit"]["id"] in "ad"][-2:] == [1, 1]


def test_what_is_sent_again_unchanged_is_no_change(alice):
    records = [visit(), visit()]
    push(alice, VISITS, records)
    cursor = page_of_changes(alice)["cursor"]
    push(alice, VISITS, records)
    assert page_of_changes(alice, cursor=cursor)["changes"] == []


@given(st.data())
def test_a_follower_ends_with_what_the_server_has_however_pushes_and_pages_take_turns(data):
    person, held, cursor = UserFactory(), {}, ""
    ids, clients, tabs = st.sampled_from("abcde"), st.sampled_from(["", "x", "y"]), st.integers(0, 3)

    def read(limit):
        nonlocal cursor
        page = page_of_changes(person, cursor=cursor, limit=limit)
        held.update({key_of(change): change for change in page["changes"]})
        cursor = page["cursor"]
        return page["more"]

    steps = data.draw(st.lists(st.sampled_from(["visits", "aggregates", "read"]), max_size=12))
    for revision, step in enumerate(steps):
        if step == "visits":
            pairs = data.draw(st.lists(st.tuples(ids, clients), min_size=1, max_size=6, unique=True))
            push(person, VISITS, [visit(id=i, anonymousClientId=c, revision=revision) for i, c in pairs])
        elif step == "aggregates":
            pairs = data.draw(st.lists(st.tuples(tabs, clients), min_size=1, max_size=4, unique=True))
            push(person, AGGREGATES, [aggregate(tabId=t, anonymousClientId=c, revision=revision) for t, c in pairs])
        else:
            read(data.draw(st.integers(1, 4)))
    while read(3):
        pass
    assert held == {key_of(change): change for change in page_of_changes(person, limit=1_000)["changes"]}


def test_the_followed_records_pushed_by_somebody_else_give_the_same_feed(alice, bob):
    push(alice, VISITS, [visit(anonymousClientId=client) for client in ("a", "", "b")])
    push(alice, AGGREGATES, [aggregate()], anonymousClientId="a")
    found = page_of_changes(alice)["changes"]
    push(bob, VISITS, [change["visit"] for change in found if "visit" in change])
    push(bob, AGGREGATES, [change["aggregate"] for change in found if "aggregate" in change])
    assert page_of_changes(bob)["changes"] == found
    again = push(bob, VISITS, [change["visit"] for change in found if "visit" in change])
    assert again["results"] == ["unchanged"] * 3


# Large records


def test_a_page_of_large_records_ends_early_and_the_next_one_goes_on(alice, monkeypatch):
    monkeypatch.setattr("sync.limits.MAX_CHANGES_BYTES", 5_000)
    push(alice, VISITS, [visit(id=f"{n}", metadata={"text": "x" * 2_000}) for n in range(5)])
    sizes, cursor, more = [], "", True
    while more:
        page = page_of_changes(alice, cursor=cursor)
        sizes.append(len(page["changes"]))
        cursor, more = page["cursor"], page["more"]
    assert sizes == [2, 2, 1]


# Kinds


def test_kinds_choose_the_changes_and_the_cursor_keeps_them(alice):
    push(alice, VISITS, [visit(id="one")])
    push(alice, AGGREGATES, [aggregate()])
    first = page_of_changes(alice, kinds="tab-aggregates")
    assert [change["kind"] for change in first["changes"]] == ["tab-aggregate"]
    push(alice, VISITS, [visit(id="two")])
    push(alice, AGGREGATES, [aggregate(tabId=2)])
    for query in ({}, {"kinds": "tab-aggregates"}):
        later = page_of_changes(alice, cursor=first["cursor"], **query)
        assert [change["aggregate"]["tabId"] for change in later["changes"]] == [2]


def test_the_order_of_the_names_of_kinds_does_not_matter(alice):
    page = page_of_changes(alice, kinds="tab-aggregates,page-visits")
    assert page_of_changes(alice, kinds="page-visits,tab-aggregates", cursor=page["cursor"])["changes"] == []


def test_a_cursor_is_refused_with_other_kinds(alice):
    cursor = page_of_changes(alice, kinds="tab-aggregates")["cursor"]
    reply = assert_error_shape(ask(alice, f"cursor={cursor}&kinds=page-visits"), 400, "invalid")
    assert list(reply["errors"]) == ["kinds"]


@pytest.mark.parametrize("kinds", ["", "visits", "page-visits,", "page-visits;tab-aggregates", "page-visits,nothing"])
def test_unknown_kinds_are_refused_with_the_names_of_those_there_are(alice, kinds):
    reply = assert_error_shape(ask(alice, f"kinds={kinds}"), 400, "invalid")
    assert list(reply["errors"]) == ["kinds"]
    if kinds:
        assert "page-visits, tab-aggregates" in reply["errors"]["kinds"][0]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1.5", "x", "", "9" * 2_000])
def test_a_limit_outside_1_to_1000_is_refused(alice, limit):
    assert list(assert_error_shape(ask(alice, f"limit={limit}"), 400, "invalid")["errors"]) == ["limit"]


# Cursors


def test_bobs_cursor_is_refused_to_alice_and_shows_nothing_of_either(alice, bob):
    push(alice, VISITS, [visit(id="of-alice")])
    push(bob, VISITS, [visit(id="of-bob"), visit(id="of-bob-too")])
    for cursor in (page_of_changes(bob, limit=1)["cursor"], page_of_changes(bob)["cursor"]):
        response = ask(alice, f"cursor={cursor}")
        assert list(assert_error_shape(response, 400, "invalid")["errors"]) == ["cursor"]
        assert b"of-" not in response.content
    assert keys(alice) == [("page-visit", "", "of-alice")]


def test_a_forged_cursor_is_refused(alice):
    push(alice, VISITS, [visit(), visit()])
    good = page_of_changes(alice, limit=1)["cursor"]
    content, _, signature = good.partition(":")
    other = signing.Signer(salt="another").sign(content)
    bad = [content, f"{content}:", f":{signature}", f"{content}A:{signature}", good[:-1], other, "x", "%ff", "é"]
    bad += ["a" * 3_000, signing.dumps([alice.pk])]
    for cursor in bad:
        reply = assert_error_shape(ask(alice, f"cursor={cursor}"), 400, "invalid")
        assert list(reply["errors"]) == ["cursor"]
        assert "begin anew" in reply["errors"]["cursor"][0]


def test_the_longest_key_fits_into_a_cursor_that_gunicorn_takes(alice):
    records = [visit(id=chr(0x1F600 + n) * 128, anonymousClientId="\U0001f600" * 64) for n in range(2)]
    push(alice, VISITS, records)
    page = page_of_changes(alice, limit=1)
    assert len(page["cursor"]) < 2_000
    assert len(page_of_changes(alice, cursor=page["cursor"])["changes"]) == 1


def test_a_cursor_of_another_epoch_is_gone(alice):
    push(alice, VISITS, [visit(), visit()])
    old = [page_of_changes(alice, limit=1)["cursor"], page_of_changes(alice)["cursor"]]
    ServerIdentity.objects.update(epoch="f" * 32)
    for cursor in old:
        reply = assert_error_shape(ask(alice, f"cursor={cursor}"), 410, "resync_required")
        assert "without a cursor" in reply["detail"]
    assert len(page_of_changes(alice)["changes"]) == 2


def test_a_cursor_ahead_of_the_counter_is_gone(alice):
    push(alice, VISITS, [visit(id="one")])
    push(alice, VISITS, [visit(id="two")])
    cursor = page_of_changes(alice)["cursor"]
    # As an older backup has it.
    PageVisit.objects.filter(user=alice, visit_id="two").delete()
    SyncState.objects.filter(user=alice).update(counter=1)
    assert_error_shape(ask(alice, f"cursor={cursor}"), 410, "resync_required")


def test_a_cursor_inside_a_push_holds_when_its_browser_and_its_record_are_gone(alice):
    push(alice, VISITS, [visit(id=i, anonymousClientId=c) for i, c in (("1", "a"), ("2", "b"), ("3", "c"))])
    cursor = page_of_changes(alice, limit=2)["cursor"]
    PageVisit.objects.filter(user=alice, visit_id="2").delete()
    Browser.objects.filter(user=alice, client_id="b").delete()
    assert [key[2] for key in keys(alice, cursor=cursor)] == ["3"]
