"""The address bar in the real background of the extension. A driver cannot type there, so the test raises the events."""

import pytest
from playwright.sync_api import expect

from .chromium import Chromium
from .server import PASSWORD, Server
from .sites import PYTHON, Sites

NOVEMBER = 1_762_160_400_000
TYPE = "(text) => new Promise((suggest) => chrome.omnibox.onInputChanged.dispatch(text, suggest))"
ENTER = "([text, where]) => chrome.omnibox.onInputEntered.dispatch(text, where)"


@pytest.fixture
def signed_in(chromium: Chromium, server: Server, sites: Sites) -> Chromium:
    """A browser of a person who has a page on the server from another browser."""
    email = "alice-address-bar@example.com"
    token = server.register(email)["access"]
    url = sites.url(PYTHON, "/library/os.html")
    page = {"id": "pv_1", "url": url, "title": "Rosengärten & Beete", "startedAt": NOVEMBER}
    server.call("/api/sync/page-visits", {"visits": [page], "anonymousClientId": "other"}, token)
    chromium.sign_in(chromium.own_page(), server.url, email, PASSWORD)
    return chromium


def test_the_address_bar_suggests_pages_of_the_server_and_opens_one(
    signed_in: Chromium, server: Server, sites: Sites
) -> None:
    url = sites.url(PYTHON, "/library/os.html")
    place = url.removeprefix("http://")
    suggestions = signed_in.worker.evaluate(TYPE, "rosengarten")
    assert suggestions == [{"content": url, "description": f"Rosengärten &amp; Beete – <url>{place}</url>"}]
    with signed_in.context.expect_page() as opened:
        signed_in.worker.evaluate(ENTER, [url, "newForegroundTab"])
    expect(opened.value).to_have_url(url)
    with signed_in.context.expect_page() as opened:
        signed_in.worker.evaluate(ENTER, ["rosen beete", "newForegroundTab"])
    # Nobody is signed in to the pages, which lead on to the search after that.
    expect(opened.value).to_have_url(f"{server.url}/account/sign-in?next=/dashboard/history%3Fq%3Drosen%2Bbeete")
