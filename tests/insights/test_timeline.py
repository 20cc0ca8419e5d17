"""The timeline: which part of the day it shows, its lanes, what it draws of a visit, and its lists."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from insights import timeline, timeline_chart
from insights.numbers import Visit
from insights.periods import period_of
from insights.queries import ListedVisit
from instants import now_ms
from tests.insights.records import AT_9, DAY, HOUR, MINUTE, store, visit

DAY_PAGE = "/dashboard/timeline/2025-11-03"
MONDAY = period_of(ZoneInfo("UTC"), "day", date(2025, 11, 3))


def listed(start, end, active_ms, away=(), tab=1, browser=1):
    return ListedVisit(Visit(start, end, active_ms, "a.example", "", browser, away), "pv", tab, "https://a/", "A", 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", "540-780"),
        ("?view=all", "0-1440"),
        ("?view=600-615", "600-615"),
        ("?view=1430-9999", "1430-1440"),
        ("?hour=12", "720-780"),
        ("?view=615-600", "540-780"),
        ("?view=-5-600", "540-780"),
        ("?view=99999-5", "540-780"),
        ("?view=x", "540-780"),
        ("?hour=x", "540-780"),
    ],
)
def test_it_shows_the_hours_with_visits_or_the_part_of_the_url(client, alice, query, view):
    store(alice, visit(started_at=AT_9 + 10 * MINUTE), visit(started_at=AT_9 + 3 * HOUR))
    client.force_login(alice)
    page = client.get(DAY_PAGE + query)
    assert page.status_code == 200
    assert f'data-view="{view}"' in page.content.decode()


def test_hours_without_a_visit_have_no_button(client, alice):
    store(alice, visit(started_at=AT_9 + 55 * MINUTE), visit(started_at=AT_9 + 3 * HOUR))
    client.force_login(alice)
    page = client.get(DAY_PAGE)
    assert page.context["hours"] == [(9, False), (10, False), (12, False)]


def test_each_browser_has_a_lane_and_each_tab_on_request(client, alice):
    store(
        alice,
        *[visit(tab_id=n, started_at=AT_9 + n * HOUR, client_id=client_id)
          for n in range(3) for client_id in ("first", "second")],
    )  # fmt: skip
    client.force_login(alice)
    lanes = client.get(DAY_PAGE).context["drawing"].lanes
    assert [(lane.tab_id, len(lane.visits)) for lane in lanes] == [(None, 3), (None, 3)]
    page = client.get(DAY_PAGE + "?tabs=1")
    assert [lane.tab_id for lane in page.context["drawing"].lanes] == [0, 1, 2, 0, 1, 2]
    # The links keep the lanes.
    assert "tabs=1" in page.content.decode().split('data-zoom="closer"')[0].rsplit("<a", 1)[1]


def test_a_visit_is_drawn_by_what_is_known_of_it():
    drawn = timeline_chart.drawn_visit(listed(0, 100, 30, away=((10, 40),)), 0, 100)
    assert [tuple(box) for box in drawn.boxes] == [
        ("rest", "60%", "40%"),
        ("away", "10%", "30%"),
        ("active", "0%", "10%"),
        ("active", "40%", "20%"),
    ]
    unknown = timeline_chart.drawn_visit(listed(50, None, None), 0, 100)
    assert [tuple(box) for box in unknown.boxes] == [("rest", "50%", "0%")]


def test_a_line_stands_at_now_on_the_present_day_alone(client, alice):
    now = now_ms()
    store(alice, visit(started_at=now - 10 * MINUTE, ended_at=now), visit())
    client.force_login(alice)
    assert 'class="now"' in client.get("/dashboard/timeline").content.decode()
    assert 'class="now"' not in client.get(DAY_PAGE).content.decode()


def test_a_day_of_thousands_of_visits_is_paged_and_draws_a_bounded_number(client, alice):
    visits = [visit(started_at=AT_9 + n * 10_000, ended_at=AT_9 + n * 10_000 + 1_000, duration_ms=1_000,
                    active_duration_ms=500) for n in range(3_000)]  # fmt: skip
    store(alice, *visits)
    client.force_login(alice)
    seen = 0
    first = client.get(DAY_PAGE)
    for number in range(1, first.context["list"].last_page + 1):
        page = client.get(f"{DAY_PAGE}?page={number}").content.decode()
        seen += page.count('<li class="visit">')
    assert seen == 3_000
    assert 'rel="next">Later visits' in first.content.decode()
    assert len(first.context["drawing"].lanes[0].visits) <= timeline_chart.MOST_DRAWN
    close = client.get(f"{DAY_PAGE}?view=600-610").context["drawing"]
    assert (len(close.lanes[0].visits), close.is_whole_day) == (60, False)
    assert client.get(f"{DAY_PAGE}?page=99999999").status_code == 200


@pytest.mark.parametrize(
    ("minutes", "labels"),
    [
        ((0, 1440), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]),
        ((540, 600), ["09:00", "09:10", "09:20", "09:30", "09:40", "09:50"]),
        ((545, 546), ["09:05"]),
    ],
)
def test_labels_stand_at_round_times_and_are_never_many(minutes, labels):
    shown = timeline.range_of_minutes(MONDAY, "{}-{}".format(*minutes))
    assert [tick.text for tick in timeline_chart.ticks(shown, shown)] == labels


def test_a_day_of_25_hours_has_the_labels_of_its_clock():
    day = period_of(ZoneInfo("Europe/Berlin"), "day", date(2025, 10, 26))
    whole = timeline.time_range(day, None)
    assert [tick.text for tick in timeline_chart.ticks(whole, whole)][:3] == ["00:00", "03:00", "06:00"]
    assert timeline_chart.hour_marks(day)[:4] == [(0, 0), (60, 1), (120, 2), (240, 3)]
    assert timeline.range_of_minutes(day, "1440-1500").ends_at == day.ends_at


def test_zooming_and_moving_stay_within_the_day_and_above_a_minute():
    shown = timeline.range_of_minutes(MONDAY, "0-60")
    assert shown.zoomed(1, -0.5).minutes == (0, 60)
    assert shown.zoomed(1, 0.5).minutes == (30, 90)
    assert shown.zoomed(0.5).minutes == (15, 45)
    assert shown.zoomed(100).minutes == (0, 1440)
    assert timeline.range_of_minutes(MONDAY, "70-71").zoomed(0.5).minutes == (70, 71)


def test_the_hours_with_visits_include_those_of_a_visit_from_the_day_before():
    midnight = MONDAY.starts_at
    shown = timeline.range_of_activity(MONDAY, [listed(midnight - HOUR, midnight + HOUR, 0)], midnight + 9 * DAY)
    assert shown.minutes == (0, 60)
    assert timeline.range_of_activity(MONDAY, [], midnight + 9 * DAY).minutes == (0, 1440)
