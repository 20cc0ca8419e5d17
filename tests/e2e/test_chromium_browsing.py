"""Scripted browsing in Chromium with known times; the rows in the database are held against the script."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Playwright

from .chromium import Chromium, extension_id
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites
from .truth import Truth, difference, now_ms, sums_differ


def browse(page: Page, url: str) -> None:
    page.goto(url, wait_until="commit")


def rows_match(server: Server, email: str, truth: Truth) -> None:
    visits = server.visits(email)
    faults = difference(truth, visits)
    assert not faults, "\n".join(faults)
    assert sums_differ(visits, server.aggregates(email)) == []


def test_a_day_of_browsing_reaches_the_database_once_and_on_time(
    playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-day@example.com"
    server.register(email)
    chromium = Chromium(playwright, tmp_path / "profile")
    chromium.shorten_time()
    truth = Truth()
    first = chromium.context.pages[0]
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)

    # One tab: pages one after the other, a link, and one that is left before a second is over.
    first.bring_to_front()
    os_page, sys_page = sites.url(PYTHON, "/library/os.html"), sites.url(PYTHON, "/library/sys.html")
    browse(first, os_page)
    truth.look_at(os_page)
    chromium.pause(2.5)
    browse(first, sites.url(PYTHON, "/library/re.html"))
    truth.look_at(sites.url(PYTHON, "/library/re.html"))
    chromium.pause(0.3)
    browse(first, sys_page)
    truth.look_at(sys_page)
    chromium.pause(2)
    # A jump within the page is the same stay, and so is a reload.
    first.evaluate("location.hash = 'sys.argv'")
    chromium.pause(1)
    first.reload(wait_until="commit")
    chromium.pause(2.2)
    first.evaluate("history.go(-2)")
    truth.look_at(sites.url(PYTHON, "/library/re.html"))
    chromium.pause(2.2)

    # A background tab is nothing until it is looked at; then each switch ends one stay and begins the next.
    sql = sites.url(POSTGRES, "/sql-select.html")
    with chromium.context.expect_page() as opened:
        chromium.worker.evaluate("(url) => chrome.tabs.create({ url, active: false })", sql)
    background = opened.value
    chromium.pause(2)
    background.bring_to_front()
    truth.look_at(sql)
    chromium.pause(2)
    first.bring_to_front()
    truth.look_at(sites.url(PYTHON, "/library/re.html"))
    chromium.pause(2.2)
    background.bring_to_front()
    truth.look_at(sql)
    chromium.pause(2.2)

    # A single-page application moves without loading.
    app = sites.url(MADE_HOST, "/app")
    browse(background, app)
    truth.look_at(app)
    chromium.pause(2.2)
    background.evaluate("history.pushState({}, '', '/app/letters'); document.title = 'Letters'")
    truth.look_at(f"{app}/letters")
    chromium.pause(2.2)
    background.evaluate("location.hash = '#/letter/1'")
    truth.look_at(f"{app}/letters#/letter/1")
    chromium.pause(2.2)

    # Another window of the same browser, and back by closing it.
    with chromium.context.expect_page() as opened:
        chromium.worker.evaluate(
            "(url) => chrome.windows.create({ url, focused: true })", sites.url(POSTGRES, "/index.html")
        )
    other = opened.value
    truth.look_at(sites.url(POSTGRES, "/index.html"))
    chromium.pause(2.2)
    other.close()
    truth.look_at(f"{app}/letters#/letter/1")
    chromium.pause(2.2)

    # Away: these idle events are dispatched, since a headless browser never goes idle.
    for state, seconds in (("idle", 2), ("locked", 1.5), ("active", 1.5)):
        chromium.worker.evaluate("(state) => chrome.idle.onStateChanged.dispatch(state)", state)
        if state == "active":
            truth.back()
        else:
            truth.away()
        chromium.pause(seconds)

    background.close()
    first.bring_to_front()
    truth.look_at(sites.url(PYTHON, "/library/re.html"))
    chromium.pause(2.2)
    control.bring_to_front()
    truth.end()
    chromium.sync_all(control)
    rows_match(server, email, truth)
    titles = {row["url"]: row["title"] for row in server.visits(email)}
    assert titles[os_page].startswith("os — Miscellaneous operating system interfaces")
    assert titles[f"{app}/letters"] == "Letters"
    [away] = [row["idle_periods"] for row in server.visits(email) if row["idle_periods"]]
    assert [period["reason"] for period in away] == ["idle", "locked"]
    closed = [row for row in server.visits(email) if row["url"] == f"{app}/letters#/letter/1" and row["closed_at"]]
    assert len(closed) == 1

    # A second sync of the same sends nothing new.
    before = server.rows("SELECT max(seq) AS seq FROM sync_pagevisit")
    chromium.ask(control, "sync")
    chromium.pause(2.2)
    assert server.rows("SELECT max(seq) AS seq FROM sync_pagevisit") == before
    chromium.close()


def test_stays_survive_restarts_crashes_and_a_worker_killed_at_awkward_moments(
    playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "bob-crash@example.com"
    server.register(email)
    chromium = Chromium(playwright, tmp_path / "profile")
    chromium.shorten_time()
    truth = Truth()
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    page = chromium.context.new_page()

    # The worker is killed in the middle of each stay, right before a navigation and right after one.
    for number, name in enumerate(("os", "sys", "re", "json", "csv")):
        url = sites.url(PYTHON, f"/library/{name}.html")
        if number % 2:
            chromium.stop_worker(page)
        browse(page, url)
        truth.look_at(url)
        if number % 3 == 0:
            chromium.stop_worker(page)
        chromium.pause(0.9)
        chromium.stop_worker(page)
        chromium.pause(0.9)

    # A clean exit and a restart with the same profile. The browser may be gone before the background has heard of it: then the
    # stay ends at its last sign of life, so one is awaited that makes it a stay at all.
    left = sites.url(PYTHON, "/library/zipfile.html")
    browse(page, left)
    truth.look_at(left)
    chromium.wait(
        lambda: [row for row in chromium.records(control)["visits"] if row["url"] == left and row["durationMs"] >= 1000]
    )
    exit_at = now_ms()
    truth.end()
    chromium.close()
    chromium.start()
    page = chromium.context.pages[0]
    heap = sites.url(PYTHON, "/library/heapq.html")
    browse(page, heap)
    truth.look_at(heap)
    chromium.pause(2.5)

    # A crash: the stay ends at the last sign of life, at most one heartbeat before the kill.
    crashed = sites.url(PYTHON, "/library/bisect.html")
    browse(page, crashed)
    truth.look_at(crashed)
    chromium.pause(7.2)
    killed_at = now_ms()
    chromium.kill()
    truth.end()
    chromium.start()
    chromium.pause(4)
    page = chromium.context.pages[0]
    after = sites.url(PYTHON, "/library/array.html")
    browse(page, after)
    truth.look_at(after)
    chromium.pause(2)
    control = chromium.own_page()
    truth.end()
    chromium.sync_all(control)

    # Two stays are held against the script by their last sign of life; everything else is on time.
    visits = server.visits(email)
    for url, gone_at in ((left, exit_at), (crashed, killed_at)):
        [row] = [row for row in visits if row["url"] == url]
        last_sign = row["started_at"] + row["duration_ms"]
        assert gone_at - 4500 <= last_sign <= gone_at + 1000
        assert row["ended_at"] == last_sign
        [stay] = [stay for stay in truth.stays if stay.url == url]
        stay.end = last_sign
    rows_match(server, email, truth)
    chromium.close()


@pytest.mark.parametrize("installed", ["for good", "by a switch"])
def test_a_browser_started_twice_keeps_its_records_and_its_name(
    installed: str, playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    profile = tmp_path / "profile"
    extra: tuple[str, ...] = ()
    if installed == "by a switch":
        from .machine import EXTENSION

        (profile / "Default").mkdir(parents=True)
        extra = (f"--disable-extensions-except={EXTENSION}", f"--load-extension={EXTENSION}")
    chromium = Chromium(playwright, profile, extra=extra)
    chromium.shorten_time()
    page = chromium.context.pages[0]
    # Loaded by a switch the extension counts as new, and its welcome page is in front.
    page.bring_to_front()
    browse(page, sites.url(PYTHON, "/library/os.html"))
    chromium.pause(2.2)
    names = []
    for _ in range(2):
        control = chromium.own_page()
        names.append(
            control.evaluate(
                "import('/src/store.js').then((m) => m.openStore()).then((s) => s.get('anonymousClientId'))"
            )
        )
        assert len(chromium.records(control)["visits"]) == 1
        chromium.close()
        chromium.start()
    assert names[0] == names[1]
    chromium.close()


def test_pages_loaded_ahead_late_titles_and_half_an_emoji(chromium: Chromium, server: Server, sites: Sites) -> None:
    email = "alice-pages@example.com"
    server.register(email)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    page = chromium.context.pages[0]
    truth = Truth()
    page.bring_to_front()
    ahead, behind = sites.url(MADE_HOST, "/ahead"), sites.url(MADE_HOST, "/behind")
    browse(page, ahead)
    truth.look_at(ahead)
    chromium.pause(2.5)
    page.get_by_role("link", name="on").click()
    truth.look_at(behind)
    chromium.pause(2)
    late = sites.url(MADE_HOST, "/late")
    browse(page, late)
    truth.look_at(late)
    chromium.pause(2.2)
    control.bring_to_front()
    truth.end()
    chromium.sync_all(control)
    assert [row["title"] for row in server.visits(email) if row["url"] == late] == ["Early"]
    page.evaluate("document.title = 'Late title'")
    chromium.wait(lambda: chromium.records(control)["visits"][-1]["title"] == "Late title" or None)
    page.bring_to_front()
    truth.look_at(late)
    chromium.pause(2.2)
    emoji = sites.url(MADE_HOST, "/emoji")
    browse(page, emoji)
    truth.look_at(emoji)
    chromium.pause(2.2)
    # An address where nothing answers is no stay, and the page before it has ended.
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://nowhere.test/")
    truth.end()
    chromium.pause(2.2)
    control.bring_to_front()
    chromium.sync_all(control)
    rows_match(server, email, truth)
    titles = [(row["url"], row["title"]) for row in server.visits(email)]
    assert titles[2:] == [(late, "Late title"), (late, "Late title"), (emoji, "cut \ufffd")]


def test_an_update_of_the_extension_splits_no_stay(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    page = chromium.context.pages[0]
    url = sites.url(PYTHON, "/library/os.html")
    page.bring_to_front()
    browse(page, url)
    chromium.pause(2.5)
    with contextlib.suppress(Error):
        chromium.worker.evaluate("chrome.runtime.reload()")
    chromium.pause(3)
    control = chromium.own_page()
    chromium.wait(lambda: chromium.ask(control, "status"))
    chromium.pause(0.5)
    records = chromium.records(control)
    assert [visit["url"] for visit in records["visits"]] == [url]
    assert 4000 <= records["visits"][0]["durationMs"] <= 9000
    assert [one["closedAt"] for one in records["aggregates"]] == [None]


def test_an_address_that_changes_all_the_time_loses_no_time(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    page = chromium.context.pages[0]
    page.bring_to_front()
    browse(page, sites.url(MADE_HOST, "/app"))
    page.evaluate("void setInterval(() => history.replaceState({}, '', `?t=${Math.floor(performance.now())}`), 300)")
    chromium.pause(6)
    control = chromium.own_page()
    chromium.pause(0.5)
    [visit] = chromium.records(control)["visits"]
    assert 5000 <= visit["durationMs"] <= 8000


def test_a_title_stays_with_its_address(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    page = chromium.context.pages[0]
    page.bring_to_front()
    app = sites.url(MADE_HOST, "/app")
    browse(page, app)
    chromium.pause(2)
    page.evaluate("document.title = 'Letter'; history.pushState({}, '', '/app/letter')")
    chromium.pause(2)
    page.evaluate("location.hash = 'part'; document.title = 'Part'")
    chromium.pause(2)
    control = chromium.own_page()
    chromium.pause(0.5)
    assert [(visit["url"], visit["title"]) for visit in chromium.records(control)["visits"]] == [
        (app, "Inbox"),
        (f"{app}/letter", "Letter"),
        (f"{app}/letter#part", "Part"),
    ]


def test_an_extension_switched_off_and_on_keeps_the_totals_of_open_tabs(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    switches = chromium.context.new_page()
    switches.goto("chrome://extensions")
    page = chromium.context.pages[0]
    url = sites.url(PYTHON, "/library/os.html")
    page.bring_to_front()
    browse(page, url)
    chromium.pause(4)
    for on in (False, True):
        switches.evaluate(
            "([id, on]) => new Promise((done) => chrome.management.setEnabled(id, on, done))", [extension_id(), on]
        )
        chromium.pause(3)
    control = chromium.own_page()
    chromium.wait(lambda: chromium.ask(control, "status"))
    chromium.pause(0.5)
    records = chromium.records(control)
    assert [visit["url"] for visit in records["visits"]] == [url, url]
    assert sum(visit["durationMs"] for visit in records["visits"]) <= 9000
    assert [(one["pages"], one["closedAt"]) for one in records["aggregates"]] == [(2, None)]


def test_very_long_addresses_are_cut_and_the_server_takes_them(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "alice-long@example.com"
    server.register(email)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    page = chromium.context.pages[0]
    page.bring_to_front()
    browse(page, sites.url(MADE_HOST, "/app"))
    for length in (300_000, 2_000_000):
        chromium.pause(2)
        page.evaluate("(length) => history.pushState({}, '', `/${length}?${'x'.repeat(length)}`)", length)
    chromium.pause(2)
    control.bring_to_front()
    chromium.sync_all(control)
    assert [len(row["url"]) for row in server.visits(email)][1:] == [8192, 8192]
    assert chromium.ask(control, "status")["counts"]["parked"] == 0
