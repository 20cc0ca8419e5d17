"""Every row of the contract's table of a tab aggregate."""

import pytest

from sync.models import TabAggregate
from tests.wire import AGGREGATES, push
from tests.wire_records import AT_9, aggregate, bare_aggregate

REQUIRED = ["tabId", "startTime", "totalActiveDuration"]
INTEGER = ["tabId", "startTime", "totalActiveDuration", "lastActiveTime", "pageCount", "closedAt", "revision"]
OPTIONAL = [
    "lastActiveTime", "domainDurations", "pageCount", "currentUrl", "currentDomain", "statistics", "closedAt",
    "anonymousClientId", "revision",
]  # fmt: skip
TEN_YEARS = 3_650 * 86_400_000


def refused(alice, record):
    reply = push(alice, AGGREGATES, [record, aggregate(tabId=999_999)])
    assert reply["results"] == ["rejected", "created"]
    assert [row.tab_id for row in TabAggregate.objects.filter(user=alice)] == [999_999]
    return reply["rejected"][0]["errors"]


def kept(alice, record, trimmed=()):
    reply = push(alice, AGGREGATES, [record])
    assert reply["results"] == ["created"], reply
    assert reply["trimmed"] == ([{"index": 0, "fields": list(trimmed)}] if trimmed else [])
    return TabAggregate.objects.get(user=alice)


@pytest.mark.parametrize("field", REQUIRED)
def test_an_aggregate_without_a_required_field_is_rejected(alice, field):
    record = aggregate()
    del record[field]
    assert list(refused(alice, record)) == [field]


@pytest.mark.parametrize("field", REQUIRED)
def test_null_does_not_fill_a_required_field(alice, field):
    assert list(refused(alice, aggregate(**{field: None}))) == [field]


def test_an_aggregate_needs_no_more_than_its_required_fields(alice):
    row = kept(alice, {"tabId": 7, "startTime": AT_9, "totalActiveDuration": 5})
    assert (row.tab_id, row.started_at, row.total_active_duration_ms) == (7, AT_9, 5)
    assert (row.last_active_at, row.domain_durations, row.page_count) == (AT_9, {}, 0)
    assert (row.current_url, row.current_domain, row.closed_at, row.revision) == (None, None, None, 0)
    assert not row.statistics
    assert row.browser.client_id == ""


def test_null_counts_as_absent_in_every_optional_field(alice):
    row = kept(alice, bare_aggregate(**dict.fromkeys(OPTIONAL)))
    assert (row.last_active_at, row.domain_durations, row.page_count) == (AT_9, {}, 0)
    assert (row.current_url, row.current_domain, row.closed_at, row.revision) == (None, None, None, 0)
    assert not row.statistics


def test_every_field_is_stored_as_sent(alice):
    row = kept(
        alice,
        {
            "tabId": 7, "startTime": AT_9, "totalActiveDuration": 240_000, "lastActiveTime": AT_9 + 267_334,
            "domainDurations": {"github.com": 30_000, "theguardian.com": 0}, "pageCount": 3,
            "currentUrl": "https://www.theguardian.com/a", "currentDomain": "theguardian.com",
            "statistics": {"mostVisitedDomain": "github.com", "averagePageDuration": 80_000},
            "closedAt": AT_9 + 300_000, "anonymousClientId": "b1", "revision": 3,
        },
    )  # fmt: skip
    assert (row.tab_id, row.started_at, row.total_active_duration_ms) == (7, AT_9, 240_000)
    assert (row.last_active_at, row.page_count) == (AT_9 + 267_334, 3)
    assert row.domain_durations == {"github.com": 30_000, "theguardian.com": 0}
    assert (row.current_url, row.current_domain) == ("https://www.theguardian.com/a", "theguardian.com")
    assert row.statistics == {"mostVisitedDomain": "github.com", "averagePageDuration": 80_000}
    assert (row.closed_at, row.revision, row.browser.client_id) == (AT_9 + 300_000, 3, "b1")
    assert row.user == alice


