"""Pages that are no page, and pages that change their tab, in Firefox."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .firefox import Firefox
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites

TOGGLE_READER = "browser.tabs.query({active: true}).then(([tab]) => browser.tabs.toggleReaderMode(tab.id))"


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    browser = Firefox(tmp_path)
    yield browser
    browser.close()


def stays(firefox: Firefox, control: str) -> list[tuple[str, float, str]]:
    """Return the stays as URL, seconds and title, once all is written."""
    firefox.front(control)
    time.sleep(1)
    visits = firefox.records(control)["visits"]
    assert all(visit["endedAt"] for visit in visits)
    return [(visit["url"], visit["durationMs"] / 1000, visit["title"]) for visit in visits]


def tab_id(firefox: Firefox, control: str, url: str) -> Any:
    return firefox.run(control, f"browser.tabs.query({{}}).then((tabs) => tabs.find((tab) => tab.url === '{url}').id)")


def test_firefox_reader_view_is_reading_and_other_disguises_are_not(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    article, url = sites.url(MADE_HOST, "/article"), sites.url(PYTHON, "/library/os.html")
    page = firefox.tab(article)
    time.sleep(2)
    firefox.run(control, TOGGLE_READER)
    time.sleep(3)
    firefox.run(control, TOGGLE_READER)
    time.sleep(2)
    for other in ("about:blank", f"view-source:{url}"):
        firefox.go(page, url)
        time.sleep(2)
        firefox.go(page, other)
        time.sleep(2)
    # A blocked port is committed without any error.
    firefox.run(page, "void 0")
    firefox.go(page, url)
    firefox.run(page, "void setTimeout(() => { location.href = 'http://made.test:1/'; }, 10)")
    time.sleep(3)
    found = stays(firefox, control)
    assert [(address, title.split(" — ")[0]) for address, _, title in found] == [
        (article, "Article"),
        (url, "os"),
        (url, "os"),
    ]
    assert 6.5 <= found[0][1] <= 8
    assert all(1.8 <= seconds <= 3 for _, seconds, _ in found[1:])


def test_firefox_does_not_count_a_crashed_page(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    url = sites.url(PYTHON, "/library/os.html")
    firefox.tab(url)
    time.sleep(3)
    process = firefox.privileged(
        "Services.wm.getMostRecentWindow('navigator:browser').gBrowser.selectedBrowser"
        ".browsingContext.currentWindowGlobal.osPid"
    )
    os.kill(process, signal.SIGSEGV)
    time.sleep(4)
    [(read, seconds, title)] = stays(firefox, control)
    assert (read, title.split(" — ")[0]) == (url, "os")
    assert 2.5 <= seconds <= 4


def test_firefox_tab_torn_off_or_discarded_is_one_stay_each_time_it_is_in_front(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    firefox.tab(sites.url(POSTGRES, "/index.html"))
    url = sites.url(PYTHON, "/library/os.html")
    firefox.tab(url)
    time.sleep(2)
    tab = tab_id(firefox, control, url)
    window = firefox.run(control, f"browser.tabs.get({tab}).then((tab) => tab.windowId)")
    firefox.run(control, f"browser.windows.create({{tabId: {tab}}}).then(() => {{}})")
    time.sleep(3)
    back = f"browser.tabs.move({tab}, {{windowId: {window}, index: -1}})"
    firefox.run(control, f"{back}.then(() => browser.tabs.update({tab}, {{active: true}})).then(() => {{}})")
    time.sleep(2)
    firefox.front(control)
    firefox.run(control, f"browser.tabs.discard({tab})")
    time.sleep(1)
    firefox.run(control, f"browser.tabs.update({tab}, {{active: true}}).then(() => {{}})")
    time.sleep(2)
    found = [(seconds, title) for address, seconds, title in stays(firefox, control) if address == url]
    assert [title.split(" — ")[0] for _, title in found] == ["os", "os"]
    assert 6.8 <= found[0][0] <= 9
    assert 1.8 <= found[1][0] <= 3
