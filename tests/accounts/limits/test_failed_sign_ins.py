"""Failed sign-ins are limited by account and client, through the API, the pages and the admin alike."""

import pytest
from django.core import mail
from django.test import Client
from rest_framework.settings import api_settings

from accounts.limits import rate_counts
from accounts.models import RateCount, User
from accounts.sessions import session_service
from tests.people import UserFactory
from tests.wire import assert_error_shape, post, refresh_token

LOGIN = "/api/auth/login"
SIGN_IN, ADMIN, CHANGE = "/account/sign-in", "/admin/login/", "/account/password"
PASSWORD = "correct horse battery staple"
HERE, ELSEWHERE, ROUTER = "192.0.2.1", "192.0.2.2", "10.0.0.1"
LIMIT = 10
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


class Clock:
    """The clock of the counts; it stands still until a test moves it."""

    now = 1_762_160_400

    def time(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(rate_counts, "time", clock)
    return clock


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD, is_staff=True)


@pytest.fixture
def bob(cheap_hashing):
    return UserFactory(email="bob@example.org", password=PASSWORD, is_staff=True)


@pytest.fixture(params=[None, 0])
def proxies(request, settings):
    settings.NUM_PROXIES = request.param


def sign_in(email="alice@example.org", password=PASSWORD, address=HERE, refresh="", **extra):
    body = {"email": email, "password": password, "refresh": refresh}
    return post(LOGIN, body, REMOTE_ADDR=address, **extra)


def sign_in_to_pages(email="alice@example.org", password=PASSWORD, address=HERE, path=SIGN_IN, client=None, **extra):
    body = {"username": email, "password": password}
    return (client or Client()).post(path, body, secure=True, REMOTE_ADDR=address, **extra)


def sign_in_to_admin(*args, **extra):
    return sign_in_to_pages(*args, path=ADMIN, **extra)


def attack(tries, attempt=sign_in, **how):
    """Try wrong passwords; return the last answer."""
    return [attempt(password=f"wrong {number}", **how) for number in range(tries)][-1]


def counted():
    return sum(RateCount.objects.exclude(key__endswith="slot").values_list("count", flat=True))


