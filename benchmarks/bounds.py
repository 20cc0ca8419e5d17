"""Measures pages and calls about as much as a person can store: `python -m benchmarks.bounds --postgresql URL`.

Makes a scratch database with one person for each way to have very many records: a day of 100,000 visits, a site with a
million, 300,000 sites, ten years, long URLs, 200,000 visits in an hour, 3,000 visits with a thousand parts away each, ten
years of tallies with 5,000 sites a month, 100,000 tabs, and 50,000 sessions and events. Asks a server with one worker for
every page and call about them, three times, and for the lists of the admin. Prints the status, the slowest time, the growth
of the worker's memory over its start, and the size of the reply. A page answers 503 where there is too much to read. No
request may take more than 2 s or 100 MiB. The time of an export is that to its first byte.
"""

import argparse
import http.client
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import machine

DATABASE = "bench_bounds"
MOST_SECONDS, MOST_MIB = 2.0, 100.0
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
# 2025-06-12 in UTC, which all of these people live in.
LATEST_MS = 1_749_686_400_000
FIRST_MS = LATEST_MS - 3_649 * DAY_MS
# By person: visits, the days over which they are spread, different sites, and bytes of a URL.
VISITS = {
    "a day": (100_000, 1, 300, 60),
    "a site": (1_000_000, 60, 1, 60),
    "sites": (300_000, 30, 300_000, 60),
    "ten years": (820 * 3_650, 3_650, 400, 60),
    "long URLs": (20_000, 30, 300, 8_000),
    "an hour": (200_000, 1, 300, 60),
    "parts away": (3_000, 1, 300, 60),
}
TABS, SESSIONS, TALLIED_SITES, PARTS = 100_000, 50_000, 5_000, 1_000
# Records of one push, which have one seq.
PUSH = 500
WORD = "a" * 60 + "b"
EXPORT = "/api/export"
# The time for which an export is read after its first byte.
EXPORT_SECONDS = 5
LAST_DAYS = "from=2025-05-15&to=2025-06-12"
COMMON = {
    "day": "/dashboard/day/2025-06-12",
    "month": "/dashboard/month/2025-06",
    "year": "/dashboard/year/2025",
    "ten years": "/dashboard/range?from=2015-06-17&to=2025-06-12",
    "year, weekdays": "/dashboard/year/2025?weekdays=1,4&hours=9,10",
    "month, category": "/dashboard/month/2025-06?category=work",
    "month, no category": "/dashboard/month/2025-06?category=none",
    "your year": "/dashboard/your-year/2025",
    "timeline": "/dashboard/timeline/2025-06-12",
    "timeline, tabs": "/dashboard/timeline/2025-06-12?tabs=1&view=all",
    "timeline, hour": "/dashboard/timeline/2025-06-12?hour=9",
    "history": "/dashboard/history",
    "history, category": "/dashboard/history?category=work",
    "search": f"/dashboard/history?q={WORD}",
    "search of a site": f"/dashboard/history?q={WORD}&site=site0.example.org",
    "search, all": "/dashboard/history?q=title",
    "search, count": "/dashboard/history?q=title&part=count",
    "search as JSON": "/dashboard/history?q=title&format=json",
    "sites": f"/dashboard/sites?{LAST_DAYS}",
    "sites as CSV": f"/dashboard/sites?{LAST_DAYS}&format=csv",
    "pages": f"/dashboard/pages?{LAST_DAYS}",
    "pages of a day": "/dashboard/pages?from=2025-06-12&to=2025-06-12",
    "pages as CSV": f"/dashboard/pages?{LAST_DAYS}&format=csv",
    "pages as JSON": f"/dashboard/pages?{LAST_DAYS}&format=json",
    "site": "/dashboard/sites/site0.example.org?from=2025-03-15&to=2025-06-12",
    "site as JSON": "/dashboard/sites/site0.example.org?from=2025-03-15&to=2025-06-12&format=json",
    "tabs": f"/dashboard/tabs?{LAST_DAYS}",
    "tabs, a list": f"/dashboard/tabs?{LAST_DAYS}&list=unread",
    "tabs as CSV": f"/dashboard/tabs?{LAST_DAYS}&format=csv&list=unread",
    "browsers": "/dashboard/browsers",
    "browsers, counts": "/dashboard/browsers?counts",
    "categories": "/dashboard/categories",
    "category of a site": "/dashboard/categories/choose?of=site0.example.org",
    "start": "/dashboard/start",
    "forget a site": "/dashboard/forget?site=site0.example.org",
    "forget a day": "/dashboard/forget?from=2025-06-12",
    "day as CSV": "/dashboard/day/2025-06-12?format=csv",
    "account": "/account",
    "sessions": "/account/sessions",
    "events": "/account/events",
    "tokens": "/account/tokens",
    "retention": "/account/retention",
    "export": "/account/export",
    "import": "/account/import",
    "GET summary": "/api/insights/summary?from=2025-06-12",
    "GET days": "/api/insights/days?from=2025-01-01&to=2025-12-31",
    "GET hours": "/api/insights/hours?from=2025-01-01&to=2025-12-31",
    "GET sites": "/api/insights/sites?from=2025-06-01&to=2025-06-30",
    "GET timeline": "/api/insights/timeline?date=2025-06-12",
    "GET search": f"/api/insights/search?q={WORD}",
    "suggestions": "/api/insights/search/pages?q=title&limit=6",
    "GET changes": "/api/sync/changes?limit=1000",
    "GET status": "/api/sync/status",
    "GET sessions": "/api/auth/sessions",
    "GET events": "/api/auth/events",
    "GET export": EXPORT,
}  # fmt: skip
# The lists of the admin about one of the people.
ADMIN = {
    "people": "/admin/accounts/user/",
    "a person": "/admin/accounts/user/{person}/change/",
    "visits": "/admin/sync/pagevisit/?person={person}",
    "visits of a site": "/admin/sync/pagevisit/?person={person}&site=site7.example.org",
    "visits, page 50": "/admin/sync/pagevisit/?person={person}&p=50",
    "tabs": "/admin/sync/tabaggregate/?person={person}",
    "batches": "/admin/sync/syncbatch/?person={person}",
    "sessions": "/admin/accounts/session/?q={person}",
    "all sessions": "/admin/accounts/session/?kind__exact=cookie",
    "events": "/admin/accounts/auditevent/?q={person}",
    "all events": "/admin/accounts/auditevent/?kind__exact=refresh_reuse",
    "erasing": "/admin/accounts/user/{person}/delete/",
}


