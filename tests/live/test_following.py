"""Followers of the feed end with exactly the server's rows, however many writers push, and after a restore."""

import itertools
import json
import os
import random
import re
import subprocess
import sys
import threading
import time

import pytest

from tests.live.service import POSTGRESQL, ROOT, Database, Service
from tests.wire import AGGREGATES, CHANGES, VISITS
from tests.wire_records import AT_9, aggregate, visit

WRITERS, ROUNDS = (8, 30) if POSTGRESQL else (3, 15)
SIZES = (1, 7, 1_000)
PROGRAM = re.compile(r"```python\n(.+?)```", re.DOTALL)


def push(service, token, path, records):
    """Push a batch until the server takes it; return the results."""
    body = {"visits" if path == VISITS else "aggregates": records}
    for _ in range(100):
        status, _, reply = service.call("POST", path, body, token)
        if status == 200:
            return reply["results"]
        assert status == 503, reply
        time.sleep(0.1)
    raise AssertionError("The server never took the batch.")


def some_records(dice, path):
    """Return a batch of records that other writers have too, in versions of its own."""
    made = []
    for _ in range(dice.randrange(1, 60)):
        common = {"anonymousClientId": dice.choice(["", "b1", "b2"]), "revision": dice.randrange(20)}
        if path == VISITS:
            number = dice.randrange(150)
            made.append(visit(id=f"pv_{number}", startedAt=AT_9 + number, title=f"{dice.random()}", **common))
        else:
            made.append(aggregate(tabId=dice.randrange(60), pageCount=dice.randrange(9), **common))
    return made


def key_of(change):
    record = change.get("visit") or change["aggregate"]
    return change["kind"], change["browser"], record.get("id") or (record["tabId"], record["startTime"])


class Follower:
    """Reads the feed page after page, each of another size, and keeps the latest version of each record."""

    def __init__(self, service, token, seed):
        self.service, self.token, self.dice = service, token, random.Random(seed)
        self.held, self.cursor, self.pages = {}, "", 0

    def read(self, size):
        """Read one page; return whether there is more."""
        path = f"{CHANGES}?limit={size}&cursor={self.cursor}"
        status, _, page = self.service.call("GET", path, token=self.token)
        assert status == 200, page
        keys = [key_of(change) for change in page["changes"]]
        assert len(keys) == len(set(keys)) <= size
        self.held.update(zip(keys, page["changes"], strict=True))
        self.cursor = page["cursor"]
        self.pages += 1
        return page["more"]

    def follow(self, stop):
        """Read until there is no more once `stop` is set."""
        while True:
            is_last = stop.is_set()
            while self.read(self.dice.choice(SIZES)):
                pass
            if is_last:
                return


def stored(database, user_id=None):
    """Return the versions in the tables by the keys of the feed, of one person or of all."""
    mine = "" if user_id is None else f" WHERE user_id = {user_id}"
    clients = {row["id"]: row["client_id"] for row in database.select("SELECT id, client_id FROM sync_browser")}
    visits = database.select(f"SELECT browser_id, visit_id, revision, title FROM sync_pagevisit{mine}")
    tabs = database.select(f"SELECT browser_id, tab_id, started_at, revision, page_count FROM sync_tabaggregate{mine}")
    found = {
        ("page-visit", clients[row["browser_id"]], row["visit_id"]): (row["revision"], row["title"]) for row in visits
    }
    for row in tabs:
        key = ("tab-aggregate", clients[row["browser_id"]], (row["tab_id"], row["started_at"]))
        found[key] = (row["revision"], row["page_count"])
    return found


def versions(held):
    """Return what `stored` returns of followed changes."""
    return {
        key: (change["visit"]["revision"], change["visit"]["title"])
        if "visit" in change
        else (change["aggregate"]["revision"], change["aggregate"]["pageCount"])
        for key, change in held.items()
    }


