"""Faults of servers and of a database, drawn by a seed; each one lasts for a moment and is mended."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db.migrations.loader import MigrationLoader

from tests.live.service import DATABASE_URL, ROOT

FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""
NOT_READY = "the database lacks a migration"


def ready(server):
    """Return the status and the text of a server's probe of readiness."""
    status, text = server.fetch("GET", "/readyz")[::2]
    return status, text.decode().strip()


class Faults:
    """The faults, and how often each one was done. `older` is the folder of an older version, or None."""

    def __init__(self, dice, database, relay, servers, older):
        self.dice, self.database, self.relay, self.servers, self.older = dice, database, relay, servers, older
        self.done = {}

    def administer(self, *statements):
        # Not to the database itself, where a limit on connections holds.
        url = urlunsplit(urlsplit(DATABASE_URL)._replace(path="/postgres"))
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @property
    def is_migrated(self):
        """Whether the database has every migration. One that was killed may have done its work before."""
        rows = self.database.select("SELECT app, name FROM django_migrations")
        return {(row["app"], row["name"]) for row in rows} >= MigrationLoader(None).disk_migrations.keys()

    def disconnect_all(self):
        self.administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{self.database.name}' AND usename = current_user AND pid <> pg_backend_pid()"
        )

    def moment(self):
        time.sleep(0.1 + 0.5 * self.dice.random())

    def children(self, server):
        pid = server.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def a_worker_is_killed(self):
        if children := self.children(self.dice.choice(self.servers)):
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(children), signal.SIGKILL)

    def a_server_is_killed_and_started(self):
        server = self.dice.choice(self.servers)
        server.kill()
        server.start()

    def a_server_is_stopped_and_started(self):
        server = self.dice.choice(self.servers)
        server.stop()
        server.start()

    def a_server_changes_its_version(self):
        server = self.dice.choice(self.servers)
        server.stop()
        server.root = self.older if server.root == ROOT else ROOT
        server.start()
        lacks = server.root == ROOT and not self.is_migrated
        assert ready(server) == ((503, NOT_READY) if lacks else (200, "ok"))

    def a_migration_is_killed(self):
        """Kill it while it waits for a table to which others write, or after ten seconds, wherever it is then."""
        tables = self.database.select("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        held = ", ".join(row["tablename"] for row in tables if row["tablename"] != "django_migrations")
        with closing(self.database.connect()) as connection:
            connection.execute("BEGIN")
            connection.execute(f"LOCK TABLE {held} IN ROW EXCLUSIVE MODE")
            migration = self._migrate()
            until = time.monotonic() + 10
            while time.monotonic() < until and migration.poll() is None and not self._waits_for_a_lock():
                time.sleep(0.01)
            time.sleep(0.2 * self.dice.random())
            migration.kill()
            migration.wait()
            connection.execute("ROLLBACK")

    def migrate(self):
        """Migrate while everybody goes on; a migration that waited too long for a lock is run again."""
        for _ in range(10):
            if not self.is_migrated:
                self._migrate().wait(60)
        assert self.is_migrated

    def _migrate(self):
        environment = {**self.servers[0].environment, "DATABASE_URL": self.database.url}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)

    def _waits_for_a_lock(self):
        waiting = (
            "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
            "WHERE NOT l.granted AND l.mode IN ('AccessExclusiveLock', 'ShareLock')"
        )
        return bool(self.database.select(waiting))

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

    def go_on(self, seconds, more=()):
        """Cause faults until the time is over: each kind once, and then kinds at random."""
        faults = [
            self.a_worker_is_killed, self.the_way_to_the_database_is_cut, self.all_connections_end,
            self.connections_are_exhausted, self.the_database_is_read_only, self.the_disk_is_full,
            self.everybody_is_locked_out, *more,
        ]  # fmt: skip
        order = self.dice.sample(faults, len(faults))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            fault = order.pop() if order else self.dice.choice(faults)
            fault()
            self.done[fault.__name__] = self.done.get(fault.__name__, 0) + 1
            time.sleep(0.4 * self.dice.random())

    def restarts(self):
        """Return the faults that start a server, which takes seconds."""
        found = [self.a_server_is_killed_and_started, self.a_server_is_stopped_and_started]
        return [*found, self.a_server_changes_its_version] if self.older else found
