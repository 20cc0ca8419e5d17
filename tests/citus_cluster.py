"""A pytest plugin that spreads the databases of the tests over the workers of a Citus cluster, as an operator would.

DATABASE_URL names a database on the coordinator in which the workers are registered.
"""

import os
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.live import service

URL = os.environ["DATABASE_URL"]
SHARDS = 8


def connect(**where):
    return closing(psycopg.connect(URL, autocommit=True, **where))


def workers():
    with connect() as main:
        return main.execute("SELECT nodename, nodeport FROM pg_dist_node WHERE groupid <> 0 AND isactive").fetchall()


def drop_on_workers(name):
    for host, port in workers():
        with connect(host=host, port=port, dbname="postgres") as worker:
            worker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def joined(name):
    """Make the database on the workers too and register them in it, while no other process of the tests does so.

    A node that is added is sent all roles, and two at a time update the same rows.
    """
    drop_on_workers(name)
    with connect() as main:
        main.execute("SELECT pg_advisory_lock(hashtext('spread_database'))")
        coordinator = main.execute("SELECT nodename, nodeport FROM pg_dist_node WHERE groupid = 0").fetchone()
        for host, port in workers():
            with connect(host=host, port=port, dbname="postgres") as worker:
                worker.execute(f'CREATE DATABASE "{name}"')
            with connect(host=host, port=port, dbname=name) as worker:
                worker.execute("CREATE EXTENSION citus")
        with connect(dbname=name) as here:
            here.execute("CREATE EXTENSION citus")
            here.execute("SELECT citus_set_coordinator_host(%s, %s)", coordinator)
            for node in workers():
                here.execute("SELECT citus_add_node(%s, %s)", node)
        yield


@pytest.fixture(scope="session", autouse=True)
def spread_database(django_db_setup, django_db_blocker):
    """Spread the database of Django's tests until they end."""
    from django.core.management import call_command
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        with joined(name):
            call_command("distribute", shards=SHARDS, stdout=StringIO())
            connection.close()
    yield
    drop_on_workers(name)


class SpreadDatabase(service.Database):
    """A database of tests/live that is spread."""

    def __init__(self, folder):
        self._place(f"ct_live_{os.getpid()}_{os.urandom(4).hex()}", folder)
        self._administer(f'CREATE DATABASE "{self.name}"')
        server = service.Service(self.url, Path(folder) / "gunicorn.log")
        server.manage("migrate", "--verbosity", "0")
        with joined(self.name):
            server.manage("distribute", "--shards", str(SHARDS))

    def copy(self, folder):
        pytest.skip("A cluster is copied machine by machine.")

    def drop(self):
        super().drop()
        drop_on_workers(self.name)


assert urlsplit(URL).scheme.startswith("postgres"), "DATABASE_URL names no PostgreSQL database."
# The tests import the class by its name in `service`, so it is replaced before they do.
service.Database = SpreadDatabase
