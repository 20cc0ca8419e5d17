"""NUL and lone surrogates, which browsers do send: replaced in free text, fatal in names."""

import json

import pytest

from sync.models import PageVisit, TabAggregate
from tests.wire import AGGREGATES, VISITS, post, push
from tests.wire_records import aggregate, visit

BAD = ["\x00", "\ud83d", "\udd8a", "\udd8a\ud83d"]


@pytest.mark.parametrize("bad", BAD, ids=ascii)
@pytest.mark.parametrize(
    ("field", "column"), [("title", "title"), ("category", "category"), ("categoryMethod", "category_method")]
)
def test_what_no_database_holds_becomes_u_fffd_in_free_text(alice, field, column, bad):
    reply = push(alice, VISITS, [visit(), visit(id="pv", **{field: f"a{bad}b"}), visit()])
    assert reply["results"] == ["created", "created", "created"]
    assert reply["trimmed"] == [{"index": 1, "fields": [field]}]
    assert getattr(PageVisit.objects.get(visit_id="pv"), column) == "a" + "\ufffd" * len(bad) + "b"


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_what_no_database_holds_becomes_u_fffd_in_metadata(alice, bad):
    metadata = {"a": f"x{bad}", f"k{bad}": 1, "l": [{"m": bad, bad: [bad]}]}
    reply = push(alice, VISITS, [visit(), visit(id="pv", metadata=metadata), visit()])
    assert reply["results"] == ["created", "created", "created"]
    assert reply["trimmed"] == [{"index": 1, "fields": ["metadata"]}]
    good = "\ufffd" * len(bad)
    assert PageVisit.objects.get(visit_id="pv").metadata == {
        "a": f"x{good}",
        f"k{good}": 1,
        "l": [{"m": good, good: [good]}],
    }


def test_keys_of_metadata_that_become_the_same_harm_nobody(alice):
    reply = push(alice, VISITS, [visit(metadata=dict.fromkeys(["\x00", "\ud83d", "\ufffd"], 1)), visit()])
    assert reply["results"] == ["created", "created"]
    assert reply["trimmed"] == [{"index": 0, "fields": ["metadata"]}]


@pytest.mark.parametrize("bad", BAD, ids=ascii)
@pytest.mark.parametrize("field", ["id", "url"])
def test_what_no_database_holds_rejects_the_record_in_its_id_or_url(alice, field, bad):
    reply = push(alice, VISITS, [visit(), visit(**{field: f"https://example.org/{bad}"}), visit()])
    assert reply["results"] == ["created", "rejected", "created"]
    assert list(reply["rejected"][0]["errors"]) == [field]
    assert PageVisit.objects.count() == 2


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_an_id_that_no_database_holds_is_not_told_back(alice, bad):
    assert push(alice, VISITS, [visit(id=f"pv{bad}")])["rejected"][0]["id"] is None


@pytest.mark.parametrize("bad", BAD, ids=ascii)
@pytest.mark.parametrize(
    ("path", "make", "field", "value"),
    [
        (VISITS, visit, "domain", "a{0}.org"),
        (VISITS, visit, "anonymousClientId", "b{0}"),
        (VISITS, visit, "visitId", "pv{0}"),
        (VISITS, visit, "unknown{0}", "x"),
        (VISITS, visit, "syncStatus", "{0}"),
        (AGGREGATES, aggregate, "currentUrl", "https://example.org/{0}"),
        (AGGREGATES, aggregate, "currentDomain", "a{0}.org"),
        (AGGREGATES, aggregate, "anonymousClientId", "b{0}"),
    ],
)
def test_what_no_database_holds_harms_no_neighbour_anywhere(alice, path, make, field, value, bad):
    reply = push(alice, path, [make(), make(**{field.format(bad): value.format(bad)}), make()])
    assert reply["results"][0] == reply["results"][2] == "created"
    assert reply["results"][1] in ("created", "rejected")
    rows = PageVisit if path == VISITS else TabAggregate
    assert rows.objects.count() == 3 - reply["results"].count("rejected")


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_what_no_database_holds_inside_a_structure_harms_no_neighbour(alice, bad):
    records = [
        aggregate(),
        aggregate(domainDurations={f"a{bad}.org": 5}),
        aggregate(statistics={"mostVisitedDomain": f"a{bad}.org", "averagePageDuration": 5}),
        aggregate(statistics={bad: bad}),
        aggregate(),
    ]
    reply = push(alice, AGGREGATES, records)
    assert reply["results"][0] == reply["results"][4] == "created"
    assert set(reply["results"]) <= {"created", "rejected"}


@pytest.mark.parametrize("bad", BAD, ids=ascii)
@pytest.mark.parametrize("field", ["reason", "resumeReason"])
def test_what_no_database_holds_in_an_idle_period_costs_the_period_at_most(alice, field, bad):
    started = visit()["startedAt"]
    good = {"start": started, "end": started + 1, "reason": "idle", "durationMs": 1, "resumeReason": "active"}
    reply = push(alice, VISITS, [visit(idlePeriods=[{**good, field: bad}, good]), visit()])
    assert reply["results"] == ["created", "created"]
    assert reply["trimmed"] == [{"index": 0, "fields": ["idlePeriods"]}]


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_a_bad_client_id_at_the_top_is_an_error_of_the_envelope(alice, bad):
    response = post(VISITS, {"visits": [visit()], "anonymousClientId": f"b{bad}"}, user=alice)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["anonymousClientId"]


@pytest.mark.parametrize("bad", BAD, ids=ascii)
def test_a_bad_client_object_is_ignored(alice, bad):
    client = {"extensionVersion": bad, "browserName": f"F{bad}x", bad: bad}
    assert push(alice, VISITS, [visit()], client=client)["results"] == ["created"]


@pytest.mark.parametrize("text", ["🦊", "é", "\ufffd", "\u2028", "\x01", "\x7f", "\ufeff"], ids=ascii)
def test_text_that_a_database_holds_is_left_alone(alice, text):
    reply = push(alice, VISITS, [visit(title=text, category=text, metadata={text: text})])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    row = PageVisit.objects.get()
    assert (row.title, row.category, row.metadata) == (text, text, {text: text})


def test_a_pair_of_surrogates_written_as_escapes_is_one_character(alice):
    body = json.dumps({"visits": [visit(title="@")]}).replace('"@"', r'"\ud83e\udd8a"')
    reply = post(VISITS, body.encode(), user=alice).json()
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().title == "🦊"


def test_a_record_with_replaced_text_is_unchanged_when_sent_again(alice):
    record = visit(title="a\x00\ud83d", metadata={"\x00": "\ud83d"})
    push(alice, VISITS, [record])
    reply = push(alice, VISITS, [record])
    assert reply["results"] == ["unchanged"]


def test_text_is_cut_and_cleaned_in_one(alice):
    reply = push(alice, VISITS, [visit(title="\x00" * 1_025)])
    assert reply["trimmed"] == [{"index": 0, "fields": ["title"]}]
    assert PageVisit.objects.get().title == "\ufffd" * 1_024
