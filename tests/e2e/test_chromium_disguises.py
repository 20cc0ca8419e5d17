"""Pages that are no page, and pages that change their tab, in Chromium."""

import contextlib
import time
from typing import Any

from playwright.sync_api import Error

from .chromium import Chromium
from .sites import POSTGRES, PYTHON, Sites


def stays(chromium: Chromium) -> list[tuple[str, float, int]]:
    """Return the stays as URL, seconds and tab number, once all is written."""
    control = chromium.own_page()
    time.sleep(1)
    visits = chromium.records(control)["visits"]
    assert all(visit["endedAt"] for visit in visits)
    return [(visit["url"], visit["durationMs"] / 1000, visit["tabId"]) for visit in visits]


def tab_ids(chromium: Chromium) -> Any:
    return chromium.worker.evaluate("chrome.tabs.query({}).then((tabs) => tabs.map((tab) => tab.id))")


def test_an_empty_page_and_the_source_of_a_page_are_no_page(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    page = chromium.context.pages[0]
    page.bring_to_front()
    url = sites.url(PYTHON, "/library/os.html")
    for other in ("about:blank", f"view-source:{url}", f"view-source:{url}#line9", "data:text/html,<title>x</title>x"):
        page.goto(url)
        time.sleep(2)
        page.goto(other)
        time.sleep(2)
    page.goto(url)
    page.evaluate("location.href = URL.createObjectURL(new Blob(['<title>b</title>b'], {type: 'text/html'}))")
    time.sleep(2)
    found = stays(chromium)
    assert [stay[0] for stay in found] == [url] * 4
    assert all(1.8 <= seconds <= 3 for _, seconds, _ in found)


def test_a_crashed_page_is_not_read(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    page = chromium.context.new_page()
    url = sites.url(PYTHON, "/library/os.html")
    page.goto(url)
    time.sleep(4)
    with contextlib.suppress(Error):
        page.goto("chrome://crash", timeout=1500)
    time.sleep(8)
    [(read, seconds, _)] = stays(chromium)
    assert read == url
    # The crash itself is told by no event. The next heartbeat finds it.
    assert 2 <= seconds <= 5


def test_a_discarded_tab_goes_on_under_its_number(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    page = chromium.context.new_page()
    url = sites.url(PYTHON, "/library/os.html")
    page.goto(url)
    time.sleep(2)
    before = tab_ids(chromium)
    chromium.worker.evaluate("(id) => chrome.tabs.discard(id).then(() => {})", before[-1])
    time.sleep(2)
    after = tab_ids(chromium)
    assert before[-1] not in after
    chromium.worker.evaluate("(id) => chrome.tabs.reload(id)", after[-1])
    time.sleep(2)
    [(read, seconds, tab)] = stays(chromium)
    assert (read, tab) == (url, before[-1])
    assert 5.8 <= seconds <= 8
    control = chromium.own_page()
    chromium.worker.evaluate("(id) => chrome.tabs.update(id, { active: true }).then(() => {})", after[-1])
    time.sleep(2)
    chromium.worker.evaluate("(id) => chrome.tabs.remove(id)", after[-1])
    time.sleep(1)
    records = chromium.records(control)
    assert [visit["tabId"] for visit in records["visits"]] == [before[-1]] * 2
    [aggregate] = records["aggregates"]
    assert (aggregate["tabId"], aggregate["pages"], aggregate["closedAt"] is not None) == (before[-1], 2, True)


def test_a_tab_torn_off_is_one_stay(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    first = chromium.context.pages[0]
    first.bring_to_front()
    beside = sites.url(POSTGRES, "/index.html")
    first.goto(beside)
    page = chromium.context.new_page()
    url = sites.url(PYTHON, "/library/os.html")
    page.goto(url)
    time.sleep(2)
    [window, tab] = chromium.worker.evaluate(
        "chrome.tabs.query({ active: true, lastFocusedWindow: true }).then(([tab]) => [tab.windowId, tab.id])"
    )
    chromium.worker.evaluate("(id) => chrome.windows.create({ tabId: id }).then(() => {})", tab)
    time.sleep(3)
    chromium.worker.evaluate(
        "([id, windowId]) => chrome.tabs.move(id, { windowId, index: -1 })"
        ".then(() => chrome.tabs.update(id, { active: true })).then(() => {})",
        [tab, window],
    )
    time.sleep(2)
    [(_, seconds, number)] = [stay for stay in stays(chromium) if stay[0] == url]
    assert number == tab
    assert 6.8 <= seconds <= 9
