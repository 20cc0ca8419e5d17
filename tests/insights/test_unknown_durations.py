"""Unknown durations are not 0: sums, focus and medians leave them out, and nothing shows them as 0."""

import pytest

from insights import month_tallies, numbers, timeline
from insights.numbers import Hour, Sums, Tally, Unknown
from insights.queries import listed_visits
from sync.models import Browser
from tests.insights.records import AT_9, HOUR, MINUTE, aggregate, store, visit
from tests.wire import VISITS, push, send
from tests.wire_records import visit as wire_visit

MONDAY = "from=2025-11-03&to=2025-11-03"
MONDAY_STARTS_AT, MONDAY_ENDS_AT = 1_762_128_000_000, 1_762_214_400_000
UNKNOWN = {"ended_at": None, "duration_ms": None, "active_duration_ms": None}


def answer(user, call):
    response = send("GET", f"/api/insights/{call}", user=user)
    assert response.status_code == 200, response.content
    return response.json()


def times_of(user):
    summary = answer(user, f"summary?{MONDAY}")
    return [summary[name] for name in ("activeMs", "timeMs", "clockMs", "visits", "sites", "focus")]


@pytest.mark.parametrize(
    ("ended", "heartbeat", "duration", "end"),
    [(None, None, None, None), (None, 450, None, 450), (500, None, None, 500), (None, 50, None, 100)],
)
def test_the_end_is_unknown_without_any_sign_of_it(ended, heartbeat, duration, end):
    assert numbers.end_of(100, ended, heartbeat, duration) == end


@pytest.mark.parametrize(
    ("end", "duration", "active", "counted"),
    [(1100, 60, None, None), (None, None, None, None), (1100, None, 900, 100), (None, None, 30, 30)],
)
def test_an_unknown_duration_caps_nothing_and_an_unknown_active_time_stays_unknown(end, duration, active, counted):
    assert numbers.active_time(1000, end, duration, active) == counted


def test_a_change_to_or_from_an_unknown_number_is_unknown():
    assert numbers.change(None, 100) is None
    assert numbers.change(100, None) is None


def test_sums_are_unknown_only_where_nothing_is_known():
    assert (Sums().active_ms, Sums().time_ms, Hour().focus) == (0, 0, None)
    unknown = Hour(visits=1, unknown=Unknown(visits_without_duration=1, visits_without_active=1))
    assert (unknown.active_ms, unknown.time_ms, unknown.clock_ms) == (None, None, None)
    unknown.add(Hour(active_sum_ms=0, time_sum_ms=0, visits=1))
    assert (unknown.active_ms, unknown.time_ms, unknown.clock_ms) == (0, 0, 0)


def test_a_visit_of_unknown_duration_counts_as_a_visit_and_no_time(alice):
    store(alice, visit(), visit(started_at=AT_9 + HOUR, domain="b.example", **UNKNOWN))
    assert times_of(alice) == [8 * MINUTE, 10 * MINUTE, 10 * MINUTE, 2, 2, 0.8]


def test_a_heartbeat_or_an_end_gives_a_duration(alice):
    store(
        alice,
        visit(**{**UNKNOWN, "last_heartbeat_at": AT_9 + 5 * MINUTE}),
        visit(started_at=AT_9 + HOUR, **{**UNKNOWN, "ended_at": AT_9 + HOUR + 2 * MINUTE}),
    )
    assert times_of(alice) == [None, 7 * MINUTE, 7 * MINUTE, 2, 1, None]


def test_a_known_active_time_counts_without_a_duration_and_not_for_focus(alice):
    store(
        alice,
        visit(**{**UNKNOWN, "active_duration_ms": 3 * MINUTE}),
        visit(started_at=AT_9 + HOUR, ended_at=AT_9 + HOUR + 10 * MINUTE, active_duration_ms=5 * MINUTE),
        visit(started_at=AT_9 + 2 * HOUR, ended_at=AT_9 + 3 * HOUR, duration_ms=HOUR, active_duration_ms=None),
    )
    assert times_of(alice) == [8 * MINUTE, 70 * MINUTE, 70 * MINUTE, 3, 1, 0.5]


def test_a_pushed_visit_without_durations_has_unknown_ones(alice):
    sent = wire_visit(startedAt=AT_9, endedAt=None, duration=None, activeDuration=None, lastHeartbeat=None)
    push(alice, VISITS, [sent])
    assert times_of(alice) == [None, None, None, 1, 1, None]


