"""Focus in Firefox on a screen with a window manager. Firefox tells of it by events, also while it is driven."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .firefox import Firefox
from .screen import Screen, new_screen
from .sites import PYTHON, Sites


@pytest.fixture
def screen() -> Iterator[Screen]:
    with new_screen() as screen:
        yield screen


@pytest.fixture
def firefox(tmp_path: Path, screen: Screen) -> Iterator[Firefox]:
    browser = Firefox(tmp_path, screen)
    yield browser
    browser.close()


def test_firefox_counts_time_for_the_program_in_front(firefox: Firefox, screen: Screen, sites: Sites) -> None:
    # Nobody moves the mouse here. A slow machine must not turn that into idleness.
    firefox.shorten_time(heartbeatSeconds=30, idleSeconds=3600)
    # A Firefox that is driven calls each of its windows focused, unless this is switched off.
    firefox.privileged("void Services.prefs.setBoolPref('focusmanager.testmode', false)")
    window = screen.window("--class", "firefox")
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    page = firefox.tab("about:blank")
    url = sites.url(PYTHON, "/library/os.html")
    screen.activate(window)

    def has_focus() -> bool:
        return bool(firefox.run(control, "browser.windows.getLastFocused().then((w) => w.focused)"))

    firefox.wait(has_focus)
    began = time.monotonic()
    firefox.go(page, url, "complete")
    time.sleep(3)
    truth = []
    with screen.other_program() as other:
        for leave, come_back in ((screen.activate, screen.activate), (screen.minimize, screen.activate)):
            left = time.monotonic()
            leave(other if leave == screen.activate else window)
            firefox.wait(lambda: not has_focus())
            time.sleep(3)
            come_back(window)
            firefox.wait(has_focus)
            truth.append(time.monotonic() - left)
            time.sleep(2)
    firefox.front(control)
    seconds = time.monotonic() - began
    [visit] = firefox.wait(lambda: [one for one in firefox.records(control)["visits"] if one["endedAt"]])
    assert visit["url"] == url
    away = [(one["reason"], (one["endedAt"] - one["startedAt"]) / 1000) for one in visit["idlePeriods"]]
    assert [reason for reason, _ in away] == ["unfocused"] * 2, away
    assert all(2.5 <= found <= measured + 1 for (_, found), measured in zip(away, truth, strict=True)), (away, truth)
    assert visit["activeMs"] == visit["durationMs"] - sum(round(found * 1000) for _, found in away)
    assert visit["durationMs"] / 1000 <= seconds + 1
