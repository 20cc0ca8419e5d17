"""Measures pages and calls about as much as a person can store: `python -m benchmarks.bounds --postgresql URL`.

Makes a scratch database with one person for each kind of much: a day of 100,000 visits, a site with a million, 300,000
sites, ten years, long URLs, 100,000 tabs and 50,000 sessions. Asks a server with one worker for every page and call about them,
three times, and prints the status, the slowest time, the growth of the worker's memory over its start, and the size of the
reply. A reply of 503 is one that says that there is too much. No request may take more than 2 s or 100 MiB.
"""

import argparse
import http.client
import json
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from benchmarks import machine

DATABASE = "bench_bounds"
MOST_SECONDS, MOST_MIB = 2.0, 100.0
DAY_MS = 86_400_000
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
}
TABS, SESSIONS = 100_000, 50_000
WORD = "a" * 60 + "b"
COMMON = {
    "day": "/dashboard/day/2025-06-12",
    "month": "/dashboard/month/2025-06",
    "year": "/dashboard/year/2025",
    "ten years": "/dashboard/range?from=2015-06-17&to=2025-06-12",
    "timeline": "/dashboard/timeline/2025-06-12",
    "an hour": "/dashboard/timeline/2025-06-12?hour=9",
    "history": "/dashboard/history",
    "search": f"/dashboard/history?q={WORD}",
    "search of a site": f"/dashboard/history?q={WORD}&site=site0.example.org",
    "site": "/dashboard/sites/site0.example.org?from=2025-03-15&to=2025-06-12",
    "tabs": "/dashboard/tabs?from=2025-05-15&to=2025-06-12",
    "browsers": "/dashboard/browsers",
    "forget a site": "/dashboard/forget?site=site0.example.org",
    "forget a day": "/dashboard/forget?from=2025-06-12",
    "day as CSV": "/dashboard/day/2025-06-12?format=csv",
    "account": "/account",
    "sessions": "/account/sessions",
    "export": "/account/export",
    "GET summary": "/api/insights/summary?from=2025-06-12",
    "GET days": "/api/insights/days?from=2025-01-01&to=2025-12-31",
    "GET sites": "/api/insights/sites?from=2025-06-01&to=2025-06-30",
    "GET timeline": "/api/insights/timeline?date=2025-06-12",
    "GET search": f"/api/insights/search?q={WORD}",
    "GET changes": "/api/sync/changes?limit=1000",
    "GET status": "/api/sync/status",
}  # fmt: skip


def series(count: int) -> str:
    """Return SQL for the numbers from 0 to `count`, for both databases."""
    return f"WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {count})"


