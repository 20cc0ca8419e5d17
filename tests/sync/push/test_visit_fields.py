"""Every row of the contract's table of a page visit."""

import json
from pathlib import Path

import pytest

from sync.models import PageVisit
from sync.records.page_url import read_page_url
from tests.wire import VISITS, push
from tests.wire_records import AT_9, bare_visit, visit

STRING = ["id", "url", "title", "category", "categoryMethod", "anonymousClientId"]
INTEGER = [
    "startedAt", "tabId", "endedAt", "duration", "activeDuration", "lastHeartbeat", "closedAt", "revision",
]  # fmt: skip
NUMBER = ["engagementRate", "categoryConfidence"]
OPTIONAL = [
    "tabId", "domain", "title", "endedAt", "duration", "isActive", "activeDuration", "engagementRate", "idlePeriods",
    "lastHeartbeat", "category", "categoryConfidence", "categoryMethod", "metadata", "closedAt", "anonymousClientId",
    "revision",
]  # fmt: skip


def refused(alice, record):
    reply = push(alice, VISITS, [record, visit(id="neighbour")])
    assert reply["results"] == ["rejected", "created"]
    assert [row.visit_id for row in PageVisit.objects.filter(user=alice)] == ["neighbour"]
    return reply["rejected"][0]["errors"]


def kept(alice, record, trimmed=()):
    reply = push(alice, VISITS, [record])
    assert reply["results"] == ["created"], reply
    assert reply["trimmed"] == ([{"index": 0, "fields": list(trimmed)}] if trimmed else [])
    return PageVisit.objects.get(user=alice)


@pytest.mark.parametrize("field", ["id", "url", "startedAt"])
def test_a_visit_without_a_required_field_is_rejected(alice, field):
    record = visit()
    del record[field]
    assert list(refused(alice, record)) == [field]


@pytest.mark.parametrize("field", ["id", "url", "startedAt"])
def test_null_does_not_fill_a_required_field(alice, field):
    assert list(refused(alice, visit(**{field: None}))) == [field]


def test_a_visit_needs_no_more_than_its_required_fields(alice):
    row = kept(alice, {"id": "pv_1", "url": "https://www.Example.org/a", "startedAt": AT_9})
    assert (row.visit_id, row.url, row.started_at) == ("pv_1", "https://www.Example.org/a", AT_9)
    assert (row.tab_id, row.domain, row.title, row.ended_at) == (None, "example.org", "", None)
    assert (row.duration_ms, row.is_active, row.active_duration_ms, row.engagement_rate) == (None, False, None, 0)
    assert (row.idle_periods, row.last_heartbeat_at, row.metadata, row.closed_at) == ([], None, {}, None)
    assert (row.category, row.category_confidence, row.category_method, row.revision) == (None, None, None, 0)
    assert row.browser.client_id == ""


def test_null_counts_as_absent_in_every_optional_field(alice):
    row = kept(alice, bare_visit(**dict.fromkeys(OPTIONAL), visitId=None, timestamp=None, durationSeconds=None))
    assert (row.tab_id, row.domain, row.title, row.ended_at) == (None, "example.org", "", None)
    assert (row.duration_ms, row.is_active, row.active_duration_ms, row.engagement_rate) == (None, False, None, 0)
    assert (row.idle_periods, row.last_heartbeat_at, row.metadata, row.closed_at) == ([], None, {}, None)
    assert (row.category, row.category_confidence, row.category_method, row.revision) == (None, None, None, 0)


