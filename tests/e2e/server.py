"""Starts gunicorn on a new database; a test may kill it and start it again."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from .machine import REPOSITORY, free_port

PASSWORD = "correct horse battery staple"
VISITS = """
    SELECT v.visit_id, v.tab_id, v.url, v.domain, v.title, v.started_at, v.ended_at, v.duration_ms,
           v.active_duration_ms, v.is_active, v.idle_periods, v.closed_at, v.metadata, v.browser_id
    FROM sync_pagevisit v JOIN accounts_user u ON u.id = v.user_id WHERE u.email = '{email}' ORDER BY v.started_at
"""
AGGREGATES = """
    SELECT a.tab_id, a.started_at, a.total_active_duration_ms, a.page_count, a.domain_durations, a.closed_at,
           a.browser_id
    FROM sync_tabaggregate a JOIN accounts_user u ON u.id = a.user_id WHERE u.email = '{email}' ORDER BY a.started_at
"""


class Server:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = (folder / "gunicorn.log").open("ab")
        self.parent = os.environ.get("TEST_DATABASE_URL")
        self.name = f"e2e_{os.getpid()}_{self.port}"
        if self.parent:
            with psycopg.connect(self.parent, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {self.name}")
            self.database = urlunsplit(urlsplit(self.parent)._replace(path=f"/{self.name}"))
        else:
            self.database = f"sqlite:///{folder / 'server.sqlite3'}"
        self.environment = {
            **os.environ,
            # Tests within one process have other settings.
            "DJANGO_SETTINGS_MODULE": "syncserver.settings",
            "SECRET_KEY": "0123456789-for-tests-only-abcdefghijklmnopqrstuvwxyz",
            "DEBUG": "true",
            "ALLOWED_HOSTS": "127.0.0.1,localhost,nas.local",
            "DATABASE_URL": self.database,
            "WEB_CONCURRENCY": "2",
            "PORT": str(self.port),
            "AUTH_RATE": "600/min",
            "READ_RATE": "6000/min",
            "READING_SECONDS": "60",
        }
        self.process: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=REPOSITORY,
            env=self.environment,
            check=True,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "syncserver.wsgi", "--bind", f"127.0.0.1:{self.port}"],
            cwd=REPOSITORY,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{self.url}/api/sync/limits", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        self.kill()
        raise TimeoutError("gunicorn did not start")

    def kill(self) -> None:
        """Send SIGKILL to gunicorn and its workers, as if the machine had crashed."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.kill()
        self.log.close()
        if self.parent:
            with psycopg.connect(self.parent, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def register(self, email: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/api/auth/register",
            json.dumps({"email": email, "password": PASSWORD}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return dict(json.load(reply))
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def call(self, path: str, body: Any, token: str) -> Any:
        """What the API answers to a program of the person."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def execute(self, sql: str) -> None:
        """Run a statement in the database without the server."""
        if self.parent:
            with psycopg.connect(self.database, autocommit=True) as connection:
                connection.execute(sql)
        else:
            connection = sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=10)
            try:
                connection.execute(sql)
                connection.commit()
            finally:
                connection.close()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        if self.parent:
            with psycopg.connect(self.database) as connection:
                cursor = connection.execute(sql)
                names = [column.name for column in cursor.description or ()]
                rows = [dict(zip(names, row, strict=True)) for row in cursor]
        else:
            connection = sqlite3.connect(self.database.removeprefix("sqlite:///"))
            try:
                cursor = connection.execute(sql)
                names = [column[0] for column in cursor.description]
                rows = [dict(zip(names, row, strict=True)) for row in cursor]
            finally:
                connection.close()
        for row in rows:
            for name in ("idle_periods", "metadata", "domain_durations"):
                if isinstance(row.get(name), str):
                    row[name] = json.loads(row[name])
        return rows

    def visits(self, email: str) -> list[dict[str, Any]]:
        return self.rows(VISITS.format(email=email))

    def aggregates(self, email: str) -> list[dict[str, Any]]:
        return self.rows(AGGREGATES.format(email=email))