STAFF = "staff"
PEOPLE = (*VISITS, "tabs", "tallies", "sessions", STAFF)
FOLDER = machine.ROOT / "benchmarks" / "databases" / "bounds"


def series(count: int) -> str:
    """Return SQL for the numbers from 0 to `count`, for both databases."""
    return f"WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {count})"


def fill(share: float) -> None:
    """Make the people and what they have."""
    import django

    django.setup()
    from django.db import connection

    from accounts.models import User
    from sync.models import Browser, SyncState

    with connection.cursor() as cursor:
        for number, name in enumerate(PEOPLE):
            user = User.objects.create(email=f"person{number}@example.org", time_zone="UTC", is_staff=name == STAFF,
                                       is_superuser=name == STAFF)  # fmt: skip
            browser = Browser.objects.create(user=user, client_id="a")
            SyncState.objects.create(user_id=user.pk, counter=1_000_000)
            if name in VISITS:
                count, days, sites, url_bytes = VISITS[name]
                fill_visits(cursor, user.pk, browser.pk, (int(count * share), days, int(sites * share) or 1, url_bytes))
            if name == "parts away":
                fill_parts(cursor, user.pk)
            elif name == "tabs":
                fill_tabs(cursor, user.pk, browser.pk, int(TABS * share))
            elif name == "tallies":
                fill_tallies(user.pk, int(TALLIED_SITES * share) or 1)
            elif name == "sessions":
                fill_sessions(cursor, user.pk, int(SESSIONS * share))
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def sign_in() -> dict[str, dict[str, str]]:
    """Return a cookie, an access token and the id of each of the people."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from accounts.models import Session, User
    from accounts.sessions.tokens import AccessToken

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    signed_in = {}
    for number, name in enumerate(PEOPLE):
        user = User.objects.get(email=f"person{number}@example.org")
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        client.get("/account/profile")
        token = AccessToken()
        token.set_exp(lifetime=settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"])
        token["user_id"], token["sid"] = str(user.pk), str(Session.objects.of(user.pk).latest("pk").pk)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        signed_in[name] = {"cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}", "token": str(token),
                           "person": str(user.pk)}  # fmt: skip
    return signed_in


def fill_visits(cursor: Any, user_id: int, browser_id: int, shape: tuple[int, int, int, int]) -> None:
    """Spread visits evenly over the last days, and over the sites."""
    count, days, sites, url_bytes = shape
    step = (days * DAY_MS if days > 1 or count <= 100_000 else HOUR_MS) // count
    start = f"{LATEST_MS - (days - 1) * DAY_MS} + n * CAST({step} AS bigint)"
    site = f"'site' || (n % {sites}) || '.example.org'"
    empty, json_list, json_object = literals(cursor)
    cursor.execute(
        f"{series(count)} INSERT INTO sync_pagevisit (user_id, browser_id, revision, digest, seq, received_at, updated_at, "
        "visit_id, url, domain, title, tab_id, started_at, ended_at, duration_ms, active_duration_ms, engagement_rate, "
        "is_active, idle_periods, category, metadata) "
        f"SELECT {user_id}, {browser_id}, 1, {empty}, 1 + n / {PUSH}, {start}, {start}, 'pv_' || n, "
        f"'https://' || {site} || '/' || '{'a' * url_bytes}' || n, {site}, 'Title ' || n, n % 40, {start}, "
        f"{start} + {min(step, 60_000)}, {min(step, 60_000)}, {min(step, 60_000) // 2}, 0.5, "
        f"{'false' if connection_is_postgresql(cursor) else 0}, {json_list}, 'work', {json_object} FROM n"
    )


def fill_tabs(cursor: Any, user_id: int, browser_id: int, count: int) -> None:
    """Make totals of tabs, each with the durations of a hundred sites."""
    empty, _, json_object = literals(cursor)
    durations = json.dumps({f"site{n}.example.org": 1_000 for n in range(100)})
    # Within the last days, and the longest lifetimes among the oldest.
    start = f"{LATEST_MS} - n * CAST(10000 AS bigint)"
    cursor.execute(
        f"{series(count)} INSERT INTO sync_tabaggregate (user_id, browser_id, revision, digest, seq, received_at, updated_at, "
        "tab_id, started_at, last_active_at, total_active_duration_ms, domain_durations, page_count, current_url, "
        "current_domain, statistics) "
        f"SELECT {user_id}, {browser_id}, 1, {empty}, 1 + n / {PUSH}, {start}, {start}, n, {start}, {start} + n * 17, n % 5, "
        f"'{durations}', n % 9, 'https://example.org/' || n, 'example.org', {json_object} FROM n"
    )


def fill_parts(cursor: Any, user_id: int) -> None:
    """Let each visit last for most of a day, with as many parts away as a visit may have."""
    step = DAY_MS // PARTS
    first = LATEST_MS + HOUR_MS
    parts = [{"start": first + n * step // 2, "end": first + n * step // 2 + step // 4, "reason": "idle",
              "durationMs": step // 4, "resumeReason": "active"} for n in range(PARTS)]  # fmt: skip
    # Each has times of its own, or PostgreSQL would pack them all to the same few bytes.
    cursor.execute(
        "UPDATE sync_pagevisit SET started_at = %s + (started_at - %s) / 1000, ended_at = %s, duration_ms = %s, "
        "active_duration_ms = %s, idle_periods = %s WHERE user_id = %s",
        [LATEST_MS, LATEST_MS, LATEST_MS + DAY_MS, DAY_MS - 1, HOUR_MS, json.dumps(parts), user_id],
    )


def fill_tallies(user_id: int, sites: int) -> None:
    """Store a tally of each of 120 months with sites of its own; without visits they are valid for ever."""
    from datetime import date

    from insights import month_tallies, reports
    from insights.categories.stored_rules import resolver_of
    from insights.models import MonthTally
    from insights.numbers import Hour, Site, Tally
    from insights.periods import HOUR_MS, Period

    months = month_tallies.months_of(Period(reports.zone_of("UTC"), date(2015, 6, 1), date(2025, 5, 31)))
    found = month_tallies.bases(user_id, months, resolver_of(user_id))
    for number, (month, basis) in enumerate(zip(months, found, strict=True)):
        label = month.starts_at // HOUR_MS
        hours = {label + n: Hour(1_000, 2_000, 3, clock_sum_ms=1_500, browsers={1}) for n in range(600)}
        names = (f"month{number}-site{n}.example.org" for n in range(sites))
        tally = Tally(
            hours, {name: Site(1_000, 2_000, 3, longest_ms=500, categories={"work": 1_000}) for name in names}
        )
        MonthTally.objects.create(
            user_id=user_id, first_day=month.first, time_zone="UTC", basis=basis, tally=month_tallies.to_json(tally)
        )


def fill_sessions(cursor: Any, user_id: int, count: int) -> None:
    """Make live sessions, as older versions let a person have, and an event for each."""
    _, json_list, _ = literals(cursor)
    now = "now()" if connection_is_postgresql(cursor) else "datetime('now')"
    later = "now() + interval '90 days'" if connection_is_postgresql(cursor) else "datetime('now', '+90 days')"
    cursor.execute(
        f"{series(count)} INSERT INTO accounts_session (user_id, kind, label, created_at, last_used_at, expires_at, "
        f"revoked_reason, generation, uses) SELECT {user_id}, 'tokens', 'Browser ' || n, {now}, {now}, {later}, '', 0, {json_list} FROM n"
    )
    cursor.execute(
        f"{series(count)} INSERT INTO accounts_auditevent (kind, created_at, actor_id, subject_id, actor_number, subject_number, "
        f"detail) SELECT 'sign_in', {now}, {user_id}, {user_id}, {user_id}, {user_id}, 'tokens' FROM n"
    )


def connection_is_postgresql(cursor: Any) -> bool:
    """Tell which database it is."""
    return bool(cursor.db.vendor == "postgresql")


def literals(cursor: Any) -> tuple[str, str, str]:
    """Return SQL for a digest, an empty JSON list and an empty JSON object."""
    if connection_is_postgresql(cursor):
        return r"'\x010101010101010101010101010101010101'::bytea", "'[]'::jsonb", "'{}'::jsonb"
    return "x'010101010101010101010101010101010101'", "'[]'", "'{}'"


class Worker:
    """The memory of the only worker of a server, without files that SQLite maps; looked at every few milliseconds."""

    def __init__(self, server: machine.Server) -> None:
        self.status = Path(f"/proc/{server.workers()[0]}/status")
        self.start_mib = self.highest_mib = self._mib()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        with suppress(OSError, IndexError):  # the worker has ended
            while True:
                self.highest_mib = max(self.highest_mib, self._mib())
                time.sleep(0.005)

    def forget_peak(self) -> None:
        """Begin to measure the highest use anew."""
        self.highest_mib = self._mib()

    def growth_mib(self) -> float:
        """Return the highest use since `forget_peak`, over that of the start."""
        return self.highest_mib - self.start_mib

    def _mib(self) -> float:
        return int(self.status.read_text(encoding="ascii").split("RssAnon:")[1].split()[0]) / 1024


def ask(port: int, path: str, signed_in: dict[str, str]) -> tuple[int, int, float]:
    """Return the status, the number of bytes of the answer, and the seconds that it took."""
    headers = {"Cookie": signed_in["cookie"]}
    if path.startswith("/api/"):
        headers = {"Authorization": f"Bearer {signed_in['token']}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as connection:
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read(1 if path == EXPORT else None))
        seconds = time.perf_counter() - started
        while path == EXPORT and time.perf_counter() < started + EXPORT_SECONDS and (block := answer.read(1 << 16)):
            size += len(block)
        return answer.status, size, seconds


def questions(signed_in: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield who asks, about whom and for what, and the path."""
    for person in signed_in:
        if person != STAFF:
            yield from ((person, f"{person}: {name}", path) for name, path in COMMON.items())
    for person, their in signed_in.items():
        for name, path in ADMIN.items():
            yield STAFF, f"admin, {person}: {name}", path.format(person=their["person"])