class TestTheAttack:
    """Somebody sends wrong passwords of alice without end. Alice gets in all the same."""

    def test_from_another_client_does_not_touch_her(self, alice, settings):
        settings.NUM_PROXIES = 0
        assert attack(200).status_code == 429
        assert sign_in(address=ELSEWHERE).status_code == 200
        assert sign_in_to_pages(address=ELSEWHERE).status_code == 302

    def test_behind_a_router_that_the_server_was_not_told_of_does_not_touch_her(self, alice):
        assert attack(200, address=ROUTER, HTTP_X_FORWARDED_FOR=HERE).status_code == 429
        assert sign_in(address=ROUTER, HTTP_X_FORWARDED_FOR=ELSEWHERE).status_code == 200

    def test_at_the_same_address_makes_a_new_client_wait_for_half_a_minute_at_most(self, alice, clock, proxies):
        attack(200)
        response = sign_in()
        assert_error_shape(response, 429, "throttled")
        assert int(response["Retry-After"]) <= 31
        clock.now += int(response["Retry-After"])
        assert sign_in().status_code == 200

    @pytest.mark.parametrize("path", [SIGN_IN, ADMIN])
    def test_at_the_same_address_does_not_touch_a_browser_that_has_signed_in_before(self, alice, path, proxies):
        hers = Client()
        assert sign_in_to_pages(client=hers).status_code == 302
        hers.post("/account/sign-out", secure=True)
        attack(200)
        attack(200, sign_in_to_pages)
        assert sign_in_to_pages(path=path, client=hers).status_code == 302

    def test_at_the_same_address_does_not_touch_an_extension_that_has_signed_in_before(self, alice, proxies):
        kept = str(refresh_token(alice))
        session_service.end_all(alice, session_service.Reason.PASSWORD)
        attack(200)
        assert sign_in(refresh=kept).status_code == 200

    def test_at_the_same_address_does_not_touch_the_password_of_a_signed_in_person(self, alice, proxies):
        hers = Client()
        sign_in_to_pages(client=hers)
        attack(200)
        body = {"old_password": PASSWORD, "new_password1": "staple battery", "new_password2": "staple battery"}
        assert hers.post(CHANGE, body, secure=True, REMOTE_ADDR=HERE).status_code == 302
        assert User.objects.get(pk=alice.pk).check_password("staple battery")

    def test_on_the_password_of_a_call_does_not_touch_sign_ins_nor_another_session(self, alice):
        def change(current):
            return post("/api/auth/password", {"currentPassword": current, "newPassword": "x" * 3}, user=alice)

        assert [change("wrong").status_code for _ in range(12)] == [400] * 11 + [429]
        assert sign_in().status_code == 200
        alice.session_here = None
        session_service.end_all(alice, session_service.Reason.REMOTELY)
        assert set(change(PASSWORD).json()["errors"]) == {"newPassword"}

    def test_does_not_touch_a_browser_that_followed_a_link_from_an_e_mail(self, alice, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        attack(200)
        hers = Client()
        hers.post("/account/forgotten-password", {"email": alice.email})
        link = mail.outbox[0].body.partition("http://testserver")[2].split()[0]
        hers.get(link, follow=True)
        chosen = {"new_password1": "staple battery", "new_password2": "staple battery"}
        assert hers.post("/account/reset-password", chosen).status_code == 302
        assert sign_in_to_pages(password="staple battery", client=hers).status_code == 302

    def test_does_not_touch_other_people_at_the_same_address(self, alice, bob, proxies):
        attack(200)
        assert sign_in("bob@example.org").status_code == 200
        assert sign_in_to_admin("bob@example.org").status_code == 302

    def test_from_everywhere_still_checks_the_first_try_of_a_client(self, alice, settings):
        settings.NUM_PROXIES = 0
        answers = [sign_in(password="wrong", address=f"198.51.100.{number // 10}").status_code for number in range(200)]
        assert answers.count(401) <= LIMIT * 10 + 1 + 10
        assert sign_in(address=ELSEWHERE).status_code == 200

    def test_is_bounded_in_checked_passwords_an_hour(self, alice, clock, proxies):
        checked = 0
        for _ in range(60 * 2):
            clock.now += 30
            checked += [sign_in(password="wrong").status_code for _ in range(4)].count(401)
        assert checked < 180

    def test_with_forged_forwarded_addresses_is_bounded_too(self, alice, clock):
        checked = 0
        for hour in range(2):
            clock.now += 3600
            answers = [
                sign_in(password="wrong", HTTP_X_FORWARDED_FOR=f"198.51.{hour}.{number}").status_code
                for number in range(250)
            ]
            checked += answers.count(401)
        assert checked <= 2 * (LIMIT * 10 + 1)

    def test_writes_nothing_for_a_try_that_is_refused(self, alice, proxies):
        attack(LIMIT + 1)
        before = counted()
        assert attack(50).status_code == 429
        assert counted() == before


def test_too_many_wrong_passwords_are_answered_with_a_wait(alice):
    response = attack(LIMIT + 2)
    assert_error_shape(response, 429, "throttled")
    assert int(response["Retry-After"]) >= 1


def test_an_unknown_address_is_answered_as_a_known_one_is(alice):
    known = [sign_in(password="wrong").status_code for _ in range(14)]
    unknown = [sign_in("nobody@example.org").status_code for _ in range(14)]
    assert known == unknown == [401] * 11 + [429] * 3


def test_failures_are_of_the_account_in_any_case_of_its_address(alice):
    for number in range(LIMIT + 1):
        sign_in(["alice@example.org", "ALICE@example.org", "Alice@Example.Org"][number % 3], password="wrong")
    assert sign_in("ALICE@EXAMPLE.ORG").status_code == 429


def test_failures_of_api_pages_and_admin_are_counted_together(alice):
    for attempt in (sign_in, sign_in_to_pages, sign_in_to_admin):
        attack(4, attempt)
    for attempt in (sign_in, sign_in_to_pages, sign_in_to_admin):
        assert attempt().status_code == 429


def test_a_page_says_how_long_to_wait_and_how_not_to(alice):
    answer = attack(LIMIT + 2, sign_in_to_pages)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "31"
    assert "Wait 31 seconds and try again. A browser in which you have signed in before" in answer.content.decode()


@pytest.mark.parametrize("attempt", [sign_in, sign_in_to_admin])
def test_what_a_client_puts_before_the_word_of_a_proxy_dodges_nothing(alice, settings, attempt):
    settings.NUM_PROXIES = 1
    for number in range(LIMIT + 1):
        attempt(password="wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, {HERE}")
    assert attempt(HTTP_X_FORWARDED_FOR=f"203.0.113.9, {HERE}").status_code == 429


def test_behind_a_known_proxy_people_are_told_apart(alice, settings):
    settings.NUM_PROXIES = 1
    attack(LIMIT + 2, HTTP_X_FORWARDED_FOR=HERE)
    assert sign_in(HTTP_X_FORWARDED_FOR=ELSEWHERE).status_code == 200


def test_one_ipv6_client_has_all_addresses_of_its_network(alice, settings):
    settings.NUM_PROXIES = 0
    answers = [sign_in(password="wrong", address=f"2001:db8::{number:x}").status_code for number in range(14)]
    assert answers == [401] * 11 + [429] * 3
    assert sign_in(address="2001:db8:0:1::1").status_code == 200


@pytest.mark.parametrize(
    "header", ["HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CLIENT_IP", "HTTP_X_CLIENT_IP", "HTTP_CF_CONNECTING_IP"]
)
def test_no_other_header_names_an_address(alice, header):
    for number in range(LIMIT + 1):
        sign_in(password="wrong", **{header: f"198.51.100.{number}"})
    assert sign_in(**{header: "203.0.113.9"}).status_code == 429


def test_a_success_forgets_the_failures_before_it(alice):
    for _ in range(3):
        for _ in range(8):
            assert sign_in(password="wrong").status_code == 401
        assert sign_in().status_code == 200


def test_a_known_client_that_guesses_waits_as_well(alice):
    hers = Client()
    sign_in_to_pages(client=hers)
    hers.post("/account/sign-out", secure=True)
    assert attack(LIMIT + 2, sign_in_to_pages, client=hers).status_code == 429


def test_a_cookie_or_a_token_of_somebody_else_makes_nobody_known(alice, bob):
    bobs = Client()
    sign_in_to_pages("bob@example.org", client=bobs)
    bobs.post("/account/sign-out", secure=True)
    attack(LIMIT + 1)
    assert sign_in_to_pages(client=bobs).status_code == 429
    assert sign_in(refresh=str(refresh_token(bob))).status_code == 429
    assert sign_in(refresh="forged").status_code == 429
    bobs.cookies["syncserver_known"] = "forged"
    assert sign_in_to_pages(client=bobs).status_code == 429


def test_a_browser_that_several_people_use_is_known_for_each(alice, bob):
    shared = Client()
    for email in ("alice@example.org", "bob@example.org"):
        sign_in_to_pages(email, client=shared)
        shared.post("/account/sign-out", secure=True)
    attack(LIMIT + 1)
    assert sign_in_to_pages(client=shared).status_code == 302


class TestTheRateOfAClient:
    @pytest.fixture(autouse=True)
    def rate(self, settings):
        settings.REST_FRAMEWORK = {
            **settings.REST_FRAMEWORK,
            "DEFAULT_THROTTLE_RATES": {**api_settings.DEFAULT_THROTTLE_RATES, "auth": "2/day"},
        }

    def guess(self, number, **extra):
        return sign_in(f"person{number}@example.org", **extra)

    def test_is_of_failures_on_any_account(self):
        assert [self.guess(number).status_code for number in range(2)] == [401, 401]
        assert_error_shape(self.guess(3), 429, "throttled")
        assert self.guess(0, address=ELSEWHERE).status_code == 401

    def test_counts_no_success_of_others_and_those_of_a_person_under_their_own_name(self, alice, bob):
        assert [sign_in().status_code for _ in range(3)] == [200, 200, 429]
        assert [sign_in_to_pages("bob@example.org").status_code for _ in range(3)] == [302, 302, 429]
        assert [self.guess(number).status_code for number in range(3)] == [401, 401, 429]

    def test_does_not_bind_a_client_that_has_signed_in_before(self, alice):
        kept = str(refresh_token(alice))
        for number in range(4):
            self.guess(number)
        assert sign_in().status_code == 429
        assert sign_in(refresh=kept).status_code == 200

    def test_is_of_the_client_that_a_router_names_and_ten_times_that_for_all_behind_it(self):
        def behind(forwarded, number):
            return self.guess(number, address=ROUTER, HTTP_X_FORWARDED_FOR=forwarded).status_code

        assert [behind(HERE, number) for number in range(3)] == [401, 401, 429]
        assert behind(ELSEWHERE, 3) == 401
        # 3 of the 20 of the router were taken above. The third try of HERE was refused, and so is not counted.
        assert [behind(f"198.51.100.{number}", number) for number in range(25)].count(401) == 17
        # A name that a refused client made up leaves no row.
        assert RateCount.objects.filter(key__contains=f" by {ROUTER}", key__startswith="auth").count() == 2 + 17
