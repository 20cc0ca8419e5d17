"""Measures every row of the speed table and prints it: `make bench`, or `make bench-full` for the tables of 10 M rows.

Each figure is a ratio within this run. Subjects take turns; each round starts from a fresh copy of the same database, a
fresh server and two batches to warm up; what is compared is the median of the rounds, and the rounds are in the JSON.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import machine
from benchmarks.data import Source, batches, changed

VISITS, AGGREGATES = "/api/sync/page-visits", "/api/sync/tab-aggregates"
USUAL_VISITS, USUAL_AGGREGATES = "/reference/usual/page-visits", "/reference/usual/tab-aggregates"
BULK_VISITS = "/reference/bulk/page-visits"
RESULTS = Path(__file__).resolve().parent / "results"
WARM_UP = 2
SIZE = 500


class Report:
    """The rows of the table, as they come."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.rounds: dict[str, list[float]] = {}
        self.layers: dict[str, dict[str, float]] = {}

    def keep(self, name: str, value: float) -> None:
        """Keep one round's figure under a name."""
        self.rounds.setdefault(name, []).append(value)

    def median(self, name: str) -> float:
        """Return the median of the rounds of a name."""
        return statistics.median(self.rounds[name])

    def row(self, what: str, measured: float, bound: float, *, at_least: bool, unit: str = "×") -> None:
        """Add a row and print it."""
        met = measured >= bound if at_least else measured <= bound
        self.rows.append(
            {"measured": what, "value": round(measured, 3), "bound": bound, "at_least": at_least, "met": met}
        )
        sign = "≥" if at_least else "≤"
        print(f"{'ok  ' if met else 'MISS'} {what:62} {measured:10.2f} {unit:4} ({sign} {bound:g})", flush=True)


def tokens(count: int) -> list[str]:
    """Return an access token for each of the first senders, good for a day."""
    from accounts.tokens import AccessToken

    made = []
    for number in range(1, count + 1):
        token = AccessToken()
        token.set_exp(lifetime=timedelta(days=1))
        token["user_id"] = token["sid"] = str(number)
        made.append(str(token))
    return made


def send(sender: machine.Sender, path: str, bodies: list[bytes], expected: str | None = None) -> list[float]:
    """Send the bodies one after the other; return the seconds each took, and check what became of the records."""
    seconds = []
    for body in bodies:
        start = time.perf_counter()
        answer = sender.post(path, body)
        seconds.append(time.perf_counter() - start)
        if expected and set(answer["results"]) != {expected}:
            raise SystemExit(f"{path} answered {set(answer['results'])} where all should be {expected}.")
    return seconds


def send_together(port: int, path: str, bodies: list[list[bytes]]) -> float:
    """Send each list of bodies as another person at the same time; return the seconds until the last is done."""
    threads = [
        threading.Thread(target=send, args=(machine.Sender(port, token), path, mine))
        for token, mine in zip(tokens(len(bodies)), bodies, strict=True)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def copy_limit(url: str, records: list[dict[str, Any]], size: int) -> float:
    """(c) COPY the same rows, put together beforehand, into the same table, a transaction a batch; return rows a second."""
    from benchmarks.data import CLIENT_ID
    from sync import merge, services
    from sync.serializers import PageVisitSerializer

    table = services.PAGE_VISITS.table
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "INSERT INTO sync_browser (user_id, client_id, browser_name, browser_version, platform, extension_version, "
            "created_at, last_push_at) VALUES (1, %s, '', '', '', '', now(), now()) RETURNING id",
            [CLIENT_ID],
        ).fetchone()
        assert found
        context = {"now": int(time.time() * 1000), "anonymous_client_id": ""}
        serializer = PageVisitSerializer(data=records, many=True, context=context)
        serializer.is_valid(raise_exception=True)
        values = [table.values_of(content) for content in serializer.validated_data]
        rows = list(table._rows((1, 1, 1), [(found[0], merge.digest(*each), each, None) for each in values]))
        statement = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
        seconds = 0.0
        for start in range(0, len(rows), size):
            began = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows[start : start + size]:
                    copy.write_row(row)
            if start >= WARM_UP * size:
                seconds += time.perf_counter() - began
        return (len(rows) - WARM_UP * size) / seconds


