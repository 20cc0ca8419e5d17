"""
Browses by script, signed in to a server of its own, and prints each minute the extension's memory and its writes per action.

A write is one transaction of the store that may change it. Rows are what these transactions put and delete.

An action is a navigation, a tab switch, a tab opened or closed, an address or a title changed within a page, or a jump.
At the end the browser is left alone with an empty page: nothing may be written, and everything must be on the server.

Memory is flat when the last quarter's median is at most a tenth above that of the second quarter; the first is warm-up.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .chromium import Chromium
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites

PAGES = ("os", "sys", "re", "json", "csv", "heapq", "bisect", "array", "enum", "math", "uuid", "zlib")
REST_SECONDS = 45
MAX_WRITES_PER_ACTION = 4.3
MAX_GROWTH = 1.1
EMAIL = "soak@example.com"
# The store's own calls are counted, in this run of the background.
COUNT = """() => {
  globalThis.soak = { writes: 0, rows: 0 };
  const open = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function counted(...words) {
    if (words[1] === 'readwrite') globalThis.soak.writes += 1;
    return open.apply(this, words);
  };
  for (const name of ['put', 'add', 'delete']) {
    const real = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function counted(...words) { globalThis.soak.rows += 1; return real.apply(this, words); };
  }
}"""


class Soak:
    def __init__(self, chromium: Chromium, sites: Sites) -> None:
        self.chromium = chromium
        self.sites = sites
        self.random = random.Random(1)
        self.actions = 0
        self.tabs: list[Page] = [chromium.context.pages[0]]
        self.front = self.tabs[0]

    def url(self) -> str:
        host = self.random.choice((PYTHON, PYTHON, POSTGRES, MADE_HOST))
        paths = {POSTGRES: "/index.html", MADE_HOST: "/app"}
        return self.sites.url(host, paths.get(host, f"/library/{self.random.choice(PAGES)}.html"))

    def act(self) -> None:
        kind = self.random.choice(("go", "go", "go", "switch", "switch", "open", "close", "push", "title", "jump"))
        if kind == "open" and len(self.tabs) < 6:
            self.front = self.chromium.context.new_page()
            self.tabs.append(self.front)
            self.front.goto(self.url(), wait_until="commit")
        elif kind == "close" and len(self.tabs) > 1:
            self.tabs.remove(self.front)
            self.front.close()
            self.front = self.random.choice(self.tabs)
            self.front.bring_to_front()
        elif kind == "switch":
            self.front = self.random.choice(self.tabs)
            self.front.bring_to_front()
        elif kind in ("push", "title", "jump") and self.front.url.startswith("http"):
            number = self.random.randrange(1000)
            script = {"push": "history.pushState({}, '', `?n=${n}`)", "title": "document.title = `Title ${n}`"}
            self.front.evaluate(f"(n) => {{ {script.get(kind, 'location.hash = `part${n}`')} }}", number)
        else:
            self.front.goto(self.url(), wait_until="commit")
        self.actions += 1

    def counts(self) -> tuple[int, int, int]:
        """Return the actions, the writes and the rows until now."""
        found = self.chromium.worker.evaluate("globalThis.soak")
        return self.actions, int(found["writes"]), int(found["rows"])

    def memory_kb(self) -> int:
        """Return the proportional memory of the extension's process."""
        browser = set(self.chromium.processes())
        total = 0
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                words = (folder / "cmdline").read_bytes()
                if b"--extension-process" in words and self.started_by(int(folder.name), browser):
                    text = (folder / "smaps_rollup").read_text()
                    total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
            except OSError:
                continue
        return total

    @staticmethod
    def started_by(process: int, browser: set[int]) -> bool:
        while process > 1:
            if process in browser:
                return True
            stat = Path(f"/proc/{process}/stat").read_text()
            process = int(stat.rpartition(")")[2].split()[1])
        return False


def growth_of(memory: list[int]) -> float:
    """Return the median of the last quarter by that of the second."""
    quarter = max(1, len(memory) // 4)
    return statistics.median(memory[-quarter:]) / statistics.median(memory[quarter : 2 * quarter] or memory)


def run(minutes: float, pace: float) -> int:
    sites = Sites()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        server.register(EMAIL)
        chromium = Chromium(playwright, Path(folder) / "profile")
        control = chromium.own_page()
        chromium.sign_in(control, server.url, EMAIL, PASSWORD)
        control.close()
        memory: list[int] = []
        soak = Soak(chromium, sites)
        chromium.worker.evaluate(COUNT)
        end = time.monotonic() + minutes * 60
        before = (0, 0, 0)
        print("minute  actions  writes  per action  rows  memory (kB)")
        for number in range(1, max(1, round(minutes)) + 1):
            minute = min(end, time.monotonic() + 60)
            while time.monotonic() < minute:
                soak.act()
                chromium.pause(soak.random.uniform(0.2, 2 * pace))
            counts = soak.counts()
            actions, writes, rows = (now - then for now, then in zip(counts, before, strict=True))
            before = counts
            per_action = writes / max(1, actions)
            memory.append(soak.memory_kb())
            print(
                f"{number:>6}  {actions:>7}  {writes:>6}  {per_action:>10.2f}  {rows:>4}  {memory[-1]:>11}",
                flush=True,
            )
        for tab in soak.tabs:
            tab.goto("about:blank")
        # The last stays are sent within the pace of the server, a minute.
        chromium.pause(75)
        settled = soak.counts()
        chromium.pause(REST_SECONDS)
        at_rest = soak.counts()[1] - settled[1]
        per_action = settled[1] / max(1, settled[0])
        print(f"{settled[0]} actions, {per_action:.2f} writes per action, {at_rest} writes in {REST_SECONDS} s at rest")
        growth = growth_of(memory)
        control = chromium.own_page()
        pending = chromium.ask(control, "status")["counts"]["pending"]
        held, stored = len(chromium.records(control)["visits"]), len(server.visits(EMAIL))
        print(f"memory grew {growth:.2f} ×; {held} visits in the extension, {stored} on the server, {pending} pending")
        chromium.close()
        server.close()
    sites.close()
    is_fine = (
        per_action <= MAX_WRITES_PER_ACTION and at_rest == 0 and growth <= MAX_GROWTH and (pending, held) == (0, stored)
    )
    return 0 if is_fine else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pace", type=float, default=1.2, help="seconds from one action to the next, on average")
    options = parser.parse_args()
    sys.exit(run(options.minutes, options.pace))
