"""Servers and accounts in Chromium: addresses as people paste them, one server under two names, two people in turn."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from .chromium import Chromium, seed
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, Sites

LATER = {"syncSoonSeconds": 600, "syncEverySeconds": 600}


def read_page(chromium: Chromium, url: str, seconds: float = 1.5) -> None:
    page = chromium.context.pages[0]
    page.bring_to_front()
    page.goto(url)
    chromium.pause(seconds)


def fill_in(page: Page, address: str, email: str) -> None:
    page.get_by_label("Server address").fill(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)


def press_sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.locator("#leave-yes").click()
    expect(page.locator("#account-message")).to_have_text("Signed out. Recording goes on in this browser.")


def test_the_same_server_under_another_name_is_asked_about_once(
    playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-two-names@example.com"
    server.register(email)
    profile = tmp_path / "profile"
    seed(profile, hosts=("http://nas.local/*",))
    chromium = Chromium(playwright, profile)
    chromium.shorten_time(**LATER)
    page = chromium.own_page()
    chromium.sign_in(page, server.url, email, PASSWORD)
    key = chromium.ask(page, "status")["owner"]
    read_page(chromium, sites.url(MADE_HOST, "/app"))
    page.bring_to_front()
    chromium.pause(0.3)
    sign_out(page)

    # A page of the same server, as it is copied from the address bar.
    dialog = page.get_by_role("dialog", name="Is this the same server?")
    fill_in(page, f"localhost:{server.port}/dashboard/week/2025-11-17?x=1", email)
    press_sign_in(page)
    expect(page.locator("#same-text")).to_contain_text(
        f"http://localhost:{server.port} says that it is the server that you used as {server.url}."
    )
    dialog.get_by_role("button", name="It is the same").click()
    expect(page.locator("#account-message")).to_have_text("Signed in.")
    assert chromium.ask(page, "status")["owner"] == key
    expect(page.locator("#at-server")).to_have_text(f"http://localhost:{server.port}")
    chromium.sync_all(page)
    assert [row["domain"] for row in server.visits(email)] == [MADE_HOST]

    # The answer is known the next time.
    sign_out(page)
    fill_in(page, f"localhost:{server.port}", email)
    press_sign_in(page)
    expect(page.locator("#account-message")).to_have_text("Signed in.")
    expect(dialog).to_be_hidden()
    assert chromium.ask(page, "status")["owner"] == key

    # A server in the house is taken after a warning. The person says that it is another one, so nothing goes there.
    read_page(chromium, sites.url(POSTGRES, "/sql-select.html"))
    page.bring_to_front()
    chromium.pause(0.3)
    sign_out(page)
    fill_in(page, f"nas.local:{server.port}", email)
    press_sign_in(page)
    expect(page.locator("#server-message")).to_contain_text(
        "is in your own network and does not use https. Everybody in this network can read your records and your "
        "password on the way."
    )
    assert chromium.ask(page, "status")["account"] is None
    press_sign_in(page)
    dialog.get_by_role("button", name="It is another").click()
    expect(page.locator("#account-message")).to_have_text("Signed in.")
    assert chromium.ask(page, "status")["owner"] != key
    chromium.sync_all(page)
    assert [row["domain"] for row in server.visits(email)] == [MADE_HOST]
    chromium.close()


@pytest.mark.parametrize(
    "address", ["http://192.168.1.5", "http://10.0.0.1:8000", "http://[fd00::1]", "http://a.local"]
)
def test_an_address_in_the_house_is_warned_about_in_plain_words(chromium: Chromium, address: str) -> None:
    page = chromium.own_page()
    page.get_by_label("Server address").fill(address)
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("#server-message")).to_contain_text("is in your own network and does not use https.")
    page.get_by_label("Server address").fill("http://8.8.8.8")
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("#server-message")).to_contain_text("must begin with https://")


def test_last_sent_is_the_time_when_something_was_stored(chromium: Chromium, server: Server, sites: Sites) -> None:
    email = "bob-last-sent@example.com"
    server.register(email)
    chromium.shorten_time(**LATER)
    page = chromium.own_page()
    chromium.sign_in(page, server.url, email, PASSWORD)
    popup = chromium.own_page("src/pages/popup.html")

    def runs() -> int:
        schedule = chromium.ask(popup, "status")["schedule"]
        return int(schedule["lastAttemptAt"] or 0)

    before = runs()
    popup.get_by_role("button", name="Sync now").click()
    chromium.wait(lambda: runs() > before)
    expect(popup.locator("#times")).to_contain_text("Not sent yet")
    read_page(chromium, sites.url(MADE_HOST, "/app"))
    popup.bring_to_front()
    chromium.sync_all(popup)
    expect(popup.locator("#times")).to_contain_text("Last sent just now")
    page.bring_to_front()
    expect(page.locator("#last")).to_have_text("just now")


def exported(page: Page) -> list[str]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    return [visit["domain"] for visit in json.loads(download.value.path().read_text())["visits"]]


def test_export_and_erasing_concern_the_account_that_is_signed_in_and_say_so(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    alice, bob = "alice-erase@example.com", "bob-erase@example.com"
    server.register(alice)
    server.register(bob)
    chromium.shorten_time(**LATER)
    page = chromium.own_page()
    read_page(chromium, sites.url(MADE_HOST, "/behind"))
    page.bring_to_front()
    expect(page.locator("#total")).to_contain_text("1 visit and the totals of 1 tab made while signed out.")
    page.get_by_label("Add the 1 visit recorded while signed out").uncheck()
    chromium.pause(0.3)
    for email, host, path in ((alice, MADE_HOST, "/app"), (bob, POSTGRES, "/sql-select.html")):
        fill_in(page, server.url, email)
        if page.locator("#adopt-field").is_visible():
            page.locator("#adopt").uncheck()
        press_sign_in(page)
        expect(page.locator("#email")).to_have_text(email)
        read_page(chromium, sites.url(host, path))
        page.bring_to_front()
        expect(page.locator("#total")).to_contain_text(f"1 visit and the totals of 1 tab of {email}.")
        expect(page.locator("#total")).to_contain_text("Records of other accounts are neither exported nor erased.")
        assert exported(page) == [host]
        if email == alice:
            sign_out(page)
    page.get_by_role("button", name="Erase…").click()
    expect(page.locator("#erase-text")).to_have_text(
        f"The records of {bob} are deleted. 2 records are not on your server yet and would be lost for good."
    )
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.locator("#yours-message")).to_have_text("Erased.")
    left: dict[str, Any] = chromium.records(page)
    assert sorted(visit["domain"] for visit in left["visits"]) == [MADE_HOST, MADE_HOST]
    assert len(left["aggregates"]) == 2
    sign_out(page)
    fill_in(page, server.url, alice)
    page.locator("#adopt").uncheck()
    press_sign_in(page)
    expect(page.locator("#email")).to_have_text(alice)
    chromium.sync_all(page)
    assert [row["url"] for row in server.visits(alice)] == [sites.url(MADE_HOST, "/app")]
    assert server.visits(bob) == []


PLACE = """async (visits) => {
  const { openStore } = await import('/src/store.js');
  const store = await openStore();
  const { key } = await store.get('account');
  const midnight = new Date(new Date().getFullYear(), new Date().getMonth(), new Date().getDate()).getTime();
  const placed = visits.map(([domain, from, durationMs, activeMs], n) => ({
    id: `pv_${n}`, owner: key, tabId: 1, url: `https://${domain}/${n}`, domain, nameless: false, title: domain,
    startedAt: midnight + from, endedAt: midnight + from + durationMs, durationMs, activeMs, idlePeriods: [],
    heartbeatAt: midnight + from + durationMs, closedAt: null, metadata: {}, revision: 1,
  }));
  const { state } = await store.loadCapture();
  await store.commitCapture({ state, putTabs: [], dropTabs: [], visits: placed, aggregates: [] });
  store.close();
}"""
MINUTE = 60_000
# Site, ms from the midnight that began today, duration and active time in ms.
AROUND_MIDNIGHT = [
    # Active from its start: ten minutes before midnight, and three with some ms after it.
    ("across.test", -10 * MINUTE - 1, 20 * MINUTE + 3, 13 * MINUTE + 12_345),
    ("a-minute-less.test", 15 * MINUTE, 2 * MINUTE, 59_999),
    ("a-minute.test", 20 * MINUTE, 2 * MINUTE, MINUTE),
    ("under-a-second.test", 25 * MINUTE, 5000, 999),
    ("yesterday.test", -70 * MINUTE, 30 * MINUTE, 30 * MINUTE),
    ("an-hour.test", 30 * MINUTE, 65 * MINUTE, 65 * MINUTE),
]


def figures_of_popup(page: Page) -> tuple[str, list[str], list[str]]:
    """The active time of the day, the sites and their times."""
    return (
        page.locator("#today").inner_text(),
        page.locator("#sites .site").all_inner_texts(),
        page.locator("#sites .time").all_inner_texts(),
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns"])
def test_the_figures_of_the_popup_are_those_of_the_dashboard(
    playwright: Playwright,
    tmp_path: Path,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
) -> None:
    monkeypatch.setenv("TZ", zone)
    email = f"alice-{zone.split('/')[1].lower()}@example.com"
    chromium = Chromium(playwright, tmp_path / "profile")
    chromium.shorten_time(**LATER)
    page = chromium.own_page()
    page.get_by_label("Create an account").check()
    fill_in(page, server.url, email)
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#email")).to_have_text(email)
    page.evaluate(PLACE, AROUND_MIDNIGHT)
    # The run of the sign-up may still go on. It has read what waits, and a run that is asked for meanwhile joins it.
    chromium.wait(
        lambda: chromium.ask(page, "sync") is not None and len(server.visits(email)) == len(AROUND_MIDNIGHT), every=1
    )
    page.goto(f"{chromium.origin}src/pages/popup.html")
    expect(page.locator("#today-visits")).to_have_text("4 visits")
    alone = figures_of_popup(page)
    assert alone[1:] == (
        ["an-hour.test", "across.test", "a-minute.test", "a-minute-less.test", "under-a-second.test"],
        ["1 h 05 min", "3 min", "1 min", "59 s", "under 1 s"],
    )
    expect(page.locator("#today-source")).to_have_text("All your browsers, as on the dashboard.")
    # Another browser of the same person reads for two hours of this day.
    midnight = page.evaluate(
        "new Date(new Date().getFullYear(), new Date().getMonth(), new Date().getDate()).getTime()"
    )
    visit = {
        "id": "pv_1",
        "url": "https://elsewhere.test/",
        "startedAt": midnight + MINUTE,
        "endedAt": midnight + 121 * MINUTE,
    }
    visit |= {"duration": 120 * MINUTE, "activeDuration": 120 * MINUTE}
    token = page.evaluate(
        "import('/src/store.js').then((m) => m.openStore()).then((s) => s.get('account')).then(({ access }) => access)"
    )
    pushed = server.call("/api/sync/page-visits", {"anonymousClientId": "another browser", "visits": [visit]}, token)
    assert pushed["results"] == ["created"]
    page.reload()
    expect(page.locator("#today-visits")).to_have_text("5 visits")
    both = figures_of_popup(page)
    assert both[1][0] == "elsewhere.test"
    hours = page.locator("#hours .hour").evaluate_all("(cells) => cells.map((cell) => cell.title)")
    assert [hours[1], hours[5]] == ["01:00: 1 h 35 min active", "05:00: no active time"]

    page.goto(f"{server.url}/account/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard**")
    today = page.evaluate("new Intl.DateTimeFormat('en-CA').format(new Date())")
    page.goto(f"{server.url}/dashboard/day/{today}")
    numbers = page.get_by_role("region", name="In numbers").locator(".value").all_inner_texts()
    shares = page.locator("table.shares").first
    sites_shown = shares.locator(".site-name").all_inner_texts()
    times = shares.locator("td.number:not(.quiet)").all_inner_texts()
    assert (numbers[0], numbers[3]) == (both[0], "5")
    assert (sites_shown[:5], times[:5]) == both[1:]
    chromium.close()
