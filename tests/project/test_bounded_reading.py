"""Reading ends in time, whatever a person has stored, and a person reads within a rate."""

import re
import threading
import time

import pytest
from django.db import DatabaseError, connection, transaction
from rest_framework.settings import api_settings

import bounded_reading
from accounts.limits import process_counts
from accounts.models import User
from bounded_reading import ReadingTookTooLong
from insights import month_tallies, queries, reports, visit_tallies
from insights.models import MonthTally
from insights.pages import site
from sync.erasures import erasure_service, stored_records
from sync.models import PageVisit
from syncserver.reading_bounds import UNBOUNDED
from tests.insights.records import AT_9, DAY, MINUTE, aggregate, store, visit
from tests.project.test_outages import OUTAGES, Outage
from tests.project.test_permissions import PATHS, example
from tests.wire import access_token, assert_error_shape, send

ENDLESS = "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 1000000000) SELECT count(*) FROM n"

# Takes some tenths of a second.
LONG = ENDLESS.replace("1000000000", "300000")


def read_endlessly(*args, **kwargs):
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS)


@pytest.fixture
def short(settings):
    settings.READING_SECONDS = 0.2


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_interrupted_and_the_connection_is_as_before():
    started = time.monotonic()
    with pytest.raises(ReadingTookTooLong), bounded_reading.bounded_reading(0.2):
        read_endlessly()
    assert time.monotonic() - started < 10
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone()[0] == "0"
        cursor.execute(LONG)
        assert cursor.fetchone()[0] == 300_001
    assert not connection.in_atomic_block


def background_reading_ends(within_seconds):
    """Tell whether a reading in the background comes to its end within so many seconds."""
    is_over = threading.Event()

    def read():
        with bounded_reading.bounded_reading(60, in_background=True), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        is_over.set()
        connection.close()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    yield is_over.wait(within_seconds)
    yield is_over.wait(30)
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_reading_in_the_background_waits_for_one_that_somebody_waits_for():
    with bounded_reading.bounded_reading(60):
        ending = background_reading_ends(within_seconds=0.2)
        assert not next(ending)
    assert next(ending)
    assert list(ending) == []
    assert not bounded_reading._awaited


@pytest.mark.django_db(transaction=True)
def test_a_reading_in_the_background_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(bounded_reading, "MOST_WAITED_SECONDS", 0.05)
    with bounded_reading.bounded_reading(60):
        assert all(background_reading_ends(within_seconds=30))


@pytest.mark.django_db(transaction=True)
def test_a_reading_in_the_background_does_not_wait_for_another_nor_for_the_block_that_it_is_in():
    with bounded_reading.bounded_reading(60, in_background=True):
        assert all(background_reading_ends(within_seconds=30))
    with bounded_reading.bounded_reading(60), bounded_reading.bounded_reading(60, in_background=True):
        bounded_reading.keep_within_time()
    assert not bounded_reading._awaited


@pytest.mark.django_db(transaction=True)
def test_a_reading_in_the_background_has_as_much_time_after_it_waited(monkeypatch):
    monkeypatch.setattr(bounded_reading, "_awaited", {0})
    monkeypatch.setattr(bounded_reading, "MOST_WAITED_SECONDS", 60.0)
    monkeypatch.setattr(bounded_reading.time, "sleep", lambda seconds: None)
    with bounded_reading.bounded_reading(60, in_background=True):
        bounded_reading.keep_within_time()
        # The pauses of this test take no time, so all that they give back is left over.
        assert bounded_reading.seconds_left() > 90


def read_after(seconds):
    with bounded_reading.bounded_reading(0.2):
        time.sleep(seconds)
        read_endlessly()


def read_slowly_in_parts(user_id):
    with bounded_reading.bounded_reading(0.2):
        for _ in PageVisit.objects.filter(user_id=user_id).iterator(chunk_size=2):
            time.sleep(0.05)


def read_what_is_not_there():
    with bounded_reading.bounded_reading(5), connection.cursor() as cursor:
        cursor.execute("SELECT nothing_of_this_name")


@pytest.mark.django_db(transaction=True)
def test_loops_between_two_statements_count():
    with pytest.raises(ReadingTookTooLong):
        read_after(0.3)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_parts_of_a_result_come_within_the_time(alice):
    store(alice, *(visit() for _ in range(30)))
    with pytest.raises(ReadingTookTooLong):
        read_slowly_in_parts(alice.pk)


@pytest.mark.django_db(transaction=True)
def test_another_error_of_the_database_stays_what_it_is():
    with pytest.raises(DatabaseError, match="nothing_of_this_name"):
        read_what_is_not_there()


