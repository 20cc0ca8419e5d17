"""The account's pages, as a browser sees them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import account_closing
from accounts.models import AuditEvent, Session, User
from accounts.sessions import session_service
from sync.models import Browser
from tests.people import SessionFactory, UserFactory, session_of
from tests.wire import VISITS, push
from tests.wire_records import visit

PASSWORD = "correct horse battery staple"
NEXT = "staple battery horse right"
SIGN_IN, SIGN_OUT, SIGN_UP = "/account/sign-in", "/account/sign-out", "/account/sign-up"
FORGOTTEN, RESET = "/account/forgotten-password", "/account/reset-password"
ACCOUNT, BROWSERS, CLOSE = "/account", "/dashboard/browsers", "/account/close"
SESSIONS = "/account/sessions"
OWN = [
    ACCOUNT, "/account/profile", "/account/password", "/account/email", BROWSERS, "/account/tokens",
    "/account/events", CLOSE,
]  # fmt: skip
OPEN = [SIGN_IN, SIGN_UP, FORGOTTEN, f"{FORGOTTEN}/sent", RESET, f"{RESET}/done"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", name="Alice", password=PASSWORD)


@pytest.fixture
def browser(alice):
    """A browser signed in to the pages as alice."""
    client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/148.0.0.0 Safari/537.36"})
    assert client.post(SIGN_IN, {"username": "Alice@example.org", "password": PASSWORD}).status_code == 302
    return client


def text_of(answer):
    words = re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())
    return re.sub(r"\s+", " ", words).replace("&#x27;", "'")


def link_in(letter):
    return re.search(r"http://testserver(\S+)", letter.body)[1]


def kinds(person):
    return [event.kind for event in AuditEvent.objects.about(person.pk).order_by("pk")]


class TestSigningIn:
    def test_begins_one_session_named_by_the_browser(self, alice, browser):
        browser.get(ACCOUNT)
        session = Session.objects.get()
        assert (session.user, session.kind, session.label) == (alice, "cookie", "Chrome 148 on Windows")
        assert kinds(alice) == ["sign_in"]

    def test_leads_to_the_page_that_was_asked_for_and_to_no_other_host(self, alice):
        for wanted, led_to in (("/account/events", "/account/events"), ("https://evil.example/", "/dashboard")):
            body = {"username": alice.email, "password": PASSWORD, "next": wanted}
            assert Client().post(SIGN_IN, body)["Location"] == led_to

    @pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
    def test_that_fails_says_the_same_of_everybody(self, alice, client, email):
        answer = client.post(SIGN_IN, {"username": email, "password": "wrong"})
        assert "The e-mail address or the password is wrong." in text_of(answer)
        event = AuditEvent.objects.get()
        assert (event.kind, event.subject_id) == ("sign_in_failed", alice.pk if email == alice.email else None)

    def test_signing_out_ends_the_session(self, alice, browser):
        assert browser.post(SIGN_OUT)["Location"] == "/"
        assert Session.objects.get().revoked_reason == "signed_out"
        assert browser.get(ACCOUNT)["Location"] == f"{SIGN_IN}?next=/account"

    def test_signing_out_needs_more_than_a_link(self, browser):
        assert browser.get(SIGN_OUT).status_code == 405

    def test_a_session_that_was_ended_elsewhere_is_signed_out_at_the_next_page(self, alice, browser):
        Session.objects.all().end("signed_out_remotely")
        assert browser.get(ACCOUNT).status_code == 302

    def test_a_deactivated_person_is_signed_out(self, alice, browser):
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert browser.get(ACCOUNT).status_code == 302

    def test_beyond_the_rate_of_an_address_it_is_429_with_the_seconds_to_wait(self, alice, client, settings):
        rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "auth": "1/day"}
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
        client.post(SIGN_IN, {"username": "x@example.org", "password": "x"})
        answer = client.post(SIGN_IN, {"username": "x@example.org", "password": "x"})
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0


class TestSigningUp:
    def test_makes_an_account_signs_in_and_sends_a_link_to_confirm_the_address(self, client):
        body = {"email": "New@example.org", "name": "New", "password": PASSWORD}
        assert client.post(SIGN_UP, body)["Location"] == "/dashboard"
        assert "not confirmed" in text_of(client.get(ACCOUNT))
        link = link_in(mail.outbox[0])
        assert "Is new@example.org your e-mail address" in text_of(client.get(link))
        assert User.objects.get().email_confirmed_at is None
        assert client.post("/account/confirm-email", {"link": link.partition("=")[2]}).status_code == 200
        assert "not confirmed" not in text_of(client.get(ACCOUNT))
        assert client.get(link).status_code == 400

    @pytest.mark.parametrize(
        ("over", "sentence"),
        [
            ({"email": "ALICE@example.org"}, "There is an account with this e-mail address already."),
            ({"email": "nonsense"}, "This is not an e-mail address."),
            ({"password": "short"}, "too short"),
            ({"password": "new@example.org"}, "too similar"),
        ],
    )
    def test_that_fails_says_why(self, alice, client, over, sentence):
        body = {"email": "new@example.org", "name": "", "password": PASSWORD, **over}
        assert sentence in text_of(client.post(SIGN_UP, body))
        assert User.objects.count() == 1

    def test_is_closed_where_registration_is(self, client, settings):
        settings.REGISTRATION_OPEN = False
        assert client.post(SIGN_UP, {"email": "new@example.org", "password": PASSWORD}).status_code == 403
        assert User.objects.count() == 0


class TestForgottenPassword:
    def test_the_whole_way(self, alice, browser, client):
        SessionFactory(user=alice)
        assert client.post(FORGOTTEN, {"email": alice.email})["Location"] == f"{FORGOTTEN}/sent"
        link = link_in(mail.outbox[0])
        answer = client.get(link)
        assert (answer.status_code, answer["Location"]) == (302, RESET)
        assert "A new password signs you out everywhere" in text_of(client.get(RESET))
        body = {"new_password1": NEXT, "new_password2": NEXT}
        assert client.post(RESET, body)["Location"] == f"{RESET}/done"
        alice.refresh_from_db()
        assert alice.check_password(NEXT)
        assert not Session.objects.live().exists()
        assert browser.get(ACCOUNT).status_code == 302
        for again in (client, Client()):
            again.get(link)
            assert "This link does not work" in text_of(again.get(RESET))

    def test_an_unknown_address_is_answered_alike(self, alice, client):
        answers = [client.post(FORGOTTEN, {"email": email}) for email in (alice.email, "nobody@example.org")]
        assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"{FORGOTTEN}/sent")}
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize("link", ["", "x", "1.x", "1.", ".x", f"{2**70}.x-y", "1.set-password", "²"])
    def test_a_link_that_is_none_says_so(self, alice, client, link):
        answer = client.get(f"{RESET}?link={link}", follow=True)
        assert "This link does not work" in text_of(answer)

    def test_a_server_without_mail_says_so(self, client, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        assert "This server sends no e-mail" in text_of(client.get(FORGOTTEN))


class TestOwnPages:
    @pytest.mark.parametrize("path", OWN)
    def test_are_shown_to_their_person_and_to_nobody_else(self, browser, client, path):
        assert browser.get(path).status_code == 200
        assert client.get(path)["Location"] == f"{SIGN_IN}?next={path}"

    @pytest.mark.parametrize("path", OWN + OPEN)
    def test_hold_no_inline_style_or_script(self, browser, client, path):
        for each in (browser, client):
            page = each.get(path).content.decode()
            assert not re.search(r"<script(?! src=)|<style|style=|\son[a-z]+=", page)

    @pytest.mark.parametrize("path", [*OWN, SIGN_IN, SIGN_UP, FORGOTTEN])
    def test_refuse_a_form_without_its_token(self, alice, path):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice, "django.contrib.auth.backends.ModelBackend")
        assert strict.post(path, {"email": "x@example.org"}).status_code == 403

    def test_name_and_time_zone(self, alice, browser):
        body = {"name": "Alice A.", "time_zone": "Europe/Berlin"}
        assert browser.post("/account/profile", body)["Location"] == ACCOUNT
        assert "Saved. " in (page := text_of(browser.get(ACCOUNT)))
        assert "Alice A." in page
        alice.refresh_from_db()
        assert alice.time_zone == "Europe/Berlin"

    def test_a_changed_password_keeps_this_browser_and_signs_out_the_others(self, alice, browser):
        other = Client()
        other.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
        SessionFactory(user=alice)
        body = {"old_password": PASSWORD, "new_password1": NEXT, "new_password2": NEXT}
        assert browser.post("/account/password", body)["Location"] == ACCOUNT
        assert browser.get(ACCOUNT).status_code == 200
        assert other.get(ACCOUNT).status_code == 302
        assert Session.objects.live().count() == 1

    def test_a_password_changes_only_with_the_present_one(self, alice, browser):
        body = {"old_password": "wrong", "new_password1": NEXT, "new_password2": NEXT}
        assert "The password is wrong." in text_of(browser.post("/account/password", body))
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)

    def test_another_address(self, alice, browser):
        browser.post("/account/email", {"email": "Alice@example.com", "password": PASSWORD})
        assert "to become alice@example.com, not confirmed yet" in text_of(browser.get(ACCOUNT))
        link = link_in(mail.outbox[0])
        assert "alice@example.com is the e-mail address" in text_of(
            browser.post("/account/confirm-email", {"link": link.partition("=")[2]})
        )
        assert [letter.to for letter in mail.outbox] == [["alice@example.com"], ["alice@example.org"]]

    def test_another_link(self, alice, browser):
        assert browser.post("/account/email/send").status_code == 302
        assert mail.outbox[0].to == [alice.email]

    def test_what_happened_is_listed(self, alice, bob, browser):
        AuditEvent.objects.create(kind="staff_opened", actor=bob, subject=alice, client_ip="192.0.2.7")
        words = text_of(browser.get("/account/events"))
        assert "Staff opened records Staff" in words
        assert "Signed in (web pages) You 127.0.0.1" in words
        assert "192.0.2.7" not in words
        assert "bob" not in words


class TestBrowsers:
    @pytest.fixture
    def laptop(self, alice):
        return SessionFactory(user=alice, label="Laptop")

    def test_are_listed_and_this_one_is_marked(self, browser, laptop):
        words = text_of(browser.get(BROWSERS))
        assert "Chrome 148 on Windows this sign-in" in words
        assert "Laptop Extension" in words
        assert browser.get(SESSIONS)["Location"] == BROWSERS

    def test_that_of_a_browser_stands_with_it(self, alice, browser, laptop):
        push(alice, VISITS, [visit(anonymousClientId="b1"), visit(anonymousClientId="b2")])
        Browser.objects.filter(client_id="b1").update(last_session_id=laptop.pk)
        Browser.objects.filter(client_id="b2").update(last_session_id=None)
        words = text_of(browser.get(BROWSERS))
        assert "Signed in as “Laptop”" in words
        assert "Not signed in. To send records again, sign in in its extension." in words
        assert "Laptop Extension" not in words
        browser.post(f"{SESSIONS}/end", {"session": laptop.pk})
        assert "Laptop" not in text_of(browser.get(BROWSERS)).replace("Laptop is signed out.", "")

    def test_a_push_notes_the_session_it_came_by(self, alice, browser):
        push(alice, VISITS, [visit(anonymousClientId="b1")])
        assert Browser.objects.get().last_session_id == session_of(alice).pk

    def test_one_that_was_signed_out_for_safety_says_so_with_the_time(self, alice, browser):
        at = timezone.now().replace(year=2026, month=3, day=2, hour=5, minute=40)
        SessionFactory(user=alice, label="Old phone", revoked_at=timezone.now(), revoked_reason="refresh_reuse")
        Session.objects.filter(label="Old phone").update(revoked_at=at)
        session_service.ENDED_KEPT_DAYS, kept = 10_000, session_service.ENDED_KEPT_DAYS
        try:
            for path in (ACCOUNT, BROWSERS):
                assert "Old phone was signed out for safety on 2 March 2026 at 05:40" in text_of(browser.get(path))
        finally:
            session_service.ENDED_KEPT_DAYS = kept

    def test_one_is_named(self, browser, laptop):
        browser.post(SESSIONS, {"session": laptop.pk, "label": "Work <laptop>"})
        laptop.refresh_from_db()
        assert laptop.label == "Work <laptop>"
        assert "Work &lt;laptop&gt;" in browser.get(BROWSERS).content.decode()

    def test_one_is_signed_out(self, browser, laptop):
        assert browser.post(f"{SESSIONS}/end", {"session": laptop.pk})["Location"] == BROWSERS
        laptop.refresh_from_db()
        assert laptop.revoked_reason == "signed_out_remotely"

    def test_this_one_is_signed_out(self, browser):
        browser.get(BROWSERS)
        number = Session.objects.get().pk
        assert browser.post(f"{SESSIONS}/end", {"session": number})["Location"] == "/"
        assert browser.get(BROWSERS).status_code == 302

    def test_all_others_are_signed_out(self, browser, laptop):
        assert browser.post(f"{SESSIONS}/end-others")["Location"] == BROWSERS
        assert "1 other sign-in ended." in text_of(browser.get(BROWSERS))
        assert Session.objects.live().get().kind == "cookie"

    @pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/end"])
    def test_nobody_else_s_is_found(self, browser, bob, path):
        his = SessionFactory(user=bob, label="his")
        for number in (his.pk, 999_999, "x", "", "²"):
            assert browser.post(path, {"session": number, "label": "mine"}).status_code == 404
        his.refresh_from_db()
        assert (his.label, his.revoked_at) == ("his", None)


class TestClosing:
    def test_says_what_will_be_erased_asks_erases_and_says_what_was(self, alice, browser):
        push(alice, VISITS, [visit(), visit()])
        assert "Page visits 2" in text_of(browser.get(CLOSE))
        assert "The password is wrong." in text_of(browser.post(CLOSE, {"password": "wrong"}))
        words = text_of(browser.post(CLOSE, {"password": PASSWORD}))
        assert "The account is closed" in words
        assert "Page visits 2" in words
        assert not User.objects.filter(pk=alice.pk).exists()
        assert browser.get(ACCOUNT).status_code == 302

    def test_goes_on_with_a_button_when_there_is_much(self, alice, browser, monkeypatch):
        monkeypatch.setattr(account_closing, "SECONDS_A_REQUEST", -1)
        push(alice, VISITS, [visit(), visit()])
        words = text_of(browser.post(CLOSE, {"password": PASSWORD}))
        assert "Closing the account" in words
        assert "Page visits 2" in words
        assert "Continue" in text_of(browser.get(CLOSE))
        for _ in range(20):
            words = text_of(browser.post(CLOSE))
            if "The account is closed" in words:
                break
        assert "Page visits 2" in words
        assert "Accounts 1" in words
        assert not User.objects.filter(pk=alice.pk).exists()

    def test_is_refused_to_the_last_superuser(self, alice, browser):
        User.objects.update(is_superuser=True)
        assert browser.post(CLOSE, {"password": PASSWORD}).status_code == 403
        assert User.objects.filter(pk=alice.pk, is_active=True).exists()


def test_an_address_of_a_page_session_is_brought_up_to_date_now_and_then(alice, browser):
    browser.get(ACCOUNT)
    before = timezone.now() - timedelta(minutes=11)
    Session.objects.update(last_used_at=before)
    browser.get(ACCOUNT, REMOTE_ADDR="192.0.2.5")
    session = Session.objects.get()
    assert session.last_client_ip == "192.0.2.5"
    assert session.last_used_at > before
