"""Measures imports and exports: `python -m benchmarks.portability --postgresql URL`.

Makes a History of Chromium with a million visits, imports it for one person, and exports all of it again, in one process
each. Prints the visits a second, the largest memory of each process, and how much longer a push of another person takes
while an import goes on.
"""

import argparse
import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import machine

DATABASE = "bench_portability"
FIRST_US = 1_609_459_200_000_000  # 2021-01-01
CHROME_EPOCH_US = 11_644_473_600_000_000
FINAL = 0x30000000
MINUTE_US = 60_000_000
# The least visits a second, and the most MiB of memory.
IMPORT_BOUND, EXPORT_BOUND, MEMORY_BOUND = 8_000, 30_000, 200
PUSHES = 40


def write_history(path: Path, visits: int, later_us: int = 0) -> None:
    """Write a History in which a tenth of the visits are to new pages and the others to ones seen before."""
    source = random.Random(1)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE meta (key, value)")
        connection.execute("CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title, hidden INTEGER DEFAULT 0)")
        connection.execute(
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER, transition INTEGER, "
            "visit_duration INTEGER)"
        )
        pages = max(1, visits // 10)
        connection.executemany(
            "INSERT INTO urls (id, url, title) VALUES (?, ?, ?)",
            (
                (n, f"https://site{n % 997}.example.org/articles/{n}/compiler-garden-notes?page={n % 7}",
                 f"Article {n} about compilers, gardens and the history of indexes")
                for n in range(1, pages + 1)
            ),
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO visits VALUES (?, ?, ?, ?, ?)",
            (
                (n, source.randint(1, pages), FIRST_US + later_us + n * 2 * MINUTE_US + CHROME_EPOCH_US, FINAL, 0)
                for n in range(1, visits + 1)
            ),
        )


def people() -> None:
    """Make two people, each with a session that has the id of its person, as `clients.tokens` expects."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import Session, User

    now = timezone.now()
    times = {"created_at": now, "last_used_at": now, "expires_at": now + timedelta(days=365)}
    for number in (1, 2):
        person = User.objects.create(pk=number, email=f"person{number}@example.org")
        Session.objects.create(pk=number, user=person, kind=Session.Kind.TOKENS, label="benchmark", **times)


def do_import(path: Path) -> dict[str, Any]:
    """Import a file for the first person; return the seconds of both parts and what became of the visits."""
    from accounts.models import User
    from portability import staging, storing

    person = User.objects.get(email="person1@example.org")
    began = time.perf_counter()
    found = staging.stage(person.pk, path)
    read = time.perf_counter()
    storing.run(found, 10_000)
    return {"reading": read - began, "storing": time.perf_counter() - read, "stored": found.stored}


def do_export() -> dict[str, Any]:
    """Export all of the first person; return the seconds and the bytes."""
    from accounts.models import User
    from portability.exports.archive import export

    began = time.perf_counter()
    size = sum(map(len, export(User.objects.get(email="person1@example.org"))))
    return {"exporting": time.perf_counter() - began, "bytes": size}


def child(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start this module in a process of its own, on a database."""
    command = [sys.executable, "-m", "benchmarks.portability", *arguments]
    return subprocess.Popen(command, cwd=machine.ROOT, env=machine.environment(url), stdout=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return what a child has measured."""
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return dict(json.loads(said))


def push_beside(url: str, history: Path) -> tuple[float, float]:
    """Return the median seconds of a push of the second person, alone and while an import goes on."""
    os.environ.update(machine.environment(url))
    import django

    django.setup()
    from benchmarks.clients import VISITS, Sender, fresh, send, tokens

    bodies = fresh(VISITS, 7, 2 * PUSHES + 10)
    with machine.Server(url) as server:
        sender = Sender(server.port, tokens(2)[1])
        send(sender, VISITS, bodies[:10], "created")
        alone = send(sender, VISITS, bodies[10 : 10 + PUSHES], "created")
        process = child(url, "--import", str(history))
        time.sleep(4)
        beside = send(sender, VISITS, bodies[10 + PUSHES :], "created")
        if process.poll() is not None:
            raise SystemExit("The import was over before the pushes were. Ask for more --visits.")
        process.kill()
        process.communicate()
    return statistics.median(alone), statistics.median(beside)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--postgresql", help="a PostgreSQL on which databases may be made; without it SQLite is measured"
    )
    parser.add_argument("--visits", type=int, default=1_000_000, help="visits of the file (default: a million)")
    parser.add_argument("--no-pushes", action="store_true", help="leave the pushes beside an import out")
    parser.add_argument("--people", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--import", dest="file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--export", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.people or options.file or options.export:
        import django

        django.setup()
        found: dict[str, Any] = {}
        if options.people:
            people()
        else:
            found = do_import(options.file) if options.file else do_export()
        processor = resource.getrusage(resource.RUSAGE_SELF)
        found |= {"mib": processor.ru_maxrss / 1024, "processor": processor.ru_utime + processor.ru_stime}
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "History"
        write_history(history, options.visits)
        server = machine.PostgreSQL(options.postgresql) if options.postgresql else None
        if server:
            server.drop(DATABASE)
            server.administer(f'CREATE DATABASE "{DATABASE}"')
        url = server.of(DATABASE) if server else f"sqlite:///{folder}/run.sqlite3"
        try:
            machine.manage(url, "migrate", "--verbosity", "0")
            finished(child(url, "--people"))
            report(url, history, options.visits, pushes=not options.no_pushes)
        finally:
            if server:
                server.drop(DATABASE)


def report(url: str, history: Path, visits: int, *, pushes: bool) -> None:
    """Measure on one database and print a line for each number."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    found = finished(child(url, "--import", str(history)))
    seconds = found["reading"] + found["storing"]
    print(f"import  {visits / seconds:9,.0f} visits/s  (bound {IMPORT_BOUND:,}; read {visits / found['reading']:,.0f}/s, "
          f"store {visits / found['storing']:,.0f}/s, processor {found['processor']:.1f} s of {seconds:.1f} s)")  # fmt: skip
    print(f"        {found['mib']:9,.0f} MiB       (bound {MEMORY_BOUND})")
    found = finished(child(url, "--export"))
    print(f"export  {visits / found['exporting']:9,.0f} visits/s  (bound {EXPORT_BOUND:,}; {found['bytes']:,} bytes)")
    print(f"        {found['mib']:9,.0f} MiB       (bound {MEMORY_BOUND})")
    if pushes:
        history.unlink()
        write_history(history, visits, later_us=MINUTE_US)  # visits that are not stored yet
        alone, beside = push_beside(url, history)
        print(f"push    {beside / alone:9.2f} times as long beside an import (bound 1.5; {alone * 1000:.0f} ms alone)")


if __name__ == "__main__":
    main()