# The tables of the cookie, of the person and of their sign-in, of which each request reads one row.
OF_THE_REQUEST = {"django_session", "accounts_user", "accounts_session", "accounts_personaltoken"}


def test_no_page_or_call_reads_outside_the_bounds(admin, alice):
    """A new URL is bounded without being listed anywhere; a URL that is not bounded must stand in the list here."""
    outside, within = {}, set()

    def note(execute, sql, params, many, context):
        if bounded_reading._limit.get() is None:
            outside.setdefault(asked, set()).update(re.findall(r'FROM "?(\w+)', sql))
        else:
            within.add(asked)
        return execute(sql, params, many, context)

    store(alice, visit())
    paths = [example(path) for path in PATHS]
    paths += [f"/admin/{name}/" for name in ("accounts/user", "accounts/auditevent", "accounts/session")]
    paths += [f"/admin/{name}/?person={alice.pk}" for name in ("sync/pagevisit", "sync/tabaggregate", "sync/syncbatch")]
    admin.get("/account")
    token = access_token(alice)
    for asked in paths:
        with connection.execute_wrapper(note):
            if asked.startswith("/api/"):
                send("GET", asked, token=token)
            else:
                admin.get(asked, secure=True)
    left_out = {path for path, tables in outside.items() if tables - OF_THE_REQUEST}
    assert left_out == {"/api/export", "/api/sync/erasures/7"}
    assert all(path.startswith(UNBOUNDED) for path in left_out)
    assert len(UNBOUNDED) == 2
    assert len(within) > 45


def test_what_writes_is_not_interrupted(client, alice, short):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    seen = []

    def note(execute, *arguments):
        seen.append(bounded_reading._limit.get())
        return execute(*arguments)

    with connection.execute_wrapper(note):
        client.post("/account/profile", {"name": "Alice", "time_zone": "UTC"})
        send("POST", "/api/sync/page-visits", {"visits": []}, token=access_token(alice))
    assert seen
    assert set(seen) == {None}


@pytest.mark.django_db(transaction=True)
def test_a_page_that_reads_nothing_begins_nothing(client):
    with bounded_reading.bounded_reading(5):
        assert not connection.in_atomic_block
    with connection.execute_wrapper(Outage(OUTAGES["away"])):
        assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_transaction_within_is_bounded_and_one_around_it_goes_on_without(alice):
    def in_a_transaction():
        with bounded_reading.bounded_reading(0.3), transaction.atomic():
            read_endlessly()

    with pytest.raises(ReadingTookTooLong):
        in_a_transaction()
    with transaction.atomic():
        with bounded_reading.bounded_reading(0.2):
            assert PageVisit.objects.filter(user_id=alice.pk).count() == 0
        time.sleep(0.3)
        assert PageVisit.objects.filter(user_id=alice.pk).count() == 0
        with connection.cursor() as cursor:
            cursor.execute(LONG)
            assert cursor.fetchone()[0] == 300_001


