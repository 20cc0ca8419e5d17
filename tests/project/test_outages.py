"""An outage of the database is answered with 503 and Retry-After, by every page and call, whatever the driver says."""

import logging
import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from django.test import Client

from tests.project.test_permissions import PATHS, example
from tests.wire import access_token, assert_error_shape, send


def wrapped(kind, cause):
    error = kind("value of a record")
    error.__cause__ = cause
    return error


def damaged():
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


OUTAGES = {
    "away": wrapped(OperationalError, psycopg.errors.ConnectionFailure()),
    "closed": wrapped(InterfaceError, psycopg.InterfaceError()),
    "full": wrapped(OperationalError, psycopg.errors.DiskFull()),
    "too many connections": wrapped(OperationalError, psycopg.errors.TooManyConnections()),
    "read-only": wrapped(InternalError, psycopg.errors.ReadOnlySqlTransaction()),
    "idle too long": wrapped(InternalError, psycopg.errors.IdleInTransactionSessionTimeout()),
    "interrupted": wrapped(OperationalError, psycopg.errors.QueryCanceled()),
    "lacks a table, before a migration": wrapped(ProgrammingError, psycopg.errors.UndefinedTable()),
    "lacks a column, before a migration": wrapped(ProgrammingError, psycopg.errors.UndefinedColumn()),
    "lost a worker": wrapped(InternalError, psycopg.errors.InternalError_()),
    "SQLite is locked, full, read-only, or interrupted": wrapped(OperationalError, sqlite3.OperationalError()),
    "SQLite is damaged": wrapped(DatabaseError, damaged()),
    "a raw cancelled cursor of PostgreSQL": psycopg.errors.QueryCanceled("value of a record"),
    "a raw closed connection of PostgreSQL": psycopg.InterfaceError("value of a record"),
    "a raw interrupted cursor of SQLite": sqlite3.OperationalError("interrupted"),
    "a raw damaged file of SQLite": damaged(),
}


class Outage:
    """Fails each statement, or those after the first `after` ones."""

    def __init__(self, error, after=0):
        self.error, self.after = error, after

    def __call__(self, execute, sql, params, many, context):
        self.after -= 1
        if self.after < 0:
            raise self.error
        return execute(sql, params, many, context)


def assert_page_unavailable(answer):
    assert answer.status_code == 503, answer.content[:300]
    assert answer["Retry-After"] == "5"
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert "Try again in a moment" in text
    assert "site.css" in text
    assert "value of a record" not in text


@pytest.mark.parametrize("error", OUTAGES.values(), ids=OUTAGES)
def test_whatever_the_driver_says(client, alice, error, caplog):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    client.raise_request_exception = False
    client.get("/account")
    token = access_token(alice)
    for after in range(4):  # in the cookie session, the person, the sign-in, and the page itself
        with connection.execute_wrapper(Outage(error, after)):
            assert_page_unavailable(client.get("/account"))
    with connection.execute_wrapper(Outage(error)):
        assert_error_shape(send("GET", "/api/auth/me", token=token), 503, "unavailable")
    lines = "\n".join(logging.Formatter().format(record).split("\n")[0] for record in caplog.records)
    assert "value of a record" not in lines


def test_on_every_page(client, admin, alice):
    """Pages that read nothing answer as ever."""
    found = [example(path) for path in PATHS if not path.startswith("/api/")]
    found += ["/admin/sync/pagevisit/", "/admin/sync/pagevisit/1/change/", "/admin/accounts/user/"]
    admin.raise_request_exception = False
    admin.get("/account")
    statuses = {}
    for path in found:
        with connection.execute_wrapper(Outage(OUTAGES["away"])):
            answer = admin.get(path, secure=True)
        statuses[path] = answer.status_code
        if answer.status_code == 503:
            assert_page_unavailable(answer)
    assert set(statuses.values()) <= {200, 302, 405, 503}, statuses
    assert list(statuses.values()).count(503) > 20


def test_on_a_form(alice):
    browser = Client(raise_request_exception=False)
    for path in ("/account/sign-in", "/account/sign-up", "/account/forgotten-password", "/admin/login/"):
        with connection.execute_wrapper(Outage(OUTAGES["full"])):
            body = {"username": "a@example.org", "email": "a@example.org", "password": "correct horse battery"}
            assert_page_unavailable(browser.post(path, body))


def test_another_error_of_the_database_stays_an_error(client, alice):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    client.raise_request_exception = False
    with connection.execute_wrapper(Outage(wrapped(DatabaseError, psycopg.errors.SyntaxError()))):
        assert client.get("/account").status_code == 500


def test_the_page_needs_no_database(django_db_blocker):
    from django.template.loader import render_to_string

    with django_db_blocker.block():
        assert "5 seconds" in render_to_string("503.html", {"seconds": 5}).replace("\n", " ").replace("    ", "")
