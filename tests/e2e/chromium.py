"""Debian's Chromium with the extension loaded, driven by Playwright and by the debugging protocol."""

import contextlib
import hashlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, expect

from .machine import EXTENSION, require_program

SWITCHES = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP nowhere.test ~NOTFOUND, MAP * 127.0.0.1",
]
# The named setting by which tests shorten time; nothing else does.
TIMINGS = {
    "heartbeatSeconds": 3,
    "awayHeartbeatSeconds": 10,
    "earlyHeartbeatSeconds": [1.1],
    "syncSoonSeconds": 1,
    "syncEverySeconds": 4,
    "syncFloorSeconds": 1,
    "longestFloorSeconds": 1,
    "backoffFirstSeconds": 1,
    "backoffLastSeconds": 3,
    "requestTimeoutSeconds": 10,
}
READ = """async () => {
  const { openStore } = await import('/src/store.js');
  const store = await openStore();
  const all = { visits: [], aggregates: [] };
  for (const kind of ['visits', 'aggregates']) for await (const slice of store.slices(kind)) all[kind].push(...slice);
  store.close();
  return all;
}"""


# The cards of the options, and the sign-in by password, are folded at first.
UNFOLD = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# The worker's own listener, as a click on the welcome page calls it; a page for it would take half a second in each test.
STAY_LOCAL = """() => new Promise((resolve) => {
  const sender = { id: chrome.runtime.id, url: chrome.runtime.getURL('') };
  chrome.runtime.onMessage.dispatch({ ask: 'stay-local' }, sender, resolve);
})"""

# The middle of an element that is shown, has not moved for a tenth of a second and lies on top; else null.
STEADY_MIDDLE = """(async () => {
  const element = %s;
  if (!element?.checkVisibility()) return null;
  element.scrollIntoView({ block: 'center' });
  const middle = () => (({ x, y, width, height }) => [x + width / 2, y + height / 2])(element.getBoundingClientRect());
  const before = middle();
  await new Promise((done) => setTimeout(done, 100));
  const after = middle();
  const isSteady = before[0] === after[0] && before[1] === after[1];
  return isSteady && element.contains(document.elementFromPoint(...after)) ? after : null;
})()"""


def extension_id(path: Path = EXTENSION) -> str:
    """An unpacked extension's id: sha256 of its folder's path, in letters from a to p."""
    return "".join(chr(97 + int(digit, 16)) for digit in hashlib.sha256(str(path).encode()).hexdigest()[:32])


def seed(profile: Path, api: tuple[str, ...] = (), hosts: tuple[str, ...] = ()) -> None:
    """Makes the extension installed for good, as by hand: loaded by a switch it would lose its alarms at a restart."""
    manifest = json.loads((EXTENSION / "manifest.json").read_text())
    # Optional permissions are given here too: the browser's own question cannot be answered without a screen.
    permissions = {
        "api": [*manifest["permissions"], *api],
        "explicit_host": [*manifest["host_permissions"], *hosts],
        "manifest_permissions": [],
        "scriptable_host": [],
    }
    settings = {
        "location": 4,
        "path": str(EXTENSION),
        "creation_flags": 38,
        "state": 1,
        "disable_reasons": [],
        "from_webstore": False,
        "active_permissions": permissions,
        "granted_permissions": permissions,
        "withholding_permissions": False,
        "first_install_time": "13439874765000000",
        "last_update_time": "13439874765000000",
    }
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(
        json.dumps(
            {
                "extensions": {"ui": {"developer_mode": True}, "settings": {extension_id(): settings}},
            }
        )
    )


