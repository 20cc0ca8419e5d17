"""The page to which a form leads: a wrong `next` or Referer is left out, as is one of another host or in a circle."""

import pytest

from tests.people import UserFactory

PASSWORD = "correct horse battery staple"
SIGN_IN, SIGN_UP, ZONE = "/account/sign-in", "/account/sign-up", "/account/time-zone"
# Texts that are no page of this host. A relative one must not be taken for the name of a page.
NO_PAGES = ["x", "-1", "home", "account", "x/y", "?q=1", "#x", "http://[", "https://evil.example/", "//evil.example/",
            "/\\evil.example", "javascript:alert(1)", "\u202e", "ftp://testserver/"]  # fmt: skip
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD)


@pytest.fixture
def browser(client, alice):
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("text", NO_PAGES)
def test_what_is_no_page_of_this_host_is_left_out(browser, client, text):
    assert browser.post(ZONE, {"browser_zone": "UTC", "next": text})["Location"] == "/dashboard"
    assert browser.post(ZONE, {"browser_zone": "UTC"}, headers={"Referer": text})["Location"] == "/dashboard"
    assert browser.get(SIGN_UP, {"next": text})["Location"] == "/account"
    assert browser.get(SIGN_IN, {"next": text})["Location"] == "/dashboard"
    browser.logout()
    signed_in = browser.post(SIGN_IN, {"username": "alice@example.org", "password": PASSWORD, "next": text})
    assert signed_in["Location"] == "/dashboard"


def test_a_page_that_leads_to_itself_is_left_out(browser):
    assert browser.get(SIGN_IN, {"next": SIGN_IN})["Location"] == "/dashboard"
    assert browser.get(SIGN_UP, {"next": SIGN_UP})["Location"] == "/account"


def test_a_page_of_this_host_is_kept(browser):
    for text in ("/dashboard/history?q=caf%C3%A9", "http://testserver/dashboard/history?q=caf%C3%A9"):
        assert browser.get(SIGN_IN, {"next": text})["Location"] == text
        zone = browser.post(ZONE, {"browser_zone": "UTC", "next": text})
        assert zone["Location"] == "/dashboard/history?q=caf%C3%A9"
