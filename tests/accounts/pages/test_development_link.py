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


def test_the_page_says_why_a_link_no_longer_works_and_how_to_get_another(client, link):
    client.get(link)
    client.logout()
    page = client.get(link, follow=True).content.decode()
    assert "This link is used up or older than an hour. Stop the server and start it again for a new one" in page


def test_a_person_who_is_signed_in_may_open_it_again(client, link):
    client.get(link)
    page = client.get(link, follow=True)
    assert page.redirect_chain[-1][0] == "/dashboard/start"
    assert "used up" not in page.content.decode()


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
