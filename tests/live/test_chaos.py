"""A fleet of browsers with the extension's own sync module, against servers and a database that fail all the time.

At the end every browser has sent everything, and every record that no erasure concerns is there once, in its newest
version. `make chaos` runs long rounds, in which two versions of the server run at once and migrations are killed.
CHAOS_SEED repeats a round.
"""

import hmac
import json
import os
import random
import secrets
import shutil
import subprocess
import time
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.live.faults import FULL_DISK, Faults, ready
from tests.live.older_version import NO_HISTORY, older_version
from tests.live.programs import ARCHIVE_SITE, IMPORTED, IMPORTED_SITE, KEPT_SITE, Archive, Programs
from tests.live.service import PASSWORD, ROOT, Database, Relay, Service
from tests.live.test_following import stored

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
IS_LONG = SECONDS >= 30
PEOPLE, BROWSERS = 2, 3
SITES = ["site-0.test", "site-1.test", "site-2.test", "site-3.test"]
NEVER_ERASED = ["a.test", "b.test"]


@pytest.fixture
def servers(tmp_path):
    """Two servers on one database; in a long round one of them is of an older version, as the database is."""
    older, commit = (IS_LONG and older_version(tmp_path / "older")) or (None, None)
    if IS_LONG:
        say(f"older version: {commit or NO_HISTORY}")
    database = Database(tmp_path, older or ROOT)
    parts = urlsplit(database.url)
    relay = Relay(parts.hostname, parts.port or 5432)
    relay.mend()
    away = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{relay.port}")
    started = [Service(urlunsplit(away), tmp_path / f"gunicorn-{number}.log") for number in range(2)]
    started[1].environment["SECRET_KEY"] = started[0].environment["SECRET_KEY"]
    started[0].root = older or ROOT
    for server in started:
        server.start()
    yield database, relay, started, older
    for server in started:
        server.stop()
    relay.cut()
    database.drop()


def say(text):
    print(text, flush=True)  # noqa: T201  # pytest shows it beside a failure, and with -s


def start_fleet(started, people):
    asked = {
        "ports": [server.port for server in started],
        "seed": SEED,
        "people": people,
        "browsers": BROWSERS,
        "sites": SITES + NEVER_ERASED,
        "pauseMs": 2_000 if IS_LONG else 120,
    }
    command = ["node", "tests/extension/chaos/fleet.js", json.dumps(asked)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def do_faults(faults, archive):
    """Draw faults; in a long round migrations are killed in the first half, and done in its middle."""
    if not IS_LONG:
        faults.go_on(SECONDS)
        return
    more = [*faults.restarts(), lambda: archive.an_erasure_is_killed(faults)]
    more[-1].__name__ = "an_erasure_is_killed"
    if faults.older:
        faults.go_on(SECONDS / 2, [*more, faults.a_migration_is_killed])
        faults.migrate()
    faults.go_on(SECONDS / 2, more)
    for server in faults.servers:
        if server.root != ROOT:
            server.stop()
            server.root = ROOT
            server.start()
    assert [ready(server) for server in faults.servers] == [(200, "ok")] * len(faults.servers)


def erased_by(database):
    """Return a function of a person, a site and a start, which tells whether an erasure concerns such a record."""
    keys = {
        row["user_id"]: bytes(row["erasure_key"])
        for row in database.select("SELECT user_id, erasure_key FROM sync_syncstate")
    }
    erasures = database.select("SELECT user_id, domain_hash, erased_at, is_done FROM sync_erasure")
    assert all(row["is_done"] for row in erasures)
    newest = {}
    for row in erasures:
        key = (row["user_id"], bytes(row["domain_hash"]))
        newest[key] = max(newest.get(key, 0), row["erased_at"])

    def is_erased(user_id, site, started_at):
        return started_at < newest.get((user_id, hmac.digest(keys[user_id], site.encode(), "sha256")), 0)

    return is_erased


def test_after_every_fault_each_record_is_there_once_and_newest(servers, tmp_path):
    database, relay, started, older = servers
    with closing(database.connect()) as connection:
        connection.execute(FULL_DISK)
    people = [{"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD} for _ in range(PEOPLE)]
    for person in people:
        assert started[0].call("POST", "/api/auth/register", person)[0] == 201
    programs = [
        Programs(started, person, SITES, tmp_path / f"programs-{n}", SEED + n) for n, person in enumerate(people)
    ]
    keeper = {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
    assert started[0].call("POST", "/api/auth/register", keeper)[0] == 201
    archive = Archive(started, keeper, [], tmp_path / "archive", SEED + PEOPLE)
    faults = Faults(random.Random(SEED), database, relay, started, older)
    fleet = start_fleet(started, people)
    began = time.monotonic()
    try:
        assert fleet.stdout.readline() == "signed in\n"
        for each in programs:
            each.start()
        try:
            do_faults(faults, archive)
        finally:
            say(f"seed {SEED}, {time.monotonic() - began:.0f} s: {sum(faults.done.values())} faults: {faults.done}")
            for each in programs:
                each.end()
        said, _ = fleet.communicate("\n", timeout=150)
    finally:
        fleet.kill()
        fleet.wait()
    browsers = json.loads(said)
    started[0].manage("finish_erasures")

    # Every browser has sent everything.
    assert len(browsers) == PEOPLE * BROWSERS
    for browser in browsers:
        state = {name: browser[name] for name in ("left", "parked", "needsSignIn")}
        assert state == {"left": 0, "parked": 0, "needsSignIn": False}, browser["problem"]

    # Every record is there once and newest, but for those that were erased, on the server and in the browser.
    rows = database.select(
        "SELECT v.user_id, v.visit_id, v.revision, v.title, v.domain, v.started_at, b.client_id FROM sync_pagevisit v "
        "JOIN sync_browser b ON b.id = v.browser_id"
    )
    numbers = {person["email"]: each.number for person, each in zip(people, programs, strict=True)}
    is_erased = erased_by(database)
    for browser in browsers:
        number = numbers[browser["email"]]
        mine = [row for row in rows if (row["user_id"], row["client_id"]) == (number, browser["clientId"])]
        found = sorted((row["visit_id"], row["revision"], row["title"]) for row in mine)
        left = [record[:3] for record in browser["records"] if not is_erased(number, *record[3:])]
        assert found == sorted(map(tuple, left))
        assert found == sorted(map(tuple, browser["kept"]))

    # Everything imported is there once, whatever was erased meanwhile; the followers have what the server has.
    for each in programs:
        imported = [row for row in rows if (row["user_id"], row["domain"]) == (each.number, IMPORTED_SITE)]
        assert len(imported) == len({row["visit_id"] for row in imported}) == IMPORTED
        assert each.final_records() == stored(database, each.number)
    archived = [row["domain"] for row in rows if row["user_id"] == archive.number]
    assert (archived.count(ARCHIVE_SITE), archived.count(KEPT_SITE)) == (0, archive.kept)

    recorded = sum(len(browser["records"]) for browser in browsers)
    on_the_way = {kind: sum(browser["faults"][kind] for browser in browsers) for kind in browsers[0]["faults"]}
    say(
        f"on the way: {on_the_way}; {recorded} records of {len(browsers)} browsers, {archive.pushed} of a program, "
        f"{len(rows)} stored; {sum(len(each.erased) for each in (*programs, archive))} erasures, "
        f"{sum(each.imports for each in programs)} imports, {sum(each.passes for each in programs)} passes of followers"
    )
    assert recorded > 0
    assert sum(faults.done.values()) > 0