def test_every_field_is_stored_as_sent(alice):
    period = {"start": AT_9, "end": AT_9 + 5, "reason": "idle", "durationMs": 5, "resumeReason": "active"}
    row = kept(
        alice,
        {
            "id": "pv_1", "url": "https://example.org/a?b=c#d", "startedAt": AT_9, "tabId": 7, "domain": "ignored.org",
            "title": "Title", "endedAt": AT_9 + 60_000, "duration": 60_001, "isActive": True, "activeDuration": 90_000,
            "engagementRate": 0.25, "idlePeriods": [period], "lastHeartbeat": AT_9 + 30_000, "category": "work",
            "categoryConfidence": 0.75, "categoryMethod": "rules", "metadata": {"a": [1, None]},
            "closedAt": AT_9 + 70_000, "anonymousClientId": "b1", "revision": 3,
        },
    )  # fmt: skip
    assert (row.visit_id, row.url, row.started_at, row.tab_id) == (
        "pv_1",
        "https://example.org/a?b=c#d",
        AT_9,
        7,
    )
    assert (row.domain, row.title, row.ended_at, row.duration_ms) == (
        "example.org",
        "Title",
        AT_9 + 60_000,
        60_001,
    )
    assert (row.is_active, row.active_duration_ms, row.engagement_rate) == (True, 90_000, 0.25)
    assert (row.idle_periods, row.last_heartbeat_at) == ([period], AT_9 + 30_000)
    assert (row.category, row.category_confidence, row.category_method) == ("work", 0.75, "rules")
    assert (row.metadata, row.closed_at, row.revision) == ({"a": [1, None]}, AT_9 + 70_000, 3)
    assert (row.user, row.browser.client_id) == (alice, "b1")


@pytest.mark.parametrize("value", [5, 1.5, True, [], ["x"], {}, {"x": 1}], ids=repr)
@pytest.mark.parametrize("field", STRING)
def test_a_string_field_takes_nothing_but_a_string(alice, field, value):
    assert list(refused(alice, visit(**{field: value}))) == [field]


@pytest.mark.parametrize("value", ["5", "", 1.5, True, False, [], [5], {}, {"x": 1}], ids=repr)
@pytest.mark.parametrize("field", INTEGER)
def test_an_integer_field_takes_nothing_but_an_integer(alice, field, value):
    assert list(refused(alice, visit(**{field: value}))) == [field]


@pytest.mark.parametrize("value", ["0.5", "", True, False, [], [0.5], {}, {"x": 1}], ids=repr)
@pytest.mark.parametrize("field", NUMBER)
def test_a_number_field_takes_nothing_but_a_number(alice, field, value):
    assert list(refused(alice, visit(**{field: value}))) == [field]


@pytest.mark.parametrize("value", ["true", "", 0, 1, 1.0, [], [True], {}, {"x": True}], ids=repr)
def test_is_active_takes_nothing_but_a_boolean(alice, value):
    assert list(refused(alice, visit(isActive=value))) == ["isActive"]


@pytest.mark.parametrize("value", ["[]", "", 0, 5, 1.5, True, False, {}, {"start": AT_9}], ids=repr)
def test_idle_periods_take_nothing_but_a_list(alice, value):
    assert list(refused(alice, visit(idlePeriods=value))) == ["idlePeriods"]


@pytest.mark.parametrize("value", ["{}", "", 0, 5, 1.5, True, False, [], [{}]], ids=repr)
def test_metadata_takes_nothing_but_an_object(alice, value):
    assert list(refused(alice, visit(metadata=value))) == ["metadata"]


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("startedAt", "started_at"),
        ("endedAt", "ended_at"),
        ("lastHeartbeat", "last_heartbeat_at"),
        ("closedAt", "closed_at"),
    ],
)
def test_an_instant_written_with_a_zero_fraction_is_an_integer(alice, field, column):
    row = kept(alice, visit(**{field: float(AT_9)}))
    assert getattr(row, column) == AT_9


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("tabId", "tab_id"),
        ("duration", "duration_ms"),
        ("activeDuration", "active_duration_ms"),
        ("revision", "revision"),
    ],
)
def test_a_count_written_with_a_zero_fraction_is_an_integer(alice, field, column):
    row = kept(alice, visit(**{field: 1.0}))
    assert getattr(row, column) == 1


@pytest.mark.parametrize("field", ["tabId", "duration", "activeDuration", "revision", "durationSeconds"])
def test_a_negative_count_is_rejected(alice, field):
    record = visit(**{field: -1})
    if field == "durationSeconds":
        del record["duration"]
    assert list(refused(alice, record)) == [field]


