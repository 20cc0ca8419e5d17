"""Signing in and out, as seen from outside."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.models import User
from tests.people import UserFactory
from tests.wire import access_token, assert_error_shape, post, refresh_token, send

LOGIN, REFRESH, LOGOUT, ME = "/api/auth/login", "/api/auth/refresh", "/api/auth/logout", "/api/auth/me"
PASSWORD = "correct horse battery staple"
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD, name="Alice")


def login(email="alice@example.org", password=PASSWORD, **extra):
    return post(LOGIN, {"email": email, "password": password}, **extra)


def test_signing_in_answers_the_person_and_two_tokens(alice):
    response = login()
    assert response.status_code == 200
    reply = response.json()
    assert set(reply) == {"user", "access", "refresh"}
    assert reply["user"] == send("GET", ME, token=reply["access"]).json()
    assert (reply["user"]["email"], reply["user"]["name"]) == ("alice@example.org", "Alice")


@pytest.mark.parametrize("email", ["ALICE@EXAMPLE.ORG", "Alice@example.org"])
def test_an_address_is_compared_without_case(alice, email):
    assert login(email).status_code == 200


def test_signing_in_sets_no_cookie(alice):
    assert not login().cookies


def test_a_wrong_password_is_401(alice):
    response = login(password="wrong")
    assert response.status_code == 401
    assert set(response.json()) == {"code", "detail"}


@pytest.mark.parametrize("email", ["nobody@example.org", "no address", "x" * 900])
def test_an_unknown_address_is_answered_as_a_wrong_password_is(alice, email):
    wrong, unknown = login(password="wrong"), login(email)
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.content == wrong.content
    headers = [{name: value for name, value in reply.items() if name != "X-Request-ID"} for reply in (wrong, unknown)]
    assert headers[0] == headers[1]


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_deactivated_person_is_answered_as_a_wrong_password_is(alice, password):
    wrong = login(password="wrong")
    User.objects.update(is_active=False)
    shut = login(password=password)
    assert (shut.status_code, shut.content) == (wrong.status_code, wrong.content)


def test_a_wrong_password_and_an_unknown_address_cost_one_hash_each(monkeypatch):
    UserFactory(email="alice@example.org", password=PASSWORD)
    hashed = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: hashed.append("encode") or encode(*args))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: hashed.append("verify") or verify(*args))
    login(password="wrong")
    assert hashed == ["verify"]
    hashed.clear()
    login("nobody@example.org")
    assert hashed == ["encode"]


def test_a_success_forgets_the_failures_before_it(alice):
    assert [login(password="wrong").status_code for _ in range(9)] == [401] * 9
    answers = [login(password=password).status_code for password in (PASSWORD, "wrong", PASSWORD)]
    assert answers == [200, 401, 200]
    alice.refresh_from_db()
    assert alice.last_login is not None


def test_blanks_around_a_password_are_not_trimmed(alice):
    assert login(password=f" {PASSWORD} ").status_code == 401


# me


def test_me_tells_who_one_is(alice):
    reply = send("GET", ME, user=alice).json()
    assert set(reply) == {"id", "email", "name", "timeZone", "dateJoined"}
    assert (reply["id"], reply["email"], reply["name"], reply["timeZone"]) == (
        str(alice.pk),
        "alice@example.org",
        "Alice",
        "UTC",
    )


def test_me_is_nobody_elses(alice):
    other = UserFactory(email="bob@example.org")
    assert send("GET", ME, user=other).json()["email"] == "bob@example.org"


# refresh


def test_refreshing_answers_a_new_pair(alice):
    old = login().json()["refresh"]
    response = post(REFRESH, {"refresh": old})
    assert response.status_code == 200
    reply = response.json()
    assert set(reply) == {"access", "refresh"}
    assert reply["refresh"] != old
    assert send("GET", ME, token=reply["access"]).json()["email"] == "alice@example.org"


def test_the_new_refresh_token_refreshes_in_turn(alice):
    first = post(REFRESH, {"refresh": login().json()["refresh"]}).json()
    assert post(REFRESH, {"refresh": first["refresh"]}).status_code == 200


def test_a_refresh_token_that_was_signed_out_is_dead(alice):
    token = login().json()["refresh"]
    assert post(LOGOUT, {"refresh": token}).status_code == 204
    assert_error_shape(post(REFRESH, {"refresh": token}), 401)


def test_signing_out_of_one_browser_leaves_another_signed_in(alice):
    here, there = login().json()["refresh"], login().json()["refresh"]
    post(LOGOUT, {"refresh": here})
    assert post(REFRESH, {"refresh": there}).status_code == 200


def dead_tokens(user):
    expired = refresh_token(user)
    expired.set_exp(lifetime=-timedelta(seconds=1))
    return {
        "expired": str(expired),
        "access": access_token(user),
        "garbage": "garbage",
        "dots": "..",
        "changed": str(refresh_token(user))[:-3] + "abc",
        "long": "x" * 4_000,
        "non-ascii": "ü.ü.ü",
    }


KINDS = ["expired", "access", "garbage", "dots", "changed", "long", "non-ascii"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_refresh_token_is_401(alice, kind):
    assert_error_shape(post(REFRESH, {"refresh": dead_tokens(alice)[kind]}), 401)


@pytest.mark.parametrize("path", [REFRESH, LOGOUT])
@pytest.mark.parametrize("token", ["a\x00b", "\ud83d"], ids=ascii)
def test_a_refresh_token_that_is_no_text_is_a_faulty_field(path, token):
    reply = assert_error_shape(post(path, {"refresh": token}), 400, "invalid")
    assert list(reply["errors"]) == ["refresh"]


def test_an_expired_refresh_token_says_so(alice):
    assert_error_shape(post(REFRESH, {"refresh": dead_tokens(alice)["expired"]}), 401, "token_expired")


@pytest.mark.parametrize("kind", KINDS)
def test_signing_out_with_a_dead_token_is_204(alice, kind):
    response = post(LOGOUT, {"refresh": dead_tokens(alice)[kind]})
    assert (response.status_code, response.content) == (204, b"")


def test_signing_out_twice_is_204_twice(alice):
    token = str(refresh_token(alice))
    assert [post(LOGOUT, {"refresh": token}).status_code for _ in range(2)] == [204, 204]


def test_signing_out_with_an_expired_access_token_at_hand_is_204(alice):
    refresh, access = refresh_token(alice), access_token(alice, exp=1_700_000_000)
    assert post(LOGOUT, {"refresh": str(refresh)}, token=access).status_code == 204


@pytest.mark.parametrize("change", [lambda user: user.delete(), lambda user: User.objects.update(is_active=False)])
def test_a_refresh_token_of_a_person_who_is_gone_is_401(alice, change):
    token = str(refresh_token(alice))
    change(alice)
    assert_error_shape(post(REFRESH, {"refresh": token}), 401)
    assert post(LOGOUT, {"refresh": token}).status_code == 204


def test_signing_in_needs_no_living_access_token(alice):
    assert login(token="garbage").status_code == 200


# Garbage


@pytest.mark.parametrize("path", ["/api/auth/register", LOGIN, REFRESH, LOGOUT])
@pytest.mark.parametrize(
    "value",
    [None, "", " ", 0, 5, -1.5, True, [], [[]], ["a"], {}, {"a": {"b": []}}, "\x00", "a\x00@example.org", "\ud83d",
     "a\ud83d@example.org", "x" * 20_000, 10**400, 2**64, "' OR 1=1 --", "%s%s", "🦊@example.org", "\u202e",
     "../../x", "a@[127.0.0.1]", "a@\u0130.org", "\n", "ſ@example.org"],
    ids=lambda value: ascii(value)[:20],
)  # fmt: skip
def test_an_odd_value_is_taken_or_its_field_is_named(cheap_hashing, path, value):
    fields, success = FIELDS_READ[path]
    for number, field in enumerate(("email", "password", "name", "refresh")):
        good = {"email": f"erin{number}@example.org", "password": PASSWORD, "name": "Erin", "refresh": "x"}
        response = post(path, {**good, field: value}, REMOTE_ADDR="192.0.2.7")
        if field not in fields or (value is None and (path, field) in OPTIONAL):
            assert response.status_code == success, (field, response.content)
        elif is_no_text(value) or response.status_code != success:
            assert list(assert_error_shape(response, 400, "invalid")["errors"]) == [field]


OPTIONAL = {("/api/auth/register", "name"), (LOGIN, "refresh")}
# What each call reads, and its answer to the other fields of the test with nothing wrong in them.
FIELDS_READ = {
    "/api/auth/register": ({"email", "password", "name"}, 201),
    LOGIN: ({"email", "password", "refresh"}, 401),
    REFRESH: ({"refresh"}, 401),
    LOGOUT: ({"refresh"}, 204),
}


def is_no_text(value):
    """Tell whether no field takes the value: it is no string, or too long, or no database can hold it."""
    return not isinstance(value, str) or len(value) > 10_000 or "\x00" in value or "\ud83d" in value


@pytest.mark.parametrize("path", ["/api/auth/register", LOGIN, REFRESH, LOGOUT])
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"5", b"{", b"\xff", b"\x00", b'{"email": 1e400}', b'{"email": "\\ud83d"}',
     b"[" * 60_000,
     b'{"a":' * 10_000, b'{"email": "a", "email": "b"}', b'{"": ""}', b"9" * 5_000],
    ids=lambda body: ascii(body)[:20],
)  # fmt: skip
@pytest.mark.parametrize("media", ["application/json", "text/plain", "multipart/form-data; boundary=x", "x"])
def test_an_odd_body_is_refused(path, body, media):
    # A request without a body has no media type.
    assert_error_shape(post(path, body, content_type=media), 400 if media == "application/json" or not body else 415)


@pytest.mark.parametrize("address", ["", "::1", "fe80::1%eth0"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_signing_in_works_whatever_the_peer_is_called(alice, address, password):
    response = login(password=password, REMOTE_ADDR=address)
    assert response.status_code == (200 if password == PASSWORD else 401)


@pytest.mark.parametrize(
    "forwarded", ["", "garbage", ",", ", ,", "1.2.3.4", "1.2.3.4, x", "x" * 5_000, "\x00", "1.2.3.4:5", "[::1]"]
)
@pytest.mark.parametrize("proxies", [None, 0, 1, 2])
def test_signing_in_works_whatever_a_proxy_says(alice, settings, forwarded, proxies):
    settings.NUM_PROXIES = proxies
    assert login(HTTP_X_FORWARDED_FOR=forwarded).status_code == 200
    assert login(password="wrong", HTTP_X_FORWARDED_FOR=forwarded).status_code == 401
