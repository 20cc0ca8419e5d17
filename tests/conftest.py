import os

import psycopg
import pytest

from tests.people import alice, bob  # noqa: F401  # fixtures for every test

NO_POSTGRESQL = (
    "PostgreSQL does not answer, so its tests are skipped. To run them install it (Debian: apt install postgresql), "
    "make a role that may create databases, and set TEST_DATABASE_URL=postgres://role:password@host/name. It said: {}"
)


def pytest_sessionstart(session):
    """Without the database asked for there is nothing to test: a failure under CI, elsewhere a word of advice."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres") and not hasattr(session.config, "workerinput"):
        try:
            # The database of the tests is made from this one, as Django's runner makes it.
            with psycopg.connect(url, dbname="postgres", connect_timeout=5):
                pass
        except psycopg.OperationalError as error:
            pytest.exit(NO_POSTGRESQL.format(error), returncode=1 if os.environ.get("CI") else 0)


@pytest.fixture
def cheap_hashing(settings):
    """For tests that sign in often and are not about how passwords are hashed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
