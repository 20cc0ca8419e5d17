"""Erasing a person: in bounded steps, completely, and no rows of others; an interrupted run is finished by another."""

from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import owned_rows
from accounts.limits.throttling import account_wait
from accounts.models import AuditEvent, RateCount
from sync.admin import erasable_person
from sync.erasures import person_erasure
from sync.models import Browser, PageVisit, SyncBatch, SyncState, TabAggregate
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from tests.people import UserFactory
from tests.sync.stored_rows import a_batch, a_visit, everything

User = get_user_model()
OWNED = (PageVisit, TabAggregate, SyncBatch, Browser, SyncState)


def left_of(person):
    return sum(model.objects.filter(user_id=person.pk).count() for model in OWNED)


def page(person):
    return f"/admin/accounts/user/{person.pk}/delete/"


class TestErase:
    def test_takes_all_a_person_owns_and_leaves_others_alone(self, alice, bob):
        everything(alice)
        everything(bob)
        deleted = dict(person_erasure.erase(alice.pk))
        assert deleted == {"pageVisits": 3, "tabAggregates": 3, "batches": 3, "browsers": 1, "accounts": 1}
        assert not User.objects.filter(pk=alice.pk).exists()
        assert left_of(alice) == 0
        assert left_of(bob) == 11

    def test_reaches_every_table_with_a_key_to_the_person(self):
        relations = {
            (relation.related_model, relation.field.name)
            for relation in User._meta.get_fields(include_hidden=True)
            if relation.auto_created and not relation.concrete and not relation.related_model._meta.auto_created
        }
        by_the_person_themselves = {(SyncState, "user")}
        kept_without_the_person = {(AuditEvent, "actor"), (AuditEvent, "subject")}
        assert relations == {*person_erasure.owned_tables(), *by_the_person_themselves, *kept_without_the_person}

    def test_counts_each_table_under_a_name_of_its_own(self):
        models = [model for model, _ in person_erasure.owned_tables()] + person_erasure._tables_that_forget() + [User]
        names = [owned_rows.name_of(model) for model in models]
        assert owned_rows.UNNAMED not in names
        assert sorted(set(names)) == sorted(names)

    def test_works_in_bounded_steps_each_with_the_person_s_lock(self, alice, monkeypatch):
        monkeypatch.setattr(person_erasure, "ROWS_A_STEP", 2)
        everything(alice, 5)
        steps = person_erasure.erase(alice.pk)
        with CaptureQueriesContext(connection) as captured:
            assert next(steps) == ("pageVisits", 2)
        assert not User.objects.get(pk=alice.pk).is_active
        if connection.vendor == "postgresql":
            assert any("sync_syncstate" in q["sql"] and "FOR UPDATE" in q["sql"] for q in captured)
        assert [step.rows for step in steps if step.table == "pageVisits"] == [2, 1]

    @pytest.mark.parametrize("steps_before_the_kill", range(1, 8))
    def test_stopped_anywhere_it_is_finished_by_another_run(self, alice, bob, monkeypatch, steps_before_the_kill):
        monkeypatch.setattr(person_erasure, "ROWS_A_STEP", 2)
        everything(alice, 3)
        everything(bob, 3)
        steps = person_erasure.erase(alice.pk)
        for _ in range(steps_before_the_kill):
            next(steps)
        steps.close()
        dict(person_erasure.erase(alice.pk))
        assert not User.objects.filter(pk=alice.pk).exists()
        assert (left_of(alice), left_of(bob)) == (0, 11)

    def test_no_push_adds_once_it_has_begun(self, alice):
        everything(alice)
        next(person_erasure.erase(alice.pk))
        with pytest.raises(service.PersonGone):
            service.bulk_update_or_create(alice.pk, PAGE_VISIT, [])

    def test_rows_of_a_push_that_was_waiting_meanwhile_are_met_too(self, alice):
        everything(alice)
        steps = person_erasure.erase(alice.pk)
        browser = Browser.objects.get(user=alice)
        for step in steps:
            if step.table == "tabAggregates":
                a_visit(alice, browser)
        assert left_of(alice) == 0

    def test_of_somebody_who_owns_nothing(self, alice):
        assert dict(person_erasure.erase(alice.pk)) == {"accounts": 1}

    def test_forgets_the_address_in_failed_sign_ins_and_counts(self, alice, bob):
        for email in (alice.email, bob.email):
            AccessAttempt.objects.create(username=email, ip_address="127.0.0.1", failures_since_start=1)
            account_wait(email)
        dict(person_erasure.erase(alice.pk))
        assert [attempt.username for attempt in AccessAttempt.objects.all()] == [bob.email]
        assert [count.key for count in RateCount.objects.all()] == ["account bob@example.org"]

    def test_looks_through_no_table_for_rows_that_are_gone(self, alice):
        everything(alice)
        with CaptureQueriesContext(connection) as captured:
            dict(person_erasure.erase(alice.pk))
        sql = [query["sql"] for query in captured]
        last = max(number for number, text in enumerate(sql) if "DELETE" in text and '"accounts_user"' in text)
        if connection.vendor == "postgresql":
            assert "SET LOCAL enable_seqscan = off" in sql[:last]
        else:
            assert not any("enable_seqscan" in text for text in sql)

    def test_counts_no_further_than_the_cap(self, alice):
        everything(alice, 4)
        assert person_erasure.counts(alice.pk, cap=2)["pageVisits"] == 3

    def test_refuses_the_last_superuser(self, alice):
        alice.is_superuser = True
        alice.save()
        with pytest.raises(person_erasure.Refused, match="last superuser"):
            dict(person_erasure.erase(alice.pk))
        assert User.objects.get(pk=alice.pk).is_active


