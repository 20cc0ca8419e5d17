"""Measures the speed of a person's pages: `python -m benchmarks.insights --postgresql URL`.

Makes a scratch database in which one person has a million visits over five years beside twenty others (ninety for a
table of ten million), and a SQLite file with 200,000 visits; asks for every page, warm, through Django's test client; prints for each the median milliseconds of
the page, those of its queries alone, and the ratio of the queries to a plain scan, which reads the visits of the same
days from the rows themselves. For pages with a filter it also prints the milliseconds of the first request, which reads
the visits and stores tallies of the filter. The same goes to a file as JSON.
"""

import argparse
import json
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from instants import milliseconds

DATABASE = "bench_insights"
DAYS = 1_826
FIRST_MS = 1_609_459_200_000  # 2021-01-01
COLUMNS = (
    "user_id", "browser_id", "revision", "digest", "seq", "received_at", "updated_at", "visit_id", "url", "domain",
    "title", "tab_id", "started_at", "ended_at", "last_heartbeat_at", "duration_ms", "active_duration_ms",
    "engagement_rate", "is_active", "idle_periods", "category", "metadata",
)  # fmt: skip
# The most milliseconds that the queries for a year may take on PostgreSQL. SQLite may take twice as long.
BOUNDS = {
    "day": 150, "week": 150, "month": 150, "year": 400, "timeline": 150, "timeline, an hour": 150,
    "site, 30 days": 150, "site, a year": 400, "last visits": 10, "history, 50 visits": 100, "search, frequent word": 100,
    "search, rare word": 100, "search, no match": 100, "tabs": 150, "browsers": 150,
    "month, a browser": 150, "month, a category": 150, "year, a browser": 400, "year, a category": 400, "year, weekdays": 400,
    "sites, a year": 400, "pages, 30 days": 150, "your year": 400,
}  # fmt: skip
PAGES = {
    "day": "/dashboard/day/2025-06-12",
    "week": "/dashboard/week/2025-06-12",
    "month": "/dashboard/month/2025-06",
    "year": "/dashboard/year/2025",
    "timeline": "/dashboard/timeline/2025-06-12",
    "timeline, an hour": "/dashboard/timeline/2025-06-12?hour=12",
    "site, 30 days": "/dashboard/sites/site3.example.org?from=2025-06-01&to=2025-06-30",
    "site, a year": "/dashboard/sites/site3.example.org?from=2025-01-01&to=2025-12-31",
    "history, 50 visits": "/dashboard/history",
    "search, frequent word": "/dashboard/history?q=garden",
    "search, rare word": "/dashboard/history?q=needle",
    "search, no match": "/dashboard/history?q=nowhere+at+all",
    "tabs": "/dashboard/tabs?from=2025-06-01&to=2025-06-30",
    "browsers": "/dashboard/browsers",
    "month, a browser": "/dashboard/month/2025-06?browser={browser}",
    "month, a category": "/dashboard/month/2025-06?category=none",
    "year, a browser": "/dashboard/year/2025?browser={browser}",
    "year, a category": "/dashboard/year/2025?category=learning_reading",
    "year, weekdays": "/dashboard/year/2025?weekdays=1,2",
    "sites, a year": "/dashboard/sites?from=2025-01-01&to=2025-12-31",
    "pages, 30 days": "/dashboard/pages?from=2025-06-01&to=2025-06-30",
    "your year": "/dashboard/your-year/2025",
}
SCANS = {"year": ("2025-01-01", "2026-01-01"), "site, a year": ("2025-01-01", "2026-01-01"), "day": ("2025-06-12", "2025-06-13")}  # fmt: skip
MONTH = ("2025-06-01", "2025-07-01")


