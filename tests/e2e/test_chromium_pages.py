"""Popup and options as a person meets them: seen, clicked, read, and photographed."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .chromium import Chromium
from .machine import SCREENSHOTS, free_port
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites


def photograph(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png", full_page=True)


def popup(chromium: Chromium) -> Page:
    page = chromium.own_page("src/pages/popup.html")
    page.set_viewport_size({"width": 360, "height": 520})
    expect(page.locator("#state-text")).to_have_text("Recording")
    return page


def browse_a_little(chromium: Chromium, sites: Sites) -> None:
    page = chromium.context.pages[0]
    page.bring_to_front()
    for host, path, seconds in (
        (PYTHON, "/library/os.html", 3.2),
        (POSTGRES, "/sql-select.html", 2),
        (MADE_HOST, "/app", 1.3),
    ):
        page.goto(sites.url(host, path))
        chromium.pause(seconds)


def test_a_new_person_signs_up_and_sees_what_was_recorded(chromium: Chromium, server: Server, sites: Sites) -> None:
    chromium.shorten_time()
    first = popup(chromium)
    expect(first.locator("#today-visits")).to_contain_text("Nothing yet.")
    expect(first.locator("#signed-out")).to_be_visible()
    photograph(first, "popup-empty")
    first.close()
    browse_a_little(chromium, sites)
    options = chromium.own_page()
    expect(options.locator("#adopt-text")).to_contain_text("Add the 3 visits recorded while signed out")
    photograph(options, "options-signed-out")

    options.get_by_label("Create an account").check()
    options.get_by_label("Server address").fill(f"127.0.0.1:{server.port}")
    options.get_by_label("E-mail").fill("alice@example.com")
    options.get_by_label("Password").fill("1234")
    options.get_by_role("button", name="Create account").click()
    expect(options.locator("#enter-message")).to_contain_text("Password: This password is too short")
    photograph(options, "options-refused")
    options.get_by_label("Password").fill(PASSWORD)
    options.get_by_role("button", name="Create account").click()
    expect(options.locator("#account-message")).to_contain_text("made while signed out now belong to this account.")
    chromium.wait(
        lambda: (
            [row["url"] for row in server.visits("alice@example.com")]
            == [
                sites.url(PYTHON, "/library/os.html"),
                sites.url(POSTGRES, "/sql-select.html"),
                sites.url(MADE_HOST, "/app"),
            ]
        )
    )
    photograph(options, "options-signed-in")
    shown = popup(chromium)
    expect(shown.locator("#sites .site").first).to_have_text("docs.python.test")
    expect(shown.locator("#times")).to_contain_text("Last sent just now")
    photograph(shown, "popup")


def test_connecting_names_what_is_wrong_with_a_server(chromium: Chromium, sites: Sites) -> None:
    page = chromium.own_page()
    closed = free_port()
    for address, words in {
        "": "Enter the address of your server",
        "http://sync.example.org": "must begin with https://",
        "not an address": "not a web address",
        f"http://127.0.0.1:{closed}": "nothing answers at this address",
        f"http://127.0.0.1:{sites.port}": "not a sync server",
    }.items():
        page.get_by_label("Server address").fill(address)
        page.get_by_role("button", name="Connect").click()
        expect(page.locator("#server-message")).to_contain_text(words, timeout=10_000)


def test_the_reason_why_a_name_or_a_certificate_fails_is_found(chromium: Chromium) -> None:
    page = chromium.own_page()
    reason = page.evaluate(
        "import('/src/pages/server-reachability.js').then((m) => m.whyUnreachable('https://nowhere.test'))"
    )
    assert reason == "no-such-host"


def test_a_wrong_password_is_said_and_nobody_is_signed_in(chromium: Chromium, server: Server) -> None:
    server.register("bob-wrong@example.com")
    page = chromium.own_page()
    page.get_by_label("Server address").fill(server.url)
    page.get_by_label("E-mail").fill("bob-wrong@example.com")
    page.get_by_label("Password").fill("not the one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#enter-message")).to_have_text("The e-mail address or the password is not right.")
    assert chromium.ask(page, "status")["account"] is None


def test_rules_and_pause_hold_before_anything_is_stored(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    options = chromium.own_page()
    options.get_by_label("Never record these sites").fill("pg.test")
    options.get_by_label("Record only the site's name").fill("made.test")
    options.get_by_label("Leave out the part after").fill("*")
    options.get_by_role("button", name="Save rules").click()
    expect(options.locator("#rules-message")).to_contain_text("Saved. The rules hold")
    page = chromium.context.pages[0]
    page.bring_to_front()
    for host, path in (
        (POSTGRES, "/sql-select.html"),
        (MADE_HOST, "/app?secret=1"),
        (PYTHON, "/library/os.html?q=secret#x"),
    ):
        page.goto(sites.url(host, path))
        chromium.pause(2.2)
    shown = popup(chromium)
    shown.get_by_role("button", name="Pause for an hour").click()
    expect(shown.locator("#state-text")).to_contain_text("Paused until")
    photograph(shown, "popup-paused")
    page.bring_to_front()
    page.goto(sites.url(PYTHON, "/library/sys.html"))
    chromium.pause(2.2)
    shown.bring_to_front()
    shown.get_by_role("button", name="Resume recording").click()
    expect(shown.locator("#state-text")).to_have_text("Recording")
    records = chromium.records(shown)
    assert [(visit["url"], bool(visit["title"])) for visit in records["visits"]] == [
        (sites.url(MADE_HOST, "/"), False),
        (sites.url(PYTHON, "/library/os.html"), True),
    ]
    assert "secret" not in json.dumps(records)
    assert "pg.test" not in json.dumps(records)


def test_a_faulty_rule_is_named_and_not_saved(chromium: Chromium) -> None:
    page = chromium.own_page()
    page.get_by_label("Never record these sites").fill("example.com\nnot a site")
    page.get_by_role("button", name="Save rules").click()
    expect(page.locator("#rules-message")).to_contain_text("“not a site” is not a site.")
    assert chromium.ask(page, "status")["rules"]["never"] == []


def test_records_are_exported_and_erased(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    browse_a_little(chromium, sites)
    page = chromium.own_page()
    expect(page.locator("#total")).to_contain_text("3 visits and the totals of 1 tab")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    copy = json.loads(download.value.path().read_text())
    assert [
        (visit["url"], visit["sending"]["state"]) for visit in sorted(copy["visits"], key=lambda one: one["startedAt"])
    ] == [
        (sites.url(PYTHON, "/library/os.html"), "waiting"),
        (sites.url(POSTGRES, "/sql-select.html"), "waiting"),
        (sites.url(MADE_HOST, "/app"), "waiting"),
    ]
    page.get_by_role("button", name="Erase…").click()
    expect(page.locator("#erase-text")).to_contain_text("4 records are not on your server yet")
    page.get_by_role("button", name="Keep them").click()
    assert len(chromium.records(page)["visits"]) == 3
    page.get_by_role("button", name="Erase…").click()
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.locator("#yours-message")).to_have_text("Erased.")
    assert chromium.records(page) == {"visits": [], "aggregates": []}
    expect(page.locator("#total")).to_have_text("Nothing is recorded here yet.")


def test_what_the_server_refused_is_shown_with_its_reason_and_sent_again_on_demand(
    chromium: Chromium, server: Server
) -> None:
    server.register("alice-refused@example.com")
    chromium.shorten_time()
    page = chromium.own_page()
    chromium.sign_in(page, server.url, "alice-refused@example.com", PASSWORD)
    make_record(chromium, page, {"id": "pv_bad", "url": "http://[", "startedAt": 1763373600000})
    chromium.ask(page, "sync")
    expect(page.locator("#refused-rows")).to_contain_text("Enter an absolute http or https URL")
    photograph(page, "options-parked")
    shown = popup(chromium)
    shown.get_by_role("button", name="See refused records").wait_for()
    shown.close()
    page.bring_to_front()
    page.get_by_role("button", name="Try again").click()
    chromium.wait(lambda: len(server.rows("SELECT id FROM sync_syncbatch WHERE rejected = 1")) == 2)
    chromium.wait(lambda: chromium.ask(page, "status")["counts"]["parked"] == 1)
    make_record(chromium, page, {"id": "pv_bad", "url": "https://a.test/", "startedAt": 1763373600000, "revision": 2})
    chromium.ask(page, "sync")
    chromium.wait(lambda: len(server.visits("alice-refused@example.com")) == 1)


def make_record(chromium: Chromium, page: Page, changes: dict[str, Any]) -> None:
    page.evaluate(
        """async (changes) => {
          const { openStore } = await import('/src/store.js');
          const store = await openStore();
          const { key } = await store.get('account');
          const visit = {
            owner: key, tabId: 1, domain: 'a.test', nameless: false, title: 'A', endedAt: changes.startedAt + 5000,
            durationMs: 5000, activeMs: 5000, idlePeriods: [], heartbeatAt: null, closedAt: null, metadata: {},
            revision: 1, ...changes,
          };
          const pending = 'visits pending';
          await store.transact([pending], 'readwrite', (tx) => { tx.objectStore(pending).put(visit); });
          store.close();
        }""",
        changes,
    )


@pytest.mark.parametrize("path", ["src/pages/popup.html", "src/pages/options.html"])
def test_pages_are_worked_by_keyboard_and_named_for_a_screen_reader(chromium: Chromium, path: str) -> None:
    page = chromium.own_page(path)
    chromium.pause(0.5)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, textarea, select, a, progress, dialog')]
          .filter((element) => !(element.labels?.length || element.textContent.trim()
            || element.getAttribute('aria-label') || element.getAttribute('aria-labelledby')))
          .map((element) => element.outerHTML)"""
    )
    assert unnamed == []
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.name"))
    wanted = (
        {"options", "sign-in", "pause-hour", "pause"}
        if path == "src/pages/popup.html"
        else {
            "mode",
            "server",
            "connect",
            "login-email",
            "login-password",
            "enter-button",
            "never",
            "domain-only",
            "strip-query",
            "metadata",
        }
    )
    assert wanted <= reached


