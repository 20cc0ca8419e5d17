import os

import psycopg
import pytest
from django.conf import settings as settings_of_django
from hypothesis import HealthCheck, settings

from tests.people import admin, alice, bob  # noqa: F401  # fixtures for every test
from tests.spread_guard import spread_guard  # noqa: F401  # as above

NO_POSTGRESQL = (
    "PostgreSQL does not answer, so its tests are skipped. To run them install it (Debian: apt install postgresql), "
    "make a role that may create databases, and set TEST_DATABASE_URL=postgres://role:password@host/name. It said: {}"
)

# The parent is named because Hypothesis loads a profile of its own under CI, which draws the same examples every time.
# There is no deadline: on a busy machine a first query takes longer than any fixed time. Fixtures last for all
# examples of a test, so one that stores anything makes a new person for each example or deletes the rows first.
EXAMPLES = {"quick": 20, "thorough": 40}
for profile, max_examples in EXAMPLES.items():
    settings.register_profile(
        profile,
        settings.get_profile("default"),
        max_examples=max_examples,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
settings.load_profile("thorough" if os.environ.get("CI") else "quick")


def pytest_addoption(parser):
    parser.addoption(
        "--with-database",
        action="store_true",
        help="Only tests that use the database: the others have the same result on each database.",
    )


def uses_database(item):
    """Tell whether a test uses the database of the tests, or one of its own in tests/live."""
    databases = {"db", "transactional_db", "django_db_serialized_rollback"}
    return item.get_closest_marker("django_db") or databases & set(item.fixturenames) or "live" in item.path.parts


def pytest_collection_modifyitems(config, items):
    """Leave out tests about PostgreSQL alone where the database is SQLite, and what --with-database leaves out."""
    is_postgresql = settings_of_django.DATABASES["default"]["ENGINE"].endswith("postgresql")
    left_out = [item for item in items if item.get_closest_marker("postgresql") and not is_postgresql]
    if config.getoption("--with-database"):
        left_out += [item for item in items if not uses_database(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def pytest_sessionstart(session):
    """Stop when the database does not answer: with a failure under CI, elsewhere with advice and success."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres") and not hasattr(session.config, "workerinput"):
        try:
            # Django's test runner connects to this database too, to create the one of the tests.
            with psycopg.connect(url, dbname="postgres", connect_timeout=5):
                pass
        except psycopg.OperationalError as error:
            pytest.exit(NO_POSTGRESQL.format(error), returncode=1 if os.environ.get("CI") else 0)


@pytest.fixture(autouse=True)
def patient_search(monkeypatch):
    """Let a search read on while a busy machine runs the tests."""
    monkeypatch.setattr("insights.search.FIRST_SECONDS", 30)
    monkeypatch.setattr("insights.search.STEP_SECONDS", 30)


@pytest.fixture
def cheap_hashing(settings):
    """Hash passwords with MD5, for tests that sign in often and do not test hashing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