@pytest.mark.parametrize("field", ["tabId", "duration", "activeDuration", "revision"])
def test_zero_is_a_count(alice, field):
    kept(alice, visit(**{field: 0}))


# Aliases


def test_visit_id_is_an_alias_of_id(alice):
    record = visit(visitId="pv_alias")
    del record["id"]
    assert kept(alice, record).visit_id == "pv_alias"


def test_timestamp_is_an_alias_of_started_at(alice):
    record = visit(timestamp=AT_9 + 1)
    del record["startedAt"]
    assert kept(alice, record).started_at == AT_9 + 1


def test_id_wins_over_visit_id(alice):
    assert kept(alice, visit(id="pv_id", visitId="pv_alias")).visit_id == "pv_id"


def test_started_at_wins_over_timestamp(alice):
    assert kept(alice, visit(startedAt=AT_9, timestamp=AT_9 - 60_000)).started_at == AT_9


def test_a_null_id_gives_way_to_visit_id(alice):
    assert kept(alice, visit(id=None, visitId="pv_alias")).visit_id == "pv_alias"


def test_a_null_started_at_gives_way_to_timestamp(alice):
    assert kept(alice, visit(startedAt=None, timestamp=AT_9 + 1)).started_at == AT_9 + 1


@pytest.mark.parametrize(
    ("name", "alias", "value"),
    [("id", "visitId", 5), ("id", "visitId", ""), ("startedAt", "timestamp", "x"), ("startedAt", "timestamp", 1.5)],
)
def test_an_error_names_the_field_as_it_was_sent(alice, name, alias, value):
    record = visit(**{alias: value})
    del record[name]
    assert list(refused(alice, record)) == [alias]


def test_an_empty_id_is_not_absent(alice):
    assert list(refused(alice, visit(id="", visitId="pv_alias"))) == ["id"]


# id


@pytest.mark.parametrize("length", [1, 128])
def test_an_id_of_1_to_128_characters_is_kept(alice, length):
    assert kept(alice, visit(id="ü" * length)).visit_id == "ü" * length


@pytest.mark.parametrize("length", [0, 129])
def test_an_id_of_other_lengths_is_rejected(alice, length):
    assert list(refused(alice, visit(id="x" * length))) == ["id"]


def test_ids_are_never_blank_trimmed(alice):
    push(alice, VISITS, [visit(id=text) for text in ("pv", " pv", "pv ", "\tpv", " ")])
    assert sorted(row.visit_id for row in PageVisit.objects.all()) == ["\tpv", " ", " pv", "pv", "pv "]


def test_ids_that_differ_in_case_are_two_visits(alice):
    assert push(alice, VISITS, [visit(id="pv_a"), visit(id="PV_A")])["results"] == ["created", "created"]


# title and category


def test_a_title_of_1024_characters_is_kept(alice):
    assert kept(alice, visit(title="ü" * 1_024)).title == "ü" * 1_024


def test_a_title_of_1025_characters_is_cut(alice):
    assert kept(alice, visit(title="ü" * 1_024 + "x"), ["title"]).title == "ü" * 1_024


def test_a_character_outside_the_basic_plane_counts_once(alice):
    assert kept(alice, visit(title="🦊" * 1_024)).title == "🦊" * 1_024


def test_a_title_keeps_its_blanks(alice):
    assert kept(alice, visit(title="  a \n b ")).title == "  a \n b "


@pytest.mark.parametrize(("field", "column"), [("category", "category"), ("categoryMethod", "category_method")])
def test_a_category_of_64_characters_is_kept(alice, field, column):
    assert getattr(kept(alice, visit(**{field: "ü" * 64})), column) == "ü" * 64


@pytest.mark.parametrize(("field", "column"), [("category", "category"), ("categoryMethod", "category_method")])
def test_a_category_of_65_characters_is_cut(alice, field, column):
    assert getattr(kept(alice, visit(**{field: "ü" * 65}), [field]), column) == "ü" * 64


def test_all_that_was_cut_is_listed_once(alice):
    reply = push(alice, VISITS, [visit(title="x" * 2_000, category="y" * 70, categoryMethod="z" * 70)])
    assert sorted(reply["trimmed"][0]["fields"]) == ["category", "categoryMethod", "title"]