def fill(share: float) -> dict[str, dict[str, str]]:
    """Make the people and what they have; return a cookie and an access token of each."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from accounts.sessions.tokens import AccessToken
    from sync.models import Browser, SyncState

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    signed_in = {}
    with connection.cursor() as cursor:
        for number, name in enumerate((*VISITS, "tabs", "sessions")):
            user = User.objects.create(email=f"person{number}@example.org", time_zone="UTC")
            browser = Browser.objects.create(user=user, client_id="a")
            SyncState.objects.create(user_id=user.pk, counter=1)
            client = Client(headers={"host": "127.0.0.1"})
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            client.get("/account")
            if name in VISITS:
                count, days, sites, url_bytes = VISITS[name]
                fill_visits(cursor, user.pk, browser.pk, (int(count * share), days, int(sites * share) or 1, url_bytes))
            elif name == "tabs":
                fill_tabs(cursor, user.pk, browser.pk, int(TABS * share))
            else:
                fill_sessions(cursor, user.pk, int(SESSIONS * share))
            token = AccessToken()
            token.set_exp(lifetime=settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"])
            token["user_id"] = token["sid"] = str(user.pk)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            signed_in[name] = {"cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}", "token": str(token)}
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return signed_in


def fill_visits(cursor: Any, user_id: int, browser_id: int, shape: tuple[int, int, int, int]) -> None:
    """Spread visits evenly over the last days, and over the sites."""
    count, days, sites, url_bytes = shape
    step = days * DAY_MS // count
    start = f"{LATEST_MS - (days - 1) * DAY_MS} + n * CAST({step} AS bigint)"
    site = f"'site' || (n % {sites}) || '.example.org'"
    empty, json_list, json_object = literals(cursor)
    cursor.execute(
        f"{series(count)} INSERT INTO sync_pagevisit (user_id, browser_id, revision, digest, seq, received_at, updated_at, "
        "visit_id, url, domain, title, tab_id, started_at, ended_at, duration_ms, active_duration_ms, engagement_rate, "
        "is_active, idle_periods, category, metadata) "
        f"SELECT {user_id}, {browser_id}, 1, {empty}, 1, {start}, {start}, 'pv_' || n, "
        f"'https://' || {site} || '/' || '{'a' * url_bytes}' || n, {site}, 'Title ' || n, n % 40, {start}, "
        f"{start} + {min(step, 60_000)}, {min(step, 60_000)}, {min(step, 60_000) // 2}, 0.5, "
        f"{'false' if connection_is_postgresql(cursor) else 0}, {json_list}, 'work', {json_object} FROM n"
    )


def fill_tabs(cursor: Any, user_id: int, browser_id: int, count: int) -> None:
    """Make totals of tabs, each with the durations of a hundred sites."""
    empty, _, json_object = literals(cursor)
    durations = json.dumps({f"site{n}.example.org": 1_000 for n in range(100)})
    start = f"{LATEST_MS} - n * CAST(10000 AS bigint)"
    cursor.execute(
        f"{series(count)} INSERT INTO sync_tabaggregate (user_id, browser_id, revision, digest, seq, received_at, updated_at, "
        "tab_id, started_at, last_active_at, total_active_duration_ms, domain_durations, page_count, current_url, "
        "current_domain, statistics) "
        f"SELECT {user_id}, {browser_id}, 1, {empty}, 1, {start}, {start}, n, {start}, {start} + n * 17, n % 5, "
        f"'{durations}', n % 9, 'https://example.org/' || n, 'example.org', {json_object} FROM n"
    )


def fill_sessions(cursor: Any, user_id: int, count: int) -> None:
    """Make live sessions, as older versions let a person have."""
    _, json_list, _ = literals(cursor)
    now = "now()" if connection_is_postgresql(cursor) else "datetime('now')"
    later = "now() + interval '90 days'" if connection_is_postgresql(cursor) else "datetime('now', '+90 days')"
    cursor.execute(
        f"{series(count)} INSERT INTO accounts_session (user_id, kind, label, created_at, last_used_at, expires_at, "
        f"revoked_reason, generation, uses) SELECT {user_id}, 'tokens', 'Browser ' || n, {now}, {now}, {later}, '', 0, {json_list} FROM n"
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
        with suppress(OSError):  # the worker has ended
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


def ask(port: int, path: str, signed_in: dict[str, str]) -> tuple[int, int]:
    """Return the status and the number of bytes of the answer."""
    headers = {"Cookie": signed_in["cookie"]}
    if path.startswith("/api/"):
        headers = {"Authorization": f"Bearer {signed_in['token']}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, len(answer.read())


def measure(url: str, signed_in: dict[str, dict[str, str]], times: int, only: str) -> list[dict[str, Any]]:
    """Ask for every page and call about every person."""
    rows = []
    with machine.Server(url, WEB_CONCURRENCY="1") as server:
        for path in COMMON.values():
            ask(server.port, path, signed_in["sessions"])
        worker = Worker(server)
        for person, their in signed_in.items():
            for name, path in COMMON.items():
                if only not in f"{person}: {name}":
                    continue
                worker.forget_peak()
                seconds, answers = [], []
                for _ in range(times):
                    started = time.perf_counter()
                    answers.append(ask(server.port, path, their))
                    seconds.append(time.perf_counter() - started)
                grown = worker.growth_mib()
                is_within = (
                    max(seconds) <= MOST_SECONDS and grown <= MOST_MIB and {200, 503} >= {each[0] for each in answers}
                )
                rows.append({
                    "person": person, "page": name, "statuses": [each[0] for each in answers],
                    "first_ms": round(seconds[0] * 1000), "slowest_ms": round(max(seconds) * 1000),
                    "last_ms": round(seconds[-1] * 1000), "grown_mib": round(grown), "bytes": answers[-1][1],
                    "within": is_within,
                })  # fmt: skip
    return rows


def child_fill(url: str, share: float) -> dict[str, dict[str, str]]:
    """Fill a database in a process of its own."""
    import subprocess

    command = [sys.executable, "-m", "benchmarks.bounds", "--fill", str(share)]
    done = subprocess.run(command, cwd=machine.ROOT, env=machine.environment(url), stdout=subprocess.PIPE, check=True)
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Fill the databases, ask for everything and print what is over the bounds, and the slowest of the rest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", help="a PostgreSQL on which databases may be made")
    parser.add_argument("--share", type=float, default=1.0, help="the share of the rows to make (default: 1)")
    parser.add_argument("--times", type=int, default=3, help="how often each page is asked for (default: 3)")
    parser.add_argument("--only", default="", help="only pages whose line contains this, such as 'a site: '")
    parser.add_argument("--no-sqlite", action="store_true", help="leave SQLite out")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/bounds.json"))
    parser.add_argument("--fill", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        print(json.dumps(fill(options.fill)))
        return
    results: dict[str, list[dict[str, Any]]] = {}
    if options.postgresql:
        server = machine.PostgreSQL(options.postgresql)
        server.drop(DATABASE)
        server.administer(f'CREATE DATABASE "{DATABASE}"')
        url = server.of(DATABASE)
        try:
            results["PostgreSQL"] = filled_and_measured(url, options)
        finally:
            server.drop(DATABASE)
    if not options.no_sqlite:
        with tempfile.TemporaryDirectory() as folder:
            results["SQLite"] = filled_and_measured(f"sqlite:///{folder}/bounds.sqlite3", options)
    for database, rows in results.items():
        print(f"\n{database:12}{'':30}{'statuses':>18}{'first ms':>10}{'slowest':>9}{'last':>7}{'MiB':>6}{'bytes':>11}")
        for row in rows:
            name = f"{row['person']}: {row['page']}"
            statuses = " ".join(str(status) for status in row["statuses"])
            print(f"{'' if row['within'] else 'over':12}{name:30}{statuses:>18}{row['first_ms']:10}{row['slowest_ms']:9}"
                  f"{row['last_ms']:7}{row['grown_mib']:6}{row['bytes']:11}")  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def filled_and_measured(url: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the measurements on one database."""
    machine.manage(url, "migrate", "--verbosity", "0")
    started = time.perf_counter()
    signed_in = child_fill(url, options.share)
    print(f"Filled in {time.perf_counter() - started:.0f} s.", file=sys.stderr)
    return measure(url, signed_in, options.times, options.only)


if __name__ == "__main__":
    main()
