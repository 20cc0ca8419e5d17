"""Looking after one's account through the API."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.utils import timezone

from accounts import audit, emails
from accounts.api import examples
from accounts.limits import rate_counts
from accounts.models import AuditEvent, Session, User
from instants import milliseconds
from sync.models import PageVisit
from tests.people import SessionFactory, UserFactory
from tests.wire import VISITS, access_token, assert_error_shape, post, push, refresh_token, send
from tests.wire_records import visit

PASSWORD = "correct horse battery staple"
NEXT = "staple battery horse right"
SESSIONS, ME, EVENTS = "/api/auth/sessions", "/api/auth/me", "/api/auth/events"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", name="Alice", password=PASSWORD)


@pytest.fixture
def here(alice):
    """Alice's own session, the one her calls come by."""
    alice.session_here = SessionFactory(user=alice, label="here")
    return alice.session_here


@pytest.fixture
def there(alice):
    return SessionFactory(user=alice, label="there")


def link_in(letter):
    return re.search(r"\?link=(\S+)", letter.body)[1]


def kinds(person):
    return [event.kind for event in AuditEvent.objects.about(person.pk).order_by("pk")]


class TestSessions:
    def test_are_listed_last_used_first_with_the_current_one_marked(self, alice, bob, here, there):
        SessionFactory(user=bob)
        Session.objects.filter(pk=there.pk).update(last_used_at=timezone.now() + timedelta(minutes=1))
        reply = send("GET", SESSIONS, user=alice).json()
        assert [(each["label"], each["isCurrent"]) for each in reply["sessions"]] == [("there", False), ("here", True)]
        assert set(reply["sessions"][0]) == set(examples.SESSION)
        assert reply["sessions"][0]["id"] == str(there.pk)

    def test_one_signed_out_for_safety_stays_to_be_seen_and_others_that_ended_do_not(self, alice, here):
        now = timezone.now()
        SessionFactory(user=alice, label="stolen", revoked_at=now, revoked_reason="refresh_reuse")
        SessionFactory(user=alice, label="out", revoked_at=now, revoked_reason="signed_out")
        SessionFactory(user=alice, label="over", expires_at=now - timedelta(seconds=1))
        shown = send("GET", SESSIONS, user=alice).json()["sessions"]
        assert [each["label"] for each in shown] == ["here", "stolen"]
        assert (shown[1]["endReason"], shown[1]["endedAt"]) == ("refresh_reuse", milliseconds(now))

    def test_is_named(self, alice, here, there):
        answer = send("PATCH", f"{SESSIONS}/{there.pk}", {"label": "Work laptop"}, user=alice)
        assert (answer.status_code, answer.json()["label"]) == (200, "Work laptop")
        there.refresh_from_db()
        assert there.label == "Work laptop"

    @pytest.mark.parametrize("label", ["", "x" * 101, 5, [], "a\x00b"])
    def test_is_not_named_anything(self, alice, there, label):
        assert_error_shape(send("PATCH", f"{SESSIONS}/{there.pk}", {"label": label}, user=alice), 400, "invalid")

    def test_is_signed_out_at_once(self, alice, here, there):
        token = refresh_token(alice)
        token.bind(there)
        assert send("DELETE", f"{SESSIONS}/{there.pk}", user=alice).status_code == 204
        assert_error_shape(post("/api/auth/refresh", {"refresh": str(token)}), 401, "session_ended")
        assert send("GET", ME, user=alice).status_code == 200
        assert send("DELETE", f"{SESSIONS}/{there.pk}", user=alice).status_code == 204
        assert kinds(alice) == ["session_revoked"]

    def test_may_be_the_own(self, alice, here):
        token = access_token(alice)
        assert send("DELETE", f"{SESSIONS}/{here.pk}", token=token).status_code == 204
        assert_error_shape(send("GET", ME, token=token), 401, "session_ended")

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_of_somebody_else_is_answered_as_none_is(self, alice, bob, there, method):
        theirs = send(method, f"{SESSIONS}/{there.pk}", {"label": "mine"}, user=bob)
        assert_error_shape(theirs, 404, "not_found")
        for number in ("999999", "0", "-1", "x", "9" * 40, "²", "1.0", "%00"):
            none = send(method, f"{SESSIONS}/{number}", {"label": "mine"}, user=bob)
            assert (none.status_code, none.content) == (404, theirs.content)
        there.refresh_from_db()
        assert (there.label, there.revoked_at) == ("there", None)

    def test_all_others_are_signed_out(self, alice, bob, here, there):
        his = SessionFactory(user=bob)
        SessionFactory(user=alice)
        token = access_token(alice)
        assert post("/api/auth/logout-others", token=token).json() == {"ended": 2}
        assert send("GET", ME, token=token).status_code == 200
        assert set(Session.objects.live()) == {here, his}
        assert kinds(alice) == ["session_revoked"] * 2