@pytest.mark.parametrize("value", ["5", "", 1.5, True, False, [], [5], {}, {"x": 1}], ids=repr)
@pytest.mark.parametrize("field", INTEGER)
def test_an_integer_field_takes_nothing_but_an_integer(alice, field, value):
    assert list(refused(alice, aggregate(**{field: value}))) == [field]


@pytest.mark.parametrize("value", [5, 1.5, True, [], ["x"], {}, {"x": 1}], ids=repr)
def test_the_client_id_takes_nothing_but_a_string(alice, value):
    assert list(refused(alice, aggregate(anonymousClientId=value))) == ["anonymousClientId"]


@pytest.mark.parametrize("value", ["{}", "", 0, 5, 1.5, True, False, [], [{}]], ids=repr)
@pytest.mark.parametrize("field", ["domainDurations", "statistics"])
def test_an_object_field_takes_nothing_but_an_object(alice, field, value):
    assert list(refused(alice, aggregate(**{field: value}))) == [field]


@pytest.mark.parametrize("value", ["5", "", 1.5, True, False, None, [], {}, -1], ids=repr)
def test_a_duration_of_a_domain_is_an_integer_of_at_least_0(alice, value):
    assert list(refused(alice, aggregate(domainDurations={"a.org": 5, "b.org": value}))) == ["domainDurations"]


@pytest.mark.parametrize(
    "value",
    [
        {"mostVisitedDomain": 5},
        {"mostVisitedDomain": True},
        {"mostVisitedDomain": ["a.org"]},
        {"averagePageDuration": "5"},
        {"averagePageDuration": 1.5},
        {"averagePageDuration": True},
        {"averagePageDuration": -1},
        {"averagePageDuration": []},
    ],
    ids=repr,
)
def test_statistics_are_typed(alice, value):
    assert list(refused(alice, aggregate(statistics=value))) == ["statistics"]


def test_a_most_visited_domain_may_be_null(alice):
    value = {"mostVisitedDomain": None, "averagePageDuration": 80_000}
    assert kept(alice, aggregate(statistics=value)).statistics == value


@pytest.mark.parametrize("field", ["tabId", "totalActiveDuration", "pageCount", "revision"])
def test_a_negative_count_is_rejected(alice, field):
    assert list(refused(alice, aggregate(**{field: -1}))) == [field]


@pytest.mark.parametrize("field", ["tabId", "totalActiveDuration", "pageCount", "revision"])
def test_zero_is_a_count(alice, field):
    kept(alice, aggregate(**{field: 0}))


@pytest.mark.parametrize("field", ["tabId", "totalActiveDuration", "pageCount", "revision"])
def test_a_count_written_with_a_zero_fraction_is_an_integer(alice, field):
    kept(alice, aggregate(**{field: 1.0}))


def test_instants_written_with_a_zero_fraction_are_integers(alice):
    row = kept(alice, aggregate(startTime=float(AT_9), lastActiveTime=AT_9 + 5.0, closedAt=AT_9 + 6.0))
    assert (row.started_at, row.last_active_at, row.closed_at) == (AT_9, AT_9 + 5, AT_9 + 6)


# Ten years


@pytest.mark.parametrize("value", [TEN_YEARS])
def test_a_total_of_ten_years_is_kept(alice, value):
    assert kept(alice, aggregate(totalActiveDuration=value)).total_active_duration_ms == value


@pytest.mark.parametrize("value", [TEN_YEARS + 4 * 86_400_000, 2**53])
def test_a_total_of_more_than_ten_years_is_rejected(alice, value):
    assert list(refused(alice, aggregate(totalActiveDuration=value))) == ["totalActiveDuration"]


def test_a_duration_of_a_domain_of_ten_years_is_kept(alice):
    assert kept(alice, aggregate(domainDurations={"a.org": TEN_YEARS})).domain_durations == {"a.org": TEN_YEARS}


def test_a_duration_of_a_domain_of_more_than_ten_years_is_rejected(alice):
    record = aggregate(domainDurations={"a.org": TEN_YEARS + 4 * 86_400_000})
    assert list(refused(alice, record)) == ["domainDurations"]


# domainDurations


