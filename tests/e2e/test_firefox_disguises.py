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


class Span:
    """Seconds in which a page was in front: at least those that were waited for, at most those that were measured."""

    def __init__(self) -> None:
        self.began, self.waited, self.ended = time.monotonic(), 0.0, 0.0

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)
        self.waited += seconds

    def end(self) -> "Span":
        """End it; called when the browser has done what took the page out of front."""
        self.ended = time.monotonic()
        return self

    def __repr__(self) -> str:
        return f"{self.waited} to {self.ended - self.began:.1f} s"

    def holds(self, seconds: float) -> bool:
        return self.waited - 0.5 <= seconds <= self.ended - self.began + 1


def tab_id(firefox: Firefox, control: str, url: str) -> Any:
    return firefox.run(control, f"browser.tabs.query({{}}).then((tabs) => tabs.find((tab) => tab.url === '{url}').id)")


def test_firefox_reader_view_is_reading_and_other_disguises_are_not(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    article, url = sites.url(MADE_HOST, "/article"), sites.url(PYTHON, "/library/os.html")
    spans = [Span()]
    page = firefox.tab(article)
    for seconds in (2, 3):
        spans[0].wait(seconds)
        firefox.run(control, TOGGLE_READER)
    spans[0].wait(2)
    for other in ("about:blank", f"view-source:{url}"):
        spans.append(Span())
        firefox.go(page, url)
        if len(spans) == 2:
            spans[0].end()
        spans[-1].wait(2)
        firefox.go(page, other)
        spans[-1].end()
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
    assert all(span.holds(seconds) for span, (_, seconds, _) in zip(spans, found, strict=True)), (found, spans)


def test_firefox_does_not_count_a_crashed_page(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    url = sites.url(PYTHON, "/library/os.html")
    span = Span()
    firefox.tab(url)
    span.wait(3)
    process = firefox.privileged(
        "Services.wm.getMostRecentWindow('navigator:browser').gBrowser.selectedBrowser"
        ".browsingContext.currentWindowGlobal.osPid"
    )
    os.kill(process, signal.SIGSEGV)
    span.end()
    # If the crashed page still counted, its stay would be longer by these seconds.
    time.sleep(4)
    [(read, seconds, title)] = stays(firefox, control)
    assert (read, title.split(" — ")[0]) == (url, "os")
    assert span.holds(seconds), (seconds, span)


def test_firefox_tab_torn_off_or_discarded_is_one_stay_each_time_it_is_in_front(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    firefox.tab(sites.url(POSTGRES, "/index.html"))
    url = sites.url(PYTHON, "/library/os.html")
    spans = [Span()]
    firefox.tab(url)
    spans[0].wait(2)
    tab = tab_id(firefox, control, url)
    window = firefox.run(control, f"browser.tabs.get({tab}).then((tab) => tab.windowId)")
    firefox.run(control, f"browser.windows.create({{tabId: {tab}}}).then(() => {{}})")
    spans[0].wait(3)
    back = f"browser.tabs.move({tab}, {{windowId: {window}, index: -1}})"
    firefox.run(control, f"{back}.then(() => browser.tabs.update({tab}, {{active: true}})).then(() => {{}})")
    spans[0].wait(2)
    firefox.front(control)
    spans[0].end()
    firefox.run(control, f"browser.tabs.discard({tab})")
    time.sleep(1)
    spans.append(Span())
    firefox.run(control, f"browser.tabs.update({tab}, {{active: true}}).then(() => {{}})")
    spans[1].wait(2)
    everything = stays(firefox, control)
    spans[1].end()
    found = [(seconds, title) for address, seconds, title in everything if address == url]
    assert [title.split(" — ")[0] for _, title in found] == ["os", "os"]
    assert all(span.holds(seconds) for span, (seconds, _) in zip(spans, found, strict=True)), (found, spans)
