"""A record that was reported as stored survives crashes of the server and of its database."""

import http.client
import json
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.live.service import DATABASE_URL, POSTGRESQL, Database, Relay, Service
from tests.wire import VISITS
from tests.wire_records import visit


def assert_unavailable(answer):
    status, headers, reply = answer
    assert status == 503, reply
    assert headers["Content-Type"].split(";")[0] == "application/json"
    assert int(headers["Retry-After"]) >= 1
    assert reply["code"] == "unavailable"
    assert isinstance(reply["detail"], str)
    assert reply["detail"]


def push(service, token, records, **more):
    return service.call("POST", VISITS, {"visits": records}, token, **more)


def titles(database):
    return [row["title"] for row in database.select("SELECT title FROM sync_pagevisit")]


def test_what_was_reported_stored_outlives_a_kill(tmp_path):
    database = Database(tmp_path)
    service = Service(database.url, tmp_path / "gunicorn.log")
    try:
        service.start()
        token = service.register()
        reported, sent = [], []

        def keep_pushing(name):
            for number in range(10_000):
                records = [visit(id=f"pv_{name}_{number}_{each}") for each in range(50)]
                sent.append(records)
                try:
                    status, _, reply = push(service, token, records)
                except (OSError, http.client.HTTPException):
                    return
                assert status == 200
                assert reply["results"] == ["created"] * 50
                reported.extend(record["id"] for record in records)

        threads = [threading.Thread(target=keep_pushing, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        while len(reported) < 500:
            time.sleep(0.01)
        service.kill()
        for thread in threads:
            thread.join(60)
        service.start()
        there = {row["visit_id"] for row in database.select("SELECT visit_id FROM sync_pagevisit")}
        assert len(reported) >= 500
        assert set(reported) <= there
        # A batch without a reply is stored whole or not at all, and can be sent again.
        for records in sent[-4:]:
            ids = {record["id"] for record in records}
            assert ids <= there or not ids & there
            status, _, reply = push(service, token, records)
            assert status == 200
            assert set(reply["results"]) == ({"unchanged"} if ids <= there else {"created"})
    finally:
        service.stop()
        database.drop()


@pytest.fixture(scope="module")
def impatient(database, service, tmp_path_factory):
    """The same server with a lock timeout of one second."""
    other = Service(database.url, tmp_path_factory.mktemp("impatient") / "gunicorn.log")
    other.environment["DATABASE_WAIT_SECONDS"] = "1"
    other.start()
    yield other
    other.stop()


def end_what_waits(service, database, token, record):
    """Push a record that must wait for a lock, end its database connection meanwhile, and return the replies."""
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(push(service, token, [record])))
    waiting.start()
    with closing(database.connect()) as staff:
        deadline = time.monotonic() + 20
        ended = []
        while not ended and time.monotonic() < deadline:
            ended = staff.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchall()
            time.sleep(0.02)
    waiting.join(60)
    assert ended
    return answers


if POSTGRESQL:

    def test_a_person_locked_by_another_transaction_is_unavailable_and_nothing_is_stored(impatient, database):
        token = impatient.register()
        push(impatient, token, [visit(title="before")])
        with closing(psycopg.connect(database.url)) as other:
            other.execute("SELECT 1 FROM sync_syncstate FOR UPDATE")
            answer = push(impatient, token, [visit(title="while locked")])
            other.rollback()
        assert_unavailable(answer)
        assert "while locked" not in titles(database)
        assert push(impatient, token, [visit(title="after")])[2]["results"] == ["created"]

    def test_a_table_locked_by_another_transaction_is_unavailable_and_nothing_is_stored(impatient, database):
        token = impatient.register()
        with closing(psycopg.connect(database.url)) as other:
            other.execute("LOCK TABLE sync_pagevisit IN ACCESS EXCLUSIVE MODE")
            answer = push(impatient, token, [visit(title="while the table is locked")])
            other.rollback()
        assert_unavailable(answer)
        assert "while the table is locked" not in titles(database)
        assert push(impatient, token, [visit()])[2]["results"] == ["created"]

    @pytest.mark.parametrize("known", [False, True], ids=["fresh", "newer"])
    def test_a_table_locked_against_writing_is_unavailable_and_nothing_is_stored(impatient, database, known):
        token = impatient.register()
        record = visit(revision=1)
        push(impatient, token, [record] if known else [visit()])
        with closing(psycopg.connect(database.url)) as other:
            other.execute("LOCK TABLE sync_pagevisit IN SHARE MODE")
            answer = push(impatient, token, [{**record, "revision": 2, "title": "while writing is locked"}])
            other.rollback()
        assert_unavailable(answer)
        assert "while writing is locked" not in titles(database)
        assert push(impatient, token, [visit()])[2]["results"] == ["created"]

    @pytest.mark.parametrize("known", [False, True], ids=["fresh", "newer"])
    def test_a_connection_that_ends_while_records_are_written_is_unavailable(service, database, token, known):
        record = visit(revision=1)
        push(service, token, [record] if known else [visit()])
        newer = {**record, "revision": 2, "title": "ended while writing"}
        with closing(psycopg.connect(database.url)) as other:
            other.execute("LOCK TABLE sync_pagevisit IN SHARE MODE")
            answers = end_what_waits(service, database, token, newer)
            other.rollback()
        assert_unavailable(answers[0])
        assert "ended while writing" not in titles(database)
        assert push(service, token, [visit()])[2]["results"] == ["created"]

    def test_a_connection_that_the_database_ends_is_unavailable_and_nothing_is_stored(service, database, token):
        push(service, token, [visit()])
        with closing(psycopg.connect(database.url)) as other:
            other.execute("SELECT 1 FROM sync_syncstate FOR UPDATE")
            answers = end_what_waits(service, database, token, visit(title="ended"))
            other.rollback()
        assert_unavailable(answers[0])
        assert "ended" not in titles(database)
        assert push(service, token, [visit()])[2]["results"] == ["created"]

    def test_a_push_waits_for_a_short_lock(service, database, token):
        push(service, token, [visit()])
        answers = []
        with closing(psycopg.connect(database.url)) as other:
            other.execute("SELECT 1 FROM sync_syncstate FOR UPDATE")
            waiting = threading.Thread(target=lambda: answers.append(push(service, token, [visit(title="waited")])))
            waiting.start()
            time.sleep(1)
            assert not answers
            other.rollback()
        waiting.join(60)
        assert answers[0][2]["results"] == ["created"]

    def test_idle_connections_that_the_database_ended_are_replaced(service, database, token):
        for _ in range(4):
            push(service, token, [visit()])
        with closing(database.connect()) as staff:
            staff.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(0.2)
        for _ in range(4):
            assert push(service, token, [visit()])[0] == 200

    def test_a_database_that_cannot_be_reached_is_unavailable_until_it_can(database, service, tmp_path):
        address = urlsplit(DATABASE_URL)
        relay = Relay(address.hostname, address.port or 5432)
        relay.mend()
        user = address.netloc.rpartition("@")[0]
        through = urlunsplit(urlsplit(database.url)._replace(netloc=f"{user}@127.0.0.1:{relay.port}"))
        other = Service(through, tmp_path / "gunicorn.log")
        try:
            other.start()
            token = other.register()
            assert push(other, token, [visit(title="reached")])[2]["results"] == ["created"]
            relay.cut()
            for _ in range(4):
                assert_unavailable(push(other, token, [visit(title="cut off")]))
            body = {"email": "nobody@example.org", "password": "x"}
            assert_unavailable(other.call("POST", "/api/auth/login", body))
            assert_unavailable(other.call("GET", "/api/auth/me", token=token))
            relay.mend()
            assert push(other, token, [visit(title="mended")])[2]["results"] == ["created"]
            assert "cut off" not in titles(database)
            assert {"reached", "mended"} <= set(titles(database))
        finally:
            other.stop()
            relay.cut()

    def test_a_database_shut_to_new_connections_is_unavailable(database, service, tmp_path):
        limited = Service(database.url, tmp_path / "gunicorn.log")
        try:
            limited.start()
            token = limited.register()
            with closing(psycopg.connect(f"{database.url.rpartition('/')[0]}/postgres", autocommit=True)) as staff:
                staff.execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS false')
                try:
                    staff.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database.name]
                    )
                    time.sleep(0.2)
                    assert_unavailable(push(limited, token, [visit(title="shut")]))
                finally:
                    staff.execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS true')
            assert push(limited, token, [visit()])[2]["results"] == ["created"]
            assert "shut" not in titles(database)
        finally:
            limited.stop()