class TestPassword:
    def change(self, alice, current=PASSWORD, new=NEXT):
        return post("/api/auth/password", {"currentPassword": current, "newPassword": new}, token=access_token(alice))

    def test_is_changed_and_every_other_session_ends(self, alice, here, there):
        assert self.change(alice).status_code == 204
        alice.refresh_from_db()
        assert alice.check_password(NEXT)
        assert list(Session.objects.live()) == [here]
        assert kinds(alice) == ["password_changed", "session_revoked"]

    def test_needs_the_present_one(self, alice, here):
        reply = assert_error_shape(self.change(alice, current="wrong"), 400, "invalid")
        assert list(reply["errors"]) == ["currentPassword"]
        assert kinds(alice) == ["sign_in_failed"]

    @pytest.mark.parametrize("new", ["short", "12345678901", "alice@example.org", ""])
    def test_must_pass_the_rules(self, alice, here, new):
        assert "newPassword" in assert_error_shape(self.change(alice, new=new), 400, "invalid")["errors"]

    def test_is_not_guessed_at_leisure(self, alice, here, settings, monkeypatch):
        monkeypatch.setattr(rate_counts, "time", SimpleNamespace(time=lambda: 1_762_160_400))
        settings.LOGIN_FAILURE_LIMIT = 2
        answers = [self.change(alice, current="wrong").status_code for _ in range(4)]
        assert answers == [400, 400, 400, 429]
        assert_error_shape(self.change(alice), 429, "throttled")


