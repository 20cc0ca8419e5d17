"""The account's pages in Chromium, as a person walks through them: e-mailed links included, and without scripts."""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from .machine import require_program
from .server import PASSWORD, Server

ALICE = "alice@example.org"
NEXT_PASSWORD = "staple battery horse right"


class Mailbox:
    """The e-mails that the server has printed to its log."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.read = 0

    def link(self) -> str:
        """Return the link of the next letter."""
        for _ in range(100):
            found = re.compile(r"^http://\S+\?link=\S+$", re.M).search(self.log.read_text(), self.read)
            if found:
                self.read = found.end()
                return found[0]
            time.sleep(0.1)
        raise TimeoutError("no letter came")


@pytest.fixture
def mailbox(server: Server) -> Mailbox:
    return Mailbox(Path(server.log.name))


@contextmanager
def opened(playwright: Playwright, width: int, *, scripts: bool) -> Iterator[Page]:
    path = require_program("chromium", "chromium")
    switches = ["--disable-quic", "--no-first-run", "--host-resolver-rules=MAP * 127.0.0.1"]
    with closing(playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=switches)) as browser:
        window = {"width": width, "height": 800}
        page = browser.new_context(viewport=window, java_script_enabled=scripts).new_page()
        page.set_default_timeout(10_000)
        yield page


@pytest.fixture(params=[390, 1280], ids=["phone", "wide"])
def page(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Page]:
    with opened(playwright, request.param, scripts=False) as page:
        yield page


@pytest.fixture(params=[390, 1280], ids=["phone", "wide"])
def scripted(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Page]:
    with opened(playwright, request.param, scripts=True) as page:
        yield page


def headed(page: Page, heading: str) -> None:
    """Check where the person is, and that the page is no wider than the window."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    # The heading may come before the style sheets. Without them pictures and fields have other widths.
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), heading


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name).first.click()


def fill(page: Page, **fields: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " ").replace("Email", "E-mail"), exact=True).fill(text)


def test_a_person_signs_up_loses_the_password_sees_what_happened_and_leaves(
    page: Page, server: Server, mailbox: Mailbox
) -> None:
    mailbox.read = mailbox.log.stat().st_size
    page.goto(server.url)
    follow(page, "Sign up")
    fill(page, Email_address="alice", Password="123")
    press(page, "Sign up")
    expect(page.get_by_label("E-mail address", exact=True)).to_be_focused()
    expect(page.get_by_text("This password is too short.")).to_be_visible()
    headed(page, "Sign up")
    fill(page, Email_address=ALICE, Password=PASSWORD)
    press(page, "Sign up")
    headed(page, "Three steps to your first day")
    page.goto(f"{server.url}/account")
    headed(page, "Your account")
    expect(page.get_by_text("not confirmed")).to_be_visible()

    link = mailbox.link()
    page.goto(link)
    headed(page, "Confirm your e-mail address")
    press(page, "Yes, confirm it")
    headed(page, "Confirmed")
    page.goto(link)
    expect(page.get_by_text("This link does not work")).to_be_visible()

    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    follow(page, "Sign in")
    fill(page, Email_address=ALICE, Password="wrong")
    press(page, "Sign in")
    expect(page.get_by_text("The e-mail address or the password is wrong.")).to_be_visible()
    follow(page, "Forgot your password?")
    fill(page, Email_address=ALICE)
    press(page, "Send the link")
    headed(page, "Look into your mailbox")
    page.goto(mailbox.link())
    assert "link=" not in page.url
    headed(page, "Set a new password")
    fill(page, New_password=NEXT_PASSWORD)
    page.get_by_label("New password, once more").fill(NEXT_PASSWORD)
    press(page, "Set the password")
    headed(page, "The password is set")

    page.goto(f"{server.url}/dashboard/browsers")
    fill(page, Email_address=ALICE, Password=NEXT_PASSWORD)
    page.keyboard.press("Enter")
    headed(page, "Browsers")
    expect(page.get_by_text("this sign-in")).to_have_count(1)
    page.get_by_label("Name of ").fill("Kitchen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kitchen")).to_be_visible()
    follow(page, "Back to the account")
    follow(page, "What happened to the account")
    for what in ("Account made", "E-mail address confirmed", "Failed sign-in", "Signed in"):
        expect(page.get_by_text(what).first).to_be_visible()
    headed(page, "What happened to the account")

    follow(page, "Back to the account")
    follow(page, "Close the account")
    fill(page, Your_password=PASSWORD)
    press(page, "Erase all of it and close the account")
    expect(page.get_by_text("The password is wrong.")).to_be_visible()
    fill(page, Your_password=NEXT_PASSWORD)
    press(page, "Erase all of it and close the account")
    headed(page, "The account is closed")
    assert server.rows(f"SELECT id FROM accounts_user WHERE email = '{ALICE}'") == []


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test/", "/\\evil.test/"])
def test_signing_in_leads_to_no_foreign_host(page: Page, server: Server, wanted: str) -> None:
    if not server.rows("SELECT id FROM accounts_user WHERE email = 'bob@example.org'"):
        server.register("bob@example.org")
    page.goto(f"{server.url}/account/sign-in?next={wanted}")
    fill(page, Email_address="bob@example.org", Password=PASSWORD)
    press(page, "Sign in")
    headed(page, "Three steps to your first day")
    assert page.url == f"{server.url}/dashboard/start"


def token_works(server: Server, token: str) -> bool:
    request = urllib.request.Request(f"{server.url}/api/insights/summary", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return bool(reply.status == 200)
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        return False


def sign_in_for_tokens(page: Page, server: Server, name: str) -> None:
    assert page.viewport_size
    email = f"{name}{page.viewport_size['width']}@example.org"
    server.register(email)
    page.goto(f"{server.url}/account/tokens")
    fill(page, Email_address=email, Password=PASSWORD)
    page.keyboard.press("Enter")
    headed(page, "Personal tokens")
    expect(page.get_by_text("You have no tokens.")).to_be_visible()


def test_without_scripts_a_token_is_text_in_a_field(page: Page, server: Server) -> None:
    sign_in_for_tokens(page, server, "dave")
    fill(page, Name="Weekly report", Your_password=PASSWORD)
    page.get_by_label("Read:").check()
    press(page, "Make the token")
    headed(page, "“Weekly report” is made")
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    field = page.get_by_label("The token", exact=True)
    assert field.evaluate("field => field.scrollWidth <= field.clientWidth")
    assert token_works(server, field.input_value())


def test_a_token_is_made_with_the_keyboard_copied_used_and_revoked(scripted: Page, server: Server) -> None:
    page = scripted
    sign_in_for_tokens(page, server, "carol")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Weekly report")
    for key in ("Tab", "Space", "Tab", "Tab", "Tab", "ArrowDown", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The password is wrong.")).to_be_visible()
    expect(page.get_by_label("Your password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    headed(page, "“Weekly report” is made")
    expect(page.get_by_label("The token", exact=True)).to_be_focused()
    token = page.get_by_label("The token", exact=True).input_value()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == token
    assert token_works(server, token)

    page.reload()
    expect(page.get_by_text("This token was made already, and a token is shown only once.")).to_be_visible()
    expect(page.get_by_text("may read")).to_be_visible()
    assert token not in page.content()
    follow(page, "Revoke Weekly report")
    fill(page, Your_password=PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Weekly report” is revoked.")).to_be_visible()
    assert not token_works(server, token)
