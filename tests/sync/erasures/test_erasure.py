"""Erasing a person: in bounded steps, completely, and no rows of others; an interrupted run is finished by another."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import owned_rows
from accounts.limits.failed_sign_ins import begin_sign_in
from accounts.limits.rate_counts import count_hit
from accounts.models import AuditEvent, RateCount, email_key, failures_key
from sync.erasures import person_erasure
from sync.models import Browser, SyncState
from sync.person_lock import PersonGone
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from tests.sync.stored_rows import a_visit, everything, left_of

User = get_user_model()


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
        with pytest.raises(PersonGone):
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

    def test_forgets_the_counts_of_failed_sign_ins_and_of_letters(self, alice, bob, rf):
        for email in (alice.email, bob.email):
            begin_sign_in(rf.post("/"), email).failed()
            count_hit(f"{email_key(email)} reset", 3600)
        dict(person_erasure.erase(alice.pk))
        left = {count.key for count in RateCount.objects.exclude(key__startswith="auth")}
        bobs = failures_key(bob.email)
        assert left == {bobs, f"{bobs} 127.0.0.1", f"{email_key(bob.email)} reset"}

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
