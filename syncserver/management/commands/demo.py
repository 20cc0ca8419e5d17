"""`manage.py demo`: serves a fresh SQLite database with a demo person and a year of their browsing."""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.utils import timezone
from tqdm import tqdm

from accounts.models import Session, User
from accounts.pages.development_views import sign_in_link
from insights.categories.stored_rules import save_rule
from instants import now_ms
from portability import staging, storing
from sync.browsers import Sender, set_label
from sync.models import Browser
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import RecordKind
from sync.records.tab_aggregate import TAB_AGGREGATE
from syncserver.demo.past import takeout
from syncserver.demo.year import BROWSERS, Content, DemoBrowser, Year
from syncserver.free_port import require_free_port
from syncserver.machine_time_zone import machine_time_zone

FILE = "demo.sqlite3"
PERSON = "demo@example.org"
STAFF = "staff@example.org"
BATCH = 1_000
OLD_BROWSER = "Old laptop"
# The person's own rules for categories: site, path, category.
RULES: Final = (
    ("planner.example", "", "work"),
    ("github.com", "/parser/guitar", "Side projects"),
    ("news.ycombinator.com", "", "development"),
    ("choir.example", "", "video"),
)


class Command(BaseCommand):
    """Make the demo's database anew, start a server on it and keep it running."""

    help = f"Serve a demo on a fresh {FILE}, or with --empty-database on another one in which nobody has an account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--port`, `--days`, `--seed`, `--no-serve` and `--empty-database`."""
        parser.add_argument("--port", type=int, default=8001, help="port to serve on (default: 8001)")
        parser.add_argument("--days", type=int, default=365, help="days of browsing to make up (default: 365)")
        parser.add_argument("--seed", type=int, default=1, help="seed of the made-up browsing (default: 1)")
        parser.add_argument("--no-serve", action="store_true", help="stop when the database is made")
        parser.add_argument(
            "--empty-database",
            action="store_true",
            help="use the database of DATABASE_URL, in which nobody has an account, and delete nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the demo until it is interrupted; raises CommandError on another database."""
        file = Path(settings.BASE_DIR, FILE)
        if not options["empty_database"]:
            require_own_file(file)
        elif has_accounts():
            raise CommandError("Somebody has an account in this database, so the demo does not use it.")
        require_free_port(options["port"], "make demo")
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server must not outlive the demo
        try:
            with only_demo(file):
                if not options["empty_database"]:
                    delete(file)
                self._make(options["days"], options["seed"])
                if not options["no_serve"]:
                    self._serve(options["port"])
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")

    def _make(self, days: int, seed: int) -> None:
        call_command("migrate", verbosity=0)
        zone = machine_time_zone()
        passwords = {PERSON: secrets.token_urlsafe(12), STAFF: secrets.token_urlsafe(12)}
        person = User.objects.create_user(PERSON, passwords[PERSON], name="Demo", time_zone=zone)
        User.objects.create_superuser(STAFF, passwords[STAFF], name="Staff", time_zone=zone)
        for site, path, category in RULES:
            save_rule(person.pk, site, path, category)
        make_past(person.pk, ZoneInfo(zone), seed)
        make_year(person, ZoneInfo(zone), days, seed)
        call_command("tally_months", verbosity=0)
        self.stdout.write(f"staff    {STAFF}   {passwords[STAFF]}\nperson   {PERSON}    {passwords[PERSON]}")

    def _serve(self, port: int) -> None:
        """Serve until interrupted, and print one link that opens signed in once the server answers."""
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
        environment = {**os.environ, "COOKIE_PREFIX": "demo"}
        server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603  # no argument comes from outside
        try:
            wait_for(address, server)
            self.stdout.write(f"Serving the demo at {address}/ (stop with Ctrl-C).")
            if settings.DEBUG:
                link = sign_in_link(User.objects.get(email=PERSON), address)
                self.stdout.write(f"Open signed in, once:\n{link}")
            self.stdout.flush()
            server.wait()
        finally:
            server.terminate()
            server.wait()


def require_own_file(file: Path) -> None:
    """Raise CommandError where the database is not the demo's own file."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3" or Path(database["NAME"]).resolve() != file.resolve():
        raise CommandError(
            f"The demo erases its database first, so it runs only on {FILE}. Start it with: make demo. "
            "With --empty-database it takes one in which nobody has an account, and deletes nothing."
        )


def delete(file: Path) -> None:
    """Delete the database of an earlier demo."""
    connections.close_all()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def has_accounts() -> bool:
    """Tell whether anybody has an account; a database without tables has none."""
    return User._meta.db_table in connection.introspection.table_names() and User.objects.exists()


@contextmanager
def only_demo(file: Path) -> Iterator[None]:
    """Hold the demo's database; raises CommandError while another demo serves it at another port."""
    with file.with_name(f"{file.name}-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError("Another demo runs from this folder. Nothing was changed. Stop it first.") from error
        yield


def make_past(user_id: int, zone: ZoneInfo, seed: int) -> None:
    """Import the history of a browser that the person no longer has."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(takeout(zone, datetime.now(zone).date(), seed))
        file.flush()
        found = staging.stage(user_id, Path(file.name), OLD_BROWSER)
    while storing.run_batch(found):
        pass


def make_year(person: User, zone: ZoneInfo, days: int, seed: int) -> None:
    """Store made-up browsing of the days up to now, through the writer of the record tables."""
    sessions = {browser.client_id: sign_in(person, browser, days).pk for browser in BROWSERS}
    now = now_ms()
    today = datetime.fromtimestamp(now / 1000, zone).date()
    year = Year(zone, now, seed)
    waiting: dict[RecordKind, list[Content]] = {PAGE_VISIT: [], TAB_AGGREGATE: []}
    with tqdm(range(days - 1, -1, -1), desc="Browsing", unit="day", disable=None) as line:
        for ago in line:
            for kind, made in zip(waiting, year.day(today - timedelta(days=ago)), strict=True):
                waiting[kind] += made
                if len(waiting[kind]) >= BATCH or (ago == 0 and waiting[kind]):
                    store(sessions, person.pk, kind, waiting[kind])
                    waiting[kind] = []
    for browser in BROWSERS:
        set_label(person.pk, browser.client_id, browser.label)
    of_extensions = Browser.objects.filter(user_id=person.pk, kind=Browser.Kind.EXTENSION)
    of_extensions.update(created_at=timezone.now() - timedelta(days=days))


def sign_in(person: User, browser: DemoBrowser, days: int) -> Session:
    """Return the sign-in of a browser, as old as the browsing."""
    now = timezone.now()
    session: Session = Session.objects.create(
        user=person,
        kind=Session.Kind.TOKENS,
        label=f"{browser.client['browser_name']} extension",
        created_at=now - timedelta(days=days),
        last_used_at=now,
        expires_at=now + timedelta(days=settings.SESSION_IDLE_DAYS),
    )
    return session


def store(sessions: dict[str, int], user_id: int, kind: RecordKind, contents: list[Content]) -> None:
    """Store records, in one push for each browser; `sessions` are by client id."""
    for browser in BROWSERS:
        mine = [content for content in contents if content["client_id"] == browser.client_id]
        if mine:
            push = service.Push(Sender(browser.client_id, browser.client, sessions[browser.client_id]))
            service.bulk_update_or_create(user_id, kind, [kind.content_of(content) for content in mine], push)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers; raises CommandError when it ends first or does not answer within a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.poll() is not None:
            raise CommandError(f"The server did not start at {address}; is the port taken? Try: make demo PORT=8002")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310  # the demo's own server
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise CommandError(f"The server at {address} did not answer within a minute.")
