"""Firefox's own history, brought by the extension, beside an import of the same profile's file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import history
from .firefox import Firefox
from .server import PASSWORD, Server
from .sites import MADE_HOST, Sites


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    browser = Firefox(tmp_path / "browser")
    yield browser
    browser.close()


def test_firefox_brings_its_history_as_its_file_would(
    firefox: Firefox, server: Server, sites: Sites, tmp_path: Path
) -> None:
    email = "alice-firefox-history@example.com"
    server.register(email)
    firefox.shorten_time()
    options = firefox.tab(f"{firefox.origin}src/pages/options.html")
    firefox.sign_in(options, server.url, email, PASSWORD)
    firefox.ask(options, "pause", until="resumed")
    page = firefox.tab("about:blank")
    for host, path in ((MADE_HOST, "/app"), (MADE_HOST, "/moved?1"), (MADE_HOST, "/framed"), ("bank.test", "/app")):
        firefox.go(page, sites.url(host, path))
    firefox.go(page, sites.url(MADE_HOST, "/app?2"))
    firefox.run(page, "void location.reload()")
    firefox.ask(options, "rules", rules={"never": ["bank.test"], "domainOnly": [], "stripQuery": []})

    firefox.front(options)
    said = "document.querySelector('#history').innerText"

    def press_until(name: str, text: str) -> None:
        """Clicks a button until the card says so: the page may move under the mouse while it is drawn."""
        button = f"[...document.querySelectorAll('#history button')].find((one) => one.innerText === {name!r})"

        def is_said() -> bool:
            if text in firefox.run(options, said):
                return True
            if firefox.run(options, f"({button})?.checkVisibility() === true"):
                firefox.run(options, f"void ({button}.id = 'pressed')")
                firefox.click(options, "#pressed")
                firefox.run(options, "void document.querySelector('#pressed')?.removeAttribute('id')")
            return text in firefox.run(options, said)

        try:
            firefox.wait(is_said, every=1)
        except AssertionError:
            raise AssertionError(firefox.run(options, said)) from None

    press_until("Bring this browser’s history", "1 visit that your rules keep here")
    press_until("Send them to my server", "Done:")

    # A browser that runs may write between the copies of its two files.
    firefox.close()
    in_file = history.of_file(firefox.profile / "places.sqlite", tmp_path)
    wanted = {key: told for key, told in in_file.items() if "bank.test" not in told[0]}
    assert {url for url, _ in wanted.values()} == {
        sites.url(MADE_HOST, path) for path in ("/app", "/app?1", "/framed", "/app?2")
    }
    assert history.of_server(server, email) == wanted
