"""Chromium's own history, brought by the extension, beside an import of the same profile's file."""

import re
from pathlib import Path

from playwright.sync_api import Playwright, expect

from . import history
from .chromium import Chromium, seed
from .server import PASSWORD, Server
from .sites import MADE_HOST, Sites


def test_a_history_comes_as_its_file_would_and_what_was_recorded_is_not_doubled(
    playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    profile = tmp_path / "profile"
    seed(profile, api=("history",))
    browser = Chromium(playwright, profile)
    try:
        email = "alice-history@example.com"
        server.register(email)
        browser.shorten_time()
        options = browser.own_page()
        browser.sign_in(options, server.url, email, PASSWORD)

        # What the browser alone remembers.
        browser.ask(options, "pause", until="resumed")
        page = browser.context.new_page()
        page.goto(sites.url(MADE_HOST, "/app"))
        page.goto(sites.url(MADE_HOST, "/moved?1"))
        page.reload()
        page.goto(sites.url(MADE_HOST, "/framed"))
        page.get_by_role("link", name="on").click()
        page.frame_locator("iframe[name=frame]").get_by_role("heading", name="Not a sync server").wait_for()
        page.goto(sites.url(MADE_HOST, "/moved?1"))
        page.goto(sites.url(MADE_HOST, "/app?secret"))
        page.goto(sites.url("bank.test", "/app"))

        # What the extension records too.
        browser.ask(options, "resume")
        recorded = sites.url(MADE_HOST, "/article")
        page.goto(recorded)
        browser.wait(lambda: any(visit["url"] == recorded for visit in browser.records(options)["visits"]))
        page.goto("about:blank")
        browser.ask(options, "rules", rules={"never": ["bank.test"], "domainOnly": [], "stripQuery": []})

        options.bring_to_front()
        options.get_by_role("button", name="Bring this browser’s history").click()
        card = options.locator("#history")
        expect(card).to_contain_text(re.compile("visits (on|from)"))
        expect(card).to_contain_text("1 visit that your rules keep here, 1 reload of a page")
        card.get_by_role("button", name="Send them to my server").click()
        # The background is stopped, and goes on when it is started again.
        browser.stop_worker(options)
        expect(card).to_contain_text("Done:", timeout=30_000)
    finally:
        browser.close()
    # The browser writes its history to the disk some seconds late, and when it is closed.
    in_file = history.of_file(profile / "Default" / "History", tmp_path)
    wanted = {key: told for key, told in in_file.items() if "bank.test" not in told[0] and told[0] != recorded}
    assert [url for url, _ in wanted.values()].count(sites.url(MADE_HOST, "/app?1")) == 2
    assert history.of_server(server, email) == wanted
    assert [row["url"] for row in server.visits(email)].count(recorded) == 1
