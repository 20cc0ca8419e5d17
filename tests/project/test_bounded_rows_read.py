"""What one page reads at a time is bounded: parts away, URLs, stored tallies, records of the feed and of an export."""

import json
import time
from contextlib import contextmanager
from datetime import date

import pytest
from django.db.models.query import QuerySet

from insights import month_tallies, queries, reports, tallying, visit_tallies
from insights.models import MonthTally
from insights.numbers import Visit
from insights.periods import Period
from insights.tallying import tally
from portability.exports import archive, files
from sync.feed import record_source
from sync.models import PageVisit
from tests.insights.records import AT_9, DAY, HOUR, MINUTE, store, visit
from tests.wire import access_token, send

PAGE = "/dashboard/timeline/2025-11-03"


def parts(count, start=AT_9, length=MINUTE):
    """Return idle periods that leave as much between them as they last."""
    return [
        {"start": low, "end": low + length // 2, "reason": "idle", "durationMs": length // 2, "resumeReason": None}
        for low in range(start, start + count * length, length)
    ]


@contextmanager
def parts_in_memory(monkeypatch):
    """Yield the most idle periods that were read and not yet given to a visit."""
    most = []
    real = queries._IdlePeriods.of

    def of(self, pk, started_at):
        found = real(self, pk, started_at)
        most.append(sum(len(held or ()) for held in self.held.values()) + len(found))
        return found

    monkeypatch.setattr(queries._IdlePeriods, "of", of)
    yield most


@pytest.fixture
def page(client, alice):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    return client


class TestPartsAway:
    def test_of_one_visit_are_held_at_a_time(self, alice, monkeypatch):
        store(alice, *(visit(started_at=AT_9 + n * MINUTE, idle_periods=parts(30 + 40 * (n % 2))) for n in range(10)))
        monkeypatch.setattr(queries, "LARGE_BYTES", 3_000)
        with parts_in_memory(monkeypatch) as held:
            found = list(queries.visits(alice.pk, AT_9, AT_9 + DAY))
        assert [len(each.away) for each in found] == [10] * 10
        assert max(held) == 70

    @pytest.mark.parametrize("large", [1, 1_000_000])
    def test_are_the_same_read_one_by_one_or_together(self, alice, page, monkeypatch, large):
        long_ago = AT_9 - 3 * DAY
        store(
            alice,
            visit(started_at=long_ago, ended_at=AT_9 + HOUR, duration_ms=None, idle_periods=parts(5, long_ago, HOUR)),
            visit(idle_periods=parts(3), url="https://example.org/other"),
            visit(),
            visit(idle_periods=parts(7), client_id="second"),
        )
        monkeypatch.setattr(queries, "LARGE_BYTES", large)
        found = list(queries.visits(alice.pk, AT_9 - HOUR, AT_9 + DAY))
        assert sorted(len(each.away) for each in found) == [0, 3, 5, 7]
        listed = queries.listed_visits(alice.pk, AT_9 - HOUR, AT_9 + DAY).visits
        assert sorted(len(each.away) for each in listed) == [0, 3, 5, 7]
        keys = {}
        by_page = list(queries.visits_by_page(alice.pk, AT_9 - HOUR, AT_9 + DAY, queries.Q(), keys))
        assert sorted(len(each.away) for each in by_page) == [0, 3, 5, 7]

    def test_cut_a_list_as_many_visits_do(self, alice, page, monkeypatch):
        store(alice, *(visit(started_at=AT_9 + n * MINUTE, idle_periods=parts(8)) for n in range(6)))
        monkeypatch.setattr(queries, "MOST_LISTED_PARTS", 20)
        assert "more visits on this day than one page shows" in page.get(PAGE).content.decode()
        said = send("GET", "/api/insights/timeline?date=2025-11-03", token=access_token(alice)).json()
        assert said["complete"] is False
        assert sum(len(tab["visits"]) for browser in said["browsers"] for tab in browser["tabs"]) == 2

    def test_end_a_step_of_a_search_which_goes_on_with_the_next_visit(self, alice, monkeypatch):
        begun = [AT_9 + n * MINUTE for n in range(5)]
        store(alice, *(visit(started_at=start, idle_periods=parts(8, start)) for start in begun))
        monkeypatch.setattr(queries, "MOST_LISTED_PARTS", 20)
        starts, pages, path = [], [], "/api/insights/search?q=page"
        while path:
            said = send("GET", path, token=access_token(alice)).json()
            starts += [each["start"] for each in said["visits"]]
            pages.append((len(said["visits"]), said["found"]))
            path = said["next"] and f"/api/insights/search?q=page&cursor={said['next']}"
        assert starts == begun[::-1]
        assert pages == [(2, 2), (2, 4), (1, 5)]


class TestOverlappingVisits:
    def test_are_bounded_in_each_span_of_a_filter_together_with_their_parts_away(self, alice, monkeypatch):
        store(alice, *(visit(started_at=AT_9 + n * MINUTE, idle_periods=parts(8)) for n in range(6)))
        day, spans = AT_9 - AT_9 % DAY, [(0, DAY), (2 * DAY, 3 * DAY)]

        def held():
            visits = queries.visits(alice.pk, day, day + 3 * DAY)
            return [
                list(each)
                for _, each in visit_tallies.visits_by_span(visits, [(day + low, day + high) for low, high in spans])
            ]

        first, second = held()
        assert (len(first), second) == (6, [])
        most = sum(1 + len(each.away) for each in first)
        assert most > len(first)
        monkeypatch.setattr(tallying, "MOST_HELD", most - 1)
        with pytest.raises(tallying.TooManyHeld):
            held()
        monkeypatch.setattr(tallying, "MOST_HELD", most)
        assert held() == [first, second]

    def test_beyond_a_number_are_too_much_for_a_page(self, alice, page, monkeypatch):
        store(alice, *(visit(started_at=AT_9 + n, ended_at=AT_9 + 5 * HOUR, duration_ms=None) for n in range(10)))
        call = "/api/insights/summary?from=2025-11-03"
        assert send("GET", call, token=access_token(alice)).json()["visits"] == 10
        monkeypatch.setattr(tallying, "MOST_HELD", 40)
        assert send("GET", call, token=access_token(alice)).status_code == 503
        answer = page.get("/dashboard/day/2025-11-03")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")

    def test_are_let_go_when_their_hour_is_over(self, monkeypatch):
        monkeypatch.setattr(tallying, "MOST_HELD", 50)
        starts = [AT_9 + n * HOUR for n in range(100)]
        visits = (Visit(start + n, start + n + MINUTE, 1_000) for start in starts for n in range(10))
        whole = tally(visits, starts, range(100), starts[-1] + HOUR)
        assert sum(hour.visits for hour in whole.hours.values()) == 1_000
        with pytest.raises(tallying.TooManyHeld):
            tally((Visit(AT_9 + n, AT_9 + MINUTE, 1_000) for n in range(100)), starts, range(100), starts[-1] + HOUR)

    def test_that_no_tally_can_hold_leave_the_other_months_theirs(self, alice, settings, monkeypatch):
        store(alice, visit(started_at=AT_9 - 40 * DAY), *(visit(started_at=AT_9 - 70 * DAY + n) for n in range(30)))
        monkeypatch.setattr(tallying, "MOST_HELD", 25)
        zone = reports.zone_of("UTC")
        period = Period(zone, date(2025, 8, 1), date(2025, 10, 31))
        month_tallies.store_months(alice.pk, zone, period.first, period.last)
        kept = MonthTally.objects.filter(user_id=alice.pk).values_list("first_day", flat=True)
        assert [day.month for day in sorted(kept)] == [9, 10]


class TestPagesOfLongURLs:
    def test_are_listed_whole_with_their_latest_titles(self, alice, page):
        long = "https://example.org/" + "a" * 5_000
        store(
            alice,
            visit(url=f"{long}1", title="Old", started_at=AT_9),
            visit(url=f"{long}1", title="New", started_at=AT_9 + HOUR),
            visit(url=f"{long}1", title=" ", started_at=AT_9 + 2 * HOUR),
            visit(url=f"{long}2", title="", started_at=AT_9 + 3 * HOUR),
        )
        rows = page.get("/dashboard/pages?from=2025-11-03&to=2025-11-03&format=json").json()
        assert [(row["name"], row["visits"]) for row in rows] == [(f"{long}1", 3), (f"{long}2", 1)]
        assert "New" in page.get("/dashboard/pages?from=2025-11-03&to=2025-11-03").content.decode()

    def test_are_held_by_short_texts(self, alice):
        store(alice, *(visit(url=f"https://example.org/{'a' * 8_000}{n}") for n in range(3)), visit())
        keys = {}
        found = list(queries.visits_by_page(alice.pk, AT_9, AT_9 + DAY, queries.Q(), keys))
        assert {each.domain for each in found} == set(keys)
        assert len(keys) == 4
        assert max(map(len, keys)) < 400
        assert "https://example.org/page" in keys

    def test_are_read_for_the_page_of_the_list_that_is_shown(self, alice, page, monkeypatch):
        store(alice, *(visit(url=f"https://example.org/{n}", started_at=AT_9 + n) for n in range(130)))
        asked = []
        real = queries.urls_and_titles
        monkeypatch.setattr(queries, "urls_and_titles", lambda *them: asked.append(len(them[1])) or real(*them))
        for place in ("", "&page=2", "&format=csv"):
            page.get(f"/dashboard/pages?from=2025-11-03&to=2025-11-03{place}")
        page.get("/dashboard/sites/example.org?from=2025-11-03&to=2025-11-03")
        assert asked == [100, 30, 130, 25]


class TestStoredTallies:
    @pytest.fixture
    def tallied(self, alice):
        contents = [visit(started_at=AT_9 - n * 10 * DAY, domain=f"site{n}.example.org") for n in range(30)]
        store(alice, *contents)
        month_tallies.store_months(alice.pk, reports.zone_of("UTC"), date(2025, 1, 1), date(2025, 10, 31))
        assert MonthTally.objects.filter(user_id=alice.pk).count() == 10

    def year(self, alice):
        return send(
            "GET", "/api/insights/sites?from=2025-01-01&to=2025-12-31&limit=100", token=access_token(alice)
        ).json()

    def test_are_read_two_at_a_time_and_only_the_valid_ones(self, alice, tallied, monkeypatch):
        store(alice, visit(started_at=AT_9 - 60 * DAY))
        read, chunks = [], []
        real, iterate = month_tallies.from_json, QuerySet.iterator
        monkeypatch.setattr(month_tallies, "from_json", lambda stored: read.append(1) or real(stored))

        def iterator(self, chunk_size=None):
            if self.model is MonthTally:
                chunks.append(chunk_size)
            return iterate(self, chunk_size)

        monkeypatch.setattr(QuerySet, "iterator", iterator)
        assert self.year(alice)["total"] == 31
        assert len(read) == 8  # not that of September, and not that of October, into which its visits may reach
        assert chunks == [2]

    def test_are_added_up_within_the_time(self, alice, tallied, settings, monkeypatch):
        settings.READING_SECONDS = 0.5
        real = month_tallies.from_json
        monkeypatch.setattr(month_tallies, "from_json", lambda stored: time.sleep(0.2) or real(stored))
        assert (
            send("GET", "/api/insights/days?from=2025-01-01&to=2025-12-31", token=access_token(alice)).status_code
            == 503
        )

    def test_name_no_more_sites_than_other_numbers_do(self, alice, tallied, monkeypatch):
        whole = self.year(alice)
        monkeypatch.setattr(visit_tallies, "MOST_SITES", 7)
        cut = self.year(alice)
        assert sum(site["visits"] for site in whole["sites"]) == sum(site["visits"] for site in cut["sites"]) == 30
        assert cut["total"] == 8
        assert "(other sites)" in {site["domain"] for site in cut["sites"]}


def test_the_feed_and_an_export_read_few_records_at_a_time(alice, monkeypatch):
    chunks = []
    iterate = QuerySet.iterator

    def iterator(self, chunk_size=None):
        if self.model is PageVisit and "url" in str(self.query):
            chunks.append(chunk_size)
        return iterate(self, chunk_size)

    monkeypatch.setattr(QuerySet, "iterator", iterator)
    store(alice, visit(metadata={"note": "x"}))
    assert b"".join(archive.export(alice))
    assert set(chunks) == {files.RECORDS_A_READ}
    # A record has up to 256 KiB, and is held twice while it is turned into JSON.
    assert 2 * max(files.RECORDS_A_READ, 2 * record_source.ROWS_AT_ONCE) * 256 * 1024 < 60 * 1024**2
    assert json.loads(send("GET", "/api/sync/changes", token=access_token(alice)).content)["changes"]


@pytest.mark.parametrize("rows", [[], [{"at": "now"}], [{"at": "\n}", "more": []}, {}]])
def test_lists_of_any_length_are_written_as_short_ones_are(rows):
    written = b"".join(files.pretty_lists({"profile": {"name": "Alice"}}, {"sessions": iter(rows), "events": iter([])}))
    assert written == files.pretty_json({"profile": {"name": "Alice"}, "sessions": rows, "events": []})
