"""The insights calls answer with the caller's own numbers, by their definitions."""

import pytest

from tests.insights.records import AT_9, DAY, HOUR, MINUTE, store, visit
from tests.wire import assert_error_shape, send

CALLS = ["summary", "days", "hours", "sites", "timeline", "search"]
MONDAY = "from=2025-11-03&to=2025-11-03"


def get(user, call):
    response = send("GET", f"/api/insights/{call}", user=user)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("call", CALLS)
def test_bob_sees_nothing_of_alice(alice, bob, call):
    store(alice, visit(url="https://secret.example/", domain="secret.example", title="Secret"))
    query = "date=2025-11-03" if call == "timeline" else MONDAY
    mark = "480000" if call in ("summary", "days", "hours") else "secret"
    assert mark in str(get(alice, f"{call}?{query}"))
    assert "secret" not in str(get(bob, f"{call}?{query}"))
    numbers = str(get(bob, f"{call}?{query}"))
    assert "480000" not in numbers
    assert "600000" not in numbers.replace(str(get(bob, "summary?" + MONDAY)["end"]), "")


@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS)
def test_without_a_token_there_is_no_answer(call):
    assert_error_shape(send("GET", f"/api/insights/{call}"), 401, "not_authenticated")


def test_a_cookie_opens_nothing(client, alice):
    client.force_login(alice)
    assert client.get("/api/insights/summary").status_code == 401


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("summary?from=2025-13-01", "from"),
        ("summary?from=yesterday", "from"),
        ("summary?from=2025-11-03&to=2025-11-02", "to"),
        ("summary?from=2000-01-01&to=2099-12-31", "to"),
        ("summary?from=1995-12-31", "from"),
        ("days?to=9999-12-31", "to"),
        ("hours?from=%00", "from"),
        ("sites?limit=0", "limit"),
        ("sites?limit=many", "limit"),
        ("timeline?date=2025-02-30", "date"),
        ("search?cursor=made-up", "cursor"),
        ("search?browser=first", "browser"),
        ("search?limit=201", "limit"),
        ("search?from=2025-11-03&to=2025-11-02", "to"),
        ("search/pages?from=2025-11-03&to=2025-11-02", "to"),
        ("search?q=%00", "q"),
    ],
)
def test_a_wrong_parameter_is_named(alice, call, field):
    reply = assert_error_shape(send("GET", f"/api/insights/{call}", user=alice), 400, "invalid")
    assert list(reply["errors"]) == [field]


def test_a_summary_holds_the_numbers_of_the_period_and_of_the_one_before(alice):
    store(
        alice,
        visit(domain="a.example", started_at=AT_9, ended_at=AT_9 + HOUR, duration_ms=HOUR, active_duration_ms=2 * HOUR),
        visit(domain="b.example", client_id="second", started_at=AT_9 + 30 * MINUTE, ended_at=AT_9 + 90 * MINUTE,
              duration_ms=HOUR, active_duration_ms=30 * MINUTE),
        visit(started_at=AT_9 - DAY), visit(started_at=AT_9 - 2 * DAY),
    )  # fmt: skip
    answer = get(alice, f"summary?{MONDAY}")
    assert answer == {
        "from": "2025-11-03",
        "to": "2025-11-03",
        "timeZone": "UTC",
        "start": 1762128000000,
        "end": 1762214400000,
        "activeMs": 90 * MINUTE,
        "timeMs": 120 * MINUTE,
        "clockMs": 90 * MINUTE,
        "visits": 2,
        "sites": 2,
        "focus": 0.75,
        "browsers": 2,
        "longestStay": {"activeMs": HOUR, "domain": "a.example"},
        "previous": {
            "activeMs": 8 * MINUTE,
            "timeMs": 10 * MINUTE,
            "clockMs": 10 * MINUTE,
            "visits": 1,
            "sites": 1,
            "focus": 0.8,
            "browsers": 1,
            "longestStay": {"activeMs": 8 * MINUTE, "domain": "example.org"},
        },
    }


