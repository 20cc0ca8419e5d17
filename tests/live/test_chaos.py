"""A fleet of browsers with the extension's own sync module, against servers and a database that fail all the time.

At the end every browser has sent everything, and every record is there once, in its newest version. `make chaos` runs
long rounds; CHAOS_SEED repeats one.
"""

import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.live.service import DATABASE_URL, PASSWORD, ROOT, Database, Relay, Service

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(
        shutil.which("node") is None or not (ROOT / "tests/extension/node_modules").exists(),
        reason="Node and the packages of tests/extension are needed.",
    ),
]
SEED = int(os.environ.get("CHAOS_SEED", "1"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "5"))
# A start of a server takes some seconds, so a short round has none.
LONG_ROUND_SECONDS = 30
PEOPLE, BROWSERS = 2, 3
FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""


class Chaos:
    """The faults, drawn by a seed; each one lasts for a moment and is mended."""

    def __init__(self, dice, database, relay, servers):
        self.dice, self.database, self.relay, self.servers = dice, database, relay, servers
        self.done = {}

    def administer(self, *statements):
        # Not to the database itself, where a limit on connections holds.
        url = urlunsplit(urlsplit(DATABASE_URL)._replace(path="/postgres"))
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def disconnect_all(self):
        self.administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{self.database.name}' AND usename = current_user AND pid <> pg_backend_pid()"
        )

    def moment(self):
        time.sleep(0.1 + 0.5 * self.dice.random())

    def a_worker_is_killed(self):
        pid = self.dice.choice(self.servers).process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            with suppress(ProcessLookupError):
                os.kill(int(self.dice.choice(children)), signal.SIGKILL)

    def a_server_is_killed_and_started(self):
        server = self.dice.choice(self.servers)
        server.kill()
        server.start()

    def a_server_is_stopped_and_started(self):
        server = self.dice.choice(self.servers)
        server.stop()
        server.start()

    def the_way_to_the_database_is_cut(self):
        self.relay.cut()
        self.moment()
        self.relay.mend()

    def all_connections_end(self):
        self.disconnect_all()

    def connections_are_exhausted(self):
        self.administer(f'ALTER DATABASE "{self.database.name}" CONNECTION LIMIT 0')
        self.disconnect_all()
        self.moment()
        self.administer(f'ALTER DATABASE "{self.database.name}" CONNECTION LIMIT -1')

    def the_database_is_read_only(self):
        self.administer(f'ALTER DATABASE "{self.database.name}" SET default_transaction_read_only = on')
        self.disconnect_all()
        self.moment()
        self.administer(f'ALTER DATABASE "{self.database.name}" RESET default_transaction_read_only')
        self.disconnect_all()

    def the_disk_is_full(self):
        with closing(self.database.connect()) as connection:
            connection.execute("SET lock_timeout = '2s'")
            with suppress(psycopg.errors.LockNotAvailable):
                connection.execute(
                    "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON sync_pagevisit EXECUTE FUNCTION full_disk()"
                )
                self.moment()
            connection.execute("SET lock_timeout = 0")
            connection.execute("DROP TRIGGER IF EXISTS full_disk ON sync_pagevisit")

    def everybody_is_locked_out(self):
        with closing(self.database.connect()) as connection:
            connection.execute("BEGIN")
            connection.execute("LOCK TABLE sync_syncstate IN ACCESS EXCLUSIVE MODE")
            self.moment()
            connection.execute("ROLLBACK")

    def go_on(self, seconds):
        faults = [
            self.a_worker_is_killed, self.the_way_to_the_database_is_cut, self.all_connections_end,
            self.connections_are_exhausted, self.the_database_is_read_only, self.the_disk_is_full,
            self.everybody_is_locked_out,
        ]  # fmt: skip
        if seconds >= LONG_ROUND_SECONDS:
            faults += [self.a_server_is_killed_and_started, self.a_server_is_stopped_and_started]
        order = self.dice.sample(faults, len(faults))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            fault = order.pop() if order else self.dice.choice(faults)
            fault()
            self.done[fault.__name__] = self.done.get(fault.__name__, 0) + 1
            time.sleep(0.4 * self.dice.random())


@pytest.fixture
def servers(tmp_path):
    database = Database(tmp_path)
    parts = urlsplit(database.url)
    relay = Relay(parts.hostname, parts.port or 5432)
    relay.mend()
    away = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{relay.port}")
    started = [Service(urlunsplit(away), tmp_path / f"gunicorn-{number}.log") for number in range(2)]
    started[1].environment["SECRET_KEY"] = started[0].environment["SECRET_KEY"]
    for server in started:
        server.start()
    yield database, relay, started
    for server in started:
        server.stop()
    relay.cut()
    database.drop()


def test_after_every_fault_each_record_is_there_once_and_newest(servers):
    database, relay, started = servers
    with closing(database.connect()) as connection:
        connection.execute(FULL_DISK)
    people = [{"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD} for _ in range(PEOPLE)]
    for person in people:
        assert started[0].call("POST", "/api/auth/register", person)[0] == 201
    asked = {"ports": [server.port for server in started], "seed": SEED, "people": people, "browsers": BROWSERS}
    fleet = subprocess.Popen(
        ["node", "tests/extension/chaos/fleet.js", json.dumps(asked)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    chaos = Chaos(random.Random(SEED), database, relay, started)
    try:
        assert fleet.stdout.readline() == "signed in\n"
        chaos.go_on(SECONDS)
        said, _ = fleet.communicate("\n", timeout=150)
    finally:
        fleet.kill()
        fleet.wait()
    browsers = json.loads(said)
    faults = {kind: sum(browser["faults"][kind] for browser in browsers) for kind in browsers[0]["faults"]}
    print(f"seed {SEED}: {chaos.done}, {faults}, {sum(len(each['records']) for each in browsers)} records")  # noqa: T201  # pytest shows it beside a failure, and with -s
    assert len(browsers) == PEOPLE * BROWSERS
    for browser in browsers:
        state = {name: browser[name] for name in ("left", "parked", "needsSignIn")}
        assert state == {"left": 0, "parked": 0, "needsSignIn": False}, browser["problem"]
    rows = database.select(
        "SELECT v.visit_id, v.revision, v.title, b.client_id, u.email FROM sync_pagevisit v "
        "JOIN sync_browser b ON b.id = v.browser_id JOIN accounts_user u ON u.id = v.user_id"
    )
    stored = sorted((row["email"], row["client_id"], row["visit_id"], row["revision"], row["title"]) for row in rows)
    recorded = sorted((each["email"], each["clientId"], *record) for each in browsers for record in each["records"])
    assert stored == recorded
    assert len(recorded) > 0
    assert sum(chaos.done.values()) > 0
