"""A pytest plugin that spreads the database of the tests over the workers of a Citus cluster, as an operator would.

DATABASE_URL names a database on the coordinator in which the workers are registered.
"""

import os
from contextlib import closing
from io import StringIO

import psycopg
import pytest

URL = os.environ["DATABASE_URL"]
SHARDS = 8


def connect(**where):
    return closing(psycopg.connect(URL, autocommit=True, **where))


@pytest.fixture(scope="session", autouse=True)
def spread_database(django_db_setup, django_db_blocker):
    """Make the database on the workers too, and spread the migrated tables over them until the tests end."""
    from django.core.management import call_command
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with connect() as main:
        coordinator = main.execute("SELECT nodename, nodeport FROM pg_dist_node WHERE groupid = 0").fetchone()
        workers = main.execute("SELECT nodename, nodeport FROM pg_dist_node WHERE groupid <> 0 AND isactive").fetchall()
        # One after the other: a node that is added is sent all roles, and two at a time update the same rows.
        main.execute("SELECT pg_advisory_lock(hashtext('spread_database'))")
        for host, port in workers:
            with connect(host=host, port=port, dbname="postgres") as worker:
                worker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                worker.execute(f'CREATE DATABASE "{name}"')
            with connect(host=host, port=port, dbname=name) as worker:
                worker.execute("CREATE EXTENSION citus")
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION citus")
            cursor.execute("SELECT citus_set_coordinator_host(%s, %s)", coordinator)
            for node in workers:
                cursor.execute("SELECT citus_add_node(%s, %s)", node)
            call_command("distribute", shards=SHARDS, stdout=StringIO())
            connection.close()
    yield
    for host, port in workers:
        with connect(host=host, port=port, dbname="postgres") as worker:
            worker.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
