"""Measures every row of the speed table and prints it: `make bench`, or `make bench-full` for the table of 10 M rows.

Each figure is a ratio within this run. Subjects take turns. Each round starts from a fresh copy of the same database and
a fresh server, warms all workers up, and sends the same records. The figure is the median of the rounds' ratios. The JSON
holds every round with the seconds of each batch.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg

from benchmarks import machine, validation
from benchmarks.clients import (
    AGGREGATES,
    SIZE,
    VISITS,
    Sender,
    fresh,
    rate,
    send,
    send_together,
    slow_clients,
    slowest_answer,
    tokens,
    warm_up,
)
from benchmarks.copy_limit import Limit
from benchmarks.data import RECORDING, Source, batches, changed
from benchmarks.prepare import PEOPLE, SENDERS
from benchmarks.report import Report

USUAL_VISITS, USUAL_AGGREGATES = "/reference/usual/page-visits", "/reference/usual/tab-aggregates"
BULK_VISITS = "/reference/bulk/page-visits"
HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
# SQLite's files. A folder for temporary files might be kept in memory.
FILES = HERE / "databases"
MILLION = 1_000_000
SLOW_CLIENTS = 200
MEASUREMENTS = (
    "validation", "single_connection", "four_connections", "aggregates", "sqlite", "feed", "layers", "memory"
)  # fmt: skip
# Rounds of one kind of batch on one connection.
BATCHES = 40
USUAL_BATCHES = 6


def rounds_of(subjects: list[tuple[str, Callable[[int], None]]], count: int) -> None:
    """Run the subjects in turn; each round begins with another subject."""
    for number in range(count):
        for place in range(len(subjects)):
            name, run = subjects[(number + place) % len(subjects)]
            print(f"     round {number + 1} of {count}: {name}", end="\r", file=sys.stderr, flush=True)
            run(number)
    print(" " * 70, end="\r", file=sys.stderr)


class Benchmark:
    """The measurements on one PostgreSQL server and in SQLite files."""

    def __init__(self, postgresql: machine.PostgreSQL, rounds: int) -> None:
        self.postgresql = postgresql
        self.rounds = rounds
        self.report = Report()

    def template(self, rows: int) -> str:
        """Return the name of a template database with so many visits; it is made once."""
        name = f"syncserver_bench_{rows}_{fingerprint()}"
        if not self.postgresql.exists(name):
            print(f"Making a database of {rows:,} visits (once) …", flush=True)
            self.postgresql.drop(f"{name}_new")  # of a run that was stopped
            self.postgresql.administer(f'CREATE DATABASE "{name}_new"')
            url = self.postgresql.of(f"{name}_new")
            machine.manage(url, "migrate", "--verbosity", "0")
            prepare(url, rows)
            self.postgresql.administer(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
        return name

    def copied(self, rows: int = MILLION, name: str = "syncserver_bench_run") -> str:
        """Return the URL of a fresh copy of a template."""
        return self.postgresql.copy(self.template(rows), name)

    def copied_file(self) -> str:
        """Return the URL of a fresh copy of a SQLite file with a million visits; the file is made once."""
        base, run = FILES / f"{MILLION}_{fingerprint()}.sqlite3", FILES / "run.sqlite3"
        if not base.exists():
            print(f"Making a SQLite file of {MILLION:,} visits (once) …", flush=True)
            for old in FILES.iterdir():
                old.unlink()
            new = base.with_suffix(".new")
            machine.manage(f"sqlite:///{new}", "migrate", "--verbosity", "0")
            prepare(f"sqlite:///{new}", MILLION)
            new.rename(base)
        for suffix in ("-wal", "-shm"):
            run.with_name(run.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(base, run)
        return f"sqlite:///{run}"

    def subject(
        self, name: str, path: str, count: int, copied: Callable[[], str], seed: int = 200
    ) -> tuple[str, Callable[[int], None]]:
        """Return a function that measures one round of fresh batches to an endpoint over one connection."""

        def run(number: int) -> None:
            with machine.Server(copied()) as server:
                warm_up(server, path, number)
                kind = AGGREGATES if "aggregates" in path else VISITS
                rows_a_second, seconds = rate(path, server, fresh(kind, seed + number, count))
                self.report.keep(name, rows_a_second)
                self.report.keep(f"{name}, seconds of each batch", *seconds)

        return name, run

    def ours(self, number: int) -> None:
        """One round of our engine, fresh in turn with (c), ten batches each; then fresh, again and half of each in turn."""
        source = Source(200 + number)
        alone = source.visits(BATCHES * SIZE)
        alone_bodies = list(batches(alone, SIZE, "visits"))
        visits = source.visits(BATCHES * SIZE)
        first = list(batches(visits, SIZE, "visits"))
        halves = zip(source.visits(BATCHES * SIZE // 2), changed(visits[: BATCHES * SIZE // 2]), strict=True)
        mixed = list(batches([visit for pair in halves for visit in pair], SIZE, "visits"))
        seconds: dict[str, list[float]] = {name: [] for name in ("(c)", "fresh", "fresh in turn", "again", "half")}
        url, limit_url = self.copied(), self.copied(name="syncserver_bench_limit")
        warm = Source(20_000 + number).visits(10 * SIZE)
        with machine.Server(url) as server, Limit(limit_url, [*warm, *alone], SIZE) as limit:
            limit.copy(10)
            warm_up(server, VISITS, number)
            sender = Sender(server.port, tokens(1)[0])
            for start in range(0, BATCHES, 10):
                seconds["fresh"] += send(sender, VISITS, alone_bodies[start : start + 10], "created")
                seconds["(c)"] += limit.copy(10)
            for place in range(BATCHES):
                seconds["fresh in turn"] += send(sender, VISITS, first[place : place + 1], "created")
                # The batch before this one: the processor's cache would hold more of this one than of a fresh batch.
                seconds["again"] += send(sender, VISITS, first[max(0, place - 1) :][:1], "unchanged")
                if place % 2:
                    seconds["half"] += send(sender, VISITS, mixed[place // 2 : place // 2 + 1])
        for name, each in seconds.items():
            self.report.keep(name, SIZE * len(each) / sum(each))
            self.report.keep(f"{name}, seconds of each batch", *each)
        # A server process reports its writes when it ends, at the latest.
        before = written(url)
        with machine.Server(url) as server:
            send(Sender(server.port, tokens(1)[0]), VISITS, first[-10:], "unchanged")
        self.report.keep("again: rows written", written(url) - before)
        with machine.Server(url) as server:
            warm_up(server, VISITS, 50 + number)
            self.wal(url, server, first[-1])
            self.everyday(number, server)

    def everyday(self, number: int, server: machine.Server) -> None:
        """Batches of ten, in turn with a request that commits one row."""
        sender = Sender(server.port, tokens(1)[0])
        tens, ones = [], []
        for body in fresh(VISITS, 400 + number, 100, size=10):
            tens += send(sender, VISITS, [body], "created")
            ones += send(sender, "/reference/one-row", [b"{}"])
        self.report.keep("ten", statistics.median(tens))
        self.report.keep("one row", statistics.median(ones))
        self.report.keep("ten, seconds of each batch", *tens)
        self.report.keep("one row, seconds of each request", *ones)

    def wal(self, url: str, server: machine.Server, body: bytes) -> None:
        """Bytes of WAL that 499 more unchanged records cost a push that has one."""
        single = json.loads(body)
        single["visits"] = single["visits"][:1]
        sender = Sender(server.port, tokens(1)[0])
        spent: dict[bytes, list[float]] = {json.dumps(single).encode(): [], body: []}
        with psycopg.connect(url, autocommit=True) as watch:
            for _ in range(40):
                for sent, costs in spent.items():
                    start = watch.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
                    send(sender, VISITS, [sent], "unchanged")
                    end = watch.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", start).fetchone()
                    costs.append(float(end[0]) if end else 0.0)
        one, all_of_them = (min(costs) for costs in spent.values())  # other writes at the same time only add to it
        self.report.keep("again: WAL of one record", one)
        self.report.keep("again: WAL of 500 records", all_of_them)

    def single_connection(self) -> None:
        """The rows of one connection on PostgreSQL."""
        subjects = [
            self.subject("(a)", USUAL_VISITS, USUAL_BATCHES, self.copied),
            self.subject("(b)", BULK_VISITS, 10, self.copied),
            ("ours and (c)", self.ours),
        ]
        rounds_of(subjects, self.rounds)
        r = self.report
        subject_names = ("(a)", "(b)", "(c)", "fresh", "fresh in turn", "again", "half")
        print("     rows a second:", *(f"{name} {r.median(name):,.0f} " for name in subject_names))
        visits, again = "fresh visits, one connection", "identical re-send"
        r.row(f"{visits}: × (a)", r.ratio("fresh", "(a)"), 20, at_least=True)
        r.row(f"{visits}: % of (c)", 100 * r.ratio("fresh", "(c)"), 45, at_least=True, unit="%")
        r.row(f"{again}: × our fresh rate", r.ratio("again", "fresh in turn"), 2, at_least=True)
        r.row(f"{again}: rows and dead tuples written", r.median("again: rows written"), 0, at_least=False, unit="")
        more = max(0.0, r.median("again: WAL of 500 records") - r.median("again: WAL of one record")) / 499
        r.row(f"{again}: bytes of WAL a record", more, 0, at_least=False, unit="B")
        r.row("half new, half changed: × our fresh rate", r.ratio("half", "fresh in turn"), 0.9, at_least=True)
        tens = r.ratio("ten", "one row")
        r.row("a batch of 10: × a request that commits one row", tens, 3, at_least=False)

    def four_connections(self) -> None:
        """The row of four connections of four people."""

        def subject(name: str, path: str, count: int) -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                bodies = [fresh(VISITS, 500 + 10 * number + person, count) for person in range(4)]
                with machine.Server(self.copied()) as server:
                    warm_up(server, path, number)
                    start = time.perf_counter()
                    send_together(server.port, path, bodies)
                    self.report.keep(name, 4 * count * SIZE / (time.perf_counter() - start))

            return name, run

        subjects = [subject("(a) × 4", USUAL_VISITS, 3), subject("ours × 4", VISITS, 30)]
        rounds_of(subjects, self.rounds)
        r = self.report
        print(f"     rows a second, 4 connections: (a) {r.median('(a) × 4'):,.0f}  ours {r.median('ours × 4'):,.0f}")
        times = r.ratio("ours × 4", "(a) × 4")
        r.row("fresh visits, 4 connections of 4 people: × (a)", times, 15, at_least=True)

    def aggregates(self) -> None:
        """The row of tab aggregates, fresh and changed."""

        def subject(name: str, path: str, count: int) -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                records = Source(600 + number).aggregates(count * SIZE)
                with machine.Server(self.copied()) as server:
                    warm_up(server, path, number)
                    for state, sent in (("fresh", records), ("changed", changed(records))):
                        rows_a_second, _ = rate(path, server, list(batches(sent, SIZE, "aggregates")))
                        self.report.keep(f"{name} {state}", rows_a_second)

            return name, run

        subjects = [subject("(a) aggregates", USUAL_AGGREGATES, 4), subject("aggregates", AGGREGATES, 20)]
        rounds_of(subjects, self.rounds)
        r = self.report
        for state in ("fresh", "changed"):
            ratio = r.ratio(f"aggregates {state}", f"(a) aggregates {state}")
            r.row(f"tab aggregates, {state}: × (a)", ratio, 15, at_least=True)

    def sqlite(self) -> None:
        """The rows on SQLite: one connection, and four writers at once."""

        def together(number: int) -> None:
            bodies = [fresh(VISITS, 800 + 10 * number + person, 50, size=100) for person in range(4)]
            with machine.Server(self.copied_file()) as server:
                warm_up(server, VISITS, number)
                for seconds in send_together(server.port, VISITS, bodies, "created"):
                    self.report.keep("4 writers on SQLite, seconds of each batch", *seconds)

        subjects = [
            self.subject("(a) SQLite", USUAL_VISITS, USUAL_BATCHES, self.copied_file, 700),
            self.subject("SQLite", VISITS, 20, self.copied_file, 700),
            ("4 writers on SQLite", together),
        ]
        rounds_of(subjects, self.rounds)
        r = self.report
        r.row("SQLite, fresh, one connection: × (a)", r.ratio("SQLite", "(a) SQLite"), 6, at_least=True)
        seconds, sent = r.rounds["4 writers on SQLite, seconds of each batch"], 200 * self.rounds
        writers = "SQLite, 4 writers, batches of 100"
        r.row(f"{writers}: accepted of {sent}", len(seconds), sent, at_least=True, unit="")
        p99 = 1000 * statistics.quantiles(seconds, n=100)[98]
        r.row(f"{writers}: p99", p99, 1000, at_least=False, unit="ms")

    def feed(self) -> None:
        """The rows of reading a million records back, in pages of 1,000 from one worker, person after person."""
        resident, seconds, records = [], 0.0, 0
        with machine.Server(self.copied(), WEB_CONCURRENCY="1") as server:
            for token in tokens(PEOPLE + SENDERS)[SENDERS:]:
                sender, cursor, more = Sender(server.port, token), "", True
                while more:
                    start = time.perf_counter()
                    content = sender.ask("GET", f"/api/sync/changes?limit=1000&cursor={cursor}")
                    seconds += time.perf_counter() - start
                    page = msgspec.json.decode(content)
                    records += len(page["changes"])
                    cursor, more = page["cursor"], page["more"]
                resident.append(server.resident_mib())
        self.report.keep("feed, records a second", records / seconds)
        self.report.keep("feed, MiB after each person", *resident)
        what = f"reading {records:,} records in pages of 1,000, one worker"
        self.report.row(f"{what}: a second", records / seconds, 20_000, at_least=True, unit="")
        self.report.row("the same: growth of the worker", max(resident) - resident[0], 8, at_least=False, unit="MiB")

    def validation(self) -> None:
        """Parsing and validating alone, without a server or a database."""
        r = self.report
        rounds = validation.measure()
        for name, each in rounds.items():
            r.keep(f"{name}, µs a record", *each)
        median = {name: r.median(f"{name}, µs a record") for name in rounds}
        for name, microseconds in median.items():
            print(f"     {microseconds:6.1f} µs a record: {name}")
        r.row("validation and parsing: stock DRF ÷ ours", median["stock"] / median["ours"], 5, at_least=True)
        worst = max((name for name in median if name.startswith("bad: ")), key=lambda name: median[name])
        ratio = median[worst] / median["ours"]
        r.row(f"every record bad ({worst.removeprefix('bad: ')}): × a good one", ratio, 4, at_least=False)

    def workers(self) -> None:
        """The figures behind the workers and threads in gunicorn.conf.py; no row of the table."""

        def subject(name: str, threads: int, arguments: str = "") -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                large = [fresh(VISITS, 1100 + 10 * number + person, 10) for person in range(4)]
                small = [fresh(VISITS, 1200 + 10 * number + person, 60, size=10) for person in range(4)]
                with machine.Server(self.copied(), arguments, WEB_CONCURRENCY="2", WEB_THREADS=str(threads)) as server:
                    warm_up(server, VISITS, number)
                    for label, bodies, size in ((name, large, 40 * SIZE), (f"{name}, by ten", small, 240)):
                        start = time.perf_counter()
                        send_together(server.port, VISITS, bodies)
                        self.report.keep(label, size / (time.perf_counter() - start))
                    opened = slow_clients(server.port, SLOW_CLIENTS)
                    self.report.keep(f"{name}, slowest answer", slowest_answer(server.port, 5))
                    for client in opened:
                        client.close()

            return name, run

        subjects = [
            subject("2 sync workers of gunicorn", 1, "--worker-class sync"),
            subject("2 threaded workers of gunicorn, 4 threads", 4, "--worker-class gthread"),
            *(subject(f"2 workers, {threads} threads", threads) for threads in (1, 2, 4, 8)),
        ]
        rounds_of(subjects, self.rounds)
        print(f"     4 connections of 4 people, and the slowest answer beside {SLOW_CLIENTS} slow clients:")
        for name, _ in subjects:
            large, small = self.report.median(name), self.report.median(f"{name}, by ten")
            slowest = self.report.median(f"{name}, slowest answer")
            print(f"       {name}: {large:8,.0f} rows/s in batches of 500, {small:5,.0f} batches of ten a second, "
                  f"{slowest:.2f} s")  # fmt: skip

    def layers(self) -> None:
        """The time of a batch of 500 by layer, without HTTP; no row of the table."""
        command = [sys.executable, "-m", "benchmarks.layers"]
        environment = machine.environment(self.copied())
        done = subprocess.run(command, cwd=machine.ROOT, env=environment, stdout=subprocess.PIPE, check=True)
        self.report.layers = json.loads(done.stdout)
        for what, layers in self.report.layers.items():
            total = sum(layers.values())
            print(f"     where the time of 500 visits goes, {what}: {total:.1f} ms")
            for name, milliseconds in layers.items():
                print(f"       {milliseconds:6.2f} ms  {100 * milliseconds / total:3.0f} %  {name}")

    def memory(self) -> None:
        """The memory of one worker over 2,000 batches of 1,000, one in five of them fresh."""
        count = 2_000
        samples = []
        with machine.Server(self.copied(), WEB_CONCURRENCY="1") as server:
            sender = Sender(server.port, tokens(1)[0])
            source = Source(950)
            body = b""
            for number in range(count):
                if number % 5 == 0:
                    body = next(batches(source.visits(1000), 1000, "visits"))
                send(sender, VISITS, [body])
                if number % 20 == 19:
                    samples.append(server.resident_mib())
                    print(f"     memory: {number + 1:,} of {count:,} batches", end="\r", file=sys.stderr, flush=True)
        self.report.keep("memory, MiB, every 20 batches", *samples)
        warm = samples[len(samples) // 4 :]
        what = f"memory of a worker over {count:,} batches of 1,000"
        self.report.row(f"{what}: most", max(samples), 150, at_least=False, unit="MiB")
        self.report.row("the same: growth after warm-up", max(warm) - warm[0], 8, at_least=False, unit="MiB")

    def growth(self) -> None:
        """The rate at 10 M rows against the rate at 1 M."""

        def subject(rows: int) -> tuple[str, Callable[[int], None]]:
            return self.subject(f"at {rows:,} rows", VISITS, BATCHES, lambda: self.copied(rows), 1000)

        rounds_of([subject(MILLION), subject(10 * MILLION)], self.rounds)
        r = self.report
        ratio = 100 * r.ratio("at 10,000,000 rows", "at 1,000,000 rows")
        r.row("rate at 10 M rows: % of the rate at 1 M", ratio, 85, at_least=True, unit="%")


def fingerprint() -> str:
    """Return a hash of the sources of a prepared database: the migrations, the recording and the code here."""
    from django.db.migrations.loader import MigrationLoader

    made_from = hashlib.sha256(repr(sorted(MigrationLoader(None).graph.leaf_nodes())).encode())
    for file in (HERE / "prepare.py", HERE / "data.py", RECORDING):
        made_from.update(file.read_bytes())
    return made_from.hexdigest()[:8]


def written(url: str) -> int:
    """Return how many rows were ever inserted, updated, deleted and are dead in the two record tables."""
    time.sleep(1)  # the server processes that have just ended are still reporting
    with psycopg.connect(url) as watch:
        row = watch.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del + n_dead_tup) FROM pg_stat_user_tables "
            "WHERE relname IN ('sync_pagevisit', 'sync_tabaggregate')"
        ).fetchone()
    return int(row[0]) if row else 0


def prepare(url: str, rows: int) -> None:
    """Fill a database in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.prepare", str(rows)]
    subprocess.run(command, cwd=machine.ROOT, env=machine.environment(url), check=True)


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--postgresql",
        default=os.environ.get("TEST_DATABASE_URL"),
        help="URL of a database whose role may create others",
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each subject (default: 3)")
    parser.add_argument("--full", action="store_true", help="also the table of 10 M rows")
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        choices=[*MEASUREMENTS, "growth", "workers"],
        help="names of measurements: validation, single_connection, four_connections, aggregates, sqlite, feed, layers, "
        "memory; growth, as with --full; workers, which gunicorn.conf.py was chosen by",
    )
    options = parser.parse_args()
    if not options.postgresql:
        parser.error("Say where PostgreSQL is: --postgresql postgres://role:password@127.0.0.1:5432/name")
    os.environ.update(machine.environment("sqlite:///:memory:"))
    import django

    django.setup()
    postgresql = machine.PostgreSQL(options.postgresql)
    try:
        durability = postgresql.durability()
    except psycopg.OperationalError as error:
        parser.error(f"{error}\nStart PostgreSQL, or say where it is: --postgresql URL, or TEST_DATABASE_URL for make.")
    started = time.time()
    bench = Benchmark(postgresql, options.rounds)
    about = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load before": os.getloadavg()[0],
        "postgresql": durability,
        "sqlite": machine.sqlite_durability(FILES),
    }
    print(json.dumps(about, ensure_ascii=False), flush=True)
    for name in options.only or [*MEASUREMENTS, *(["growth"] if options.full else [])]:
        getattr(bench, name)()
    for name in ("syncserver_bench_run", "syncserver_bench_limit"):
        postgresql.drop(name)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{time.strftime('%Y-%m-%dT%H%M%S')}.json"
    content = {
        "about": about,
        "seconds": round(time.time() - started),
        "table": bench.report.rows,
        "layers": bench.report.layers,
        "rounds": bench.report.rounds,
    }
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
    print(f"{sum(row['met'] for row in bench.report.rows)} of {len(bench.report.rows)} rows met; written to {file}")


if __name__ == "__main__":
    main()
