"""
Focus on a screen with a window manager. Chromium runs without a debugger, since one changes the focus. The extension
itself sends the records to a real server, where they are read.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from .chromium import Chromium
from .screen import Screen, new_screen
from .server import PASSWORD, Server
from .sites import MADE_HOST, PYTHON, Sites


@pytest.fixture
def screen() -> Iterator[Screen]:
    with new_screen() as screen:
        yield screen


def signed_in_profile(playwright: Playwright, profile: Path, server: Server, email: str, **timings: Any) -> None:
    server.register(email)
    chromium = Chromium(playwright, profile)
    chromium.shorten_time(heartbeatSeconds=30, earlyHeartbeatSeconds=[1.1, 5, 15], **timings)
    chromium.sign_in(chromium.own_page(), server.url, email, PASSWORD)
    chromium.close()


def sent_visit(server: Server, email: str, url: str) -> dict[str, Any]:
    """Return the visit of a page once it has ended and been sent."""
    for _ in range(100):
        found = [row for row in server.visits(email) if row["url"] == url and row["ended_at"]]
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no visit of {url}: {server.visits(email)}")


def test_time_counts_for_the_program_in_front(
    screen: Screen, playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-focus@example.com"
    signed_in_profile(playwright, tmp_path / "profile", server, email)
    os_page, sys_page = sites.url(PYTHON, "/library/os.html"), sites.url(PYTHON, "/library/sys.html")
    with screen.chromium(tmp_path / "profile", "about:blank") as browser:
        time.sleep(2)
        screen.open_url(browser, os_page)
        time.sleep(5)
        with screen.other_program() as other:
            time.sleep(9)
            screen.activate(browser)
            time.sleep(12)
            screen.activate(other)
            time.sleep(9)
            screen.activate(browser)
            time.sleep(6)
            screen.minimize(browser)
            time.sleep(7)
            screen.open_url(browser, sys_page)
            time.sleep(3)
            screen.open_url(browser, "about:blank")
            read, later = sent_visit(server, email, os_page), sent_visit(server, email, sys_page)
    away = [(period["reason"], (period["end"] - period["start"]) / 1000) for period in read["idle_periods"]]
    assert [reason for reason, _ in away] == ["unfocused"] * 3, away
    # Each change of the focus is seen within two seconds.
    assert all(abs(seconds - truth) < 2.6 for (_, seconds), truth in zip(away, (9, 9, 7), strict=True)), away
    assert 20_000 <= read["active_duration_ms"] <= 29_000
    assert later["idle_periods"] == []


def test_a_page_with_sound_is_watched_beside_another_program(
    screen: Screen, playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-sound@example.com"
    signed_in_profile(playwright, tmp_path / "profile", server, email)
    sound = sites.url(MADE_HOST, "/sound")
    audible = "--autoplay-policy=no-user-gesture-required"
    with screen.chromium(tmp_path / "profile", "about:blank", audible) as browser:
        time.sleep(2)
        screen.open_url(browser, sound)
        time.sleep(3)
        with screen.other_program() as other:
            time.sleep(10)
            screen.minimize(browser)
            time.sleep(8)
            screen.activate(browser)
            screen.activate(other)
            time.sleep(6)
            screen.open_url(browser, "about:blank")
            watched = sent_visit(server, email, sound)
    [away] = watched["idle_periods"]
    assert away["reason"] == "unfocused"
    assert abs(away["end"] - away["start"] - 8000) < 3000
    assert watched["duration_ms"] >= 26_000