def test_what_counts_as_presence_is_chosen_and_kept(chromium: Chromium) -> None:
    options = chromium.own_page()
    options.wait_for_function("document.querySelector('#idle-seconds').value === '60'")
    options.get_by_label("I am away when I have used neither keyboard nor mouse for").select_option("3 minutes")
    options.get_by_label("A page with sound counts as watched").uncheck()
    options.get_by_text("Saved.", exact=True).wait_for()
    chromium.wait(lambda: chromium.ask(options, "status")["soundCounts"] is False)
    chromium.stop_worker(options)
    status = chromium.ask(options, "status")
    assert (status["idleSeconds"], status["soundCounts"]) == (180, False)


def test_escape_answers_no_question(chromium: Chromium, server: Server, sites: Sites) -> None:
    email = "bob-escape@example.com"
    server.register(email)
    page = chromium.own_page()
    chromium.sign_in(page, server.url, email, PASSWORD)
    # Without a record there is nothing to erase, and the button does nothing.
    chromium.context.pages[0].bring_to_front()
    chromium.read(chromium.context.pages[0], sites.url(MADE_HOST, "/app"))
    page.bring_to_front()
    for opener, name in (("Sign out", "Sign out?"), ("Erase…", "Erase the records in this browser?")):
        page.get_by_role("button", name=opener).click()
        dialog = page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.locator("#email")).to_have_text(email)
    # A dialog keeps the answer of its last button. Escape must not give it again.
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("#enter-server")).to_be_visible()
    chromium.sign_in(page, server.url, email, PASSWORD)
    page.get_by_role("button", name="Sign out").click()
    # The dialog opens when the extension has said what is not sent yet.
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#email")).to_have_text(email)
    assert chromium.ask(page, "status")["account"]["email"] == email