class Chromium:
    def __init__(
        self,
        playwright: Playwright,
        profile: Path,
        *,
        headless: bool = True,
        extra: tuple[str, ...] = (),
        chooses: bool = True,
    ) -> None:
        self.program = require_program("chromium", "chromium")
        self.playwright = playwright
        self.profile = profile
        self.headless = headless
        self.extra = extra
        if not profile.exists():
            seed(profile)
        self.context: BrowserContext
        self.start()
        if chooses:
            self.worker.evaluate(STAY_LOCAL)

    def start(self) -> None:
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=self.program,
            headless=self.headless,
            chromium_sandbox=False,
            args=[*SWITCHES, *self.extra],
            ignore_default_args=["--disable-extensions", "--disable-back-forward-cache"],
            viewport={"width": 1000, "height": 700},
            env={**os.environ},
        )
        self.wait(lambda: any(worker.url.startswith(self.origin) for worker in self.context.service_workers), 15)

    @property
    def origin(self) -> str:
        return f"chrome-extension://{extension_id()}/"

    def wait(self, condition: Any, seconds: float = 20, every: float = 0.1) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            self.pause(every)
        raise AssertionError(f"still not so after {seconds} s")

    def pause(self, seconds: float) -> None:
        """Lets time pass while Playwright's own events go on."""
        pages = self.context.pages
        if pages:
            pages[0].wait_for_timeout(seconds * 1000)
        else:
            time.sleep(seconds)

    def own_page(self, path: str = "src/pages/options.html") -> Page:
        """A page of the extension in a tab in front."""
        page = self.context.new_page()
        page.goto(self.origin + path)
        if "options" in path:
            # The page fills its fields once, and would overwrite what a test typed before.
            page.wait_for_selector("html[data-drawn]", state="attached")
            page.evaluate(UNFOLD)
        return page

    def ask(self, page: Page, what: str, **more: Any) -> Any:
        return page.evaluate("(message) => chrome.runtime.sendMessage(message)", {"ask": what, **more})

    def shorten_time(self, **changes: Any) -> None:
        """Stores the test setting and starts the background anew with it."""
        page = self.own_page()
        page.evaluate(
            "async (timings) => { const { openStore } = await import('/src/store.js');"
            " const store = await openStore(); await store.set('testTimings', timings); store.close(); }",
            {**TIMINGS, **changes},
        )
        self.stop_worker(page)
        self.ask(page, "status")
        page.close()

    def stop_worker(self, page: Page) -> None:
        """Kills the background through the debugging protocol, as the browser does when it wants the memory."""
        session = self.context.new_cdp_session(page)
        session.send("ServiceWorker.enable")
        session.send("ServiceWorker.stopAllWorkers")
        session.detach()

    def dispatch_idle(self, page: Page, state: str) -> None:
        """Runs the real listener with a made-up event: a headless browser never goes idle."""
        self.ask(page, "status")
        self.worker.evaluate("(state) => chrome.idle.onStateChanged.dispatch(state)", state)

    @property
    def worker(self) -> Any:
        return next(worker for worker in self.context.service_workers if worker.url.startswith(self.origin))

    def records(self, page: Page) -> Any:
        return page.evaluate(READ)

    def wait_for_visit(self, url: str, known: set[str]) -> None:
        """Wait until a visit of this URL is stored that is not among the known ids: the page was in front for a second."""
        control = self.control

        def is_stored() -> bool:
            return any(one["url"] == url and one["id"] not in known for one in self.records(control)["visits"])

        self.wait(is_stored)

    def read(self, page: Page, url: str) -> None:
        """Go to a page in front and stay until its visit is stored, however slow the machine is."""
        known = self.visit_ids()
        page.goto(url)
        self.wait_for_visit(url, known)

    def visit_ids(self) -> set[str]:
        return {visit["id"] for visit in self.records(self.control)["visits"]}

    @property
    def control(self) -> Page:
        """A page of the extension, which reads the store also from behind. A test must have opened one."""
        return next(page for page in self.context.pages if page.url.startswith(self.origin))

    def sign_in(self, page: Page, server: str, email: str, password: str) -> None:
        """Signs in as a person does, in the options page."""
        page.goto(f"{self.origin}src/pages/options.html")
        page.wait_for_selector("html[data-drawn]", state="attached")
        page.evaluate(UNFOLD)
        page.get_by_label("Server address").fill(server)
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("#email")).to_have_text(email, timeout=30_000)
        expect(page.locator("#account-message")).to_contain_text("Signed in.")

    def sync_all(self, page: Page, seconds: float = 60) -> None:
        """Asks for a sync and waits until nothing is pending."""

        def done() -> bool:
            status = self.ask(page, "status")
            if status["counts"]["pending"] == 0 and not status["syncing"]:
                return True
            if not status["syncing"]:
                self.ask(page, "sync")
            return False

        self.wait(done, seconds, 0.3)

    def close(self) -> None:
        self.context.close()

    def kill(self) -> None:
        """SIGKILL to the whole browser."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        # The driver may raise, since its browser is gone.
        with contextlib.suppress(Exception):
            self.context.close()
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self.profile / name).unlink(missing_ok=True)

    def processes(self) -> list[int]:
        """The browser's main process, known by its profile; its children go with it."""
        wanted = f"--user-data-dir={self.profile}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words and not any(word.startswith(b"--type=") for word in words):
                found.append(int(folder.name))
        return found


