"""A large backlog, a long rest, and a screen with nobody before it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from .chromium import Chromium
from .machine import require_program
from .server import PASSWORD, Server
from .sites import PYTHON, Sites

BACKLOG = 100_000
FILL = """async (count) => {
  const { openStore } = await import('/src/store.js');
  const store = await openStore();
  const { key } = await store.get('account');
  const start = Date.now() - 40 * 86_400_000;
  for (let from = 0; from < count; from += 5000) {
    await store.transact(['visits pending'], 'readwrite', (tx) => {
      for (let n = from; n < Math.min(count, from + 5000); n += 1) {
        const startedAt = start + n * 30_000;
        const away = { startedAt: startedAt + 5000, endedAt: startedAt + 10_000, reason: 'idle', resumedBy: 'active' };
        tx.objectStore('visits pending').put({
          id: `pv_${startedAt}_${n}`, owner: key, tabId: n % 40, domain: `site${n % 300}.example`, nameless: false,
          url: `https://site${n % 300}.example/page/${n}?from=backlog`, durationMs: 20_000, activeMs: 15_000,
          title: `A page with a title of an ordinary length, number ${n}`, startedAt, endedAt: startedAt + 20_000,
          idlePeriods: n % 5 ? [] : [away], heartbeatAt: startedAt + 20_000, closedAt: null, metadata: {}, revision: 1,
        });
      }
    });
  }
  store.close();
}"""


def test_a_backlog_of_100_000_records_is_sent_in_under_a_minute_with_the_popup_responsive(
    chromium: Chromium, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    email = "alice-backlog@example.com"
    server.register(email)
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    chromium.wait(lambda: not chromium.ask(control, "status")["syncing"])
    control.evaluate(FILL, BACKLOG)
    popup = chromium.own_page("src/pages/popup.html")
    expect(popup.locator("#who")).to_have_text(email)
    control.close()
    began = time.monotonic()
    chromium.ask(popup, "sync")
    slowest = 0.0
    seen: set[str] = set()
    while True:
        asked = time.monotonic()
        status = chromium.ask(popup, "status")
        slowest = max(slowest, time.monotonic() - asked)
        seen.add(popup.locator("#progress-text").inner_text())
        if not status["syncing"] and status["counts"]["pending"] == 0:
            break
        assert time.monotonic() - began < 120, status
        chromium.pause(0.2)
    took = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(
            f"\n{BACKLOG} records in {took:.1f} s, the popup's slowest answer in {slowest * 1000:.0f} ms\n"
        )
    [rows] = server.rows(
        "SELECT count(*) AS n, count(DISTINCT visit_id) AS ids FROM sync_pagevisit WHERE url LIKE '%from=backlog'"
    )
    assert (rows["n"], rows["ids"]) == (BACKLOG, BACKLOG)
    assert took < 60
    assert slowest < 1
    assert len(seen) > 5


def test_at_rest_the_background_is_stopped_and_no_alarm_rings_more_often_than_every_30_seconds(
    chromium: Chromium, sites: Sites
) -> None:
    control = chromium.own_page()
    page = chromium.context.pages[0]
    alarms = "chrome.alarms.getAll()"
    # Nobody looks at a page: nothing needs a sign of life.
    assert chromium.worker.evaluate(alarms) == []
    page.bring_to_front()
    page.goto(sites.url(PYTHON, "/library/os.html"))
    chromium.wait(
        lambda: (
            [(one["name"], one["periodInMinutes"]) for one in chromium.worker.evaluate(alarms)] == [("heartbeat", 0.5)]
        )
    )
    # Neither another page nor a killed worker sets the alarm anew, or it would never ring.
    [before] = chromium.worker.evaluate(alarms)
    chromium.stop_worker(page)
    page.goto(sites.url(PYTHON, "/library/sys.html"))
    chromium.pause(1)
    chromium.ask(control, "status")
    [after] = chromium.worker.evaluate(alarms)
    assert after["scheduledTime"] == before["scheduledTime"]
    chromium.dispatch_idle(control, "locked")
    chromium.wait(lambda: [one["periodInMinutes"] for one in chromium.worker.evaluate(alarms)] == [5])


def test_heavy_browsing_leaves_nothing_behind_in_memory_or_state(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    control = chromium.own_page()
    state = (
        "import('/src/store.js').then((m) => m.openStore()).then((s) => s.loadCapture())"
        ".then((c) => JSON.stringify([c.state, ...c.tabs]).length)"
    )
    page = chromium.context.pages[0]
    page.goto(sites.url(PYTHON, "/library/os.html"))
    measures = []
    for _ in range(3):
        for number in range(60):
            page.evaluate(f"history.pushState({{}}, '', '/library/os.html?{number}')")
        with chromium.context.expect_page() as opened:
            chromium.worker.evaluate(
                "(url) => chrome.tabs.create({ url, active: true })", sites.url(PYTHON, "/library/re.html")
            )
        opened.value.close()
        page.bring_to_front()
        chromium.pause(0.7)
        measures.append(control.evaluate(state))
    assert max(measures) - min(measures) < 600, measures


@pytest.fixture
def screen() -> Iterator[str]:
    program = require_program("Xvfb", "xvfb")
    require_program("xdotool", "xdotool")
    # It takes a free number by itself and says which once it is ready.
    display = subprocess.Popen(
        [program, "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with display:
        yield f":{display.stdout.readline().decode().strip()}"
        display.terminate()


def test_real_idleness_on_a_screen_is_an_idle_period(
    screen: str, playwright: Playwright, tmp_path: Path, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen)
    chromium = Chromium(
        playwright, tmp_path / "profile", headless=False, extra=("--ozone-platform=x11", "--disable-gpu")
    )
    try:
        # Browsers accept no shorter idle time than 15 s.
        chromium.shorten_time(idleSeconds=15)
        page = chromium.context.pages[0]
        page.bring_to_front()
        page.goto(sites.url(PYTHON, "/library/os.html"))
        move(screen, 200)
        chromium.pause(20)
        move(screen, 300)
        chromium.pause(3)
        control = chromium.own_page()
        [visit] = chromium.records(control)["visits"]
        idle = [period for period in visit["idlePeriods"] if period["reason"] == "idle"]
        assert len(idle) == 1, visit
        assert idle[0]["resumedBy"] == "active"
        away = sum(period["endedAt"] - period["startedAt"] for period in visit["idlePeriods"])
        assert 3000 <= away <= 8000, visit
        assert visit["activeMs"] == visit["durationMs"] - away
    finally:
        chromium.close()


def move(screen: str, x: int) -> None:
    subprocess.run(["xdotool", "mousemove", str(x), "300"], env={**os.environ, "DISPLAY": screen}, check=True)
