"""Refreshes at a real gunicorn: at once, cut off, killed between commit and reply, replayed, and a day later."""

import http.client
import json
import secrets
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import jwt
import pytest

from tests.live.service import PASSWORD, POSTGRESQL, Database, Service

REFRESH, ME = "/api/auth/refresh", "/api/auth/me"
GRACE = 2
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def server(database, tmp_path_factory):
    """The server with a short grace, and with workers that die when a request asks for it."""
    server = Service(database.url, tmp_path_factory.mktemp("refreshes") / "gunicorn.log")
    server.environment |= {"REFRESH_GRACE_SECONDS": str(GRACE), "DJANGO_SETTINGS_MODULE": "tests.live.dying"}
    server.start()
    yield server
    server.stop()


def sign_in(server):
    """Return the tokens of a new person, because one account takes at most 30 sign-ins a minute."""
    body = {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
    status, _, reply = server.call("POST", "/api/auth/register", body)
    assert status == 201, reply
    return reply


def refresh(server, token, **headers):
    """Return (status, reply) of one refresh."""
    status, _, reply = server.call("POST", REFRESH, {"refresh": token}, **headers)
    return status, reply


def refreshed(server, token):
    status, reply = refresh(server, token)
    assert status == 200, reply
    return reply["refresh"]


def cut(server, token):
    """Ask for a refresh and hang up before the reply."""
    body = json.dumps({"refresh": token}).encode()
    head = (
        f"POST {REFRESH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    with closing(socket.create_connection(("127.0.0.1", server.port), 30)) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)


def refreshes_of(database, token):
    """Return the newest generation that the session of a token has refreshed."""
    sid = jwt.decode(token, options={"verify_signature": False})["sid"]
    return database.select(f"SELECT generation FROM accounts_session WHERE id = {int(sid)}")[0]["generation"]


def test_200_pairs_of_simultaneous_refreshes_sign_nobody_out(server):
    tokens = [sign_in(server)["refresh"] for _ in range(8)]
    gate = threading.Barrier(2)

    def one(token):
        gate.wait(30)
        return refresh(server, token)

    with ThreadPoolExecutor(2) as pool:
        for number in range(200):
            token = tokens[number % 8]
            replies = [future.result(60) for future in [pool.submit(one, token) for _ in range(2)]]
            assert [status for status, _ in replies] == [200, 200], replies
            # The browser keeps the reply that came last.
            kept = replies[number % 3 % 2][1]
            assert server.call("GET", ME, token=kept["access"])[0] == 200
            tokens[number % 8] = kept["refresh"]
    for token in tokens:
        refreshed(server, token)


def test_200_refreshes_whose_reply_is_cut_sign_nobody_out(server, database):
    token = sign_in(server)["refresh"]
    for number in range(200):
        before = refreshes_of(database, token)
        cut(server, token)
        if number % 2:
            # Half of the retries wait until the lost request is over; the other half race it.
            deadline = time.monotonic() + 20
            while refreshes_of(database, token) == before and number % 4 == 1 and time.monotonic() < deadline:
                time.sleep(0.005)
        token = refreshed(server, token)
    assert refreshes_of(database, token) >= 200


def test_a_worker_killed_between_commit_and_reply_signs_nobody_out(server, database):
    token = sign_in(server)["refresh"]
    for _ in range(10):
        before = refreshes_of(database, token)
        with suppress(OSError, http.client.HTTPException):
            refresh(server, token, X_Die="1")
            pytest.fail("the reply came")
        assert refreshes_of(database, token) == before + 1
        token = next_when_up(server, token)


def next_when_up(server, token):
    """Retry until the master has a worker again; connections that the dead worker had accepted are lost."""
    for _ in range(100):
        with suppress(OSError, http.client.HTTPException):
            return refreshed(server, token)
        time.sleep(0.1)
    pytest.fail("no worker came back")


def test_a_server_killed_while_many_refresh_signs_nobody_out(tmp_path):
    database = Database(tmp_path)
    server = Service(database.url, tmp_path / "gunicorn.log")
    try:
        server.start()
        server.call("POST", "/api/auth/register")
        held = {number: sign_in(server)["refresh"] for number in range(4)}
        counted = []

        def keep_refreshing(number):
            while True:
                try:
                    held[number] = refreshed(server, held[number])
                except (OSError, http.client.HTTPException):
                    return
                counted.append(number)

        threads = [threading.Thread(target=keep_refreshing, args=(number,)) for number in held]
        for thread in threads:
            thread.start()
        while len(counted) < 60:
            time.sleep(0.01)
        server.kill()
        for thread in threads:
            thread.join(60)
        server.start()
        for token in held.values():
            refreshed(server, refreshed(server, token))
    finally:
        server.stop()
        database.drop()


def test_50_replays_of_an_old_token_each_end_their_session(server, database):
    old, newest = [], []
    for _ in range(50):
        token = sign_in(server)["refresh"]
        old.append(token)
        newest.append(refreshed(server, refreshed(server, token)))
    time.sleep(GRACE + 0.5)
    for token, successor in zip(old, newest, strict=True):
        status, reply = refresh(server, token)
        assert (status, reply["code"], reply["reason"]) == (401, "session_ended", "refresh_reuse")
        assert refresh(server, successor)[0] == 401
    told = database.select("SELECT count(*) AS n FROM accounts_auditevent WHERE kind = 'refresh_reuse'")[0]["n"]
    assert told >= 50


def test_no_session_survives_two_holders_who_refresh_outside_the_grace(server):
    # In two of the four sessions the thief is first.
    tokens = [sign_in(server)["refresh"] for _ in range(4)]
    holders = {number: [token, token] for number, token in enumerate(tokens)}
    ended = set()
    for turn in range(4):
        for number in holders.keys() - ended:
            which = (turn + number) % 2
            status, reply = refresh(server, holders[number][which])
            if status == 200:
                holders[number][which] = reply["refresh"]
            else:
                ended.add(number)
        time.sleep(GRACE + 0.2)
    assert ended == {0, 1, 2, 3}
    for number, pair in holders.items():
        assert [refresh(server, token)[0] for token in pair] == [401, 401], number


def test_two_at_once_with_an_old_token_end_the_session_once(server, database):
    token = sign_in(server)["refresh"]
    refreshed(server, refreshed(server, token))
    time.sleep(GRACE + 0.5)
    count = "SELECT count(*) AS n FROM accounts_auditevent WHERE kind = 'refresh_reuse'"
    before = database.select(count)[0]["n"]
    with ThreadPoolExecutor(2) as pool:
        replies = [future.result(60) for future in [pool.submit(refresh, server, token) for _ in range(2)]]
    assert [status for status, _ in replies] == [401, 401]
    assert database.select(count)[0]["n"] == before + 1


def sleep_a_day(database):
    """Move every stored time a day back, as if the browser had slept for a day."""
    back = "- interval '1 day'" if POSTGRESQL else ""
    with closing(database.connect()) as connection:
        for row in connection.execute("SELECT id, uses FROM accounts_session").fetchall():
            uses = row[1] if POSTGRESQL else json.loads(row[1])
            older = json.dumps([[generation, mark, at - DAY_MS] for generation, mark, at in uses])
            mark = "%s" if POSTGRESQL else "?"
            connection.execute(f"UPDATE accounts_session SET uses = {mark} WHERE id = {mark}", [older, row[0]])
        for column in ("created_at", "last_used_at", "expires_at"):
            value = f"{column} {back}" if POSTGRESQL else f"datetime({column}, '-1 day')"
            connection.execute(f"UPDATE accounts_session SET {column} = {value}")


def test_a_reply_cut_before_a_day_asleep_signs_nobody_out(server, database):
    token = refreshed(server, sign_in(server)["refresh"])
    before = refreshes_of(database, token)
    cut(server, token)
    deadline = time.monotonic() + 20
    while refreshes_of(database, token) == before and time.monotonic() < deadline:
        time.sleep(0.01)
    sleep_a_day(database)
    refreshed(server, refreshed(server, token))


def test_a_session_ended_in_one_process_is_ended_in_the_other_at_the_next_request(server):
    reply = sign_in(server)
    assert server.call("POST", "/api/auth/logout", {"refresh": reply["refresh"]})[0] == 204
    assert {server.call("GET", ME, token=reply["access"])[0] for _ in range(20)} == {401}


def test_no_table_holds_an_issued_token(server, database):
    issued = []
    token = sign_in(server)["refresh"]
    for _ in range(5):
        _, reply = refresh(server, token)
        issued += reply.values()
        token = reply["refresh"]
    parts = [part for each in issued for part in (each, each.split(".")[2])]
    parts += [jwt.decode(each, options={"verify_signature": False})["jti"] for each in issued]
    tables = (
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        if POSTGRESQL
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    for table in database.select(tables):
        rows = repr(database.select(f'SELECT * FROM "{table["name"]}"'))
        assert [part for part in parts if part in rows] == [], table
    assert [part for part in parts if part in server.log.read_text()] == []