@pytest.mark.django_db(transaction=True)
def test_a_part_of_the_reading_may_end_sooner_and_the_rest_goes_on(alice):
    def read_a_part():
        with bounded_reading.bounded_reading(0.3):
            read_endlessly()

    store(alice, visit())
    with bounded_reading.bounded_reading(30):
        for _ in range(2):
            with pytest.raises(ReadingTookTooLong):
                read_a_part()
            assert PageVisit.objects.filter(user_id=alice.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_period_before_that_cannot_be_added_up_in_time_is_left_out(client, alice, settings, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    store(alice, visit(), visit(started_at=AT_9 - 30 * DAY))
    page, call = "/dashboard/day/2025-11-03", "/api/insights/summary?from=2025-11-03"
    assert client.get(page).context["previous"] is not None
    assert send("GET", call, token=access_token(alice)).json()["previous"] is not None
    real = month_tallies.tally_of

    def tally_of(user_id, period, *more, **named):
        return read_endlessly() if period.first.day == 2 else real(user_id, period, *more, **named)

    monkeypatch.setattr(reports, "tally_of", tally_of)
    settings.READING_SECONDS = 3
    monkeypatch.setattr(reports, "REST_SECONDS", 2.6)
    answer = client.get(page)
    assert (answer.status_code, answer.context["previous"]) == (200, None)
    said = send("GET", call, token=access_token(alice)).json()
    assert (said["visits"], said["previous"]) == (1, None)


@pytest.mark.django_db(transaction=True)
def test_a_year_after_very_many_visits_names_no_new_sites(client, alice, settings, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    store(alice, visit(), visit(started_at=AT_9 - 400 * DAY, domain="other.example.org"))
    assert "New sites" in client.get("/dashboard/your-year/2025").content.decode()
    monkeypatch.setattr(queries, "sites_before", read_endlessly)
    settings.READING_SECONDS = 3
    monkeypatch.setattr(reports, "REST_SECONDS", 2.6)
    answer = client.get("/dashboard/your-year/2025")
    assert answer.status_code == 200
    assert "New sites" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_is_too_much_to_count_can_be_forgotten_all_the_same(client, alice, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    store(alice, visit())
    monkeypatch.setattr(erasure_service, "PREVIEW_SECONDS", 0.3)
    monkeypatch.setattr(stored_records, "visits", read_endlessly)
    page = client.get("/dashboard/forget?site=example.org")
    assert page.status_code == 200
    assert "more than can be counted in a moment" in page.content.decode()
    assert "Erase it all" in page.content.decode()
    page = client.post("/account/retention", {"months": "1"})
    assert "more records than can be counted in a moment" in page.content.decode()
    preview = {"rule": {"domain": "example.org"}, "preview": True}
    assert_error_shape(send("POST", "/api/sync/erasures", preview, token=access_token(alice)), 503, "unavailable")
    monkeypatch.undo()
    client.post("/dashboard/forget", {"site": "example.org"})
    assert not PageVisit.objects.filter(user_id=alice.pk).exists()


def test_each_page_of_a_person_counts(client, alice, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    client.get("/account")
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "read", "1/h")
    monkeypatch.setattr(process_counts, "_counts", {})
    pages = [example(path) for path in PATHS if not path.startswith("/api/")]
    statuses = {path: client.get(path, secure=True).status_code for path in pages}
    # Of those that are no pages with a URL of their own, one was counted.
    assert {path for path, status in statuses.items() if status not in (405, 429)} == {pages[0]}


@pytest.mark.django_db(transaction=True)
def test_a_page_and_a_call_that_would_read_too_long_say_so(client, alice, short, settings, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    client.get("/account")
    monkeypatch.setattr(queries, "first_started_at", read_endlessly)
    monkeypatch.setattr(reports, "tally_of", read_endlessly)
    answer = client.get("/dashboard")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "choose fewer days" in " ".join(answer.content.decode().split())
    called = send("GET", "/api/insights/summary", token=access_token(alice))
    assert_error_shape(called, 503, "unavailable")
    assert "fewer days" in called.json()["detail"]
    monkeypatch.undo()
    settings.READING_SECONDS = 60
    assert client.get("/dashboard").status_code == 302


def test_a_person_reads_within_a_rate_and_takes_nothing_from_another(client, alice, bob, settings, monkeypatch):
    monkeypatch.setattr(process_counts, "_counts", {})
    monkeypatch.setattr(process_counts, "window_end", lambda seconds: 4_000_000_000)
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "read": "3/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    assert api_settings.DEFAULT_THROTTLE_RATES["read"] == "3/day"
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    assert [client.get("/dashboard/browsers").status_code for _ in range(2)] == [200, 200]
    assert send("GET", "/api/sync/changes", token=access_token(alice)).status_code == 200
    answer = client.get("/dashboard/browsers")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "very many pages" in answer.content.decode()
    for path in ("/api/insights/days", "/api/sync/changes", "/api/sync/status"):
        assert_error_shape(send("GET", path, token=access_token(alice)), 429, "throttled")
    assert send("GET", "/api/insights/days", token=access_token(bob)).status_code == 200


def test_a_day_of_very_many_visits_is_listed_in_part(client, alice, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    store(alice, *(visit(started_at=AT_9 + number * 11 * MINUTE) for number in range(5)))
    store(alice, *(visit(started_at=AT_9 - DAY + number * MINUTE) for number in range(5)))
    path, call = "/dashboard/timeline/2025-11-03", "/api/insights/timeline?date=2025-11-03"
    assert "more visits on this day than one page shows" not in client.get(path).content.decode()
    assert send("GET", call, token=access_token(alice)).json()["complete"] is True
    monkeypatch.setattr(queries, "MOST_LISTED", 3)
    assert "more visits on this day than one page shows" in client.get(path).content.decode()
    said = send("GET", call, token=access_token(alice)).json()
    assert said["complete"] is False
    starts = [each["start"] for browser in said["browsers"] for tab in browser["tabs"] for each in tab["visits"]]
    assert starts == [AT_9 + number * 11 * MINUTE for number in range(3)]
    assert max(gap["end"] for gap in said["gaps"]) <= starts[-1]


def test_a_site_of_very_many_visits_is_shown_for_its_latest_days(client, alice, monkeypatch):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    store(alice, *(visit(started_at=AT_9 - number * DAY) for number in range(6)))
    path = "/dashboard/sites/example.org?from=2025-10-01&to=2025-11-03"
    assert "can be added up at once" not in client.get(path).content.decode()
    monkeypatch.setattr(site, "MOST_VISITS", 3)
    answer = client.get(path).content.decode()
    assert "can be added up at once" in answer
    assert "1 November – 3 November 2025" in answer


def test_numbers_of_very_many_tabs_are_those_of_all(client, alice):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    tabs = [aggregate(closed_at=AT_9 + number * MINUTE, page_count=number) for number in range(1, 30)]
    tabs += [aggregate(total_active_duration_ms=0) for _ in range(15)]
    store(alice, *tabs)
    rows = client.get("/dashboard/tabs?from=2025-11-01&to=2025-11-30&format=json").json()
    by_part = {part: [row for row in rows if row["part"] == part] for part in ("longest", "switched", "unread")}
    assert [row["pages"] for row in by_part["switched"]] == list(range(29, 19, -1))
    assert len(by_part["longest"]) == len(by_part["unread"]) == 10
    assert all(row["activeMs"] == 0 for row in by_part["unread"])
    assert "15 of 44 tabs" in client.get("/dashboard/tabs?from=2025-11-01&to=2025-11-30").content.decode()


def test_very_many_sites_are_added_up_as_other_sites(client, alice, monkeypatch):
    monkeypatch.setattr(visit_tallies, "MOST_SITES", 2)
    store(alice, *(visit(domain=f"{number}.example.org", url=f"https://{number}.example.org/") for number in range(5)))
    said = send("GET", "/api/insights/sites?from=2025-11-03", token=access_token(alice)).json()
    assert sorted(site["visits"] for site in said["sites"]) == [1, 1, 3]
    assert [site["visits"] for site in said["sites"] if site["domain"] == "(other sites)"] == [3]
    # The other sites have no page, no category and no list of visits, so no link may lead there.
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    for path in (
        "/dashboard/day/2025-11-03",
        "/dashboard/sites?from=2025-11-03&to=2025-11-03",
        "/dashboard/your-year/2025",
    ):
        page = client.get(path).content.decode()
        assert "Other sites" in page, path
        assert not re.search(r'href="[^"]*other(%20|\+| )sites', page), path


def test_a_page_of_months_that_are_added_up_just_now_opens_by_itself(client, alice, settings, monkeypatch):
    settings.TALLY_AT_READING = True
    month_tallies._tallied_at.clear()
    store(alice, *(visit(started_at=AT_9 - number * 20 * DAY) for number in range(5)))
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    read = visit_tallies.tally_visits

    def slow(*arguments, **named):
        raise ReadingTookTooLong

    monkeypatch.setattr(month_tallies, "tally_visits", slow)
    waiting = client.get("/dashboard/year/2025")
    assert (waiting.status_code, waiting["Refresh"], waiting["Retry-After"]) == (503, "5", "5")
    assert "Adding up your months" in waiting.content.decode()
    assert (
        send("GET", "/api/insights/summary?from=2025-01-01&to=2025-12-31", token=access_token(alice)).status_code == 503
    )
    # Long after the tallying began, it is too much, and asking again would not help.
    monkeypatch.setattr(month_tallies, "TALLYING_SECONDS", 0)
    assert "Refresh" not in client.get("/dashboard/year/2025")
    monkeypatch.setattr(month_tallies, "tally_visits", read)
    assert client.get("/dashboard/year/2025").status_code == 200


def test_months_are_tallied_at_their_first_reading(alice, settings):
    settings.TALLY_AT_READING = True
    month_tallies._tallied_at.clear()
    store(alice, *(visit(started_at=AT_9 - number * 20 * DAY) for number in range(5)))
    asked = "/api/insights/summary?from=2025-01-01&to=2025-12-31"
    first = send("GET", asked, token=access_token(alice)).json()
    months = MonthTally.objects.filter(user_id=alice.pk)
    assert months.count() > 2
    assert send("GET", asked, token=access_token(alice)).json() == first
    # Those that a push makes invalid are made again, but not at every reading.
    store(alice, visit(started_at=AT_9 - 20 * DAY))
    before = {row.first_day: row.basis for row in months}
    later = send("GET", asked, token=access_token(alice)).json()
    assert later["visits"] == first["visits"] + 1
    assert {row.first_day: row.basis for row in months.all()} == before
    month_tallies._tallied_at.clear()
    assert send("GET", asked, token=access_token(alice)).json() == later
    assert {row.first_day: row.basis for row in months.all()} != before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_reading_that_is_closed_late_does_not_end_a_later_transaction(alice):
    with transaction.atomic():
        rows = User.objects.values_list("pk").iterator(chunk_size=1)
        next(rows)
    with transaction.atomic():
        rows.close()
        assert User.objects.count() == 1
