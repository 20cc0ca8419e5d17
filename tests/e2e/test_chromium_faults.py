"""What goes wrong on the way: nothing is lost, nothing is twice, and the person is told what needs them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from .chromium import Chromium, seed
from .proxy import Proxy
from .server import PASSWORD, Server
from .sites import MADE_HOST, PYTHON, Sites
from .truth import Truth, difference, sums_differ


class Script:
    """A person who reads page after page while things go wrong."""

    def __init__(self, chromium: Chromium, sites: Sites) -> None:
        self.chromium = chromium
        self.sites = sites
        self.truth = Truth()
        self.names = iter(
            [
                "os",
                "sys",
                "re",
                "json",
                "csv",
                "heapq",
                "bisect",
                "array",
                "copy",
                "enum",
                "math",
                "time",
                "uuid",
                "zlib",
            ]
        )

    def read(self, page: Page, seconds: float = 1.3) -> None:
        url = self.sites.url(PYTHON, f"/library/{next(self.names)}.html")
        page.bring_to_front()
        page.goto(url, wait_until="commit")
        self.truth.look_at(url)
        self.chromium.pause(seconds)

    def stop_reading(self, control: Page) -> None:
        control.bring_to_front()
        self.truth.end()


def is_settled(chromium: Chromium, page: Page) -> bool:
    status = chromium.ask(page, "status")
    return bool(status["counts"]["pending"] == 0 and not status["syncing"])


def rows_match(server: Server, email: str, truth: Truth) -> None:
    visits = server.visits(email)
    faults = [*difference(truth, visits), *sums_differ(visits, server.aggregates(email))]
    assert not faults, "\n".join(faults)


def test_every_misbehaviour_of_a_server_ends_with_each_stay_once(
    chromium: Chromium, server: Server, proxy: Proxy, sites: Sites
) -> None:
    email = "alice-faults@example.com"
    server.register(email)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, proxy.url, email, PASSWORD)
    page = chromium.context.pages[0]
    script = Script(chromium, sites)

    def sigkill() -> None:
        # The rows are written, the reply is on its way, and the machine goes.
        server.kill()
        server.start()

    faults: dict[str, list[object]] = {
        "token expired": [(401, {})],
        "too large": [(503, {"Retry-After": "2"})],
        "throttled": [(429, {"Retry-After": "1"})],
        "unavailable": [(503, {"Retry-After": "1"})],
        "bad gateway": [(502, {})],
        "reply cut short": ["cut"],
        "killed during the reply": [sigkill],
    }
    for name, fault in faults.items():
        proxy.misbehave(*fault)
        # Two stays wait by the time that one goes through.
        proxy.most_records = 1 if name == "too large" else None
        script.read(page)
        script.read(page)
        script.stop_reading(control)
        # By its own schedule, without anybody asking.
        chromium.wait(lambda: not proxy.faults and is_settled(chromium, control), 30, 0.3)
    statuses = {status for path, status in proxy.seen if path == "/api/sync/page-visits"}
    assert statuses >= {200, 401, 413, 429, 503, 502}
    rows_match(server, email, script.truth)


def test_a_server_that_is_away_for_a_while_gets_everything_later(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "bob-away@example.com"
    server.register(email)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    page = chromium.context.pages[0]
    script = Script(chromium, sites)
    server.kill()
    try:
        for _ in range(3):
            script.read(page)
            chromium.stop_worker(page)
        script.stop_reading(control)
        expect(control.locator("#problem-text")).to_contain_text(
            "Your records wait here and go out later.", timeout=15_000
        )
    finally:
        server.start()
    chromium.wait(lambda: is_settled(chromium, control), 30, 0.3)
    rows_match(server, email, script.truth)
    # The browser's own offline switch, which reaches the background too.
    chromium.context.set_offline(True)
    script.truth.end()
    chromium.pause(1)
    chromium.context.set_offline(False)


def test_a_worker_killed_while_it_sends_sends_nothing_twice(
    chromium: Chromium, server: Server, proxy: Proxy, sites: Sites
) -> None:
    email = "alice-killed@example.com"
    server.register(email)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, proxy.url, email, PASSWORD)
    page = chromium.context.pages[0]
    script = Script(chromium, sites)
    chromium.wait(lambda: is_settled(chromium, control), 30, 0.3)
    for _ in range(3):
        script.read(page)
    arrived: list[bool] = []

    def never_answer() -> None:
        arrived.append(True)

    proxy.misbehave(never_answer)
    script.stop_reading(control)
    chromium.ask(control, "sync")
    chromium.wait(lambda: arrived, 20)
    chromium.stop_worker(control)
    chromium.wait(lambda: is_settled(chromium, control) or (chromium.ask(control, "sync") and False), 30, 0.5)
    rows_match(server, email, script.truth)


def test_a_sign_in_that_ended_asks_the_person_and_keeps_every_record(
    chromium: Chromium, server: Server, proxy: Proxy, sites: Sites
) -> None:
    email = "bob-ended@example.com"
    server.register(email)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, proxy.url, email, PASSWORD)
    chromium.wait(lambda: is_settled(chromium, control), 30, 0.3)
    script = Script(chromium, sites)

    def refused(path: str) -> bool:
        return path.startswith(("/api/sync/page", "/api/sync/tab", "/api/auth/refresh"))

    proxy.misbehave((401, {}), (401, {}), on=refused)
    page = chromium.context.pages[0]
    script.read(page)
    script.read(page)
    script.stop_reading(control)
    chromium.wait(lambda: chromium.ask(control, "status")["account"]["needsSignIn"], 20, 0.3)
    expect(control.locator("#sign-in-again")).to_contain_text("Your sign-in has ended.")
    assert chromium.worker.evaluate("chrome.action.getBadgeText({})") == "!"
    assert server.visits(email) == []
    control.get_by_label("Password").fill(PASSWORD)
    control.get_by_role("button", name="Sign in", exact=True).click()
    chromium.wait(lambda: is_settled(chromium, control), 20, 0.3)
    rows_match(server, email, script.truth)
    assert chromium.wait(lambda: chromium.worker.evaluate("chrome.action.getBadgeText({})") == "")


def test_nobody_sends_another_persons_records(chromium: Chromium, server: Server, sites: Sites) -> None:
    alice, bob = "alice-first@example.com", "bob-second@example.com"
    server.register(alice)
    server.register(bob)
    chromium.shorten_time(syncSoonSeconds=600, syncEverySeconds=600)
    control = chromium.own_page()
    chromium.sign_in(control, server.url, alice, PASSWORD)
    page = chromium.context.pages[0]
    hers, his = Script(chromium, sites), Script(chromium, sites)
    his.names = iter(["enum", "math"])
    hers.read(page)
    hers.stop_reading(control)
    control.get_by_role("button", name="Sign out").click()
    expect(control.locator("#leave-text")).to_contain_text("have not been sent yet")
    control.locator("#leave-yes").click()
    expect(control.locator("#account-message")).to_contain_text("Signed out.")
    chromium.sign_in(control, server.url, bob, PASSWORD)
    his.read(page)
    his.stop_reading(control)
    chromium.sync_all(control)
    rows_match(server, bob, his.truth)
    assert server.visits(alice) == []
    control.get_by_role("button", name="Sign out").click()
    control.locator("#leave-yes").click()
    expect(control.locator("#account-message")).to_contain_text("Signed out.")
    chromium.sign_in(control, server.url, alice, PASSWORD)
    chromium.sync_all(control)
    rows_match(server, alice, hers.truth)
    rows_match(server, bob, his.truth)


def test_a_full_disk_stops_recording_in_plain_sight_and_deletes_nothing(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    control = chromium.own_page()
    page = chromium.context.pages[0]
    script = Script(chromium, sites)
    script.read(page)
    script.stop_reading(control)
    before = chromium.records(control)
    assert len(before["visits"]) == 1
    # A disk cannot be filled here; the store's own call fails as it does on a full one.
    chromium.worker.evaluate(
        """() => {
          globalThis.put = IDBObjectStore.prototype.put;
          IDBObjectStore.prototype.put = () => { throw new DOMException('Full.', 'QuotaExceededError'); };
        }"""
    )
    page.bring_to_front()
    page.goto(sites.url(PYTHON, "/library/uuid.html"))
    chromium.pause(1)
    shown = chromium.own_page("src/pages/popup.html")
    expect(shown.locator("#failure-text")).to_contain_text("Recording has stopped because the disk is full.")
    assert chromium.worker.evaluate("chrome.action.getBadgeText({})") == "!"
    assert chromium.records(control) == before
    chromium.worker.evaluate("() => { IDBObjectStore.prototype.put = globalThis.put; }")
    shown.get_by_role("button", name="Try again").click()
    expect(shown.locator("#state-text")).to_have_text("Recording")
    assert chromium.wait(lambda: chromium.worker.evaluate("chrome.action.getBadgeText({})") == "")
    page.bring_to_front()
    page.goto(sites.url(PYTHON, "/library/zlib.html"))
    chromium.pause(2.2)
    shown.bring_to_front()
    chromium.wait(lambda: [one["url"] for one in chromium.records(shown)["visits"]][-1].endswith("/zlib.html"))


def test_metadata_is_read_only_where_the_person_allows_it(playwright: Playwright, tmp_path: Path, sites: Sites) -> None:
    profile = tmp_path / "profile"
    seed(profile, api=("scripting",), hosts=("http://*.made.test/*", "https://*.made.test/*"))
    chromium = Chromium(playwright, profile)
    chromium.shorten_time()
    page = chromium.context.pages[0]
    described = sites.url(MADE_HOST, "/described")
    control = chromium.own_page()
    for is_allowed in (False, True):
        if is_allowed:
            control.bring_to_front()
            control.get_by_label("Only on these sites").check()
            control.locator("#metadata-sites").fill("made.test")
            control.locator("#metadata").get_by_role("button", name="Save").click()
            expect(control.locator("#metadata-message")).to_contain_text("It holds for pages that load from now on.")
        page.bring_to_front()
        page.goto(described)
        chromium.pause(2.2)
        page.goto("about:blank")
    without, allowed = (visit["metadata"] for visit in chromium.records(control)["visits"])
    assert without == {}
    assert allowed == {
        "title": "Described",
        "description": "What it is about.",
        "canonicalUrl": sites.url(MADE_HOST, "/canonical"),
        "language": "en-GB",
        "ogType": "article",
        "wordCount": 4,
    }
    chromium.close()


@pytest.mark.parametrize("secret", ["access", "refresh"])
def test_tokens_lie_where_no_page_and_no_content_script_can_read_them(
    secret: str, chromium: Chromium, server: Server, sites: Sites
) -> None:
    server.register(f"alice-{secret}@example.com")
    control = chromium.own_page()
    chromium.sign_in(control, server.url, f"alice-{secret}@example.com", PASSWORD)
    token = control.evaluate(
        "(name) => import('/src/store.js').then((m) => m.openStore()).then((s) => s.get('account'))"
        ".then((account) => account[name])",
        secret,
    )
    stored = chromium.worker.evaluate(
        "async () => JSON.stringify(await Promise.all("
        "  [chrome.storage.local, chrome.storage.session, chrome.storage.sync].map((area) => area?.get())))"
    )
    assert len(token) > 20
    assert token not in stored
    page = chromium.context.pages[0]
    page.goto(sites.url(MADE_HOST, "/app"))
    assert page.evaluate("typeof chrome === 'undefined' || !chrome.runtime?.sendMessage")
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