class Popup:
    """The real popup over the page in front. The driver does not list it as a page, so it speaks through the protocol."""

    def __init__(self, chromium: Chromium, page: Page) -> None:
        self.chromium = chromium
        self.number = 0
        self.replies: dict[int, Any] = {}
        self.session = chromium.context.new_cdp_session(page)
        self.session.on("Target.receivedMessageFromTarget", self._received)
        page.bring_to_front()
        # The window must be in front, which takes a moment after another page was.
        chromium.wait(
            lambda: chromium.worker.evaluate("chrome.action.openPopup().then(() => true, () => false)"), every=0.3
        )
        target = chromium.wait(self._target)
        attached = self.session.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        self.id = attached["sessionId"]
        self.wait("document.readyState === 'complete'")

    def _target(self) -> str | None:
        found = self.session.send("Target.getTargets")["targetInfos"]
        return next((one["targetId"] for one in found if one["url"].endswith("/popup.html")), None)

    def _received(self, event: Any) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self.replies[message["id"]] = message

    def send(self, method: str, **params: Any) -> Any:
        self.number += 1
        message = json.dumps({"id": self.number, "method": method, "params": params})
        self.session.send("Target.sendMessageToTarget", {"sessionId": self.id, "message": message})
        return self.chromium.wait(lambda: self.replies.pop(self.number, None), every=0.02)["result"]

    def run(self, expression: str) -> Any:
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Waits until a JavaScript expression is true in the popup."""
        self.chromium.wait(lambda: self.run(expression))

    def text(self, selector: str) -> str:
        """The text of an element that is shown, else an empty text."""
        found = f"document.querySelector({json.dumps(selector)})"
        return str(self.run(f"{found}.checkVisibility() ? {found}.innerText : ''"))

    def wait_for_text(self, selector: str, part: str) -> None:
        self.chromium.wait(lambda: part in self.text(selector))

    def click(self, selector: str) -> None:
        """Clicks the middle of an element that is shown, once it stands still; numbers that arrive move what is below them."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"{element}.checkVisibility()")
        self.run(
            f"globalThis.hits = 0; {element}.addEventListener('click', () => {{ globalThis.hits += 1; }}, {{ once: true }})"
        )
        self.chromium.wait(lambda: self._clicked(element))

    def _clicked(self, element: str) -> bool:
        """Return whether the element was hit, and not what moved into its place; if not yet, try once more."""
        if not self.run("globalThis.hits > 0") and (place := self.run(STEADY_MIDDLE % element)):
            for kind in ("mousePressed", "mouseReleased"):
                self.send("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        return bool(self.run("globalThis.hits > 0"))

    def close(self) -> None:
        self.session.send("Target.closeTarget", {"targetId": self.chromium.wait(self._target)})
        self.session.detach()
