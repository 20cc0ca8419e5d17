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


# Each change of the focus is seen within two seconds of the machine's own time.
SEEN_WITHIN_SECONDS = 2


def sent_visit(server: Server, email: str, url: str) -> dict[str, Any]:
    """Return the visit of a page once it has ended and been sent."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        found = [row for row in server.visits(email) if row["url"] == url and row["ended_at"]]
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no visit of {url}: {server.visits(email)}")


class Clock:
    """The seconds between the steps of a test, as they were in truth: a busy machine needs longer for each."""

    def __init__(self) -> None:
        self.at = time.monotonic()

    def lap(self) -> float:
        before, self.at = self.at, time.monotonic()
        return self.at - before


def seconds_away(visit: dict[str, Any]) -> list[float]:
    """Return the length of each idle period, all of which are without focus."""
    assert {period["reason"] for period in visit["idle_periods"]} <= {"unfocused"}, visit["idle_periods"]
    return [(period["end"] - period["start"]) / 1000 for period in visit["idle_periods"]]


def are_near(found: list[float], truth: list[float], changes: int) -> bool:
    """Tell whether each span is right up to the delay of its changes of the focus, and one second of the machine."""
    margin = changes * SEEN_WITHIN_SECONDS + 1
    return len(found) == len(truth) and all(abs(a - b) < margin for a, b in zip(found, truth, strict=True))


def test_time_counts_for_the_program_in_front(
    screen: Screen, playwright: Playwright, tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-focus@example.com"
    signed_in_profile(playwright, tmp_path / "profile", server, email)
    os_page, sys_page = sites.url(PYTHON, "/library/os.html"), sites.url(PYTHON, "/library/sys.html")
    with screen.chromium(tmp_path / "profile", "about:blank") as browser:
        time.sleep(2)
        clock = Clock()
        screen.open_url(browser, os_page)
        time.sleep(5)
        with screen.other_program() as other:
            active = clock.lap()
            time.sleep(9)
            screen.activate(browser)
            away = [clock.lap()]
            time.sleep(12)
            screen.activate(other)
            active += clock.lap()
            time.sleep(9)
            screen.activate(browser)
            away.append(clock.lap())
            time.sleep(6)
            screen.minimize(browser)
            active += clock.lap()
            time.sleep(9)
            screen.open_url(browser, sys_page)
            away.append(clock.lap())
            time.sleep(3)
            screen.open_url(browser, "about:blank")
            read, later = sent_visit(server, email, os_page), sent_visit(server, email, sys_page)
    assert are_near(seconds_away(read), away, 2), (read["idle_periods"], away)
    assert are_near([read["active_duration_ms"] / 1000], [active], 3), (read["active_duration_ms"], active)
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
        clock = Clock()
        screen.open_url(browser, sound)
        time.sleep(3)
        with screen.other_program() as other:
            time.sleep(10)
            screen.minimize(browser)
            watched_for = clock.lap()
            time.sleep(8)
            screen.activate(browser)
            away = clock.lap()
            screen.activate(other)
            time.sleep(6)
            screen.open_url(browser, "about:blank")
            watched_for += clock.lap()
            watched = sent_visit(server, email, sound)
    assert are_near(seconds_away(watched), [away], 2), (watched["idle_periods"], away)
    assert are_near([watched["duration_ms"] / 1000], [watched_for + away], 1), (watched["duration_ms"], watched_for)