def test_each_call_answers_null_where_all_is_unknown(alice):
    store(alice, visit(visit_id="pv_1", **UNKNOWN))
    assert times_of(alice) == [None, None, None, 1, 1, None]
    assert answer(alice, f"summary?{MONDAY}")["longestStay"] is None
    (day,) = answer(alice, f"days?{MONDAY}")["days"]
    assert day == {"date": "2025-11-03", "activeMs": None, "timeMs": None, "clockMs": None, "visits": 1}
    hours = [hour for hour in answer(alice, f"hours?{MONDAY}")["hours"] if hour["visits"]]
    unknown = {"activeMs": None, "timeMs": None, "clockMs": None}
    assert hours == [{"weekday": 1, "hour": 9, **unknown, "visits": 1, "categories": []}]
    (site,) = answer(alice, f"sites?{MONDAY}")["sites"]
    assert (site["activeMs"], site["timeMs"], site["visits"], site["share"]) == (None, None, 1, None)
    (found,) = answer(alice, "search?q=page")["visits"]
    assert (found["end"], found["activeMs"], found["open"]) == (None, None, False)
    (browser,) = answer(alice, "timeline?date=2025-11-03")["browsers"]
    assert browser["tabs"][0]["visits"] == [found]


def test_a_visit_of_unknown_duration_ends_a_gap_and_fills_none(alice):
    store(alice, visit(**UNKNOWN))
    listed = listed_visits(alice.pk, MONDAY_STARTS_AT, MONDAY_ENDS_AT).visits
    assert timeline.recording_gaps(listed, MONDAY_STARTS_AT, MONDAY_ENDS_AT, MONDAY_ENDS_AT) == [
        (MONDAY_STARTS_AT, AT_9),
        (AT_9, MONDAY_ENDS_AT),
    ]


def test_a_part_away_without_an_end_is_left_out_where_the_visit_has_none(alice):
    parts = [
        {"start": AT_9 + n * MINUTE, "end": end, "reason": "idle", "durationMs": None, "resumeReason": None}
        for n, end in ((1, AT_9 + 2 * MINUTE), (3, None))
    ]
    store(alice, visit(idle_periods=parts, **UNKNOWN))
    (listed,) = listed_visits(alice.pk, MONDAY_STARTS_AT, MONDAY_ENDS_AT).visits
    assert listed.away == ((AT_9 + MINUTE, AT_9 + 2 * MINUTE),)


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/day/2025-11-03",
        "/dashboard/week/2025-11-03",
        "/dashboard/month/2025-11",
        "/dashboard/year/2025",
        "/dashboard/range?from=2023-01-01&to=2025-11-20",
        "/dashboard/timeline/2025-11-03",
        "/dashboard/timeline/2025-11-03?hour=9",
        "/dashboard/sites/example.org?from=2025-11-01&to=2025-11-30",
        "/dashboard/history",
        "/dashboard/history?q=page",
        "/dashboard/tabs?from=2025-11-01&to=2025-11-30",
    ],
)
def test_no_page_shows_an_unknown_time_as_0(client, alice, path):
    store(alice, visit(**UNKNOWN), aggregate(total_active_duration_ms=MINUTE))
    client.force_login(alice)
    answer = client.get(path)
    assert answer.status_code == 200
    cells = answer.content.decode().split('class="cards"')[-1].split("<figure")[0]
    assert ">0 s<" not in cells
    assert "PT0S" not in cells
    if "/timeline/" in path:
        assert "1 visit,\nactive time unknown" in answer.content.decode()


def test_the_page_of_a_visit_says_unknown(client, alice):
    store(alice, visit(visit_id="pv_1", **UNKNOWN))
    client.force_login(alice)
    page = client.get(f"/dashboard/visit?browser={Browser.objects.get().pk}&id=pv_1").content.decode()
    text = " ".join(page.split())
    assert "<dd> unknown </dd>" in text
    assert "an unknown end" in text
    assert "0 s" not in text


def test_the_typical_stay_leaves_unknown_active_times_out(client, alice):
    store(alice, visit(), *[visit(started_at=AT_9 + n * HOUR, **UNKNOWN) for n in range(1, 4)])
    client.force_login(alice)
    page = client.get(f"/dashboard/sites/example.org?{MONDAY}")
    assert page.context["typical_ms"] == 8 * MINUTE
    store(alice, visit(domain="b.example", **UNKNOWN))
    assert client.get(f"/dashboard/sites/b.example?{MONDAY}").context["typical_ms"] is None


def test_pages_of_a_site_without_a_known_active_time_come_last(client, alice):
    store(alice, visit(url="https://example.org/a", **UNKNOWN), visit(url="https://example.org/b"))
    client.force_login(alice)
    pages = client.get(f"/dashboard/sites/example.org?{MONDAY}").context["pages"]
    assert [(page.url[-1], page.active_ms) for page in pages] == [("b", 8 * MINUTE), ("a", None)]


def test_a_tally_keeps_what_is_unknown():
    hour = Hour(
        active_sum_ms=5,
        time_sum_ms=7,
        visits=3,
        unknown=Unknown(1, 2, 1, 4),
        clock_sum_ms=6,
        browsers={3, 4},
        categories={"": 5},
    )
    site = numbers.Site(5, 7, 3, Unknown(1, 2, 1, 4), 5, {"": 5})
    tallied = Tally({489_201: hour}, {"example.org": site})
    assert month_tallies.from_json(month_tallies.to_json(tallied)) == tallied
