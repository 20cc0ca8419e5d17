"""Pages that are no page, and pages that change their tab, in Chromium."""

import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from playwright.sync_api import Error

from .chromium import Chromium
from .sites import POSTGRES, PYTHON, Sites


def stays(chromium: Chromium) -> list[tuple[str, float, int]]:
    """Return the stays as URL, seconds and tab number, once all have ended."""
    control = chromium.own_page()
    visits = chromium.wait(lambda: ended(chromium.records(control)["visits"]))
    return [(visit["url"], visit["durationMs"] / 1000, visit["tabId"]) for visit in visits]


def ended(visits: Any) -> Any:
    """Return the visits once all of them have ended, else None."""
    return visits if visits and all(visit["endedAt"] for visit in visits) else None


def tab_ids(chromium: Chromium) -> Any:
    return chromium.worker.evaluate("chrome.tabs.query({}).then((tabs) => tabs.map((tab) => tab.id))")


def test_an_empty_page_and_the_source_of_a_page_are_no_page(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    chromium.own_page()
    page = chromium.context.pages[0]
    page.bring_to_front()
    url = sites.url(PYTHON, "/library/os.html")
    read = []
    elsewhere = []

    def read_and_leave(leave: Callable[[], Any]) -> None:
        began = time.monotonic()
        chromium.read(page, url)
        leave()
        left = time.monotonic()
        read.append(left - began)
        # Longer than the reading itself: if this time were counted, the stay would be twice as long.
        time.sleep(read[-1] + 1)
        elsewhere.append(time.monotonic() - left)

    for other in ("about:blank", f"view-source:{url}", f"view-source:{url}#line9", "data:text/html,<title>x</title>x"):
        read_and_leave(partial(page.goto, other))
    blob = "location.href = URL.createObjectURL(new Blob(['<title>b</title>b'], {type: 'text/html'}))"
    read_and_leave(lambda: page.evaluate(blob))
    found = stays(chromium)
    assert [stay[0] for stay in found] == [url] * 5
    longest = [stay + away / 2 for stay, away in zip(read, elsewhere, strict=True)]
    assert all(1 <= stay[1] <= limit for stay, limit in zip(found, longest, strict=True)), (found, longest)


def test_a_crashed_page_is_not_read(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    control = chromium.own_page()
    page = chromium.context.new_page()
    url = sites.url(PYTHON, "/library/os.html")
    began = time.monotonic()
    chromium.read(page, url)
    with contextlib.suppress(Error):
        page.goto("chrome://crash", timeout=1500)
    crashed = time.monotonic()
    # The crash itself is told by no event. The next heartbeat finds it, and the visit ends at the one before.
    [visit] = chromium.wait(lambda: ended(chromium.records(control)["visits"]), 60)
    assert visit["url"] == url
    assert 1 <= visit["durationMs"] / 1000 <= crashed - began + 1


def test_a_discarded_tab_goes_on_under_its_number(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    control = chromium.own_page()
    page = chromium.context.new_page()
    url = sites.url(PYTHON, "/library/os.html")
    began = time.monotonic()
    chromium.read(page, url)
    in_front = time.monotonic()
    before = tab_ids(chromium)
    chromium.worker.evaluate("(id) => chrome.tabs.discard(id).then(() => {})", before[-1])
    after = chromium.wait(lambda: before[-1] not in (ids := tab_ids(chromium)) and ids)
    time.sleep(2)
    chromium.worker.evaluate("(id) => chrome.tabs.reload(id)", after[-1])
    time.sleep(2)
    left = time.monotonic()
    control.bring_to_front()
    [visit] = chromium.wait(lambda: ended(chromium.records(control)["visits"]))
    assert (visit["url"], visit["tabId"]) == (url, before[-1])
    # The stay goes on while the tab is discarded and loaded again.
    assert left - in_front <= visit["durationMs"] / 1000 <= time.monotonic() - began
    chromium.worker.evaluate("(id) => chrome.tabs.update(id, { active: true }).then(() => {})", after[-1])
    chromium.wait_for_visit(url, {visit["id"]})
    chromium.worker.evaluate("(id) => chrome.tabs.remove(id)", after[-1])
    [aggregate] = chromium.wait(lambda: [one for one in chromium.records(control)["aggregates"] if one["closedAt"]])
    assert [one["tabId"] for one in chromium.records(control)["visits"]] == [before[-1]] * 2
    assert (aggregate["tabId"], aggregate["pages"]) == (before[-1], 2)


def test_a_tab_torn_off_is_one_stay(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    chromium.own_page()
    first = chromium.context.pages[0]
    first.bring_to_front()
    first.goto(sites.url(POSTGRES, "/index.html"))
    page = chromium.context.new_page()
    url = sites.url(PYTHON, "/library/os.html")
    began = time.monotonic()
    chromium.read(page, url)
    in_front = time.monotonic()
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
    left = time.monotonic()
    [(_, seconds, number)] = [stay for stay in stays(chromium) if stay[0] == url]
    assert number == tab
    assert left - in_front <= seconds <= time.monotonic() - began