class TestPage:
    def test_asks_with_counts_and_erases_nothing(self, admin, bob):
        everything(bob)
        text = admin.get(page(bob)).content.decode()
        assert '<th scope="row">Page visits</th><td>3</td>' in text
        assert left_of(bob) == 11

    def test_says_more_than_the_cap_instead_of_counting_on(self, admin, bob, monkeypatch):
        everything(bob)
        monkeypatch.setattr(person_erasure, "counts", lambda pk: {"pageVisits": 100_001})
        assert "<td>more than 100,000</td>" in admin.get(page(bob)).content.decode()

    def test_erases_and_says_what(self, admin, bob):
        everything(bob)
        text = admin.post(page(bob)).content.decode()
        assert "bob@example.org</strong> and all they owned were erased" in text
        assert '<th scope="row">Page visits</th><td>3</td>' in text
        assert not User.objects.filter(pk=bob.pk).exists()

    def test_works_for_some_seconds_and_goes_on_with_the_button(self, admin, bob, monkeypatch):
        monkeypatch.setattr(person_erasure, "ROWS_A_STEP", 2)
        monkeypatch.setattr(erasable_person, "SECONDS_A_REQUEST", 0)
        everything(bob)
        text = admin.post(page(bob)).content.decode()
        assert "Continue" in text
        assert "sync/erase.js" in text
        assert 1 < left_of(bob) < 11
        assert "Continue" in admin.get(page(bob)).content.decode()
        for _ in range(10):
            text = admin.post(page(bob)).content.decode()
            if "Continue" not in text:
                break
        assert '<th scope="row">Page visits</th><td>3</td>' in text
        assert not User.objects.filter(pk=bob.pk).exists()

    def test_once_gone_leads_back_to_the_list(self, admin, bob):
        admin.post(page(bob))
        assert admin.post(page(bob))["Location"] == "/admin/accounts/user/"

    def test_refuses_oneself(self, admin, alice):
        UserFactory(email="another@example.org", is_superuser=True)
        assert admin.post(page(alice))["Location"] == "/admin/accounts/user/"
        assert User.objects.filter(pk=alice.pk, is_active=True).exists()

    def test_refuses_a_superuser_to_one_who_is_none(self, admin, alice, bob):
        from django.contrib.auth.models import Permission

        UserFactory(email="another@example.org", is_superuser=True)
        bob.is_superuser = True
        bob.save()
        alice.is_superuser = False
        alice.save()
        alice.user_permissions.add(*Permission.objects.filter(content_type__app_label="accounts"))
        assert admin.post(page(bob)).status_code == 403

    def test_refuses_staff_without_the_right(self, admin, alice, bob):
        alice.is_superuser = False
        alice.save()
        assert admin.post(page(bob)).status_code == 403
        assert User.objects.filter(pk=bob.pk, is_active=True).exists()

    def test_is_logged_by_number_and_nowhere_by_address(self, admin, alice, bob, caplog):
        with caplog.at_level("INFO"):
            admin.post(page(bob))
        lines = [record.getMessage() for record in caplog.records if record.name == "syncserver.audit"]
        assert lines[-1] == f"staff={alice.pk} action=erased model=accounts.user person={bob.pk} object={bob.pk}"
        assert not any("bob@example.org" in record.getMessage() for record in caplog.records)
        assert LogEntry.objects.count() == 0

    def test_there_is_no_way_to_delete_a_selection(self, admin, bob):
        admin.post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": [bob.pk], "post": "yes"})
        assert User.objects.filter(pk=bob.pk).exists()


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
