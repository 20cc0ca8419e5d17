"""`manage.py demo`: serves a fresh SQLite database with a demo person, a year of browsing and a recorded day."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zoneinfo
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from tqdm import tqdm

from accounts.pages.development_views import sign_in_link
from sync.management.commands._demo_year import BROWSERS, Content, Year
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import RecordKind
from sync.records.tab_aggregate import TAB_AGGREGATE

FILE = "demo.sqlite3"
RECORDING = "samples/extension-day.jsonl"
PERSON = "demo@example.org"
STAFF = "staff@example.org"
ZONE = "Europe/Berlin"
BATCH = 1_000
# Commands of apps above this one that derive tables from the records, by app. They are called by name: sync must not
# import the apps above it.
DERIVED = {"insights": "tally_months"}


class Command(BaseCommand):
    """Make the demo's database anew, start a server on it, send the recorded day to the server and keep it running."""

    help = f"Serve a demo on a fresh {FILE}, or with --empty-database on another one in which nobody has an account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--port`, `--days`, `--seed`, `--no-serve` and `--empty-database`."""
        parser.add_argument("--port", type=int, default=8001, help="port to serve on (default: 8001)")
        parser.add_argument("--days", type=int, default=365, help="days of browsing to make up (default: 365)")
        parser.add_argument("--seed", type=int, default=1, help="seed of the made-up browsing (default: 1)")
        parser.add_argument("--no-serve", action="store_true", help="stop after sending the recorded day")
        parser.add_argument(
            "--empty-database",
            action="store_true",
            help="use the database of DATABASE_URL, in which nobody has an account, and delete nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the demo until it is interrupted; raises CommandError on another database."""
        if not options["empty_database"]:
            require_own_file()
        elif has_accounts():
            raise CommandError("Somebody has an account in this database, so the demo does not use it.")
        require_free_port(options["port"], "make demo")
        if not options["empty_database"]:
            delete_own_file()
        call_command("migrate", verbosity=0)
        people = get_user_model().objects
        passwords = {PERSON: secrets.token_urlsafe(12), STAFF: secrets.token_urlsafe(12)}
        person = people.create_user(PERSON, passwords[PERSON], name="Demo", time_zone=ZONE)
        people.create_superuser(STAFF, passwords[STAFF], name="Staff")

        make_year(person.pk, options["days"], options["seed"])
        for app, derive in DERIVED.items():
            if apps.is_installed(app):
                call_command(derive, verbosity=0)

        address = f"http://127.0.0.1:{options['port']}"
        command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{options['port']}"]
        quiet = {**os.environ, "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"), "COOKIE_PREFIX": "demo"}
        server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=quiet, stdout=subprocess.DEVNULL)  # noqa: S603  # no argument comes from outside
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server must not outlive the demo
        try:
            wait_for(address, server)
            os.environ["SYNC_PASSWORD"] = passwords[PERSON]
            recording = Path(settings.BASE_DIR, RECORDING)
            self.stdout.write(f"Sending the recorded day, {RECORDING}:")
            call_command("replay", recording, server=address, email=PERSON, stdout=self.stdout)
            self.stdout.write(
                f"\n{address}/admin/      staff    {STAFF}   {passwords[STAFF]}\n"
                f"{address}/dashboard   person   {PERSON}    {passwords[PERSON]}\n"
            )
            person.refresh_from_db()  # the replay has signed in, and the link contains the time of the last sign-in
            if settings.DEBUG:
                self.stdout.write(f"Open signed in, once:\n{sign_in_link(person, address)}\n")
            if not options["no_serve"]:
                self.stdout.write("Serving the demo (stop with Ctrl-C) …")
                self.stdout.flush()
                server.wait()
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
        finally:
            server.terminate()
            server.wait()


def require_own_file() -> None:
    """Raise CommandError where the database is not the demo's own file."""
    database = settings.DATABASES["default"]
    is_sqlite = database["ENGINE"] == "django.db.backends.sqlite3"
    if not is_sqlite or Path(database["NAME"]).resolve() != Path(settings.BASE_DIR, FILE).resolve():
        raise CommandError(
            f"The demo erases its database first, so it runs only on {FILE}. Start it with: make demo. "
            "With --empty-database it takes one in which nobody has an account, and deletes nothing."
        )


def delete_own_file() -> None:
    """Delete the demo's database of before."""
    connections.close_all()
    for suffix in ("", "-wal", "-shm"):
        Path(settings.BASE_DIR, FILE + suffix).unlink(missing_ok=True)


def has_accounts() -> bool:
    """Tell whether anybody has an account; a database without tables has none."""
    user = get_user_model()
    return user._meta.db_table in connection.introspection.table_names() and user.objects.exists()


def require_free_port(port: int, command: str) -> None:
    """Raise CommandError, with a command that uses another port, when something listens on this one."""
    with socket.socket() as listener:
        # As servers do: a port whose last connections are still closing is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CommandError(f"Port {port} is taken. Nothing was changed. Try: {command} PORT={port + 10}") from error


def make_year(user_id: int, days: int, seed: int) -> None:
    """Store made-up browsing of the days up to today, through the writer of the record tables."""
    zone, now = zoneinfo.ZoneInfo(ZONE), int(time.time() * 1000)
    today = datetime.fromtimestamp(now / 1000, zone).date()
    year = Year(zone, now, seed)
    waiting: dict[RecordKind, list[Content]] = {PAGE_VISIT: [], TAB_AGGREGATE: []}
    with tqdm(range(days - 1, -1, -1), desc="Browsing", unit="day", disable=None) as line:
        for ago in line:
            for kind, made in zip(waiting, year.day(today - timedelta(days=ago)), strict=True):
                waiting[kind] += made
                if len(waiting[kind]) >= BATCH or (ago == 0 and waiting[kind]):
                    store(user_id, kind, waiting[kind])
                    waiting[kind] = []


def store(user_id: int, kind: RecordKind, contents: list[Content]) -> None:
    """Store records, in one push for each browser."""
    for browser in BROWSERS:
        mine = [content for content in contents if content["client_id"] == browser.client_id]
        if mine:
            push = service.Push(sender=browser.client_id, client=browser.client)
            service.bulk_update_or_create(user_id, kind, [kind.content_of(content) for content in mine], push)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers; raises CommandError when it ends first or does not answer within 15 seconds."""
    for _ in range(150):
        if server.poll() is not None:
            raise CommandError(f"The server did not start at {address}; is the port taken? Try: make demo PORT=8002")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310  # the demo's own server
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise CommandError(f"The server at {address} did not answer within 15 seconds.")