def fresh(path: str, seed: int, count: int, size: int = SIZE) -> list[bytes]:
    """Return request bodies of fresh records."""
    source = Source(seed)
    if "aggregates" in path:
        return list(batches(source.aggregates(count * size), size, "aggregates"))
    return list(batches(source.visits(count * size), size, "visits"))


def rate(path: str, server: machine.Server, bodies: list[bytes], expected: str | None = None) -> float:
    """Return rows a second of one connection after warming up."""
    sender = machine.Sender(server.port, tokens(1)[0])
    send(sender, path, bodies[:WARM_UP], expected)
    seconds = send(sender, path, bodies[WARM_UP:], expected)
    return SIZE * len(seconds) / sum(seconds)


def rounds_of(subjects: list[tuple[str, Callable[[int], None]]], count: int) -> None:
    """Run the subjects in turn, each round beginning with another."""
    for number in range(count):
        for place in range(len(subjects)):
            name, run = subjects[(number + place) % len(subjects)]
            print(f"     round {number + 1} of {count}: {name}", end="\r", file=sys.stderr, flush=True)
            run(number)
    print(" " * 70, end="\r", file=sys.stderr)


class Benchmark:
    """The measurements on one PostgreSQL server and in SQLite files."""

    def __init__(self, postgresql: machine.PostgreSQL, rounds: int, folder: Path) -> None:
        self.postgresql = postgresql
        self.rounds = rounds
        self.folder = folder
        self.report = Report()
        self.base = ""

    def prepare(self, rows: int) -> str:
        """Return the name of a template database that holds so many visits, made once."""
        from django.db.migrations.loader import MigrationLoader

        leaves = sorted(MigrationLoader(None).graph.leaf_nodes())
        last = "_".join(name[:4] for app, name in leaves if app in ("accounts", "sync"))
        name = f"syncserver_bench_{rows}_{last}"
        if not self.postgresql.exists(name):
            print(f"Making a database of {rows:,} visits (once) …", flush=True)
            self.postgresql.drop(f"{name}_new")  # of a run that was stopped
            self.postgresql.administer(f'CREATE DATABASE "{name}_new"')
            url = self.postgresql.of(f"{name}_new")
            machine.manage(url, "migrate", "--verbosity", "0")
            prepare(url, rows)
            self.postgresql.administer(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
        return name

    def copied(self, rows: int = 1_000_000) -> str:
        """Return the URL of a fresh copy of a template."""
        return self.postgresql.copy(self.prepare(rows), "syncserver_bench_run")

    def _subject(self, path: str, name: str, count: int, kind: str = VISITS) -> tuple[str, Callable[[int], None]]:
        def run(number: int) -> None:
            bodies = fresh(kind, 100 + number, count + WARM_UP)
            with machine.Server(self.copied()) as server:
                self.report.keep(name, rate(path, server, bodies))

        return name, run

    def ours(self, number: int) -> None:
        """One round of our engine: fresh, sent again and half of each, batch by batch in turn; then by ten."""
        keep, count = self.report.keep, 40 + WARM_UP
        source = Source(200 + number)
        visits = source.visits(count * SIZE)
        first = list(batches(visits, SIZE, "visits"))
        halves = zip(source.visits(count * SIZE // 2), changed(visits[: count * SIZE // 2]), strict=True)
        mixed = list(batches([visit for pair in halves for visit in pair], SIZE, "visits"))
        url = self.copied()
        with machine.Server(url) as server, psycopg.connect(url, autocommit=True) as watch:
            sender = machine.Sender(server.port, tokens(1)[0])
            seconds: dict[str, list[float]] = {"fresh": [], "again": [], "half": []}
            # The batch before is sent again; what is changed is older.
            for place in range(count):
                seconds["fresh"] += send(sender, VISITS, first[place : place + 1], "created")
                seconds["again"] += send(sender, VISITS, first[max(0, place - 1) :][:1], "unchanged")
                if place % 2:
                    seconds["half"] += send(sender, VISITS, mixed[place // 2 : place // 2 + 1])
            for name, each in seconds.items():
                keep(name, SIZE * len(each[WARM_UP:]) / sum(each[WARM_UP:]))
            before = written(watch)
            send(sender, VISITS, first[-10:], "unchanged")
            after = written(watch)
            keep("again: rows written", sum(after) - sum(before))
            self.everyday(number, server)
            self.wal(watch, server, first[-1])

    def everyday(self, number: int, server: machine.Server) -> None:
        """Batches of ten, in turn with a request that commits one row."""
        sender = machine.Sender(server.port, tokens(1)[0])
        tens, ones = [], []
        for body in fresh(VISITS, 400 + number, 60, size=10):
            tens += send(sender, VISITS, [body], "created")
            ones += send(sender, "/reference/one-row", [b"{}"])
        self.report.keep("ten", statistics.median(tens[10:]))
        self.report.keep("one row", statistics.median(ones[10:]))

    def wal(self, watch: psycopg.Connection[Any], server: machine.Server, body: bytes) -> None:
        """Bytes of WAL that 499 more unchanged records cost a push that has one."""
        single = json.loads(body)
        single["visits"] = single["visits"][:1]
        sender = machine.Sender(server.port, tokens(1)[0])

        def cost(sent: bytes) -> float:
            costs = []
            for _ in range(25):
                start = watch.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
                send(sender, VISITS, [sent], "unchanged")
                end = watch.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", start).fetchone()
                assert end
                costs.append(float(end[0]))
            return min(costs)  # what else is written in the meantime only adds

        self.report.keep("again: WAL of a record", max(0.0, cost(body) - cost(json.dumps(single).encode())) / 499)

    def limit(self, number: int) -> None:
        """One round of (c)."""
        self.report.keep("(c)", copy_limit(self.copied(), Source(200 + number).visits(42 * SIZE), SIZE))

    def single_connection(self) -> None:
        """The rows of one connection on PostgreSQL."""
        subjects = [
            self._subject(USUAL_VISITS, "(a)", 2),
            self._subject(BULK_VISITS, "(b)", 10),
            ("ours", self.ours),
            ("(c)", self.limit),
        ]
        rounds_of(subjects, self.rounds)
        r = self.report
        print(f"     rows a second: (a) {r.median('(a)'):,.0f}  (b) {r.median('(b)'):,.0f}  ours {r.median('fresh'):,.0f}  "
              f"again {r.median('again'):,.0f}  half {r.median('half'):,.0f}  (c) {r.median('(c)'):,.0f}")  # fmt: skip
        r.row("fresh visits, one connection: × (a)", r.median("fresh") / r.median("(a)"), 20, at_least=True)
        r.row(
            "fresh visits, one connection: % of (c)",
            100 * r.median("fresh") / r.median("(c)"),
            45,
            at_least=True,
            unit="%",
        )
        r.row("identical re-send: × our fresh rate", r.median("again") / r.median("fresh"), 2, at_least=True)
        r.row(
            "identical re-send: rows and dead tuples written",
            r.median("again: rows written"),
            0,
            at_least=False,
            unit="",
        )
        r.row(
            "identical re-send: bytes of WAL a record", r.median("again: WAL of a record"), 0, at_least=False, unit="B"
        )
        r.row("half new, half changed: × our fresh rate", r.median("half") / r.median("fresh"), 0.9, at_least=True)
        r.row(
            "a batch of 10: × a request that commits one row", r.median("ten") / r.median("one row"), 3, at_least=False
        )

    def four_connections(self) -> None:
        """The row of four connections of four people."""

        def subject(path: str, name: str, count: int) -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                bodies = [fresh(VISITS, 500 + 10 * number + person, count + 1) for person in range(4)]
                with machine.Server(self.copied()) as server:
                    send_together(server.port, path, [mine[:1] for mine in bodies])
                    seconds = send_together(server.port, path, [mine[1:] for mine in bodies])
                    self.report.keep(name, 4 * count * SIZE / seconds)

            return name, run

        rounds_of([subject(USUAL_VISITS, "(a) × 4", 1), subject(VISITS, "ours × 4", 20)], self.rounds)
        r = self.report
        print(f"     rows a second, 4 connections: (a) {r.median('(a) × 4'):,.0f}  ours {r.median('ours × 4'):,.0f}")
        r.row(
            "fresh visits, 4 connections of 4 people: × (a)",
            r.median("ours × 4") / r.median("(a) × 4"),
            15,
            at_least=True,
        )

    def aggregates(self) -> None:
        """The row of tab aggregates, fresh and changed."""

        def subject(path: str, name: str, count: int) -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                records = Source(600 + number).aggregates((count + WARM_UP) * SIZE)
                with machine.Server(self.copied()) as server:
                    new = list(batches(records, SIZE, "aggregates"))
                    self.report.keep(f"{name} fresh", rate(path, server, new))
                    self.report.keep(
                        f"{name} changed", rate(path, server, list(batches(changed(records), SIZE, "aggregates")))
                    )

            return name, run

        rounds_of([subject(USUAL_AGGREGATES, "(a) aggregates", 2), subject(AGGREGATES, "aggregates", 20)], self.rounds)
        r = self.report
        for state in ("fresh", "changed"):
            ratio = r.median(f"aggregates {state}") / r.median(f"(a) aggregates {state}")
            r.row(f"tab aggregates, {state}: × (a)", ratio, 15, at_least=True)

    def sqlite(self) -> None:
        """The rows on SQLite: one connection, and four writers at once."""
        base = self.folder / "base.sqlite3"
        machine.manage(f"sqlite:///{base}", "migrate", "--verbosity", "0")
        prepare(f"sqlite:///{base}", 200_000)

        def copied() -> str:
            for suffix in ("-wal", "-shm"):
                (self.folder / f"run.sqlite3{suffix}").unlink(missing_ok=True)
            (self.folder / "run.sqlite3").write_bytes(base.read_bytes())
            return f"sqlite:///{self.folder / 'run.sqlite3'}"

        def subject(path: str, name: str, count: int) -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                with machine.Server(copied()) as server:
                    self.report.keep(name, rate(path, server, fresh(VISITS, 700 + number, count + WARM_UP)))

            return name, run

        rounds_of([subject(USUAL_VISITS, "(a) SQLite", 3), subject(VISITS, "SQLite", 20)], self.rounds)
        r = self.report
        r.row("SQLite, fresh, one connection: × (a)", r.median("SQLite") / r.median("(a) SQLite"), 6, at_least=True)
        with machine.Server(copied()) as server:
            seconds: list[float] = []

            def write(person: int, token: str) -> None:
                seconds.extend(
                    send(machine.Sender(server.port, token), VISITS, fresh(VISITS, 800 + person, 50, size=100))
                )

            threads = [threading.Thread(target=write, args=pair) for pair in enumerate(tokens(4))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        r.row("SQLite, 4 writers, batches of 100: replies of 200", len(seconds), 200, at_least=True, unit="")
        r.row(
            "SQLite, 4 writers, batches of 100: p99",
            1000 * statistics.quantiles(seconds, n=100)[98],
            1000,
            at_least=False,
            unit="ms",
        )

    def validation(self) -> None:
        """Parsing and validating alone, without a server or a database."""
        from rest_framework.parsers import JSONParser

        from benchmarks.reference import UsualVisitSerializer
        from sync import limits
        from sync.body import parse_batch
        from sync.serializers import PageVisitSerializer

        context: dict[str, Any] = {"now": int(time.time() * 1000), "anonymous_client_id": ""}
        records = Source(900).visits(SIZE)
        good = next(batches(records, SIZE, "visits"))
        bad = next(batches([{**record, "url": 5, "startedAt": "x"} for record in records], SIZE, "visits"))

        latest = context["now"] + limits.CLOCK_LEEWAY_MS

        def ours(body: bytes) -> None:
            batch = parse_batch(body, "visits", partial(PageVisitSerializer.everyday().read, latest=latest))
            PageVisitSerializer(
                data=batch.records,
                many=True,
                context={**context, "sizes": batch.sizes, "clean": b"\\" not in body or b"\\u" not in body},
            ).is_valid()

        def usual() -> None:
            from io import BytesIO

            UsualVisitSerializer(data=JSONParser().parse(BytesIO(good))["visits"], many=True).is_valid(
                raise_exception=True
            )

        for _ in range(15):
            for name, run in (("judge", lambda: ours(good)), ("judge bad", lambda: ours(bad)), ("usual judge", usual)):
                start = time.perf_counter()
                run()
                self.report.keep(name, (time.perf_counter() - start) / SIZE * 1e6)
        r = self.report
        print(
            f"     µs a record: ours {r.median('judge'):.1f}  all bad {r.median('judge bad'):.1f}  stock {r.median('usual judge'):.1f}"
        )
        r.row("validation and parsing: stock DRF ÷ ours", r.median("usual judge") / r.median("judge"), 5, at_least=True)
        r.row(
            "a batch with every record bad: × a good one", r.median("judge bad") / r.median("judge"), 4, at_least=False
        )

    def workers(self) -> None:
        """What gunicorn.conf.py chooses its workers and threads by; no row of the table."""

        def subject(workers: int, threads: int) -> tuple[str, Callable[[int], None]]:
            name = f"{workers} workers of {threads} threads"

            def run(number: int) -> None:
                large = [fresh(VISITS, 1100 + 10 * number + person, 11) for person in range(4)]
                small = [fresh(VISITS, 1200 + 10 * number + person, 60, size=10) for person in range(4)]
                chosen = {"WEB_CONCURRENCY": str(workers), "WEB_THREADS": str(threads)}
                with machine.Server(self.copied(), **chosen) as server:
                    send_together(server.port, VISITS, [mine[:1] for mine in large])
                    self.report.keep(name, 40 * SIZE / send_together(server.port, VISITS, [m[1:] for m in large]))
                    self.report.keep(f"{name}, by ten", 240 / send_together(server.port, VISITS, small))

            return name, run

        subjects = [subject(*pair) for pair in ((1, 1), (2, 1), (3, 1), (4, 1), (1, 4), (2, 2), (2, 4))]
        rounds_of(subjects, self.rounds)
        print("     4 connections of 4 people:")
        for name, _ in subjects:
            large, small = self.report.median(name), self.report.median(f"{name}, by ten")
            print(f"       {name}: {large:8,.0f} rows/s in batches of 500, {small:5,.0f} batches of ten a second")

    def layers(self) -> None:
        """Where the time of a batch of 500 goes, without HTTP; no row of the table."""
        import subprocess

        command = [sys.executable, "-m", "benchmarks.layers"]
        done = subprocess.run(
            command,
            cwd=machine.ROOT,
            env=machine.environment(self.copied()),
            capture_output=True,
            text=True,
            check=True,
        )
        self.report.layers = json.loads(done.stdout)
        for what, layers in self.report.layers.items():
            total = sum(layers.values())
            print(f"     where the time of 500 visits goes, {what}: {total:.1f} ms")
            for name, milliseconds in layers.items():
                print(f"       {milliseconds:6.2f} ms  {100 * milliseconds / total:3.0f} %  {name}")

    def memory(self, count: int) -> None:
        """The memory of one worker over many batches of 1,000, one in five of them fresh."""
        path = Path
        with machine.Server(self.copied(), WEB_CONCURRENCY="1") as server:
            worker = server.workers()[0]

            def mebibytes() -> float:
                status = path(f"/proc/{worker}/status").read_text(encoding="ascii")
                return int(status.split("VmRSS:")[1].split()[0]) / 1024

            sender = machine.Sender(server.port, tokens(1)[0])
            source = Source(950)
            samples = []
            for number in range(count):
                if number % 5 == 0:
                    body = next(batches(source.visits(1000), 1000, "visits"))
                send(sender, VISITS, [body])
                if number % 20 == 19:
                    samples.append(mebibytes())
        self.report.rounds["memory, MiB, every 20 batches"] = samples
        warm = samples[len(samples) // 4 :]
        self.report.row(
            f"memory of a worker over {count:,} batches of 1,000: most", max(samples), 150, at_least=False, unit="MiB"
        )
        self.report.row("the same: growth after warm-up", max(warm) - warm[0], 8, at_least=False, unit="MiB")

    def growth(self) -> None:
        """The rate at 10 M rows against the rate at 1 M."""

        def subject(rows: int) -> tuple[str, Callable[[int], None]]:
            def run(number: int) -> None:
                with machine.Server(self.copied(rows)) as server:
                    self.report.keep(f"at {rows:,}", rate(VISITS, server, fresh(VISITS, 1000 + number, 42), "created"))

            return f"{rows:,} rows", run

        rounds_of([subject(1_000_000), subject(10_000_000)], self.rounds)
        r = self.report
        ratio = 100 * r.median("at 10,000,000") / r.median("at 1,000,000")
        r.row("rate at 10 M rows: % of the rate at 1 M", ratio, 85, at_least=True, unit="%")


def written(watch: psycopg.Connection[Any]) -> tuple[int, ...]:
    """Return how many rows were ever inserted, updated, deleted and are dead in the two record tables."""
    time.sleep(11)  # an idle server process reports what it did within ten seconds
    watch.execute("SELECT pg_stat_clear_snapshot()")
    row = watch.execute(
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del), sum(n_dead_tup) FROM pg_stat_user_tables "
        "WHERE relname IN ('sync_pagevisit', 'sync_tabaggregate')"
    ).fetchone()
    assert row
    return tuple(int(value) for value in row)


def prepare(url: str, rows: int) -> None:
    """Fill a database in a process of its own."""
    import subprocess

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
    parser.add_argument("--full", action="store_true", help="also the tables of 10 M rows and 2,000 batches for memory")
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="names of measurements: validation, single_connection, four_connections, aggregates, sqlite, layers, "
        "memory; workers and growth, which are not among the usual ones",
    )
    options = parser.parse_args()
    if not options.postgresql:
        parser.error("Say where PostgreSQL is: --postgresql postgres://role:password@127.0.0.1:5432/name")
    os.environ.update(machine.environment("sqlite:///:memory:"))
    import django

    django.setup()
    postgresql = machine.PostgreSQL(options.postgresql)
    started = time.time()
    with tempfile.TemporaryDirectory() as folder:
        bench = Benchmark(postgresql, options.rounds, Path(folder))
        about = {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load before": os.getloadavg()[0],
            "postgresql": postgresql.durability(),
            "sqlite": "journal_mode=WAL, synchronous=FULL",
        }
        print(json.dumps(about, ensure_ascii=False), flush=True)
        measurements: Iterator[tuple[str, Callable[[], None]]] = iter(
            [
                ("validation", bench.validation),
                ("single_connection", bench.single_connection),
                ("four_connections", bench.four_connections),
                ("aggregates", bench.aggregates),
                ("sqlite", bench.sqlite),
                ("workers", bench.workers),
                ("layers", bench.layers),
                ("memory", lambda: bench.memory(2000 if options.full else 400)),
                *([("growth", bench.growth)] if options.full or "growth" in options.only else []),
            ]
        )
        for name, measure in measurements:
            if name in options.only or (not options.only and name != "workers"):
                measure()
        postgresql.drop("syncserver_bench_run")
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
