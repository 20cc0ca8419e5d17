"""The audit trail: written once, read by staff and by whom it is about, and kept without names after an erasure."""

import pytest
from django.test import Client

from accounts.models import AppendOnly, AuditEvent
from sync.erasures import person_erasure
from sync.models import PageVisit
from tests.people import SessionFactory, UserFactory, sign_in_to_admin
from tests.wire import VISITS, post, push, refresh_token
from tests.wire_records import visit

PASSWORD = "correct horse battery staple"
LIST = "/admin/accounts/auditevent/"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def event(alice):
    return AuditEvent.objects.create(kind="sign_in", actor=alice, subject=alice, client_ip="192.0.2.1")


@pytest.fixture
def staff(client, settings):
    """A client signed in as a superuser who is neither alice nor bob."""
    client.member = UserFactory(email="another@example.org")
    sign_in_to_admin(client, client.member, settings)
    client.get("/admin/")  # the first page after signing in stores the sign-in
    return client


class TestAppendOnly:
    @pytest.mark.parametrize(
        "change",
        [
            lambda event: event.save(),
            lambda event: event.delete(),
            lambda event: AuditEvent.objects.update(kind="sign_in_failed"),
            lambda event: AuditEvent.objects.filter(pk=event.pk).update(client_ip=None),
            lambda event: AuditEvent.objects.all().delete(),
            lambda event: AuditEvent.objects.bulk_update([event], ["kind"]),
            lambda event: AuditEvent.objects.update_or_create({"kind": "sign_in_failed"}, pk=event.pk),
            lambda event: AuditEvent._default_manager.filter(pk=event.pk)._raw_delete("default"),
        ],
        ids=["save", "delete", "update", "filter update", "delete all", "bulk", "update or create", "raw"],
    )
    def test_an_event_is_never_changed_or_deleted(self, event, change):
        event.kind = "account_closed"
        with pytest.raises(AppendOnly):
            change(event)
        event.refresh_from_db()
        assert (event.kind, event.client_ip) == ("sign_in", "192.0.2.1")

    def test_an_event_of_the_same_number_does_not_replace_it(self, event):
        from django.db import IntegrityError, transaction

        with pytest.raises(IntegrityError), transaction.atomic():
            AuditEvent(pk=event.pk, kind="sign_in_failed").save()


class TestErasure:
    def test_replaces_the_person_and_their_address_and_leaves_others_alone(self, alice, bob):
        for actor, subject, address in ((alice, alice, "192.0.2.1"), (bob, alice, "192.0.2.2"),
                                        (alice, bob, "192.0.2.3"), (None, alice, "192.0.2.4"),
                                        (bob, bob, "192.0.2.5"), (None, bob, "192.0.2.6")):  # fmt: skip
            AuditEvent.objects.create(kind="sign_in", actor=actor, subject=subject, client_ip=address)
        a, b = alice.pk, bob.pk
        dict(person_erasure.erase(a))
        rows = AuditEvent.objects.order_by("pk").values_list(
            "actor_id", "subject_id", "actor_number", "subject_number", "client_ip"
        )
        assert list(rows) == [
            (None, None, a, a, None),
            (b, None, b, a, "192.0.2.2"),
            (None, b, a, b, None),
            (None, None, None, a, None),
            (b, b, b, b, "192.0.2.5"),
            (None, b, None, b, "192.0.2.6"),
        ]

    def test_works_in_bounded_steps(self, alice, monkeypatch):
        monkeypatch.setattr(person_erasure, "ROWS_A_STEP", 2)
        for _ in range(5):
            AuditEvent.objects.create(kind="sign_in", actor=alice, subject=alice)
        steps = [step.rows for step in person_erasure.erase(alice.pk) if step.table == "eventsKeptWithoutName"]
        assert steps == [2, 2, 1]

    def test_an_address_of_somebody_unknown_who_tried_the_account_goes_too(self, alice):
        post("/api/auth/login", {"email": alice.email, "password": "wrong"})
        alice.delete()
        assert AuditEvent.objects.get().client_ip is None


