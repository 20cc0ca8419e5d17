"""A person sees their own midnight without a setting: the browser tells its time zone, and another one is offered once."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from .machine import require_program
from .server import PASSWORD, Server

ZONES = {
    "America/Los_Angeles": "losangeles@example.com",
    "Asia/Kathmandu": "kathmandu@example.com",
    "Pacific/Chatham": "chatham@example.com",
}


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = require_program("chromium", "chromium")
    switches = ["--disable-quic", "--no-first-run", "--host-resolver-rules=MAP * 127.0.0.1"]
    with closing(playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=switches)) as browser:
        yield browser


def page_in(browser: Browser, zone: str) -> Page:
    return browser.new_context(timezone_id=zone).new_page()


def enter(page: Page, email: str, button: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
    expect(page).to_have_url(re.compile("/dashboard"))


def test_sign_up_takes_the_zone_of_the_browser_and_another_zone_is_offered_once(
    browser: Browser, server: Server
) -> None:
    for zone, email in ZONES.items():
        page = page_in(browser, zone)
        page.goto(f"{server.url}/account/sign-up")
        enter(page, email, "Sign up")
        (stored,) = server.rows(f"SELECT time_zone FROM accounts_user WHERE email = '{email}'")
        # Browsers may tell the older of two names of a zone.
        assert stored["time_zone"] in {zone, zone.replace("Kathmandu", "Katmandu")}
        expect(page.locator("#zone-offer")).to_be_hidden()

    travelling = page_in(browser, "Pacific/Chatham")
    travelling.goto(f"{server.url}/account/sign-in")
    enter(travelling, ZONES["America/Los_Angeles"], "Sign in")
    expect(travelling.locator("#zone-offer")).to_contain_text("The clock of your browser is that of Pacific/Chatham.")
    travelling.get_by_role("button", name="Keep America/Los Angeles").click()
    expect(travelling.locator("#zone-offer")).to_be_hidden()
    for path in ("/dashboard/start", "/account", "/dashboard/browsers"):
        travelling.goto(server.url + path)
        expect(travelling.locator("#zone-offer")).to_be_hidden()

    moved = page_in(browser, "Europe/Berlin")
    moved.goto(f"{server.url}/account/sign-in")
    enter(moved, ZONES["America/Los_Angeles"], "Sign in")
    moved.get_by_role("button", name="Switch to my browser's time zone").click()
    expect(moved.locator("#zone-offer")).to_be_hidden()
    moved.goto(f"{server.url}/account")
    expect(moved.get_by_text("Europe/Berlin", exact=True)).to_be_visible()
    expect(moved.locator("#zone-offer")).to_be_hidden()
