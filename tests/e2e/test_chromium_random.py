"""Random browsing in a real Chromium, compared with the same ground truth; the test's name has the seed."""

import random

import pytest
from playwright.sync_api import Page

from .chromium import Chromium
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites
from .truth import Truth, difference, sums_differ

PAGES = [
    (PYTHON, "/library/os.html"), (PYTHON, "/library/sys.html"), (PYTHON, "/library/re.html"),
    (PYTHON, "/tutorial/index.html"),
    (POSTGRES, "/index.html"), (POSTGRES, "/sql-select.html"), (POSTGRES, "/sql-insert.html"), (MADE_HOST, "/app"),
]  # fmt: skip
STEPS = 20
ACTIONS = ["go", "go", "switch", "switch", "open", "background", "close", "move", "away", "blur", "kill", "reload"]
AWAY = "chrome.idle.onStateChanged.dispatch('idle')"
PRESENT = "chrome.idle.onStateChanged.dispatch('active')"
# The browser keeps its focus here, so its answer is made up as well as the event.
BLUR = """
(() => {
  globalThis.trueAnswer = chrome.windows.getLastFocused;
  chrome.windows.getLastFocused = async () => ({ ...(await globalThis.trueAnswer.call(chrome.windows)), focused: false });
  chrome.windows.onFocusChanged.dispatch(-1);
})()
"""
FOCUS = """
(async () => {
  chrome.windows.getLastFocused = globalThis.trueAnswer;
  chrome.windows.onFocusChanged.dispatch((await chrome.windows.getLastFocused()).id);
})()
"""


@pytest.mark.parametrize("seed", [1])
def test_browsing_by_dice(seed: int, chromium: Chromium, server: Server, sites: Sites) -> None:
    email = f"bob-dice-{seed}@example.com"
    server.register(email)
    dice = random.Random(seed)
    chromium.shorten_time()
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    truth = Truth()
    shown: dict[Page, str | None] = {chromium.context.pages[0]: None}
    front = chromium.context.pages[0]
    front.bring_to_front()
    done: list[str] = []
    moves = 0

    def look(page: Page) -> None:
        nonlocal front
        front = page
        truth.look_at(shown[page])

    for _ in range(STEPS):
        action = dice.choice(ACTIONS)
        others = [page for page in shown if page is not front]
        if action == "go":
            url = sites.url(*dice.choice(PAGES))
            if url == shown[front]:
                continue
            front.goto(url, wait_until="commit")
            shown[front] = url
            look(front)
        elif action == "switch" and others:
            page = dice.choice(others)
            page.bring_to_front()
            look(page)
        elif action == "open":
            page = chromium.context.new_page()
            shown[page] = None
            look(page)
        elif action == "background":
            url = sites.url(*dice.choice(PAGES))
            with chromium.context.expect_page() as opened:
                chromium.ask(control, "status")
                chromium.worker.evaluate("(url) => chrome.tabs.create({ url, active: false })", url)
            shown[opened.value] = url
            opened.value.wait_for_load_state()
        elif action == "close" and others:
            page = dice.choice(others)
            page.close()
            del shown[page]
        elif action == "move" and shown[front]:
            moves += 1
            path = f"/moved/{moves}"
            front.evaluate("(path) => history.pushState({}, '', path)", path)
            shown[front] = "/".join(str(shown[front]).split("/")[:3]) + path
            look(front)
        elif action in ("away", "blur"):
            # Dispatched, since a headless browser neither goes idle nor loses its focus.
            chromium.ask(control, "status")
            leave, back = (AWAY, PRESENT) if action == "away" else (BLUR, FOCUS)
            chromium.worker.evaluate(leave)
            truth.away()
            chromium.pause(2.2)
            chromium.ask(control, "status")
            chromium.worker.evaluate(back)
            truth.back()
        elif action == "kill":
            chromium.stop_worker(front)
        elif action == "reload" and shown[front] and "/moved/" not in str(shown[front]):
            front.reload(wait_until="commit")
        else:
            continue
        done.append(action)
        chromium.pause(dice.choice([0.2, 1.4, 1.8, 2.5]))
    control.bring_to_front()
    truth.end()
    chromium.sync_all(control)
    visits = server.visits(email)
    # A stay whose length is a second give or take may be either.
    for stay in [stay for stay in truth.stays if 800 <= stay.end - stay.start <= 1200]:
        if not any(row["url"] == stay.url and abs(row["started_at"] - stay.start) < 300 for row in visits):
            truth.stays.remove(stay)
    faults = [*difference(truth, visits), *sums_differ(visits, server.aggregates(email))]
    assert not faults, "\n".join([*faults, " ".join(done)])
