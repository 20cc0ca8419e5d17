"""Failed sign-ins are limited for each account and address together, through the API and the admin alike."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from rest_framework.settings import api_settings

from accounts.limits import throttling
from tests.people import UserFactory
from tests.wire import assert_error_shape, post

LOGIN = "/api/auth/login"
ADMIN = "/admin/login/"
PASSWORD = "correct horse battery staple"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
# A person who mistypes is not shut out at once; a program that guesses is, before this many tries.
PATIENCE = 20
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD, is_staff=True)


@pytest.fixture
def bob(cheap_hashing):
    return UserFactory(email="bob@example.org", password=PASSWORD, is_staff=True)


def sign_in(email="alice@example.org", password=PASSWORD, address=HERE, **extra):
    return post(LOGIN, {"email": email, "password": password}, REMOTE_ADDR=address, **extra)


def sign_in_to_admin(email="alice@example.org", password=PASSWORD, address=HERE, **extra):
    body = {"username": email, "password": password}
    return Client().post(ADMIN, body, secure=True, REMOTE_ADDR=address, **extra)


def lock(sign_in=sign_in, **how):
    """Fail to sign in until told to wait; return the last answer."""
    for number in range(PATIENCE):
        response = sign_in(password=f"wrong {number}", **how)
        if response.status_code == 429:
            assert number >= 3
            return response
    pytest.fail(f"{PATIENCE} wrong passwords in a row went unanswered")


def test_too_many_wrong_passwords_are_answered_with_a_wait(alice):
    response = lock()
    assert_error_shape(response, 429, "throttled")
    assert int(response["Retry-After"]) >= 1


def test_a_lock_holds_against_the_right_password_too(alice):
    lock()
    assert sign_in().status_code == 429


def test_an_unknown_address_is_locked_as_a_known_one_is(alice):
    known = lock()
    unknown = lock(email="nobody@example.org")
    assert (unknown.status_code, unknown.json()) == (known.status_code, known.json())


def test_a_lock_is_on_the_account_whatever_the_case_of_its_address(alice):
    for number in range(PATIENCE):
        sign_in(["alice@example.org", "ALICE@example.org", "Alice@Example.Org"][number % 3], password="wrong")
    assert sign_in().status_code == 429
    assert sign_in("ALICE@EXAMPLE.ORG").status_code == 429


def test_another_person_at_the_same_address_signs_in(alice, bob):
    lock()
    assert sign_in("bob@example.org").status_code == 200


def test_the_same_person_at_another_address_signs_in(alice):
    lock()
    assert sign_in(address=ELSEWHERE).status_code == 200


def test_a_lock_made_through_the_api_holds_in_the_admin(alice):
    lock()
    assert sign_in_to_admin().status_code == 429


def test_a_lock_made_through_the_admin_holds_in_the_api(alice):
    lock(sign_in_to_admin)
    assert_error_shape(sign_in(), 429, "throttled")


def test_the_admin_takes_a_right_password_while_nothing_is_locked(alice):
    response = sign_in_to_admin()
    assert response.status_code == 302
    assert response.cookies


def test_another_person_signs_in_to_the_admin_from_the_same_address(alice, bob):
    lock(sign_in_to_admin)
    assert sign_in_to_admin("bob@example.org").status_code == 302


@pytest.mark.parametrize("proxies", [None, 0])
@pytest.mark.parametrize("attempt", [sign_in, sign_in_to_admin])
def test_a_forwarded_address_dodges_nothing_where_no_proxy_is_known(alice, settings, proxies, attempt):
    settings.NUM_PROXIES = proxies
    for number in range(PATIENCE):
        attempt(password="wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert attempt(HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 429


@pytest.mark.parametrize("attempt", [sign_in, sign_in_to_admin])
def test_what_a_client_puts_before_the_word_of_a_proxy_dodges_nothing(alice, settings, attempt):
    settings.NUM_PROXIES = 1
    for number in range(PATIENCE):
        attempt(password="wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, {HERE}")
    assert attempt(HTTP_X_FORWARDED_FOR=f"203.0.113.9, {HERE}").status_code == 429


def test_behind_a_known_proxy_people_are_told_apart(alice, settings):
    settings.NUM_PROXIES = 1
    lock(HTTP_X_FORWARDED_FOR=HERE)
    assert sign_in(HTTP_X_FORWARDED_FOR=ELSEWHERE).status_code == 200


@pytest.mark.parametrize(
    "header", ["HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CLIENT_IP", "HTTP_X_CLIENT_IP", "HTTP_CF_CONNECTING_IP"]
)
def test_no_other_header_names_an_address(alice, header):
    for number in range(PATIENCE):
        sign_in(password="wrong", **{header: f"198.51.100.{number}"})
    assert sign_in(**{header: "203.0.113.9"}).status_code == 429


def test_a_lock_ends_by_itself(alice, settings):
    settings.AXES_COOLOFF_TIME = timedelta(seconds=1)
    for _ in range(PATIENCE - 8):
        sign_in(password="wrong")
    assert sign_in().status_code == 429
    time.sleep(1.2)
    assert sign_in().status_code == 200


def test_a_success_forgets_the_failures_before_it(alice):
    for _ in range(3):
        for _ in range(3):
            assert sign_in(password="wrong").status_code == 401
        assert sign_in().status_code == 200


def test_an_account_tried_from_everywhere_is_slowed_and_never_locked_for_good(alice, monkeypatch):
    clock = SimpleNamespace(time=lambda: now)
    monkeypatch.setattr(throttling, "time", clock)
    now = 1_762_160_400
    answers = [sign_in(password="wrong", address=f"198.51.100.{number}").status_code for number in range(40)]
    assert answers == [401] * 30 + [429] * 10
    response = sign_in(address=ELSEWHERE)
    assert_error_shape(response, 429, "throttled")
    now += int(response["Retry-After"])
    assert response["Retry-After"] == "61"
    assert sign_in(address=ELSEWHERE).status_code == 200


def test_the_account_calls_have_a_rate_for_each_address(settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {**api_settings.DEFAULT_THROTTLE_RATES, "auth": "2/day"},
    }
    bodies = [{"email": f"person{number}@example.org", "password": "x"} for number in range(3)]
    answers = [post(LOGIN, body, REMOTE_ADDR=HERE) for body in bodies]
    assert [answer.status_code for answer in answers[:2]] == [401, 401]
    assert_error_shape(answers[2], 429, "throttled")
    assert post(LOGIN, bodies[0], REMOTE_ADDR=ELSEWHERE).status_code == 401