# rates


@pytest.mark.parametrize("value", [0, 0.5, 1, 1.0, 1e-400])
def test_a_rate_from_0_to_1_is_kept(alice, value):
    row = kept(alice, visit(engagementRate=value, categoryConfidence=value))
    assert (row.engagement_rate, row.category_confidence) == (value, value)


@pytest.mark.parametrize("value", [1.0000001, 2, 1e300])
def test_an_engagement_rate_above_1_is_stored_as_1(alice, value):
    assert kept(alice, visit(engagementRate=value), ["engagementRate"]).engagement_rate == 1


@pytest.mark.parametrize("value", [-0.0000001, -1, -1e300])
def test_a_negative_engagement_rate_is_rejected(alice, value):
    assert list(refused(alice, visit(engagementRate=value))) == ["engagementRate"]


@pytest.mark.parametrize("value", [-0.0000001, -1, 1.0000001, 2])
def test_a_confidence_outside_0_to_1_is_rejected(alice, value):
    assert list(refused(alice, visit(categoryConfidence=value))) == ["categoryConfidence"]


# duration


def test_active_duration_above_duration_is_stored_as_sent(alice):
    assert kept(alice, visit(duration=8_305, activeDuration=30_000)).active_duration_ms == 30_000


def test_duration_wins_over_duration_seconds(alice):
    assert kept(alice, visit(duration=3_329, durationSeconds=4)).duration_ms == 3_329


def test_a_duration_of_0_wins_over_duration_seconds(alice):
    assert kept(alice, visit(duration=0, durationSeconds=4)).duration_ms == 0


def test_a_null_duration_gives_way_to_duration_seconds(alice):
    assert kept(alice, visit(duration=None, durationSeconds=3)).duration_ms == 3_000


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [
        (0, 0),
        (2, 2_000),
        (2.0, 2_000),
        (2.5, 2_500),
        (0.0004, 0),
        (0.0005, 1),
        (0.0015, 2),
        (0.0025, 3),
        (3.3295, 3_330),
    ],
)
def test_duration_seconds_become_milliseconds_rounded_half_up(alice, seconds, milliseconds):
    record = visit(durationSeconds=seconds)
    del record["duration"]
    assert kept(alice, record).duration_ms == milliseconds


def test_half_up_is_meant_of_the_decimal_number_sent(alice):
    # 1.0005 * 1000 is 1000.4999999999999 in binary floating point.
    assert kept(alice, visit(duration=None, durationSeconds=1.0005)).duration_ms == 1_001


@pytest.mark.parametrize("value", ["3", "", True, [], [3], {}], ids=repr)
def test_duration_seconds_take_nothing_but_a_number(alice, value):
    assert list(refused(alice, visit(duration=None, durationSeconds=value))) == ["durationSeconds"]


# domain

CASES = json.loads((Path(__file__).parents[2] / "site_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["url"])
def test_the_site_is_derived_from_the_url_as_a_browser_parses_it(case):
    url, site = read_page_url(case["url"])
    assert site == case["site"]
    assert read_page_url(url) == (url, site)


@pytest.mark.parametrize("sent", ["example.com", "", None, "a" * 254, 5, ["x"], {"x": 1}, "\x00"], ids=repr)
def test_a_sent_domain_is_ignored(alice, sent):
    assert kept(alice, visit(url="https://www.Example.org/", domain=sent)).domain == "example.org"


def test_a_site_of_253_characters_is_kept(alice):
    host = "a." * 126 + "b"
    assert kept(alice, visit(url=f"https://{host}/")).domain == host


def test_a_host_of_254_characters_is_rejected(alice):
    assert list(refused(alice, visit(url="https://" + "a." * 126 + "bc/"))) == ["url"]


def test_the_domain_of_a_url_with_credentials_is_the_host(alice):
    record = visit(url="https://www.alice.net:secret@example.org/")
    assert kept(alice, record, ["url"]).domain == "example.org"
