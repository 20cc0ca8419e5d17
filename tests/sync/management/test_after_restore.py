"""`manage.py after_restore` makes followers begin anew."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.sync.erasures.erasing import erase
from tests.wire import CHANGES, VISITS, assert_error_shape, page_of_changes, push, send
from tests.wire_records import visit


def restored():
    out = StringIO()
    call_command("after_restore", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_cursors_from_before_are_gone_and_new_ones_hold(alice):
    push(alice, VISITS, [visit(id="one")])
    old = page_of_changes(alice)["cursor"]
    assert "410 resync_required" in restored()
    assert_error_shape(send("GET", f"{CHANGES}?cursor={old}", user=alice), 410, "resync_required")
    new = page_of_changes(alice)
    assert [change["visit"]["id"] for change in new["changes"]] == ["one"]
    assert page_of_changes(alice, cursor=new["cursor"])["changes"] == []


@pytest.mark.django_db
def test_it_says_how_old_the_backup_is(alice):
    assert "no push of the last 30 days" in restored()
    push(alice, VISITS, [visit()])
    assert "The last push in this database is of 20" in restored()


@pytest.mark.django_db
def test_it_says_that_later_erasures_are_missing(alice):
    assert "No erasure is in this database. Erasures that were made later are missing" in restored()
    erase(alice, {"domain": "example.org"})
    assert "The last erasure in this database is of 20" in restored()