def measure(url: str, signed_in: dict[str, dict[str, str]], times: int, only: str) -> list[dict[str, Any]]:
    """Ask for every page and call about every person."""
    rows = []
    with machine.Server(url, WEB_CONCURRENCY="1") as server:
        for path in COMMON.values():
            ask(server.port, path, signed_in["sessions"])
        for path in ADMIN.values():
            ask(server.port, path.format(person=signed_in["sessions"]["person"]), signed_in[STAFF])
        worker = Worker(server)
        for who, name, path in questions(signed_in):
            if only not in name:
                continue
            worker.forget_peak()
            answers = [ask(server.port, path, signed_in[who]) for _ in range(times)]
            grown = worker.growth_mib()
            worker.forget_peak()
            seconds = [each[2] for each in answers]
            is_within = (
                max(seconds) <= MOST_SECONDS and grown <= MOST_MIB and {200, 302, 503} >= {each[0] for each in answers}
            )
            rows.append({
                "page": name, "statuses": [each[0] for each in answers], "first_ms": round(seconds[0] * 1000),
                "slowest_ms": round(max(seconds) * 1000), "last_ms": round(seconds[-1] * 1000), "grown_mib": round(grown),
                "left_mib": round(worker.growth_mib()), "bytes": answers[-1][1], "within": is_within,
            })  # fmt: skip
    return rows


