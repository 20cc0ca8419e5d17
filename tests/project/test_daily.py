"""`manage.py daily` runs every command of the table in docs/deployment.md, also after one that fails."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from syncserver.management.commands.daily import COMMANDS
from tests.live.deployment_page import PAGE


def test_the_table_has_each_command():
    table = PAGE[PAGE.index("## Once a day") : PAGE.index("## Backup and restore")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.django_db
def test_all_run():
    out = StringIO()
    call_command("daily", stdout=out)
    assert [line for line in out.getvalue().splitlines() if line in COMMANDS] == list(COMMANDS)


@pytest.mark.django_db
def test_one_that_fails_stops_no_other_and_is_named(monkeypatch):
    def fail(*args, **options):
        raise OperationalError("value of a record")

    monkeypatch.setattr("portability.management.commands.clear_imports.Command.handle", fail)
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match=r"^Failed: clear_imports\. Run each of them by itself to see why\.$"):
        call_command("daily", stdout=out, stderr=err)
    assert "tally_months" in out.getvalue()
    assert err.getvalue() == "clear_imports failed: OperationalError\n"
