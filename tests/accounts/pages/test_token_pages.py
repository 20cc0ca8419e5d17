"""The pages of personal tokens: making one, seeing it once, revoking it; and the tick box of a password reset."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, PersonalToken
from accounts.personal_tokens.token_text import is_whole
from tests.accounts.api.test_tokens_api import dump
from tests.people import PersonalTokenFactory, UserFactory, token_text
from tests.wire import send

PASSWORD, NEXT = "correct horse battery staple", "staple battery horse right"
TOKENS = "/account/tokens"
NEW = {"name": "Weekly report", "scopes": ["read"], "expires_in": "1y", "password": PASSWORD, "form_id": "1"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", name="Alice", password=PASSWORD)


@pytest.fixture
def browser(alice):
    client = Client()
    assert client.post("/account/sign-in", {"username": alice.email, "password": PASSWORD}).status_code == 302
    return client


def words_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("&#x27;", "'")


def shown_token(answer):
    return re.search(r'value="(ssp_\w+)"', answer.content.decode())[1]


class TestMaking:
    def test_shows_the_token_once_in_a_field_that_works_without_scripts(self, alice, browser):
        assert "You have no tokens." in words_of(browser.get(TOKENS))
        answer = browser.post(TOKENS, NEW)
        text = shown_token(answer)
        assert is_whole(text)
        assert "no-store" in answer["Cache-Control"]
        assert '<input id="token" type="text" readonly' in answer.content.decode()
        assert '<button id="copy-token" type="button" hidden>' in answer.content.decode()
        assert not re.search(r"<style|style=|\son[a-z]+=|<script(?! src=)", answer.content.decode())
        assert send("GET", "/api/insights/summary", token=text).status_code == 200
        page = browser.get(TOKENS)
        assert text not in page.content.decode()
        assert f"Weekly report {text[:8]}… · may read" in words_of(page)

    def test_leaves_no_text_in_the_database(self, browser):
        text = shown_token(browser.post(TOKENS, NEW))
        assert text[8:] not in dump()

    def test_a_page_that_is_reloaded_makes_no_second_token(self, browser):
        browser.post(TOKENS, NEW)
        again = browser.post(TOKENS, NEW, follow=True)
        assert "a token is shown only once" in words_of(again)
        assert PersonalToken.objects.count() == 1
        browser.post(TOKENS, {**NEW, "form_id": "2"})
        assert PersonalToken.objects.count() == 2

    def test_each_form_has_an_id_of_its_own(self, browser):
        ids = {re.search(r'name="form_id" value="(\w+)"', browser.get(TOKENS).content.decode())[1] for _ in range(2)}
        assert len(ids) == 2

    @pytest.mark.parametrize(
        ("over", "sentence"),
        [
            ({"name": ""}, "This field is required."),
            ({"name": "x" * 101}, "at most 100 characters"),
            ({"scopes": []}, "Choose at least one."),
            ({"scopes": ["admin"]}, "Choose from the list."),
            ({"expires_in": "1h"}, "Select a valid choice."),
            ({"password": "wrong"}, "The password is wrong."),
            ({"password": ""}, "This field is required."),
        ],
    )
    def test_that_fails_says_why(self, browser, over, sentence):
        assert sentence in words_of(browser.post(TOKENS, {**NEW, **over}))
        assert not PersonalToken.objects.exists()

    def test_ends_at_fifty(self, alice, browser):
        PersonalTokenFactory.create_batch(50, user=alice)
        assert "You have 50 tokens, which is the most." in words_of(browser.get(TOKENS))
        browser.post(TOKENS, NEW)
        assert PersonalToken.objects.count() == 50

    def test_a_name_is_text_and_no_markup(self, browser):
        browser.post(TOKENS, {**NEW, "name": "<b>x</b>"})
        assert "&lt;b&gt;x&lt;/b&gt;" in browser.get(TOKENS).content.decode()


class TestTheList:
    def test_says_when_each_was_used_and_when_it_ends(self, alice, browser):
        at = timezone.now().replace(year=2026, month=3, day=2, hour=5, minute=40)
        PersonalTokenFactory(user=alice, name="Sheet", scopes="read write", expires_at=at + timedelta(days=9_000))
        PersonalTokenFactory(
            user=alice, name="Old", expires_at=at, last_used_on=at.date(), last_client_ips=["192.0.2.1"]
        )
        words = words_of(browser.get(TOKENS))
        assert "may read, write Not used yet" in words
        assert "Last used 2 March 2026 from 192.0.2.1" in words
        assert "Old expired" in words
        assert "expired 2 March 2026, 05:40" in words
        assert "1 in use by your own programs." in words_of(browser.get("/account"))

    def test_is_the_person_s_own(self, browser, bob):
        PersonalTokenFactory(user=bob, name="his")
        assert "his" not in words_of(browser.get(TOKENS)).split()


class TestRevoking:
    def test_asks_for_the_password_and_works_at_once(self, alice, browser):
        text = token_text(alice)
        path = f"{TOKENS}/{PersonalToken.objects.get().pk}/revoke"
        assert "Revoke “Weekly report”" in words_of(browser.get(path))
        assert "The password is wrong." in words_of(browser.post(path, {"password": "wrong"}))
        assert send("GET", "/api/insights/summary", token=text).status_code == 200
        answer = browser.post(path, {"password": PASSWORD}, follow=True)
        assert "“Weekly report” is revoked." in words_of(answer)
        assert send("GET", "/api/insights/summary", token=text).status_code == 401
        events = words_of(browser.get("/account/events"))
        assert "Personal token revoked You" in events

    def test_nobody_else_s_is_found(self, browser, bob):
        his = PersonalTokenFactory(user=bob)
        for number in (his.pk, 999_999, "x", "²"):
            for answer in (browser.get(f"{TOKENS}/{number}/revoke"),
                           browser.post(f"{TOKENS}/{number}/revoke", {"password": PASSWORD})):  # fmt: skip
                assert answer.status_code == 404
        assert PersonalToken.objects.filter(pk=his.pk).exists()

    def test_needs_a_sign_in_and_the_form_s_own_token(self, alice):
        path = f"{TOKENS}/{PersonalTokenFactory(user=alice).pk}/revoke"
        assert Client().get(path).status_code == 302
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice, "django.contrib.auth.backends.ModelBackend")
        assert strict.post(path, {"password": PASSWORD}).status_code == 403


class TestPasswordReset:
    def form(self, alice, client):
        client.post("/account/forgotten-password", {"email": alice.email})
        client.get(re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1])
        return client.get("/account/reset-password")

    @pytest.mark.parametrize(("more", "left"), [({}, 1), ({"end_tokens": "on"}, 0)])
    def test_revokes_the_tokens_if_the_person_ticks_the_box(self, alice, bob, client, more, left):
        PersonalTokenFactory(user=alice), PersonalTokenFactory(user=bob)
        assert "Revoke my personal tokens too" in words_of(self.form(alice, client))
        body = {"new_password1": NEXT, "new_password2": NEXT, **more}
        assert client.post("/account/reset-password", body).status_code == 302
        assert PersonalToken.objects.filter(user=alice).count() == left
        assert PersonalToken.objects.filter(user=bob).count() == 1

    def test_has_no_such_box_where_there_are_no_tokens(self, alice, client):
        assert "personal tokens" not in words_of(self.form(alice, client))


class TestStaff:
    LIST = "/admin/accounts/personaltoken/"

    @pytest.fixture
    def token(self, bob):
        return PersonalTokenFactory(user=bob, name="Sheet", scopes="read", last_client_ips=["192.0.2.9"])

    def test_see_name_prefix_scopes_and_last_use_and_no_secret(self, admin, token):
        for path in (self.LIST, f"{self.LIST}?q=bob@example.org", f"{self.LIST}{token.pk}/change/"):
            page = admin.get(path).content.decode()
            assert all(text in page for text in ("Sheet", token.prefix, "read", "192.0.2.9"))
            assert token.digest not in page
        assert "Sheet" not in admin.get(f"{self.LIST}?q=alice@example.org").content.decode()

    def test_cannot_make_or_change_one(self, admin, token):
        assert admin.get(f"{self.LIST}add/").status_code == 403
        admin.post(f"{self.LIST}{token.pk}/change/", {"name": "other", "scopes": "erase"})
        token.refresh_from_db()
        assert (token.name, token.scopes) == ("Sheet", "read")

    def test_can_revoke_one_and_its_person_sees_it(self, admin, token, bob):
        assert admin.post(f"{self.LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not PersonalToken.objects.exists()
        event = AuditEvent.objects.about(bob.pk).get()
        assert (event.kind, event.done_by()) == ("token_revoked", "staff")

    def test_deactivating_a_person_revokes_their_tokens(self, admin, token, bob):
        body = {"email": bob.email, "name": bob.name, "time_zone": "UTC"}
        assert admin.post(f"/admin/accounts/user/{bob.pk}/change/", body).status_code == 302
        assert not PersonalToken.objects.exists()
        assert AuditEvent.objects.about(bob.pk).get().reason() == "the account was deactivated"