def test_days_begin_at_the_persons_midnight_and_split_a_visit_across_it(alice):
    alice.time_zone = "Asia/Kolkata"
    alice.save()
    # 23:50 on 3 November there.
    start = 1_762_194_000_000
    away = {"start": start + 5 * MINUTE, "end": start + 20 * MINUTE}
    store(alice, visit(started_at=start, ended_at=start + 40 * MINUTE, duration_ms=40 * MINUTE,
                       active_duration_ms=20 * MINUTE, idle_periods=[away]))  # fmt: skip
    days = get(alice, "days?from=2025-11-03&to=2025-11-04")["days"]
    assert days == [
        {"date": "2025-11-03", "activeMs": 5 * MINUTE, "timeMs": 10 * MINUTE, "clockMs": 5 * MINUTE, "visits": 1},
        {"date": "2025-11-04", "activeMs": 15 * MINUTE, "timeMs": 30 * MINUTE, "clockMs": 20 * MINUTE, "visits": 0},
    ]


def test_hours_are_all_168_of_the_week(alice):
    store(alice, visit(), visit(category="news", started_at=AT_9 + 20 * MINUTE, ended_at=AT_9 + 30 * MINUTE))
    hours = get(alice, f"hours?{MONDAY}")["hours"]
    assert len(hours) == 168
    [monday_at_9] = [hour for hour in hours if hour["visits"]]
    assert monday_at_9 == {
        "weekday": 1, "hour": 9, "activeMs": 960_000, "timeMs": 1_200_000, "clockMs": 1_200_000, "visits": 2,
        "categories": [{"category": "news", "name": "News", "color": 5, "activeMs": 480_000},
                       {"category": None, "name": "No category", "color": 0, "activeMs": 480_000}],
    }  # fmt: skip
    assert hours[0]["categories"] == []


def test_sites_come_with_share_and_category_most_active_first(alice):
    store(
        alice,
        visit(domain="little.example", active_duration_ms=2 * MINUTE),
        visit(domain="much.example", active_duration_ms=6 * MINUTE, category="reading"),
    )
    answer = get(alice, f"sites?{MONDAY}&limit=1")
    assert answer["total"] == 2
    assert answer["sites"] == [
        {
            "domain": "much.example",
            "category": "reading",
            "activeMs": 360_000,
            "timeMs": 600_000,
            "visits": 1,
            "share": 0.75,
        }
    ]


def test_a_timeline_names_browsers_tabs_parts_away_and_gaps(alice):
    away = {"start": AT_9 + MINUTE, "end": None, "reason": "idle", "durationMs": None, "resumeReason": None}
    store(alice, visit(visit_id="pv_1", tab_id=7, idle_periods=[away]))
    answer = get(alice, "timeline?date=2025-11-03")
    (browser,) = answer["browsers"]
    (tab,) = browser["tabs"]
    assert (browser["name"], tab["tabId"]) == ("Browser first", 7)
    assert tab["visits"][0]["away"] == [{"start": AT_9 + MINUTE, "end": AT_9 + 10 * MINUTE}]
    assert answer["gaps"] == [
        {"start": 1762128000000, "end": AT_9},
        {"start": AT_9 + 10 * MINUTE, "end": 1762214400000},
    ]


def test_search_pages_through_everything_once_newest_first(alice):
    store(alice, *[visit(visit_id=f"pv_{n}", started_at=AT_9 + n // 2 * MINUTE, title="Garden") for n in range(7)])
    found, cursor = [], ""
    while cursor is not None:
        answer = get(alice, f"search?q=gard&limit=2{cursor and '&cursor=' + cursor}")
        found += [hit["id"] for hit in answer["visits"]]
        cursor = answer["next"]
    assert found == ["pv_6", "pv_5", "pv_4", "pv_3", "pv_2", "pv_1", "pv_0"]


def test_a_cursor_of_somebody_else_is_refused(alice, bob, client):
    store(alice, *[visit(visit_id=f"pv_{n}", started_at=AT_9 + n * MINUTE, title="Garden") for n in range(3)])
    hers = get(alice, "search?q=gard&limit=1")["next"]
    for path in ("search", "search/pages"):
        answer = send("GET", f"/api/insights/{path}?q=gard&cursor={hers}", user=bob)
        assert list(assert_error_shape(answer, 400, "invalid")["errors"]) == ["cursor"]
    client.force_login(bob, "django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/dashboard/history?q=gard&after={hers}").status_code == 404
