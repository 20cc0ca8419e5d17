"""`manage.py clear_batches` deletes old batches in steps."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from sync.models import SyncBatch
from tests.sync.stored_rows import a_batch


class TestClearBatches:
    def test_keeps_what_is_young(self, alice):
        now = timezone.now()
        young = a_batch(alice, received_at=now - timedelta(days=29))
        for days in (31, 400):
            a_batch(alice, received_at=now - timedelta(days=days))
        out = StringIO()
        call_command("clear_batches", stdout=out)
        assert "Deleted 2 batches" in out.getvalue()
        assert list(SyncBatch.objects.all()) == [young]

    def test_takes_a_number_of_days_and_works_in_steps(self, alice, monkeypatch):
        monkeypatch.setattr("sync.management.commands.clear_batches.ROWS_A_STEP", 2)
        for _ in range(5):
            a_batch(alice, received_at=timezone.now() - timedelta(days=3))
        out = StringIO()
        call_command("clear_batches", days=2, stdout=out)
        assert "Deleted 5 batches" in out.getvalue()

    def test_refuses_days_that_are_none(self, db):
        with pytest.raises(CommandError, match="number of days"):
            call_command("clear_batches", days=-1)
