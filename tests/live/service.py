"""Starts gunicorn by the Procfile's command on a new database, and sends HTTP requests to it."""

import atexit
import functools
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE_URL = os.environ.get("DATABASE_URL", "")
POSTGRESQL = DATABASE_URL.startswith("postgres")
PASSWORD = "correct horse battery staple"
START_SECONDS = 60


def free_port():
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@functools.cache
def template(root):
    """Return a database with the tables of a version and no rows. Others are copies of it: migrating takes seconds."""
    folder = Path(tempfile.mkdtemp())
    database = Database.empty(folder)
    if POSTGRESQL:
        atexit.register(database.drop)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    service = Service(database.url, folder / "gunicorn.log")
    service.root = root
    service.manage("migrate", "--verbosity", "0")
    return database


class Database:
    """A database with the tables of a version: an SQLite file, or one on the PostgreSQL server of DATABASE_URL."""

    def __init__(self, folder, root=ROOT):
        self._place(f"ct_live_{os.getpid()}_{secrets.token_hex(4)}", folder)
        template(root)._copy_to(self)

    @classmethod
    def empty(cls, folder):
        """Return a database without tables."""
        database = object.__new__(cls)
        database._place(f"ct_live_{os.getpid()}_{secrets.token_hex(4)}", folder)
        if POSTGRESQL:
            database._administer(f'CREATE DATABASE "{database.name}"')
        return database

    def _place(self, name, folder):
        self.name = name
        if POSTGRESQL:
            self.url = urlunsplit(urlsplit(DATABASE_URL)._replace(path=f"/{name}"))
        else:
            self.path = Path(folder) / "live.sqlite3"
            self.url = f"sqlite:///{self.path}"

    def _copy_to(self, other):
        """Make the other database a copy of this one, to which nobody is connected."""
        if POSTGRESQL:
            self._administer(f'CREATE DATABASE "{other.name}" TEMPLATE "{self.name}"')
        else:
            with closing(self.connect()) as here, closing(sqlite3.connect(other.path)) as there:
                here.backup(there)

    def _administer(self, statement):
        with psycopg.connect(
            urlunsplit(urlsplit(DATABASE_URL)._replace(path="/postgres")), autocommit=True
        ) as connection:
            connection.execute(statement)

    def copy(self, folder):
        """Return a copy of a database to which nobody is connected."""
        Path(folder).mkdir()
        copied = object.__new__(Database)
        copied._place(f"{self.name}_copy", folder)
        self._copy_to(copied)
        return copied

    def drop(self):
        if not POSTGRESQL:
            return
        for attempt in range(50):
            try:
                self._administer(f'DROP DATABASE "{self.name}" WITH (FORCE)')
            except psycopg.errors.InsufficientPrivilege:
                # An autovacuum worker is connected. This role may not end it, so wait until it leaves.
                if attempt == 49:
                    raise
                time.sleep(0.2)
            else:
                return

    def connect(self):
        """Return a connection that begins a transaction only by an explicit BEGIN."""
        if POSTGRESQL:
            return psycopg.connect(self.url, autocommit=True)
        return sqlite3.connect(self.path, isolation_level=None, timeout=30)

    def select(self, sql):
        """Return rows as dicts, JSON parsed."""
        with closing(self.connect()) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if not POSTGRESQL:
            for row in rows:
                for name in {"idle_periods", "metadata", "domain_durations", "statistics"} & row.keys():
                    row[name] = json.loads(row[name])
                if "is_active" in row:
                    row["is_active"] = bool(row["is_active"])
        return rows

    def count(self, table):
        return self.select(f"SELECT count(*) AS n FROM {table}")[0]["n"]


class Service:
    """gunicorn with two workers on loopback; it can be killed and started again on the same database.

    `root` is the folder of the version that runs.
    """

    root = ROOT

    def __init__(self, url, log):
        self.url = url
        self.log = Path(log)
        self.port = free_port()
        self.process = None
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_urlsafe(60),
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "false",
            "PUSH_RATE": "1000000/min",
            "READ_RATE": "1000000/min",
            "READING_SECONDS": "60",
            "AUTH_RATE": "1000000/min",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            # The Procfile listens on every interface; a test stays on this machine.
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port}",
        }

    def manage(self, *arguments):
        """Run a management command and return its output."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environment, check=True, timeout=120, stdout=subprocess.PIPE, text=True
        ).stdout

    def start(self):
        web = next(line for line in (self.root / "Procfile").read_text().splitlines() if line.startswith("web:"))
        # Older versions collected static files first, which the API does not need.
        command = web.removeprefix("web:").rpartition("&&")[2].strip().removeprefix("exec ")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                cwd=self.root,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with suppress(OSError, http.client.HTTPException):
                if self.call("GET", "/api/sync/limits")[0] == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"gunicorn did not come up: {self.log.read_text()[-3_000:]}")

    def kill(self):
        """Send SIGKILL to every process of the server."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def fetch(self, method, path, body=None, token=None, timeout=60, **headers):
        """Return (status, headers, reply as bytes) of one request over a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            if content is not None:
                headers.setdefault("Content-Type", "application/json")
            if token:
                headers["Authorization"] = f"Bearer {token}"
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def call(self, *arguments, **headers):
        """Return (status, headers, parsed reply) of one request; the arguments are those of `fetch`."""
        status, answered, reply = self.fetch(*arguments, **headers)
        return status, answered, json.loads(reply) if reply else None

    def register(self):
        """Return the access token of a new person."""
        body = {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
        status, _, reply = self.call("POST", "/api/auth/register", body)
        assert status == 201, reply
        return reply["access"]

    def raw(self, head, *parts, timeout=60):
        """Send bytes as they are and return (status, parsed reply)."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout)) as connection:
            connection.sendall(head)
            for part in parts:
                connection.sendall(part)
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, json.loads(response.read())


class Relay:
    """A TCP relay to the database; a test can close and reopen it."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.port = free_port()
        self.listener = None
        self.sockets = []

    def mend(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        """Refuse new connections and drop the open ones."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.sockets.clear()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self.target, 10)
            except OSError:
                return
            self.sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        with suppress(OSError):
            while chunk := source.recv(65_536):
                sink.sendall(chunk)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
