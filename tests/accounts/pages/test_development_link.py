"""The link that opens signed in works in development alone, once, for its own person."""

import pytest

from accounts.pages.development_views import sign_in_link


@pytest.fixture
def link(alice, settings):
    settings.DEBUG, settings.AXES_ENABLED = True, False
    return sign_in_link(alice, "http://testserver")


def test_it_signs_in_once(client, link, alice):
    assert client.get(link)["Location"] == "/dashboard"
    assert int(client.session["_auth_user_id"]) == alice.pk
    client.logout()
    assert client.get(link)["Location"] == "/account/sign-in"
    assert "_auth_user_id" not in client.session


def test_it_signs_in_nobody_else(client, link, alice, bob):
    assert client.get(link.replace(f"/{alice.pk}/", f"/{bob.pk}/"))["Location"] == "/account/sign-in"
    assert "_auth_user_id" not in client.session


def test_in_production_it_is_not_there(client, link, settings):
    settings.DEBUG = False
    assert client.get(link).status_code == 404


def test_an_account_that_is_shut_out_stays_out(client, link, alice):
    alice.is_active = False
    alice.save()
    assert client.get(link)["Location"] == "/account/sign-in"
