"""Signing up, as seen from outside."""

import time

import pytest
from django.db.models import QuerySet

from accounts.models import User
from tests.people import UserFactory
from tests.wire import assert_error_shape, post, send

REGISTER = "/api/auth/register"
GOOD = {"email": "alice@example.org", "password": "correct horse battery staple", "name": "Alice"}
pytestmark = pytest.mark.django_db


def test_registering_answers_the_person_and_two_tokens(cheap_hashing):
    response = post(REGISTER, GOOD)
    assert response.status_code == 201
    reply = response.json()
    assert set(reply) == {"user", "access", "refresh"}
    assert set(reply["user"]) == {"id", "email", "name", "timeZone", "dateJoined"}
    assert (reply["user"]["email"], reply["user"]["name"]) == ("alice@example.org", "Alice")
    assert all(isinstance(reply[name], str) and reply[name] for name in ("access", "refresh"))


def test_the_person_in_the_reply_is_what_me_gives(cheap_hashing):
    reply = post(REGISTER, GOOD).json()
    assert send("GET", "/api/auth/me", token=reply["access"]).json() == reply["user"]


def test_an_id_is_an_opaque_string(cheap_hashing):
    assert isinstance(post(REGISTER, GOOD).json()["user"]["id"], str)


def test_the_date_joined_is_in_milliseconds_since_the_epoch(cheap_hashing):
    before = time.time_ns() // 1_000_000
    joined = post(REGISTER, GOOD).json()["user"]["dateJoined"]
    assert type(joined) is int
    assert before <= joined <= time.time_ns() // 1_000_000


def test_the_time_zone_is_utc_until_said_otherwise(cheap_hashing):
    assert post(REGISTER, GOOD).json()["user"]["timeZone"] == "UTC"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Mars/Olympus", "UTC"),
        ("", "UTC"),
        (None, "UTC"),
        ("../etc/passwd", "UTC"),
        ("localtime", "UTC"),
    ],
)
def test_the_time_zone_is_the_one_sent_or_utc_where_the_server_does_not_know_it(cheap_hashing, sent, kept):
    response = post(REGISTER, {**GOOD, "timeZone": sent})
    assert (response.status_code, response.json()["user"]["timeZone"]) == (201, kept)
    assert User.objects.get().time_zone == kept


@pytest.mark.parametrize("zone", [5, 1.5, True, [], {}, "a\x00b", "\ud83d"], ids=repr)
def test_a_time_zone_must_be_a_text(cheap_hashing, zone):
    reply = assert_error_shape(post(REGISTER, {**GOOD, "timeZone": zone}), 400, "invalid")
    assert list(reply["errors"]) == ["timeZone"]
    assert User.objects.count() == 0


def test_an_address_taken_at_the_same_moment_is_answered_as_one_taken_before(cheap_hashing, monkeypatch):
    taken = post(REGISTER, GOOD), post(REGISTER, GOOD)
    monkeypatch.setattr(QuerySet, "exists", lambda self: False)
    raced = post(REGISTER, GOOD)
    assert (raced.status_code, raced.content) == (400, taken[1].content)
    assert User.objects.count() == 1


def test_a_name_is_optional(cheap_hashing):
    body = {"email": GOOD["email"], "password": GOOD["password"]}
    assert post(REGISTER, body).json()["user"]["name"] == ""


def test_a_name_may_be_left_empty(cheap_hashing):
    assert post(REGISTER, {**GOOD, "name": ""}).json()["user"]["name"] == ""


def test_a_name_of_null_is_no_name(cheap_hashing):
    answer = post(REGISTER, {**GOOD, "name": None})
    assert (answer.status_code, answer.json()["user"]["name"]) == (201, "")


def test_an_address_is_kept_in_lower_case(cheap_hashing):
    assert post(REGISTER, {**GOOD, "email": "Alice@Example.ORG"}).json()["user"]["email"] == "alice@example.org"
    assert User.objects.get().email == "alice@example.org"


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@EXAMPLE.ORG", "Alice@example.org"])
def test_an_address_can_be_taken_once_whatever_its_case(cheap_hashing, email):
    post(REGISTER, GOOD)
    reply = assert_error_shape(post(REGISTER, {**GOOD, "email": email}), 400, "invalid")
    assert list(reply["errors"]) == ["email"]
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "password",
    ["", "short1!", "password", "password123", "1234567890", "84629173650", "alice@example.org"],
    ids=["empty", "short", "common", "common too", "digits", "more digits", "the address"],
)
def test_a_weak_password_is_refused_with_a_reason(password):
    reply = assert_error_shape(post(REGISTER, {**GOOD, "password": password}), 400, "invalid")
    assert list(reply["errors"]) == ["password"]
    assert User.objects.count() == 0


def test_a_refused_password_is_not_told_back():
    response = post(REGISTER, {**GOOD, "password": "123456789"})
    assert response.status_code == 400
    assert "123456789" not in response.content.decode()


def test_a_password_is_hashed_with_argon2id():
    post(REGISTER, GOOD)
    assert User.objects.get().password.startswith("argon2$argon2id$")


def test_blanks_around_a_password_belong_to_it(cheap_hashing):
    post(REGISTER, {**GOOD, "password": "  correct horse  "})
    assert User.objects.get().check_password("  correct horse  ")


@pytest.mark.parametrize("field", ["email", "password"])
@pytest.mark.parametrize("value", [None, "", 5, True, [], {}, ["x"]], ids=repr)
def test_a_required_field_must_be_a_text(field, value):
    reply = assert_error_shape(post(REGISTER, {**GOOD, field: value}), 400, "invalid")
    assert list(reply["errors"]) == [field]


@pytest.mark.parametrize(
    "email",
    [
        "alice",
        "alice@",
        "@example.org",
        "alice@example",
        "a b@example.org",
        "x" * 250 + "@a.org",
    ],
)
def test_what_is_no_address_is_refused_in_one_sentence(email, cheap_hashing):
    response = post(REGISTER, {**GOOD, "email": email})
    ((field, texts),) = assert_error_shape(response, 400, "invalid")["errors"].items()
    assert (field, len(texts)) == ("email", 1)


def test_blanks_around_an_address_are_trimmed(cheap_hashing):
    assert post(REGISTER, {**GOOD, "email": " alice@example.org\n"}).status_code == 201
    assert User.objects.get().email == "alice@example.org"


def test_a_closed_server_takes_no_new_accounts(settings):
    settings.REGISTRATION_OPEN = False
    assert_error_shape(post(REGISTER, GOOD), 403, "registration_closed")
    assert User.objects.count() == 0


def test_a_closed_server_still_signs_people_in(settings, cheap_hashing):
    UserFactory(email="alice@example.org", password="correct horse battery staple")
    settings.REGISTRATION_OPEN = False
    body = {"email": "alice@example.org", "password": "correct horse battery staple"}
    assert post("/api/auth/login", body).status_code == 200


@pytest.mark.parametrize(
    "extra", [{"is_staff": True}, {"is_superuser": True}, {"isStaff": True}, {"id": 1}, {"is_active": False}]
)
def test_nobody_registers_as_staff(cheap_hashing, extra):
    assert post(REGISTER, {**GOOD, **extra}).status_code == 201
    row = User.objects.get()
    assert (row.is_staff, row.is_superuser, row.is_active) == (False, False, True)


def test_a_fresh_access_token_pushes(cheap_hashing):
    token = post(REGISTER, GOOD).json()["access"]
    assert post("/api/sync/page-visits", {"visits": []}, token=token).status_code == 200
