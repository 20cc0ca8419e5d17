"""Take the pictures of README, of the front page and of the start page: `make pictures`.

The pages are those of the demo that runs at --server; --link is the link that it prints, which signs in once.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.chromium import Chromium, extension_id  # noqa: E402  # found by the line above
from tests.e2e.firefox import ID, Firefox  # noqa: E402  # as above
from tests.e2e.machine import require_program  # noqa: E402  # as above

TARGET = ROOT / "syncserver/static/syncserver/pictures"
SCHEMES = ("light", "dark")
# Pages of the server: the path, width and height in CSS pixels.
PAGES = {"dashboard": ("/dashboard/week", 1100, 760)}
STEP_SIZE = {"width": 760, "height": 360}
# Steps of installing the extension, in the order of the start page. Both browsers show the same welcome page.
STEPS = ("chromium-1", "chromium-2", "firefox-1", "firefox-2", "connect")
DEBUGGING = "about:debugging#/runtime/this-firefox"
# The picture shows the list of temporary extensions alone: no logo, and not the folder in which it was taken.
FIREFOX_SIZE = {"width": 1200, "height": 700}
CORNER = """() => {
  const titles = [...document.querySelectorAll('h2, h3')];
  const { x, y } = titles.find((one) => one.textContent.includes('Temporary Extensions')).getBoundingClientRect();
  return [x, y];
}"""
WITHOUT_PATHS = """() => {
  for (const one of document.querySelectorAll('*')) {
    if (one.children.length === 0 && one.textContent.endsWith('.xpi')) one.textContent = 'browsing-record-firefox.zip';
  }
}"""
# The preferences of Firefox for the colour scheme of pages of the web, and of its own pages.
FIREFOX_PREFERENCES = ("layout.css.prefers-color-scheme.content-override", "ui.systemUsesDarkTheme")
FIREFOX_SCHEMES = {"light": (1, 0), "dark": (0, 1)}


def take(page: Page, name: str, url: str, shown: str = "body") -> None:
    """Write the picture of a URL in both colour schemes, with the element `shown` at its top."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(url)
        page.wait_for_timeout(800)
        page.locator(shown).first.evaluate("element => element.scrollIntoView({ block: 'start' })")
        save(name, scheme, page.screenshot())


def save(name: str, scheme: str, picture: bytes) -> None:
    """Write a picture and print its name."""
    target = TARGET / f"{name}-{scheme}.png"
    target.write_bytes(picture)
    print(target.relative_to(ROOT))


def take_pages(playwright: Playwright, server: str, link: str) -> None:
    """Take the pictures of the server's pages."""
    browser = playwright.chromium.launch(
        executable_path=require_program("chromium", "chromium"), chromium_sandbox=False
    )
    page = browser.new_page()
    page.goto(link)
    for name, (path, width, height) in PAGES.items():
        page.set_viewport_size({"width": width, "height": height})
        take(page, name, server + path)
    browser.close()


def page_of(context: BrowserContext) -> Page:
    """Return a page of the size of the step pictures."""
    page = context.new_page()
    page.set_viewport_size(STEP_SIZE)
    return page


def take_steps(playwright: Playwright, folder: Path) -> None:
    """Take the pictures of installing the extension in Chromium, and of connecting it."""
    profile = folder / "without"
    (profile / "Default").mkdir(parents=True)
    preferences = {"extensions": {"ui": {"developer_mode": True}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=require_program("chromium", "chromium"),
        chromium_sandbox=False,
        ignore_default_args=["--disable-extensions"],
    )
    take(page_of(context), "chromium-1", "chrome://extensions")
    context.close()
    chromium = Chromium(playwright, folder / "with", chooses=False)
    page = page_of(chromium.context)
    take(page, "chromium-2", "chrome://extensions")
    take(page, "connect", f"chrome-extension://{extension_id()}/src/pages/welcome.html", "#choose")
    chromium.context.close()


def take_firefox_steps(folder: Path) -> None:
    """Take the pictures of installing the extension in Firefox."""
    firefox = Firefox(folder / "firefox", chooses=False, for_good=False)
    tab = firefox.tab(DEBUGGING)
    firefox("browsingContext.setViewport", context=tab, viewport=FIREFOX_SIZE)
    listed = f"document.body.innerText.includes({json.dumps(ID)})"
    firefox.wait(lambda: firefox.run(tab, listed))
    firefox.run(tab, f"void ({WITHOUT_PATHS})()")
    take_of_firefox(firefox, tab, "firefox-2")
    firefox("webExtension.uninstall", extension=ID)
    firefox.wait(lambda: firefox.run(tab, f"!{listed}"))
    take_of_firefox(firefox, tab, "firefox-1")
    firefox.close()


def take_of_firefox(firefox: Firefox, tab: str, name: str) -> None:
    """Write the picture of a tab of Firefox in both colour schemes."""
    for scheme, values in FIREFOX_SCHEMES.items():
        for preference, value in zip(FIREFOX_PREFERENCES, values, strict=True):
            firefox.privileged(f"Services.prefs.setIntPref({json.dumps(preference)}, {value})")
        time.sleep(0.8)
        left, top = firefox.run(tab, f"({CORNER})()")
        save(name, scheme, firefox.picture(tab, {"type": "box", "x": left - 24, "y": top - 24, **STEP_SIZE}))


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of README and of the pages.")
    parser.add_argument("--server", help="URL of the demo, such as http://127.0.0.1:8001; without it, only the steps")
    parser.add_argument("--link", help="the link that the demo prints")
    asked = parser.parse_args()
    TARGET.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        if asked.server:
            take_pages(playwright, asked.server, asked.link)
        take_steps(playwright, Path(folder))
        take_firefox_steps(Path(folder))


if __name__ == "__main__":
    main()