else:

    def test_a_file_locked_by_another_process_is_unavailable_and_nothing_is_stored(impatient, database):
        token = impatient.register()
        push(impatient, token, [visit(title="before")])
        with closing(database.connect()) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = push(impatient, token, [visit(title="while locked")])
            other.execute("ROLLBACK")
        assert_unavailable(answer)
        assert "while locked" not in titles(database)
        assert push(impatient, token, [visit(title="after")])[2]["results"] == ["created"]

    def test_an_account_call_on_a_locked_file_is_unavailable(impatient, database):
        body = {"email": "locked@example.org", "password": "correct horse battery staple"}
        with closing(database.connect()) as other:
            other.execute("BEGIN IMMEDIATE")
            answers = [impatient.call("POST", f"/api/auth/{name}", body) for name in ("register", "login")]
            other.execute("ROLLBACK")
        for answer in answers:
            assert_unavailable(answer)

    def test_a_push_waits_for_a_short_lock(service, database, token):
        push(service, token, [visit()])
        answers = []
        with closing(database.connect()) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = threading.Thread(target=lambda: answers.append(push(service, token, [visit(title="waited")])))
            waiting.start()
            time.sleep(1)
            assert not answers
            other.execute("ROLLBACK")
        waiting.join(60)
        assert answers[0][2]["results"] == ["created"]


def test_the_log_of_all_this_holds_no_content(service, token):
    url = "https://example.org/swordfish?q=swordfish"
    push(service, token, [visit(url=url, title="swordfish"), visit(id="swordfish", url="swordfish")])
    service.call("POST", f"{VISITS}?swordfish=1", b'{"visits": [swordfish]}', token)
    assert "swordfish" not in service.log.read_text()
    assert token not in service.log.read_text()


def test_the_limits_are_told_by_the_real_server(service):
    status, headers, reply = service.call("GET", "/api/sync/limits")
    assert status == 200
    assert headers["Content-Type"].split(";")[0] == "application/json"
    assert json.loads(json.dumps(reply))["maxRecords"] == 1_000