class TestForgottenPassword:
    RESET, CONFIRM = "/api/auth/password-reset", "/api/auth/password-reset/confirm"

    def test_a_link_sets_a_new_one_once_and_ends_every_session(self, alice, here, there):
        assert post(self.RESET, {"email": "ALICE@example.org"}).status_code == 202
        (letter,) = mail.outbox
        assert letter.to == ["alice@example.org"]
        body = {"link": link_in(letter), "newPassword": NEXT}
        assert post(self.CONFIRM, body).status_code == 204
        alice.refresh_from_db()
        assert alice.check_password(NEXT)
        assert not Session.objects.live().exists()
        assert kinds(alice) == ["password_reset", "session_revoked", "session_revoked"]
        reply = assert_error_shape(post(self.CONFIRM, {**body, "newPassword": PASSWORD}), 400, "invalid")
        assert list(reply["errors"]) == ["link"]

    def test_a_refused_password_leaves_the_link_good(self, alice):
        post(self.RESET, {"email": alice.email})
        body = {"link": link_in(mail.outbox[0]), "newPassword": "short"}
        assert "newPassword" in assert_error_shape(post(self.CONFIRM, body), 400)["errors"]
        assert post(self.CONFIRM, {**body, "newPassword": NEXT}).status_code == 204

    def test_a_link_is_dead_after_an_hour(self, alice, monkeypatch):
        post(self.RESET, {"email": alice.email})
        later = emails.default_token_generator._now() + timedelta(seconds=3_601)
        monkeypatch.setattr(type(emails.default_token_generator), "_now", lambda self: later)
        assert_error_shape(post(self.CONFIRM, {"link": link_in(mail.outbox[0]), "newPassword": NEXT}), 400)

    @pytest.mark.parametrize("email", ["nobody@example.org", "no address", "x" * 900, "a\u0000b@example.org"])
    def test_an_unknown_address_is_answered_alike_and_sent_nothing(self, alice, email, django_assert_num_queries):
        known, unknown = post(self.RESET, {"email": alice.email}), post(self.RESET, {"email": email})
        if "\x00" not in email:
            assert (unknown.status_code, unknown.content) == (known.status_code, known.content) == (202, b"")
        assert [letter.to for letter in mail.outbox] == [["alice@example.org"]]

    def test_the_work_for_both_is_the_same_for_what_differs_comes_later(self, alice, monkeypatch):
        handed = []
        monkeypatch.setattr(emails, "run_after_response", lambda *work: handed.append(work))
        for email in ("alice@example.org", "nobody@example.org"):
            post(self.RESET, {"email": email})
        assert [(work.__name__, email) for work, email, _ in handed] == [
            ("_send_reset_link", "alice@example.org"),
            ("_send_reset_link", "nobody@example.org"),
        ]

    def test_a_deactivated_person_is_sent_nothing(self, alice):
        User.objects.update(is_active=False)
        assert post(self.RESET, {"email": alice.email}).status_code == 202
        assert mail.outbox == []

    def test_one_address_is_sent_five_letters_an_hour_and_answered_alike(self, alice, settings):
        answers = {post(self.RESET, {"email": alice.email}, REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(9)}
        assert (answers, len(mail.outbox)) == ({202}, 5)

    @pytest.mark.parametrize("link", ["", "x", "7", "7.", ".", "0.x-y", f"{2**70}.x-y", "²." + "x-y", "1.1-1"])
    def test_a_link_that_is_none_is_400(self, alice, link):
        assert_error_shape(post(self.CONFIRM, {"link": link, "newPassword": NEXT}), 400, "invalid")

    def test_the_link_of_one_person_sets_nobody_elses(self, alice, bob):
        post(self.RESET, {"email": alice.email})
        token = link_in(mail.outbox[0]).partition(".")[2]
        assert_error_shape(post(self.CONFIRM, {"link": f"{bob.pk}.{token}", "newPassword": NEXT}), 400)


class TestEmail:
    EMAIL, CONFIRM = "/api/auth/email", "/api/auth/email/confirm"

    def want(self, alice, email="alice@example.com", password=PASSWORD):
        return post(self.EMAIL, {"email": email, "password": password}, user=alice)

    def test_changes_when_the_new_address_is_confirmed_and_the_old_one_is_told(self, alice, here):
        answer = self.want(alice, "Alice@Example.com")
        assert answer.status_code == 202
        assert answer.json() == {
            "email": "alice@example.org", "isConfirmed": False, "pendingEmail": "alice@example.com",
        }  # fmt: skip
        assert [letter.to for letter in mail.outbox] == [["alice@example.com"]]
        assert post(self.CONFIRM, {"link": link_in(mail.outbox[0])}).status_code == 204
        assert send("GET", self.EMAIL, user=alice).json() == {
            "email": "alice@example.com", "isConfirmed": True, "pendingEmail": None,
        }  # fmt: skip
        assert mail.outbox[1].to == ["alice@example.org"]
        assert "alice@example.com" in mail.outbox[1].body
        assert kinds(alice)[-1] == "email_changed"

    def test_a_link_works_once(self, alice, here):
        self.want(alice)
        link = link_in(mail.outbox[0])
        assert post(self.CONFIRM, {"link": link}).status_code == 204
        assert_error_shape(post(self.CONFIRM, {"link": link}), 400, "invalid")

    def test_a_link_for_an_address_no_longer_wanted_is_dead(self, alice, here):
        self.want(alice)
        self.want(alice, "alice@example.net")
        assert_error_shape(post(self.CONFIRM, {"link": link_in(mail.outbox[0])}), 400)

    def test_needs_the_password(self, alice, here):
        assert "password" in assert_error_shape(self.want(alice, password="wrong"), 400)["errors"]

    def test_an_address_somebody_has_is_answered_alike_and_sent_nothing(self, alice, here, bob):
        free = self.want(alice, "free@example.com")
        taken = self.want(alice, bob.email)
        assert taken.status_code == free.status_code
        assert [letter.to for letter in mail.outbox] == [["free@example.com"]]

    def test_an_address_that_was_taken_meanwhile_is_not_changed_to(self, alice, here):
        self.want(alice)
        UserFactory(email="alice@example.com")
        assert_error_shape(post(self.CONFIRM, {"link": link_in(mail.outbox[0])}), 400)
        alice.refresh_from_db()
        assert alice.email == "alice@example.org"

    def test_signing_up_sends_a_link_that_confirms_the_address(self):
        reply = post("/api/auth/register", {"email": "new@example.org", "password": PASSWORD}).json()
        assert send("GET", self.EMAIL, token=reply["access"]).json()["isConfirmed"] is False
        assert post(self.CONFIRM, {"link": link_in(mail.outbox[0])}).status_code == 204
        assert send("GET", self.EMAIL, token=reply["access"]).json()["isConfirmed"] is True

    def test_a_server_that_sends_no_mail_signs_up_as_ever(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        assert post("/api/auth/register", {"email": "new@example.org", "password": PASSWORD}).status_code == 201

    def test_mail_that_cannot_be_sent_fails_nothing_and_its_log_names_nobody(self, monkeypatch, caplog):
        def fail(*args):
            raise OSError("new@example.org")

        monkeypatch.setattr(emails, "send_mail", fail)
        assert post("/api/auth/register", {"email": "new@example.org", "password": PASSWORD}).status_code == 201
        assert "_send_confirmation_link failed: OSError" in caplog.text
        assert "new@example.org" not in caplog.text


class TestProfile:
    def test_name_and_time_zone_change_and_what_is_left_out_stays(self, alice, here):
        reply = send("PATCH", ME, {"timeZone": "Europe/Berlin"}, user=alice).json()
        assert (reply["name"], reply["timeZone"]) == ("Alice", "Europe/Berlin")
        reply = send("PATCH", ME, {"name": ""}, user=alice).json()
        assert (reply["name"], reply["timeZone"]) == ("", "Europe/Berlin")

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "", 5, "../etc/passwd", "x" * 65, "localtime", "Factory"])
    def test_a_zone_that_is_none_is_400(self, alice, here, zone):
        assert "timeZone" in assert_error_shape(send("PATCH", ME, {"timeZone": zone}, user=alice), 400)["errors"]

    def test_nothing_else_changes(self, alice, here):
        body = {"email": "x@example.org", "isStaff": True, "is_staff": True, "id": "1", "dateJoined": 0}
        send("PATCH", ME, body, user=alice)
        alice.refresh_from_db()
        assert (alice.email, alice.is_staff) == ("alice@example.org", False)


