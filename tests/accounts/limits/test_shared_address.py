"""Strangers who share a person's client IP, or forge it, keep the person from no call that brings its own proof."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client

from accounts import emails
from accounts.limits import rate_counts
from accounts.models import User
from accounts.sessions import session_service
from tests.accounts.api.test_connect import CONNECT, VERIFIER, answered, started, taken
from tests.people import UserFactory
from tests.wire import assert_error_shape, post, refresh_token, send

PASSWORD, NEXT = "correct horse battery staple", "staple battery horse correct"
RESET, CONFIRM = "/api/auth/password-reset/confirm", "/api/auth/email/confirm"
RATE = 60
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Keep the clock of the counts still, so that no minute ends amid a test."""
    monkeypatch.setattr(rate_counts, "time", SimpleNamespace(time=lambda: 1_762_160_400))


@pytest.fixture(params=[None, 0, 1])
def proxies(request, settings):
    """Each way to set the number of proxies; the strangers and the person come from one client IP in all of them."""
    settings.NUM_PROXIES = request.param


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD)


def flood(path, body, times=RATE + 20):
    """Send the same call often; return the statuses."""
    return [post(path, body).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("path", "link_of", "more", "status"),
    [(RESET, lambda user: emails.link_for(user, default_token_generator), {"newPassword": NEXT}, 204),
     (CONFIRM, lambda user: emails.link_for(user, emails.confirmation_links), {}, 204)],
    ids=["reset", "confirm"],
)  # fmt: skip
def test_a_link_from_an_e_mail_works_whoever_tries_wrong_ones(alice, proxies, path, link_of, more, status):
    statuses = flood(path, {"link": f"{alice.pk}.d0k2hp-0f9d", **more})
    assert statuses == [400] * RATE + [429] * 20
    assert post(path, {"link": link_of(alice), **more}).status_code == status


def test_the_page_of_a_link_works_whoever_tries_wrong_ones(alice):
    link = emails.link_for(alice, default_token_generator)
    assert {Client().get(f"/account/reset-password?link={n}.x", secure=True).status_code for n in range(80)} == {200}
    hers = Client()
    hers.get(f"/account/reset-password?link={link}", secure=True, follow=True)
    chosen = {"new_password1": NEXT, "new_password2": NEXT}
    assert hers.post("/account/reset-password", chosen, secure=True).status_code == 302
    assert User.objects.get(pk=alice.pk).check_password(NEXT)


def test_a_grant_is_taken_whoever_asks_for_others(alice):
    grant = started()
    wrong = "x" * 43
    assert set(flood(f"{CONNECT}/{grant['id']}", {"verifier": wrong}, 320)) == {400, 429}
    assert set(flood(f"{CONNECT}/forged", {"verifier": VERIFIER}, 3)) == {429}
    answered(grant, alice)
    assert taken(grant).status_code == 200


def test_the_holder_of_a_grant_is_bounded_too(alice):
    grant = started()
    assert [taken(grant).status_code for _ in range(310)].count(202) == 300
    assert taken(started("another")).status_code == 429  # the same challenge


def test_starts_of_grants_use_up_no_sign_ins(alice, proxies):
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert flood(CONNECT, {"challenge": challenge}) == [201] * RATE + [429] * 20
    assert post("/api/auth/login", {"email": alice.email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(("path", "refused"), [("/api/auth/refresh", 401), ("/api/auth/logout", 204)])
def test_a_refresh_token_works_whoever_sends_others(alice, path, refused):
    token = str(refresh_token(alice))
    assert flood(path, {"refresh": "forged"}) == [refused] * RATE + [429] * 20
    assert post(path, {"refresh": token}).status_code in {200, 204}
    assert post("/api/auth/login", {"email": alice.email, "password": PASSWORD}).status_code == 200


def test_a_session_that_asks_for_the_password_takes_the_right_one_whoever_tries_wrong_ones(alice):
    refresh_token(alice)
    login = {"email": alice.email, "password": "wrong"}
    statuses = [post("/api/auth/login", login).status_code for _ in range(80)]
    statuses += [post("/api/auth/login", login, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").status_code for n in range(130)]
    assert 429 in statuses
    calls = [
        ("POST", "/api/auth/email", {"email": "new@example.org", "password": PASSWORD}, 202),
        ("POST", "/api/auth/tokens", {"name": "a", "scopes": ["read"], "password": PASSWORD}, 201),
        ("POST", "/api/auth/password", {"currentPassword": PASSWORD, "newPassword": NEXT}, 204),
        ("DELETE", "/api/auth/me", {"password": NEXT}, 200),
    ]
    for method, path, body, status in calls:
        assert send(method, path, body, user=alice).status_code == status


def test_e_mails_that_strangers_ask_for_keep_no_other_e_mail_away(alice, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert set(flood("/api/auth/password-reset", {"email": alice.email}, 12)) == {202}
    assert len(mail.outbox) == 5
    assert send("POST", "/api/auth/email", {"email": alice.email, "password": PASSWORD}, user=alice).status_code == 202
    assert [letter.to for letter in mail.outbox[5:]] == [[alice.email]]


def test_a_known_browser_may_ask_for_a_link_whoever_asks_for_others(alice, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    hers, page = Client(), "/account/forgotten-password"
    hers.post("/account/sign-in", {"username": alice.email, "password": PASSWORD}, secure=True)
    hers.post("/account/sign-out", secure=True)
    asked = [Client().post(page, {"email": f"{n}@example.org"}, secure=True).status_code for n in range(25)]
    assert asked == [302] * 20 + [429] * 5
    assert hers.post(page, {"email": "somebody@example.org"}, secure=True).status_code == 429
    assert hers.post(page, {"email": alice.email}, secure=True).status_code == 302
    assert [letter.to for letter in mail.outbox] == [[alice.email]]
    assert [hers.post(page, {"email": alice.email}, secure=True).status_code for _ in range(20)][-1] == 429


def test_a_forged_forwarded_address_is_no_other_client_without_a_proxy(alice, settings):
    settings.NUM_PROXIES = 0
    login = {"email": alice.email, "password": "wrong"}
    forged = [post("/api/auth/login", login, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").status_code for n in range(30)]
    assert forged == [401] * 11 + [429] * 19
    hers = {"email": alice.email, "password": PASSWORD}
    assert_error_shape(post("/api/auth/login", hers, HTTP_X_FORWARDED_FOR="203.0.113.9"), 429, "throttled")
    kept = str(refresh_token(alice))
    session_service.end_all(alice, session_service.Reason.PASSWORD)
    assert post("/api/auth/login", {**hers, "refresh": kept}).status_code == 200