def test_two_followers_of_many_writers_end_with_the_rows_of_the_server(tmp_path):
    database = Database(tmp_path)
    service = Service(database.url, tmp_path / "gunicorn.log")
    try:
        service.start()
        token, other = service.register(), service.register()
        stop, failures = threading.Event(), []

        def guarded(work, *arguments):
            try:
                work(*arguments)
            except BaseException as error:
                failures.append(error)
                raise

        def write(seed):
            dice = random.Random(seed)
            for number in range(ROUNDS):
                path = VISITS if dice.random() < 0.6 else AGGREGATES
                push(service, token, path, some_records(dice, path))
                if number % 5 == 0:
                    push(service, other, path, some_records(dice, path))

        followers = [Follower(service, token, seed) for seed in (1, 2)]
        readers = [threading.Thread(target=guarded, args=(each.follow, stop)) for each in followers]
        writers = [threading.Thread(target=guarded, args=(write, seed)) for seed in range(WRITERS)]
        for thread in (*readers, *writers):
            thread.start()
        for thread in writers:
            thread.join(240)
        stop.set()
        for thread in readers:
            thread.join(240)
        assert failures == []

        persons = database.select("SELECT user_id, count(*) AS n FROM sync_pagevisit GROUP BY user_id ORDER BY user_id")
        assert len(persons) == 2
        for size in SIZES:
            late = Follower(service, token, 0)
            while late.read(size):
                pass
            for follower in followers:
                assert follower.held == late.held
        assert min(follower.pages for follower in followers) > 10

        held = list(followers[0].held.values())
        for path, member in ((VISITS, "visit"), (AGGREGATES, "aggregate")):
            records = [change[member] for change in held if member in change]
            assert set(push(service, token, path, records)) == {"unchanged"}
        assert versions(followers[0].held) == stored(database, persons[0]["user_id"])
    finally:
        service.stop()
        database.drop()


# After a restore


def program():
    """Return the program of docs/follow.md."""
    return PROGRAM.search((ROOT / "docs" / "follow.md").read_text(encoding="utf-8"))[1]


def run_follower(service, token, folder):
    """Run the program of docs/follow.md once; return the records that it keeps."""
    environment = {**os.environ, "SERVER": f"http://127.0.0.1:{service.port}", "TOKEN": token}
    command = [sys.executable, "-c", program()]
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=60, stderr=subprocess.PIPE)
    kept = json.loads((folder / "records.json").read_text(encoding="utf-8"))["records"]
    found = {}
    for text, record in kept.items():
        kind, browser, key = json.loads(text)
        found[kind, browser, tuple(key) if isinstance(key, list) else key] = record
    return found


def test_the_program_in_the_docs_has_some_twenty_lines():
    assert len([line for line in program().splitlines() if line.strip()]) <= 23


@pytest.mark.parametrize("is_told", [True, False], ids=["after_restore was run", "nobody ran after_restore"])
def test_the_program_in_the_docs_ends_with_the_rows_of_a_restored_backup(tmp_path, is_told):
    database = Database(tmp_path)
    backup = None
    service = Service(database.url, tmp_path / "gunicorn.log")
    numbers = itertools.count()

    def push_some(count):
        records = [visit(id=f"pv_{next(numbers)}", anonymousClientId="b1") for _ in range(count)]
        assert push(service, token, VISITS, records) == ["created"] * count
        assert push(service, token, AGGREGATES, [aggregate(tabId=next(numbers))]) == ["created"]

    def assert_equal():
        kept = run_follower(service, token, tmp_path)
        assert {
            key: (record["revision"], record.get("title", record.get("pageCount"))) for key, record in kept.items()
        } == stored(backup or database)

    try:
        service.start()
        token = service.register()
        push_some(600)
        push_some(600)
        assert_equal()
        ids = [{"browser": "b1", "id": f"pv_{number}"} for number in range(9)]
        status, _, reply = service.call("POST", "/api/sync/erasures", {"rule": {"ids": ids}}, token)
        assert (status, reply["erased"]["pageVisits"]) == (200, 9)
        assert_equal()
        service.stop()
        backup_made = database.copy(tmp_path / "backup")
        service.start()
        push_some(20)
        push_some(20)
        assert_equal()
        service.stop()

        backup = backup_made
        service.environment["DATABASE_URL"] = backup.url
        if is_told:
            said = service.manage("after_restore")
            assert "410 resync_required" in said
        service.start()
        if is_told:
            # Cursors from before the restore must be refused even where the counter has passed them.
            for _ in range(3):
                push_some(3)
        assert_equal()
        push_some(5)
        assert_equal()
    finally:
        service.stop()
        database.drop()
        if backup:
            backup.drop()
