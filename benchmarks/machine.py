"""The databases and the servers that a benchmark starts and ends."""

import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SECRET = secrets.token_urlsafe(60)


def environment(url: str, **more: str) -> dict[str, str]:
    """Return the environment of a server on a database."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "false",
        "SECURE_SSL_REDIRECT": "false",
        "PUSH_RATE": "100000000/min",
        "READ_RATE": "100000000/min",
        "AUTH_RATE": "100000000/min",
        "LOG_LEVEL": "ERROR",
        **more,
    }


def manage(url: str, *arguments: str) -> str:
    """Run one management command and return its output."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(url), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout


def sqlite_durability(folder: Path) -> dict[str, str]:
    """Return the settings on which SQLite's durability depends, as the server's own connection has them."""
    folder.mkdir(exist_ok=True)
    ask = "from django.db import connection; c = connection.cursor(); " + "; ".join(
        f"print('{name}', c.execute('PRAGMA {name}').fetchone()[0])" for name in ("journal_mode", "synchronous")
    )
    said = manage(f"sqlite:///{folder / 'run.sqlite3'}", "shell", "--no-imports", "-c", ask)
    return dict(line.split() for line in said.splitlines())


class PostgreSQL:
    """A PostgreSQL server in which databases are made from a template, so that each round starts from the same table."""

    def __init__(self, url: str) -> None:
        self.url = url

    def of(self, name: str) -> str:
        """Return the URL of one database."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def administer(self, *statements: str) -> None:
        """Run statements outside any transaction."""
        with psycopg.connect(self.of("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]  # names of our own making

    def exists(self, name: str) -> bool:
        """Tell whether a database is there."""
        with psycopg.connect(self.of("postgres")) as connection:
            return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())

    def drop(self, name: str) -> None:
        """Drop a database after ending its connections."""
        for attempt in range(60):
            try:
                with psycopg.connect(self.of("postgres"), autocommit=True) as connection:
                    # Only a superuser may end an autovacuum worker; it leaves by itself, so the loop waits for it.
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = %s AND usename = current_user",
                        [name],
                    )
                    connection.execute(f'DROP DATABASE IF EXISTS "{name}"')  # type: ignore[arg-type]  # as above
                return
            except psycopg.errors.ObjectInUse:
                time.sleep(0.1 + 0.1 * attempt)
        raise SystemExit(f"Somebody stays connected to the database {name}; end that, and start again.")

    def copy(self, template: str, name: str) -> str:
        """Make a database anew from a template and return its URL; a checkpoint first, so that none falls in a round."""
        self.drop(name)
        self.administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.of(name)

    def durability(self) -> dict[str, str]:
        """Return the settings on which durability depends."""
        with psycopg.connect(self.url) as connection:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
            return {name: str(connection.execute(f"SHOW {name}").fetchone()[0]) for name in names}  # type: ignore[arg-type, index]  # one row


class Server:
    """gunicorn as the Procfile starts it."""

    def __init__(self, url: str, arguments: str = "", **more: str) -> None:
        self._loaded: dict[int, float] = {}
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
        found = re.search(r"gunicorn .*$", procfile, re.MULTILINE)
        assert found
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(Path(sys.executable).parent / "gunicorn"), *found[0].split()[1:]],
            cwd=ROOT,
            env=environment(
                url, GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{self.port} --access-logfile /dev/null {arguments}", **more
            ),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        for _ in range(600):
            if self._is_healthy():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.log.seek(0)
        said = self.log.read().decode()[-2000:]
        self.stop()
        raise SystemExit(said)

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with closing(connection), suppress(OSError):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in children.split()]

    def resident_mib(self) -> float:
        """Return the memory of the first worker, in MiB."""
        status = Path(f"/proc/{self.workers()[0]}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def worked(self) -> list[float]:
        """Return the seconds of processor time of each worker since it was loaded."""
        return [seconds - self._loaded.setdefault(pid, seconds) for pid, seconds in self._spent().items()]

    def _spent(self) -> dict[int, float]:
        spent = {}
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            spent[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return spent

    def stop(self) -> None:
        """End the server."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)
        self.log.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