def child(url: str, *arguments: str) -> str:
    """Run this script on a database, in a process of its own, and return its output."""
    command = [sys.executable, "-m", "benchmarks.bounds", *arguments]
    done = subprocess.run(command, cwd=machine.ROOT, env=machine.environment(url), stdout=subprocess.PIPE, check=True, text=True)  # fmt: skip
    return done.stdout


def main() -> None:
    """Fill the databases, ask for everything and print what is over the bounds, and the slowest of the rest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", help="a PostgreSQL on which databases may be made")
    parser.add_argument("--share", type=float, default=1.0, help="the share of the rows to make (default: 1)")
    parser.add_argument("--times", type=int, default=3, help="how often each page is asked for (default: 3)")
    parser.add_argument("--only", default="", help="only pages whose line contains this, such as 'a site: '")
    parser.add_argument("--no-sqlite", action="store_true", help="leave SQLite out")
    parser.add_argument("--keep", action="store_true", help="keep the scratch databases for the next time")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/bounds.json"))
    parser.add_argument("--fill", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--sign-in", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        fill(options.fill)
        return
    if options.sign_in:
        print(json.dumps(sign_in()))
        return
    results: dict[str, list[dict[str, Any]]] = {}
    if options.postgresql:
        server = machine.PostgreSQL(options.postgresql)
        if not server.exists(DATABASE):
            server.administer(f'CREATE DATABASE "{DATABASE}"')
        results["PostgreSQL"] = filled_and_measured(server.of(DATABASE), options)
        if not options.keep:
            server.drop(DATABASE)
    if not options.no_sqlite:
        FOLDER.mkdir(parents=True, exist_ok=True)
        results["SQLite"] = filled_and_measured(f"sqlite:///{FOLDER}/bounds.sqlite3", options)
    if not options.keep:
        shutil.rmtree(FOLDER, ignore_errors=True)
    for database, rows in results.items():
        print(
            f"\n{database:12}{'':35}{'statuses':>18}{'first ms':>10}{'slowest':>9}{'last':>7}{'MiB':>6}{'left':>6}{'bytes':>11}"
        )
        for row in rows:
            statuses = " ".join(str(status) for status in row["statuses"])
            print(f"{'' if row['within'] else 'over':12}{row['page']:35}{statuses:>18}{row['first_ms']:10}{row['slowest_ms']:9}"
                  f"{row['last_ms']:7}{row['grown_mib']:6}{row['left_mib']:6}{row['bytes']:11}")  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def filled_and_measured(url: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the measurements on one database, which is filled if it was not kept."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    filled = FOLDER / f"{urlsplit(url).scheme}.filled"
    if not filled.exists():
        machine.manage(url, "migrate", "--verbosity", "0")
        started = time.perf_counter()
        child(url, "--fill", str(options.share))
        filled.touch()
        print(f"Filled in {time.perf_counter() - started:.0f} s.", file=sys.stderr)
    return measure(url, json.loads(child(url, "--sign-in")), options.times, options.only)


if __name__ == "__main__":
    main()
