"""Firefox ESR with the extension, driven by raw WebDriver BiDi."""

import base64
import json
import subprocess
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from .chromium import READ, TIMINGS, UNFOLD
from .machine import EXTENSION, free_port, require_program
from .screen import Screen

ID = json.loads((EXTENSION / "manifest.json").read_text())["browser_specific_settings"]["gecko"]["id"]
UUID = "11111111-2222-4333-8444-555555555555"
PREFERENCES = {
    "extensions.webextensions.uuids": json.dumps({ID: UUID}),
    "xpinstall.signatures.required": False,
    "extensions.autoDisableScopes": 0,
    # The question after a click cannot be answered without a person.
    "extensions.webextOptionalPermissionPrompts": False,
    "network.dns.forceResolve": "127.0.0.1",
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
    "network.trr.mode": 5,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.aboutwelcome.enabled": False,
    # The background is stopped after so many ms at rest.
    "extensions.background.idle.timeout": 30000,
}


class Firefox:
    """Firefox without a screen, or in a window on the given one. It has chosen to record, unless `chooses` is False.

    The extension is installed for good, as from a store, or else as the start page says: until Firefox closes.
    """

    def __init__(
        self, folder: Path, screen: Screen | None = None, *, chooses: bool = True, for_good: bool = True
    ) -> None:
        self.screen = screen
        self.program = require_program("firefox-esr", "firefox-esr")
        self.profile = folder / "profile"
        self.profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
        (self.profile / "user.js").write_text("".join(lines))
        self.package = folder / "extension.xpi"
        with zipfile.ZipFile(self.package, "w") as packed:
            for path in sorted(EXTENSION.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(EXTENSION))
        self.process: subprocess.Popen[bytes]
        self.socket: ClientConnection
        self.exits = ExitStack()
        self.number = 0
        self.start()
        self(
            "webExtension.install",
            extensionData={"type": "archivePath", "path": str(self.package)},
            **{"moz:permanent": for_good},
        )
        self.welcome = str(self.wait(self._welcome))
        if chooses:
            self.wait(lambda: self.run(self.welcome, "'drawn' in document.documentElement.dataset"))
            self.ask(self.welcome, "stay-local")
            self.close_tab(self.welcome)

    def _welcome(self) -> str | None:
        """The page that the extension opens after it was installed."""
        found = self("browsingContext.getTree")["contexts"]
        return next((one["context"] for one in found if one["url"].endswith("/welcome.html")), None)

    def start(self) -> None:
        port = free_port()
        self.process = subprocess.Popen(
            [
                self.program,
                *([] if self.screen else ["--headless"]),
                "--no-remote",
                "--profile",
                str(self.profile),
                f"--remote-debugging-port={port}",
                "--remote-allow-system-access",
            ],
            env=self.screen.environment if self.screen else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(150):
            try:
                self.socket = self.exits.enter_context(connect(f"ws://127.0.0.1:{port}/session", max_size=None))
                break
            except OSError:
                time.sleep(0.2)
        else:
            self.kill()
            raise TimeoutError("Firefox did not start")
        self("session.new", capabilities={"alwaysMatch": {}})

    def __call__(self, method: str, **params: Any) -> Any:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=30))
            if message.get("id") == self.number:
                break
        if message["type"] == "error":
            raise RuntimeError(f"{message['error']}: {message['message']}")
        return message["result"]

    @property
    def origin(self) -> str:
        return f"moz-extension://{UUID}/"

    def tab(self, url: str) -> str:
        context = str(self("browsingContext.create", type="tab")["context"])
        self.go(context, url)
        return context

    def go(self, context: str, url: str, wait: str = "complete") -> None:
        self("browsingContext.navigate", context=context, url=url, wait=wait)

    def front(self, context: str) -> None:
        self("browsingContext.activate", context=context)

    def close_tab(self, context: str) -> None:
        self("browsingContext.close", context=context)

    def tabs(self) -> list[str]:
        return [one["context"] for one in self("browsingContext.getTree")["contexts"]]

    def run(self, context: str, expression: str) -> Any:
        """The value of a JavaScript expression, or of the promise that it is."""
        answer = self(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        value = answer["result"].get("value")
        return json.loads(value) if value else None

    def privileged(self, expression: str) -> Any:
        context = self("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"][0]["context"]
        return self.run(context, expression)

    def fill(self, context: str, selector: str, text: str) -> None:
        self.run(context, f"void (document.querySelector({json.dumps(selector)}).value = {json.dumps(text)})")

    def click(self, context: str, selector: str) -> None:
        """A real click, which is what the browser wants before it gives a permission."""
        spot = self.run(
            context,
            f"(() => {{ const it = document.querySelector({json.dumps(selector)});"
            " it.scrollIntoView({block: 'center'});"
            " const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()",
        )
        self(
            "input.performActions",
            context=context,
            actions=[
                {
                    "type": "pointer",
                    "id": "mouse",
                    "actions": [
                        {"type": "pointerMove", "x": round(spot[0]), "y": round(spot[1])},
                        {"type": "pointerDown", "button": 0},
                        {"type": "pointerUp", "button": 0},
                    ],
                }
            ],
        )

    def enter(self, context: str, server: str, email: str, password: str) -> None:
        """Fills in the form of the options page and presses its button."""
        # The form appears once the page knows how things stand, and what it holds is filled in then.
        self.wait(lambda: self.run(context, "!document.querySelector('#enter-server').hidden"))
        self.run(context, f"void ({UNFOLD})()")
        for selector, text in (("#server", server), ("#login-email", email), ("#login-password", password)):
            self.fill(context, selector, text)
        self.click(context, "#enter-button")

    def sign_in(self, context: str, server: str, email: str, password: str) -> None:
        """Signs in as a person does, in the options page."""
        self.enter(context, server, email, password)
        self.wait(lambda: (self.ask(context, "status")["account"] or {}).get("email") == email)

    def ask(self, context: str, what: str, **more: Any) -> Any:
        return self.run(context, f"browser.runtime.sendMessage({json.dumps({'ask': what, **more})})")

    def stop_background(self) -> None:
        """Stops the event page, as Firefox does at rest."""
        self.privileged(
            f"WebExtensionPolicy.getByID({json.dumps(ID)}).extension"
            ".terminateBackground({expectStopped: true}).then(() => true)"
        )

    def shorten_time(self, **changes: Any) -> None:
        page = self.tab(f"{self.origin}src/pages/options.html")
        timings = json.dumps({**TIMINGS, **changes})
        store = "import('/src/store.js').then((m) => m.openStore())"
        self.run(page, f"{store}.then((s) => s.set('testTimings', {timings}))")
        self.stop_background()
        self.ask(page, "status")
        self.close_tab(page)

    def records(self, context: str) -> Any:
        return self.run(context, f"({READ})()")

    def wait(self, condition: Any, seconds: float = 20, every: float = 0.3) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(every)
        raise AssertionError(f"still not so after {seconds} s")

    def sync_all(self, context: str) -> None:
        def done() -> bool:
            status = self.ask(context, "status")
            if status["counts"]["pending"] == 0 and not status["syncing"]:
                return True
            if not status["syncing"]:
                self.ask(context, "sync")
            return False

        self.wait(done, 40)

    def screenshot(self, context: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.picture(context))

    def picture(self, context: str, clip: dict[str, Any] | None = None) -> bytes:
        """The PNG of a page, or of a box of it."""
        more = {"clip": clip} if clip else {}
        return base64.b64decode(self("browsingContext.captureScreenshot", context=context, **more)["data"])

    def close(self) -> None:
        try:
            self("browser.close")
            self.process.wait(20)
        except (RuntimeError, ConnectionClosed, subprocess.TimeoutExpired):
            self.kill()
        self.exits.close()

    def kill(self) -> None:
        """SIGKILL to the whole browser."""
        self.process.kill()
        self.process.wait()
        self.exits.close()
