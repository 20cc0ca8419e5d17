"""The page of the admin on which staff erase a person."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from sync.admin import erasable_person
from sync.erasures import person_erasure
from tests.people import UserFactory
from tests.sync.stored_rows import everything, left_of

User = get_user_model()


def page(person):
    return f"/admin/accounts/user/{person.pk}/delete/"


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
