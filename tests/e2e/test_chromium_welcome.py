"""From the installation to the first visit on the server, without a password in the extension."""

import json
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect

from .chromium import Chromium
from .machine import EXTENSION
from .server import PASSWORD, Server
from .sites import MADE_HOST, PYTHON, Sites


def installed(playwright: Playwright, profile: Path) -> Chromium:
    """A browser in which the extension has just been loaded from its folder."""
    (profile / "Default").mkdir(parents=True)
    preferences = {"extensions": {"ui": {"developer_mode": True}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    return Chromium(playwright, profile, extra=(f"--load-extension={EXTENSION}",), chooses=False)


def welcome_page(chromium: Chromium) -> Page:
    found: Page = chromium.wait(
        lambda: next((page for page in chromium.context.pages if page.url.endswith("/welcome.html")), None)
    )
    return found


def test_nothing_is_recorded_before_the_choice_and_all_is_sent_after_allow(
    playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-welcome@example.com"
    server.register(email)
    chromium = installed(playwright, tmp_path / "profile")
    welcome = welcome_page(chromium)
    expect(welcome.locator("#lead")).to_contain_text("Nothing is recorded yet.")
    assert chromium.worker.evaluate("chrome.action.getPopup({})") == ""
    page = chromium.context.new_page()
    page.goto(sites.url(MADE_HOST, "/app"))
    chromium.pause(1.5)
    assert chromium.records(welcome) == {"visits": [], "aggregates": []}

    welcome.bring_to_front()
    welcome.get_by_label("Server address").fill(server.url)
    with chromium.context.expect_page() as opened:
        welcome.get_by_role("button", name="Connect", exact=True).click()
    allow = opened.value
    allow.get_by_label("E-mail address").fill(email)
    allow.get_by_label("Password", exact=True).fill(PASSWORD)
    allow.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    number = allow.locator(".connect-number").inner_text()
    welcome.bring_to_front()
    expect(welcome.locator("#connect-number")).to_have_text(number)
    assert chromium.ask(welcome, "status")["account"] is None
    allow.bring_to_front()
    allow.get_by_role("button", name="Allow").click()
    expect(allow.get_by_role("heading", level=1)).to_contain_text("is allowed to connect")

    welcome.bring_to_front()
    expect(welcome.locator("#ready-text")).to_contain_text(email, timeout=20_000)
    assert chromium.worker.evaluate("chrome.action.getPopup({})").endswith("/popup.html")
    page.bring_to_front()
    chromium.read(page, sites.url(PYTHON, "/library/os.html"))
    welcome.bring_to_front()
    chromium.sync_all(welcome)
    domains = {row["domain"] for row in server.visits(email)}
    assert PYTHON in domains
    assert chromium.ask(welcome, "status")["connection"] is None
    chromium.close()


def test_a_person_who_denies_is_told_and_the_page_of_the_question_is_not_recorded(
    chromium: Chromium, server: Server
) -> None:
    email = "bob-denies@example.com"
    server.register(email)
    options = chromium.own_page()
    options.get_by_label("Server address").fill(server.url)
    with chromium.context.expect_page() as opened:
        options.get_by_role("button", name="Connect", exact=True).click()
    page = opened.value
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    chromium.pause(1.2)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("was not connected")
    options.bring_to_front()
    expect(options.locator("#connect-message")).to_contain_text("“Deny” was chosen", timeout=20_000)
    assert chromium.ask(options, "status")["account"] is None
    assert chromium.records(options)["visits"] == []
