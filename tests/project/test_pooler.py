"""PostgreSQL behind a pooler that lends a server connection for one transaction, and other spellings of its URL."""

import json

import pytest
from django.db import connection, transaction

from accounts.models import User
from tests.project.test_settings import SAFE, python

pytestmark = pytest.mark.postgresql
PARAMETERS = (
    "import os, django, json; os.environ['DJANGO_SETTINGS_MODULE'] = 'syncserver.settings'; django.setup(); "
    "from django.db import connection; "
    "print(json.dumps({k: v for k, v in connection.get_connection_params().items() if isinstance(v, (str, int))}))"
)


def parameters(url):
    done = python(PARAMETERS, **SAFE, DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_start_up_option_is_sent():
    assert "options" not in parameters("postgres://user:password@pooler:6432/name")


def test_a_socket_and_options_in_the_url_are_taken():
    sent = parameters("postgres:///name?host=/var/run/postgresql&options=-c%20search_path%3Dmine&sslmode=require")
    assert sent["host"] == "/var/run/postgresql"
    assert (sent["options"], sent["sslmode"], sent["connect_timeout"]) == ("-c search_path=mine", "require", 5)


@pytest.mark.django_db(transaction=True)
def test_the_wait_for_locks_is_bounded_within_a_transaction_and_left_nowhere_else():
    def wait():
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return cursor.fetchone()[0]

    with transaction.atomic():
        assert wait() == "10s"
        with transaction.atomic():
            assert wait() == "10s"
    assert wait() == "0"


@pytest.mark.django_db(transaction=True)
def test_no_cursor_is_held_outside_a_transaction():
    User.objects.create_user("a@example.org")
    rows = User.objects.all().iterator(chunk_size=1)
    next(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE is_holdable")
        assert cursor.fetchone()[0] == 0
