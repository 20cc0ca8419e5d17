"""Finds statements that Citus would refuse, send to every worker, or run without their lock, without a Citus.

Statements of the tests themselves are free. FREE_OF_PERSON lists the product's places for staff and maintenance, which
may look at everybody's rows. Even these must not name a table that stays on the coordinator.
"""

import re
import sys
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from syncserver.spread_tables import spread_models

ROOT = Path(__file__).resolve().parent.parent
# Places in the code, each with the reason.
FREE_OF_PERSON = {
    "django/contrib/admin/": "staff look at everybody's rows, or open one by its id",
    "sync/admin/": "as above",
    "accounts/bounded_list.py": "as above: it bounds the lists of the admin",
    "sync/management/commands/after_restore.py": "looks for the last push of everybody",
    "sync/management/commands/apply_retention.py": "looks for everybody whose records are kept for a time",
    "sync/management/commands/finish_erasures.py": "looks for everybody's unfinished erasures",
    "sync/management/commands/clear_batches.py": "deletes the oldest batches of everybody",
    "portability/management/commands/clear_imports.py": "looks for everybody's old imports",
    "insights/management/commands/tally_months.py": "--rebuild deletes everybody's tallies",
    "syncserver/management/commands/count_orphans.py": "looks for owners who are gone",
}
TABLE = r"(?:\b(?:FROM|JOIN|UPDATE|INTO|USING)|,)\s+(?:ONLY\s+)?\"?([a-z_0-9]+)\"?(?![.\"])"
# One person, or a list of one.
PERSON = r"\"?\buser_id\"?\s*(?:=\s*(?:%s|\d+)|IN\s*\(\s*(?:%s|\d+)\s*\))"


@cache
def tables():
    """Return the names of the spread tables, and of all the others."""
    spread = {model._meta.db_table for model in spread_models()}
    return spread, {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - spread


@cache
def complaints(sql):
    """Return what is wrong with a statement: (whether staff and maintenance may do it, a sentence)."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", sql)
    verb = bare.split(None, 1)[0].upper() if bare.strip() else ""
    if verb not in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} and not bare.startswith("("):
        return ()
    spread, others = tables()
    named = re.findall(TABLE, bare)
    mine = [name for name in named if name in spread]
    if not mine:
        return ()
    found = []
    if beside := sorted({name for name in named if name in others}):
        found.append((False, f"names {', '.join(beside)} beside {mine[0]}: Citus ships the table, or drops the lock"))
    if verb == "INSERT":
        columns = bare.split("VALUES")[0].split("SELECT")[0]
        if "user_id" not in columns:
            found.append((False, f"inserts into {mine[0]} without user_id"))
        return tuple(found)
    if verb == "UPDATE" and re.search(r"\buser_id\"?\s*=", bare.split("WHERE")[0]):
        found.append((False, f"sets user_id of {mine[0]}: Citus refuses that"))
    if len(re.findall(PERSON, bare.split("WHERE", 1)[-1] if "WHERE" in bare else "")) < len(mine):
        found.append((True, f"does not say user_id = … for {mine[0]}: it goes to every worker"))
    return tuple(found)


def place():
    """Return the place in the code that runs the statement: of the product or of the tests, whichever is nearer."""
    frame = sys._getframe(2)
    admin = None
    while frame is not None:
        name = frame.f_code.co_filename
        if "/django/contrib/admin/" in name:
            admin = "django/contrib/admin/"
        path = Path(name)
        if path.is_relative_to(ROOT) and ".venv" not in path.parts and path.name not in {"spread_guard.py"}:
            near = path.relative_to(ROOT).as_posix()
            return admin if admin and not near.startswith("tests/") else near
        frame = frame.f_back
    return ""


class SpreadGuard:
    """Watches the statements of the connection of a test."""

    def __init__(self):
        self.found = []

    def __call__(self, execute, sql, params, many, context):
        if wrong := complaints(sql):
            where = place()
            is_free = any(where.startswith(free) for free in FREE_OF_PERSON)
            if not where.startswith(("tests/", "benchmarks/")):
                self.found += [f"{where}: {text}: {sql}" for may, text in wrong if not (may and is_free)]
        return execute(sql, params, many, context)


@pytest.fixture(autouse=True)
def spread_guard():
    """Fail a test in which the product ran a statement that Citus could not run on one worker."""
    guard = SpreadGuard()
    if connection.vendor != "postgresql":
        yield guard  # the SQL of a push is another one on SQLite
        return
    with connection.execute_wrapper(guard):
        yield guard
    if guard.found:
        pytest.fail("\n".join(guard.found))
