"""Erases by the API, and looks for what is left."""

import json

from django.db import connection

from tests.wire import post, send

ERASURES = "/api/sync/erasures"


def erase(user, rule, **more):
    """Erase by a rule and return the reply, which must be a 200."""
    response = post(ERASURES, {"rule": rule, **more}, user=user)
    assert response.status_code == 200, response.content
    return response.json()


def progress(user, erasure_id):
    return send("GET", f"{ERASURES}/{erasure_id}", user=user)


def dump():
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [f"{table}: {json.dumps(row, default=spelled)}" for row in cursor.fetchall()]
    return rows


def spelled(value):
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else str(value)


def rows_with(text):
    """Return the rows of all tables that hold a text."""
    return [row for row in dump() if text in row]