def visits(user_id: int, browsers: tuple[int, int], each_day: int, seed: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of one person in order: sixteen hours a day, two browsers, four hundred sites."""
    dice = random.Random(seed)
    step = 57_600_000 // each_day
    for day in range(DAYS):
        for number in range(each_day):
            start = FIRST_MS + day * 86_400_000 + 6 * 3_600_000 + number * step + dice.randrange(30_000)
            length = int(dice.expovariate(1 / 75_000)) + 500
            active = int(length * dice.random() * 0.9)
            site = int(dice.random() ** 3 * 400)
            word = "garden" if dice.random() < 0.02 else f"{dice.randrange(16**6):06x}"
            if day == 700 and number == 7:
                word = "needle"
            idle = [{"start": start, "end": start + length // 9, "reason": "idle", "durationMs": length // 9,
                     "resumeReason": "active"}] if number % 10 == 0 else []  # fmt: skip
            yield (
                user_id, browsers[number % 7 == 0], 1, b"\x01" * 18, day * 20 + number // 30, start, start,
                f"pv_{start}_{number}", f"https://site{site}.example.org/path/{dice.randrange(16**8):08x}/{number % 977}",
                f"site{site}.example.org", f"Title of a page about {word} and other things", number % 40, start,
                start + length, start + length, length, active, active / length, False, json.dumps(idle),
                (None, "work_coding", "learning_reading")[site % 3],
                json.dumps({"description": f"{site:032x}" * 8, "wordCount": number, "preview": f"{day:032x}" * 6}),
            )  # fmt: skip


def fill(people: int, each_day: int, others_each_day: int) -> None:
    """Make the people and their visits, with everybody's rows mixed by day as pushes mix them."""
    import django

    django.setup()
    from django.db import connection

    from accounts.models import User
    from sync.models import Browser

    sources = []
    for number in range(1 + people):
        user = User.objects.create(email=f"person{number}@example.org", time_zone="Europe/Berlin")
        pair = Browser.objects.create(user=user, client_id="a").pk, Browser.objects.create(user=user, client_id="b").pk
        count = each_day if number == 0 else others_each_day
        sources.append((visits(user.pk, pair, count, number), count))
    with connection.cursor() as cursor:
        names = ", ".join(COLUMNS)
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY sync_pagevisit ({names}) FROM STDIN") as copy:
                for row in mixed(sources):
                    copy.write_row(row)
            cursor.execute("VACUUM ANALYZE sync_pagevisit")
        else:
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO sync_pagevisit ({names}) VALUES ({marks})", mixed(sources))
            cursor.execute("ANALYZE")


def mixed(sources: list[tuple[Iterator[tuple[Any, ...]], int]]) -> Iterator[tuple[Any, ...]]:
    """Yield everybody's rows, about thirty of a person at a time."""
    for _ in range(DAYS):
        for part in range(20):
            for rows, count in sources:
                for _ in range(count * (part + 1) // 20 - count * part // 20):
                    yield next(rows)


def median_ms(run: Callable[[], Any], times: int) -> float:
    """Return the median duration of a call, after one call that is not counted."""
    run()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def run(statements: list[str]) -> None:
    """Run these queries and fetch all rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
            cursor.fetchall()


def queries_of(asked: Iterable[str]) -> list[str]:
    """Return the queries among statements; a page may send no other statement than those of its transaction."""
    # A query of a server-side cursor is run again without the cursor.
    plain = [re.sub(r"^DECLARE .*? CURSOR .*?FOR ", "", sql, flags=re.DOTALL) for sql in asked]
    plain = [sql for sql in plain if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT"))]
    others = [sql for sql in plain if not sql.startswith(("SELECT", "(SELECT"))]
    assert not others, others
    return plain


def wait_for_tallies() -> None:
    """Wait until the tallies that a page asked for are stored."""
    from accounts.after_response import run_after_response

    done = threading.Event()
    run_after_response(done.set, thread="tallies")
    done.wait()


def timed(work: Callable[[], None], times: int) -> tuple[float, float, int]:
    """Return the milliseconds of a page, those of its queries, and the number of these."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page = median_ms(work, times)
    with CaptureQueriesContext(connection) as captured:
        work()
    statements = queries_of(query["sql"] for query in captured)
    return page, median_ms(lambda: run(statements), times), len(statements)


def scan(user_id: int, first: str, last: str) -> None:
    """Read the visits of some days from the table's rows."""
    from django.db import connection

    low, high = (milliseconds(datetime.fromisoformat(day).replace(tzinfo=UTC)) for day in (first, last))
    with connection.cursor() as cursor:
        # No index holds the title, so its length forces a read of the rows.
        cursor.execute(
            "SELECT sum(active_duration_ms), max(length(title)) FROM sync_pagevisit "
            f"WHERE user_id = {user_id} AND started_at >= {low} AND started_at < {high}"
        )
        cursor.fetchall()


def untallied_year_ms(ask: Callable[[str], None], times: int) -> float:
    """Return the median time of the year's page while no month is tallied."""
    from django.conf import settings

    from insights.models import MonthTally

    def ask_for_untallied_year() -> None:
        MonthTally.objects.all().delete()
        ask(PAGES["year"])

    # After a reading the background stores the months, which would slow down the next one.
    settings.TALLY_AT_READING = False
    median = median_ms(ask_for_untallied_year, times)
    settings.TALLY_AT_READING = True
    return median


def measure(times: int) -> list[dict[str, Any]]:
    """Request every page and return the duration of each."""
    import django
    from django.conf import settings

    # Hashed names of static files need `collectstatic`, and are not measured here.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from insights import queries
    from insights.models import MonthTally
    from sync.models import Browser

    person = User.objects.order_by("pk")[0]
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)

    def ask(path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    # Pages are measured warm, and a year whose rows come from the disk may not be read in time.
    scan(person.pk, *SCANS["year"])
    untallied = untallied_year_ms(ask, times)
    started = time.perf_counter()
    call_command("tally_months", verbosity=0)
    tallied = time.perf_counter() - started
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    scans: dict[tuple[str, str], float] = {}
    results = []
    browser = Browser.objects.filter(user_id=person.pk).order_by("pk")[1]
    pages = {**{name: path.format(browser=browser.pk) for name, path in PAGES.items()}, "last visits": ""}
    for name, path in pages.items():

        def work(path: str = path) -> None:
            if path:
                ask(path)
            else:
                queries.latest_visits(person.pk, 0, 1 << 60, 8)

        work()
        wait_for_tallies()
        page, query_ms, count = timed(work, times)
        first = None
        if MonthTally.objects.exclude(filter_key="").delete()[0]:
            settings.TALLY_AT_READING = False
            first = timed(work, times)
            settings.TALLY_AT_READING = True
        days = SCANS.get(name, MONTH)
        if days not in scans:
            scans[days] = median_ms(lambda days=days: scan(person.pk, *days), times)  # type: ignore[misc]
        bound = BOUNDS[name] * (1 if connection.vendor == "postgresql" else 2)
        results.append({
            "database": connection.vendor, "page": name, "page_ms": round(page, 1), "queries_ms": round(query_ms, 1),
            "queries": count, "scan_ms": round(scans[days], 1), "ratio": round(query_ms / scans[days], 2),
            "bound_ms": bound, "reached": query_ms <= bound, "tally_seconds": round(tallied, 1),
            "untallied_year_page_ms": round(untallied, 1),
            "first_page_ms": first and round(first[0], 1), "first_queries_ms": first and round(first[1], 1),
        })  # fmt: skip
    return results


def child(url: str, *arguments: str) -> str:
    """Run this script on a database and return its output."""
    command = [sys.executable, "-m", "benchmarks.insights", *arguments]
    done = subprocess.run(command, cwd=machine.ROOT, env=machine.environment(url, LOG_LEVEL="CRITICAL"), stdout=subprocess.PIPE, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


def main() -> None:
    """Fill the databases, measure the pages and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", help="a PostgreSQL on which databases may be made")
    parser.add_argument("--people", type=int, default=20, help="other people, a tenth of the visits each (default: 20)")
    parser.add_argument(
        "--per-day", type=int, default=548, help="the person's visits a day, for five years (default: 548)"
    )
    parser.add_argument("--database", default=DATABASE, help=f"the scratch database (default: {DATABASE})")
    parser.add_argument("--times", type=int, default=5, help="how often each page is asked for (default: 5)")
    parser.add_argument("--no-sqlite", action="store_true", help="leave SQLite out")
    parser.add_argument("--keep", action="store_true", help="keep the scratch database for the next time")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/insights.json"))
    parser.add_argument("--fill", nargs=3, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        return fill(*options.fill)
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return None
    results: list[dict[str, Any]] = []
    if options.postgresql:
        server = machine.PostgreSQL(options.postgresql)
        url = server.of(options.database)
        if not server.exists(options.database):
            print("Filling PostgreSQL, some minutes …", file=sys.stderr)
            server.administer(f'CREATE DATABASE "{options.database}"')
            machine.manage(url, "migrate", "--verbosity", "0")
            child(url, "--fill", str(options.people), str(options.per_day), str(options.per_day // 10))
        results += json.loads(child(url, "--measure", str(options.times)))
        if not options.keep:
            server.drop(options.database)
    if not options.no_sqlite:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/insights.sqlite3"
            print(f"Filling SQLite {sqlite3.sqlite_version} …", file=sys.stderr)
            machine.manage(url, "migrate", "--verbosity", "0")
            child(url, "--fill", "0", str(max(1, options.per_day // 5)), "0")
            results += json.loads(child(url, "--measure", str(options.times)))
    print(f"{'':12}{'':24}{'page ms':>9}{'queries ms':>12}{'bound':>7}{'scan ms':>9}{'ratio':>7}")
    for row in results:
        mark = "" if row["reached"] else "  over"
        print(f"{row['database']:12}{row['page']:24}{row['page_ms']:9}{row['queries_ms']:12}{row['bound_ms']:7}"
              f"{row['scan_ms']:9}{row['ratio']:7}{mark}")  # fmt: skip
        if row["first_queries_ms"]:
            print(f"{'':12}{'  without its tallies':24}{row['first_page_ms']:9}{row['first_queries_ms']:12}")
    for database in dict.fromkeys(row["database"] for row in results):
        first = next(row for row in results if row["database"] == database)
        print(f"{database}: the year's page takes {first['untallied_year_page_ms']} ms while no month is tallied; "
              f"tallying everybody's took {first['tally_seconds']} s")  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"load": os.getloadavg(), "rows": results}, indent=1), encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