def test_a_thousand_domains_are_kept(alice):
    durations = {f"d{number}.org": number for number in range(1_000)}
    assert kept(alice, aggregate(domainDurations=durations)).domain_durations == durations


def test_of_more_than_a_thousand_domains_the_largest_are_kept(alice):
    durations = {f"d{number}.org": number for number in range(1_003)}
    row = kept(alice, aggregate(domainDurations=durations), ["domainDurations"])
    assert row.domain_durations == {f"d{number}.org": number for number in range(3, 1_003)}


def test_among_equally_large_domains_the_names_decide(alice):
    durations = {f"d{number:04}.org": 5 for number in reversed(range(1_002))}
    row = kept(alice, aggregate(domainDurations=durations), ["domainDurations"])
    assert row.domain_durations == {f"d{number:04}.org": 5 for number in range(1_000)}


def test_which_domains_are_kept_does_not_depend_on_their_order(alice, bob):
    durations = {f"d{number:04}.org": number % 3 for number in range(1_500)}
    backwards = dict(reversed(durations.items()))
    first = kept(alice, aggregate(domainDurations=durations), ["domainDurations"]).domain_durations
    second = kept(bob, aggregate(domainDurations=backwards), ["domainDurations"]).domain_durations
    assert len(first) == 1_000
    assert first == second


# currentUrl and currentDomain


def test_an_absent_current_domain_is_derived_from_the_current_url(alice):
    row = kept(alice, aggregate(currentUrl="https://WWW.Example.org/a", currentDomain=None))
    assert row.current_domain == "example.org"


@pytest.mark.parametrize("sent", ["example.com", "", None, "a" * 254, 5, True, [], {}, "\x00"], ids=repr)
def test_a_sent_current_domain_is_ignored(alice, sent):
    row = kept(alice, aggregate(currentUrl="https://www.Example.org/a", currentDomain=sent))
    assert row.current_domain == "example.org"


def test_credentials_are_removed_from_a_current_url(alice):
    row = kept(alice, aggregate(currentUrl="https://user:secret@example.org/"), ["currentUrl"])
    assert row.current_url == "https://example.org/"


def test_a_current_url_of_8193_characters_is_cut(alice):
    url = "https://example.org/" + "x" * 8_173
    assert kept(alice, aggregate(currentUrl=url), ["currentUrl"]).current_url == url[:8_192]


@pytest.mark.parametrize(
    "url", ["nonsense", "http://[", "http://a:port/", "about:blank", "a\x00b", "https://a.org/\ud83d"], ids=ascii
)
def test_a_current_url_that_a_visit_could_not_have_is_dropped_and_never_fatal(alice, url):
    row = kept(alice, aggregate(currentUrl=url, currentDomain="example.org"), ["currentUrl"])
    assert row.current_url is None


@pytest.mark.parametrize("value", [5, True, [], {}], ids=repr)
def test_a_current_url_of_a_wrong_type_is_never_fatal(alice, value):
    row = kept(alice, aggregate(currentUrl=value), ["currentUrl"])
    assert (row.current_url, row.current_domain) == (None, None)


# The key, and a snapshot


def test_one_tab_id_with_two_start_times_is_two_aggregates(alice):
    records = [aggregate(tabId=5, startTime=AT_9), aggregate(tabId=5, startTime=AT_9 + 1)]
    assert push(alice, AGGREGATES, records)["results"] == ["created", "created"]


def test_a_later_snapshot_replaces_and_never_adds(alice):
    record = aggregate(tabId=5, totalActiveDuration=240_000, domainDurations={"a.org": 240_000})
    push(alice, AGGREGATES, [record])
    later = {**record, "lastActiveTime": AT_9 + 500_000, "totalActiveDuration": 300_000, "pageCount": 4}
    later["domainDurations"] = {"b.org": 300_000}
    assert push(alice, AGGREGATES, [later])["results"] == ["updated"]
    row = TabAggregate.objects.get()
    assert (row.total_active_duration_ms, row.domain_durations, row.page_count) == (300_000, {"b.org": 300_000}, 4)