class TestWhatIsWritten:
    def test_staff_who_open_a_person_s_records(self, staff, alice):
        push(alice, VISITS, [visit()])
        row = PageVisit.objects.get()
        before = AuditEvent.objects.count()
        staff.get(f"/admin/sync/pagevisit/?person={alice.pk}")
        staff.get(f"/admin/sync/pagevisit/{row.pk}/change/")
        staff.get(f"/admin/accounts/user/{alice.pk}/change/")
        staff.get("/admin/sync/pagevisit/")
        events = AuditEvent.objects.order_by("pk")[before:]
        assert [(e.kind, e.actor, e.subject, e.detail) for e in events] == [
            ("staff_opened", staff.member, alice, "sync.pagevisit"),
            ("staff_opened", staff.member, alice, "sync.pagevisit"),
            ("staff_opened", staff.member, alice, "accounts.user"),
        ]

    def test_staff_who_delete_a_person(self, staff, alice):
        number = alice.pk
        staff.post(f"/admin/accounts/user/{number}/delete/")
        event = AuditEvent.objects.get(kind="staff_deleted")
        assert (event.actor, event.subject, event.subject_number) == (staff.member, None, number)

    def test_staff_who_change_a_password_or_an_address(self, staff, alice):
        body = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        staff.post(f"/admin/accounts/user/{alice.pk}/password/", body)
        body = {"email": "other@example.org", "name": "", "time_zone": "UTC", "is_active": "on"}
        staff.post(f"/admin/accounts/user/{alice.pk}/change/", body)
        events = AuditEvent.objects.filter(kind__in=["password_changed", "email_changed"]).order_by("pk")
        assert [(e.kind, e.actor, e.subject) for e in events] == [
            ("password_changed", staff.member, alice),
            ("email_changed", staff.member, alice),
        ]

    def test_a_failed_sign_in_to_the_admin(self, alice, client):
        client.post("/admin/login/", {"username": "ALICE@example.org", "password": "wrong"})
        event = AuditEvent.objects.get()
        assert (event.kind, event.subject, event.actor) == ("sign_in_failed", alice, None)

    @pytest.mark.parametrize("email", ["nobody@example.org", "x" * 900])
    def test_a_failed_sign_in_to_no_account_names_nobody(self, email):
        assert post("/api/auth/login", {"email": email, "password": "wrong"}).status_code == 401
        event = AuditEvent.objects.get()
        assert (event.kind, event.subject, event.actor) == ("sign_in_failed", None, None)

    @pytest.mark.parametrize("email", ["\ud83d", "a\u0000b"])
    def test_a_sign_in_with_what_is_no_text_is_no_event(self, email):
        assert post("/api/auth/login", {"email": email, "password": "wrong"}).status_code == 400
        assert not AuditEvent.objects.exists()

    def test_nothing_of_it_is_a_token_or_an_address_of_e_mail(self, cheap_hashing):
        body = {"email": "new@example.org", "password": PASSWORD}
        reply = post("/api/auth/register", body).json()
        post("/api/auth/refresh", {"refresh": reply["refresh"]})
        post("/api/auth/logout", {"refresh": reply["refresh"]})
        text = repr(list(AuditEvent.objects.values_list()))
        assert "new@example.org" not in text
        assert reply["refresh"].split(".")[2] not in text


class TestAdmin:
    def test_staff_read_the_trail_and_change_nothing(self, staff, event):
        assert staff.get(LIST).status_code == 200
        assert staff.get(f"{LIST}{event.pk}/change/").status_code == 200
        for path in (f"{LIST}add/", f"{LIST}{event.pk}/delete/"):
            assert staff.post(path, {"post": "yes"}).status_code == 403
        assert staff.post(f"{LIST}{event.pk}/change/", {"kind": "account_closed"}).status_code == 403
        event.refresh_from_db()
        assert event.kind == "sign_in"

    def test_it_is_found_by_person(self, staff, event, bob):
        AuditEvent.objects.create(kind="sign_in", subject=bob)
        shown = staff.get(f"{LIST}?q=alice@example.org").context["cl"].result_list
        assert list(shown) == [event]

    def test_staff_see_the_sessions_of_a_person_and_nothing_a_token_is_recognised_by(self, staff, alice):
        token = refresh_token(alice)
        post("/api/auth/refresh", {"refresh": str(token)})
        session = SessionFactory._meta.model.objects.get(user=alice)
        page = staff.get(f"/admin/accounts/session/{session.pk}/change/").content.decode()
        assert token.mark not in page
        assert staff.post(f"/admin/accounts/session/{session.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_people_without_the_right_see_nothing(self, alice, event):
        client = Client()
        client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
        assert client.get(LIST).status_code == 302
