"""`manage.py erase_person` asks, erases and tells what it erased."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from sync.erasures import person_erasure
from tests.sync.stored_rows import everything

User = get_user_model()


class TestErasePerson:
    def test_erases_and_prints_counts(self, alice):
        everything(alice)
        out = StringIO()
        call_command("erase_person", "Alice@Example.org", yes=True, stdout=out)
        assert out.getvalue().split("Erased:")[1].split()[:3] == ["page", "visits", "3"]
        assert not User.objects.filter(pk=alice.pk).exists()

    def test_asks_first(self, alice, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda question: "y")
        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("erase_person", "alice@example.org", stdout=StringIO())
        assert User.objects.filter(pk=alice.pk, is_active=True).exists()

    def test_takes_no_answer_for_a_no(self, alice, monkeypatch):
        monkeypatch.setattr("sys.stdin", StringIO(""))
        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("erase_person", "alice@example.org", stdout=StringIO())

    def test_stopped_by_hand_says_how_to_finish(self, alice, monkeypatch):
        def stopped(user_id):
            raise KeyboardInterrupt
            yield

        monkeypatch.setattr(person_erasure, "erase", stopped)
        with pytest.raises(CommandError, match="Run it again to finish"):
            call_command("erase_person", "alice@example.org", yes=True, stdout=StringIO())

    def test_says_that_there_is_nobody(self, db):
        with pytest.raises(CommandError, match="Nobody has the e-mail address"):
            call_command("erase_person", "nobody@example.org", yes=True)

    def test_refuses_the_last_superuser(self, alice):
        alice.is_superuser = True
        alice.save()
        with pytest.raises(CommandError, match="last superuser"):
            call_command("erase_person", "alice@example.org", yes=True, stdout=StringIO())