class TestClosing:
    def close(self, alice, password=PASSWORD):
        return send("DELETE", ME, {"password": password}, user=alice)

    def test_erases_all_and_says_what(self, alice, bob, here):
        push(alice, VISITS, [visit(), visit()])
        push(bob, VISITS, [visit()])
        reply = self.close(alice).json()
        assert reply["isFinished"] is True
        assert reply["erased"] == {
            "pageVisits": 2, "batches": 1, "browsers": 1, "sessions": 1, "eventsKeptWithoutName": 1, "accounts": 1,
        }  # fmt: skip
        assert not User.objects.filter(pk=alice.pk).exists()
        assert PageVisit.objects.count() == 1

    def test_keeps_the_fact_with_a_number_in_place_of_the_person(self, alice, here):
        post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
        number = alice.pk
        self.close(alice)
        events = AuditEvent.objects.filter(subject_number=number).order_by("pk")
        assert [(e.kind, e.actor_id, e.subject_id, e.actor_number, e.client_ip) for e in events] == [
            ("sign_in", None, None, number, None),
            ("account_closed", None, None, number, None),
        ]

    def test_needs_the_password(self, alice, here):
        assert "password" in assert_error_shape(self.close(alice, "wrong"), 400)["errors"]
        assert "password" in assert_error_shape(send("DELETE", ME, b"{}", user=alice), 400)["errors"]
        assert User.objects.filter(pk=alice.pk, is_active=True).exists()

    def test_is_refused_to_the_last_superuser(self, alice, here):
        alice.is_superuser = True
        alice.save()
        assert_error_shape(self.close(alice), 403, "cannot_close")
        assert User.objects.filter(pk=alice.pk, is_active=True).exists()

    def test_what_is_left_after_some_seconds_is_erased_without_being_waited_for(self, alice, here, monkeypatch):
        from accounts import account_closing

        handed = []
        monkeypatch.setattr(account_closing, "SECONDS_A_REQUEST", -1)
        monkeypatch.setattr(account_closing, "run_after_response", lambda *work: handed.append(work))
        push(alice, VISITS, [visit(), visit()])
        token = access_token(alice)
        reply = self.close(alice).json()
        assert reply == {"erased": {"pageVisits": 2}, "isFinished": False}
        assert_error_shape(send("GET", ME, token=token), 401)
        assert post("/api/auth/login", {"email": alice.email, "password": PASSWORD}).status_code == 401
        assert account_closing.unfinished() == [alice.pk]
        ((work, number),) = handed
        work(number)
        assert not User.objects.filter(pk=alice.pk).exists()

    def test_a_command_finishes_what_a_restart_interrupted(self, alice, bob, capsys):
        from django.core.management import call_command

        User.objects.filter(pk=alice.pk).update(closed_at=timezone.now(), is_active=False)
        call_command("finish_closing")
        assert capsys.readouterr().out == "Finished closing 1 accounts.\n"
        assert list(User.objects.all()) == [bob]


