"""Rate limits of a gunicorn with two processes are exact, in the database and in Redis, and cannot be dodged."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakeredis import TcpFakeServer

from tests.live.service import PASSWORD, Database, Service, free_port


@pytest.fixture(scope="module", params=["database", "redis"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rates")
    database = Database(folder)
    server = Service(database.url, folder / "gunicorn.log")
    server.environment |= {"AUTH_RATE": "20/day", "RESET_RATE": "5/day", "PUSH_RATE": "10/day", "NUM_PROXIES": "0"}
    if request.param == "redis":
        redis = TcpFakeServer(("127.0.0.1", free_port()))
        redis.daemon_threads = True
        threading.Thread(target=redis.serve_forever, daemon=True).start()
        server.environment["RATE_COUNTS_URL"] = f"redis://127.0.0.1:{redis.server_address[1]}"
    server.start()
    server.people = [server.call("POST", "/api/auth/register", body)[2] for body in (new_person(), new_person())]
    server.counted_rows = lambda: database.count("accounts_ratecount")
    server.kept = request.param
    yield server
    server.stop()
    if request.param == "redis":
        redis.shutdown()
        redis.server_close()
    database.drop()


def new_person():
    return {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}


def asked(times, call):
    """Return the replies of `times` calls, four at once, each with another X-Forwarded-For."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda number: call(f"192.0.2.{number}"), range(times)))


def within(replies, status):
    """Return how many replies are not 429; check that these have `status` and that each 429 has Retry-After."""
    for code, headers, reply in replies:
        if code == 429:
            assert reply["code"] == "throttled"
            assert 0 < int(headers["Retry-After"]) <= 86_400
        else:
            assert code == status, reply
    return sum(code != 429 for code, _, _ in replies)


def test_pushes_of_a_person_at_once_are_answered_up_to_the_rate_and_nobody_else_is_slowed(server):
    alice, bob = (person["access"] for person in server.people)

    def push(token, forwarded):
        headers = {"X_Forwarded_For": forwarded}
        return server.call("POST", "/api/sync/page-visits", {"visits": []}, token=token, **headers)

    assert within(asked(24, lambda forwarded: push(alice, forwarded)), 200) == 10
    assert within(asked(10, lambda forwarded: push(bob, forwarded)), 200) == 10


def test_refreshes_of_a_session_at_once_are_answered_up_to_the_rate_and_nobody_else_is_slowed(server):
    alice, bob = (person["refresh"] for person in server.people)

    def refresh(token, forwarded):
        return server.call("POST", "/api/auth/refresh", {"refresh": token}, X_Forwarded_For=forwarded)

    assert within(asked(30, lambda forwarded: refresh(alice, forwarded)), 200) == 20
    assert within(asked(5, lambda forwarded: refresh(bob, forwarded)), 200) == 5


def test_forgotten_passwords_from_one_address_are_answered_up_to_the_rate(server):
    def forget(forwarded):
        return server.call("POST", "/api/auth/password-reset", {"email": "x@example.org"}, X_Forwarded_For=forwarded)

    assert within(asked(12, forget), 202) == 5


def test_sign_ups_and_sign_ins_from_one_address_are_answered_up_to_one_rate(server):
    def login(forwarded):
        wrong = {"email": f"{forwarded}@example.org", "password": "wrong"}
        return server.call("POST", "/api/auth/login", wrong, X_Forwarded_For=forwarded)

    # The fixture's two sign-ups count as well.
    assert within(asked(30, login), 401) == 18
    assert server.call("POST", "/api/auth/register", new_person())[0] == 429


def test_what_redis_counts_leaves_no_row_in_the_database(server):
    assert (server.counted_rows() == 0) is (server.kept == "redis")
