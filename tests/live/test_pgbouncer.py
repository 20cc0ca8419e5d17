"""The server behind pgbouncer, which lends one of two connections for a transaction: nothing fails, nothing leaks."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.live.service import DATABASE_URL, ROOT, Database, Service, free_port
from tests.wire import AGGREGATES, VISITS
from tests.wire_records import aggregate, visit

pytestmark = pytest.mark.postgresql
CONNECTIONS = 2
CONFIGURATION = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {folder}
auth_type = plain
auth_file = {folder}/people
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
{user}
"""
SESSION = (
    "SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'application_name')"
)


class Pooler:
    """pgbouncer in front of the PostgreSQL server of DATABASE_URL."""

    def __init__(self):
        if shutil.which("pgbouncer") is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("Install pgbouncer (Debian: apt install pgbouncer).")
        server = urlsplit(DATABASE_URL)
        # Not in the folder of the test, which another user cannot read: pgbouncer refuses to be root.
        self.folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
        self.folder.chmod(0o777)
        self.port = free_port()
        configuration = CONFIGURATION.format(
            host=server.hostname, server_port=server.port or 5432, port=self.port, folder=self.folder,
            connections=CONNECTIONS, user="user = nobody" if os.geteuid() == 0 else "",
        )  # fmt: skip
        (self.folder / "pgbouncer.ini").write_text(configuration)
        (self.folder / "people").write_text(f'"{server.username}" "{server.password}"\n')
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(["pgbouncer", self.folder / "pgbouncer.ini"], stdout=log, stderr=log)

    def url(self, database, *, socket=False):
        """Return the URL of a database through the pooler, by TCP or by its socket."""
        parts = urlsplit(database.url)
        person = f"{parts.username}:{parts.password}@"
        if socket:
            return f"postgres://{person}/{database.name}?host={self.folder}&port={self.port}"
        return urlunsplit(parts._replace(netloc=f"{person}127.0.0.1:{self.port}"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def pooler():
    pooler = Pooler()
    yield pooler
    pooler.stop()


@pytest.fixture(scope="module")
def database(tmp_path_factory, pooler):
    database = Database(tmp_path_factory.mktemp("database"))
    for _ in range(200):
        with suppress(psycopg.OperationalError), psycopg.connect(pooler.url(database)):
            break
        time.sleep(0.05)
    yield database
    database.drop()


def settings_of_all_connections(url):
    """Return what stays set on each connection of the pool, and what is prepared or held there."""
    found, processes = [], set()
    with ExitStack() as open_ones:
        for _ in range(CONNECTIONS):
            connection = open_ones.enter_context(psycopg.connect(url, prepare_threshold=None))
            processes.add(connection.execute("SELECT pg_backend_pid()").fetchone()[0])
            found.append(
                (
                    dict(connection.execute(SESSION).fetchall())["statement_timeout"],
                    dict(connection.execute(SESSION).fetchall())["lock_timeout"],
                    connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()[0],
                    connection.execute("SELECT count(*) FROM pg_cursors WHERE is_holdable").fetchone()[0],
                )
            )
    assert len(processes) == CONNECTIONS
    return found


CLEAN = [("0", "0", 0, 0)] * CONNECTIONS


def test_five_clients_push_follow_read_and_erase_over_two_connections(pooler, database, tmp_path):
    service = Service(pooler.url(database, socket=True), tmp_path / "gunicorn.log")

    def use(number):
        token = service.register()
        ids = [f"pv_{number}_{each}" for each in range(100)]
        for results in ("created", "unchanged"):
            body = {"visits": [visit(id=each) for each in ids], "anonymousClientId": "b1"}
            status, _, reply = service.call("POST", VISITS, body, token)
            assert (status, reply["results"]) == (200, [results] * 100)
        body = {"aggregates": [aggregate(tabId=each) for each in range(20)], "anonymousClientId": "b1"}
        assert service.call("POST", AGGREGATES, body, token)[0] == 200
        followed, cursor, more = [], "", True
        while more:
            status, _, page = service.call("GET", f"/api/sync/changes?limit=25&cursor={cursor}", token=token)
            assert status == 200, page
            followed += page["changes"]
            cursor, more = page["cursor"], page["more"]
        assert len(followed) == 120
        for path in ("summary", "days", "hours", "sites", "timeline"):
            status, _, reply = service.call("GET", f"/api/insights/{path}?from=2026-01-01&to=2026-01-31", token=token)
            assert status == 200, reply
        status, _, reply = service.call("POST", "/api/sync/erasures", {"rule": {"domain": "stackoverflow.com"}}, token)
        assert status in (200, 202), reply

    try:
        service.start()
        with ThreadPoolExecutor(5) as pool:
            for future in [pool.submit(use, number) for number in range(5)]:
                future.result(timeout=120)
    finally:
        service.stop()
    assert settings_of_all_connections(pooler.url(database)) == CLEAN


TIME_OUTS = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "syncserver.settings"
django.setup()
from django.db import OperationalError, connection, transaction
from bounded_reading import ReadingTookTooLong, bounded_reading
from syncserver.outages import is_outage
for _ in range(3):
    try:
        with bounded_reading(0.1), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
    except ReadingTookTooLong:
        print("statement interrupted")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE sync_pagevisit")
    except OperationalError as error:
        print("lock given up", is_outage(error))
"""


def run_beside_a_lock(service, database, code):
    """Run Python with the settings of a server while somebody else holds the visits; return what it printed."""
    environment = service.environment | {"DATABASE_WAIT_SECONDS": "0.1"}
    with closing(psycopg.connect(database.url)) as holder:
        holder.execute("LOCK TABLE sync_pagevisit")
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def test_the_times_for_statements_and_locks_hold_and_are_left_nowhere(pooler, database, tmp_path):
    service = Service(pooler.url(database), tmp_path / "log")
    done = run_beside_a_lock(service, database, TIME_OUTS)
    assert done.stdout.splitlines() == ["statement interrupted", "lock given up True"] * 3, done.stderr
    assert settings_of_all_connections(pooler.url(database)) == CLEAN


def test_options_in_the_url_reach_the_server_and_our_times_hold_beside_them(database, tmp_path):
    url = f"{database.url}?options=-c%20statement_timeout%3D50s%20-c%20lock_timeout%3D50s%20-c%20work_mem%3D7MB"
    service = Service(url, tmp_path / "log")
    code = TIME_OUTS + (
        "with connection.cursor() as cursor:\n"
        "    for name in ('statement_timeout', 'lock_timeout', 'work_mem'):\n"
        "        cursor.execute(f'SHOW {name}'); print(cursor.fetchone()[0])\n"
    )
    done = run_beside_a_lock(service, database, code)
    said = done.stdout.splitlines()
    assert said == ["statement interrupted", "lock given up True"] * 3 + ["50s", "50s", "7MB"], done.stderr