class TestEvents:
    def test_are_one_s_own_newest_first(self, alice, bob, here):
        post("/api/auth/login", {"email": alice.email, "password": "wrong"})
        post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
        post("/api/auth/login", {"email": bob.email, "password": "wrong"})
        reply = send("GET", EVENTS, user=alice).json()
        assert [(e["kind"], e["by"], e["address"], e["detail"]) for e in reply["events"]] == [
            ("sign_in", "you", "127.0.0.1", "tokens"),
            ("sign_in_failed", None, "127.0.0.1", ""),
        ]
        assert reply["next"] is None
        assert set(reply["events"][0]) == set(examples.EVENT)

    def test_say_that_staff_looked_but_not_who_nor_from_where(self, alice, bob, here):
        AuditEvent.objects.create(kind="staff_opened", actor=bob, subject=alice, client_ip="192.0.2.7")
        (event,) = send("GET", EVENTS, user=alice).json()["events"]
        assert (event["by"], event["address"]) == ("staff", None)

    def test_are_paged(self, alice, here, monkeypatch):
        monkeypatch.setattr(audit, "EVENTS_A_PAGE", 2)
        for _ in range(5):
            AuditEvent.objects.create(kind="sign_in", actor=alice, subject=alice)
        found, before = [], ""
        for _ in range(3):
            reply = send("GET", f"{EVENTS}{before}", user=alice).json()
            found += [event["id"] for event in reply["events"]]
            before = f"?before={reply['next']}"
        assert len(set(found)) == 5
        assert reply["next"] is None

    @pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²", "%00"])
    def test_an_odd_page_is_400(self, alice, here, before):
        assert_error_shape(send("GET", f"{EVENTS}?before={before}", user=alice), 400, "invalid")


def test_the_calls_about_an_account_have_a_rate_for_each_person(alice, bob, here, settings):
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "account": "2/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    assert [send("GET", SESSIONS, user=alice).status_code for _ in range(2)] == [200, 200]
    assert_error_shape(send("GET", SESSIONS, user=alice), 429, "throttled")
    assert send("GET", SESSIONS, user=bob).status_code == 200
    assert {send("GET", ME, user=alice).status_code for _ in range(5)} == {200}


def test_refreshes_have_a_rate_for_each_session_and_garbage_one_for_each_address(alice, bob, settings):
    settings.NUM_PROXIES = 0
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "refresh": "2/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    mine, his = str(refresh_token(alice)), str(refresh_token(bob))

    def refresh(token, **more):
        return post("/api/auth/refresh", {"refresh": token}, **more)

    assert [refresh(mine).status_code for _ in range(2)] == [200, 200]
    assert_error_shape(refresh(mine, HTTP_X_FORWARDED_FOR="192.0.2.1"), 429, "throttled")
    assert refresh(his).status_code == 200
    assert [refresh("x").status_code for _ in range(2)] == [401, 401]
    assert_error_shape(refresh("y", HTTP_X_FORWARDED_FOR="192.0.2.1"), 429, "throttled")
    assert refresh(his).status_code == 200


def test_forgotten_passwords_have_a_rate_for_each_address(alice, settings):
    settings.NUM_PROXIES = 0
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "reset": "1/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    body = {"email": "nobody@example.org"}
    assert post("/api/auth/password-reset", body).status_code == 202
    assert_error_shape(post("/api/auth/password-reset", body, HTTP_X_FORWARDED_FOR="192.0.2.1"), 429, "throttled")
    assert post("/api/auth/password-reset", body, REMOTE_ADDR="192.0.2.2").status_code == 202
