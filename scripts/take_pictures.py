"""Take the pictures of README, of the front page and of the start page: `make pictures`.

The pages are those of the demo that runs at --server; --link is the link that it prints, which signs in once.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.chromium import Chromium, extension_id  # noqa: E402  # found by the line above
from tests.e2e.machine import require_program  # noqa: E402  # as above

TARGET = ROOT / "syncserver/static/syncserver/pictures"
SCHEMES = ("light", "dark")
# Pages of the server: the path, width and height in CSS pixels.
PAGES = {"dashboard": ("/dashboard/week", 1100, 760)}
STEP_SIZE = {"width": 760, "height": 360}
# Steps of installing the extension, in the order of the start page.
STEPS = ("chromium-1", "chromium-2", "options")


def take(page: Page, name: str, url: str) -> None:
    """Write the picture of a URL in both colour schemes."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(url)
        page.wait_for_timeout(800)
        target = TARGET / f"{name}-{scheme}.png"
        page.screenshot(path=target)
        print(target.relative_to(ROOT))


def take_pages(playwright: Playwright, server: str, link: str) -> None:
    """Take the pictures of the server's pages."""
    browser = playwright.chromium.launch(
        executable_path=require_program("chromium", "chromium"), chromium_sandbox=False
    )
    page = browser.new_page(timezone_id="Europe/Berlin")
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
    """Take the pictures of installing the extension in Chromium."""
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
    take(page_of(context), STEPS[0], "chrome://extensions")
    context.close()
    chromium = Chromium(playwright, folder / "with")
    page = page_of(chromium.context)
    take(page, STEPS[1], "chrome://extensions")
    take(page, STEPS[2], f"chrome-extension://{extension_id()}/src/pages/options.html")
    chromium.context.close()


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


if __name__ == "__main__":
    main()
