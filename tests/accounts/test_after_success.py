"""What a success through the API does, and addresses that grow."""

import pytest

from tests.people import UserFactory
from tests.wire import assert_error_shape, post

PASSWORD = "correct horse battery staple"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


def sign_in(password):
    return post("/api/auth/login", {"email": "alice@example.org", "password": password}).status_code


def test_a_success_forgets_the_failures_before_it(cheap_hashing):
    alice = UserFactory(email="alice@example.org", password=PASSWORD)
    assert [sign_in("wrong") for _ in range(9)] == [401] * 9
    assert [sign_in(PASSWORD), sign_in("wrong"), sign_in(PASSWORD)] == [200, 401, 200]
    alice.refresh_from_db()
    assert alice.last_login is not None


def test_an_address_that_grows_past_the_column_when_made_small_is_refused():
    address = "a@" + ".".join(["İ" * 35] * 4) + ".com"
    assert_error_shape(post("/api/auth/register", {"email": address, "password": PASSWORD}), 400, "invalid")


def test_a_name_of_null_is_no_name():
    answer = post("/api/auth/register", {"email": "alice@example.org", "password": PASSWORD, "name": None})
    assert answer.status_code == 201
    assert answer.json()["user"]["name"] == ""
