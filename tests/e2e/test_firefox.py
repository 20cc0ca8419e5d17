"""The same folder in Firefox ESR: it records, signs in, syncs and restarts, held against the same ground truth."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .firefox import Firefox
from .machine import SCREENSHOTS, free_port
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites
from .truth import Truth, difference, now_ms, sums_differ


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    browser = Firefox(tmp_path)
    yield browser
    browser.close()


def rows_match(server: Server, email: str, truth: Truth) -> None:
    visits = server.visits(email)
    faults = [*difference(truth, visits), *sums_differ(visits, server.aggregates(email))]
    assert not faults, "\n".join(faults)


def test_firefox_records_signs_in_syncs_and_restarts(firefox: Firefox, server: Server, sites: Sites) -> None:
    email = "alice-firefox@example.com"
    server.register(email)
    firefox.shorten_time()
    truth = Truth()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    firefox.sign_in(control, server.url, email, PASSWORD)

    # Pages one after the other, one of them left before a second is over.
    page = firefox.tab("about:blank")
    for name, seconds in (("os", 2.2), ("re", 0.2), ("sys", 1.8)):
        url = sites.url(PYTHON, f"/library/{name}.html")
        firefox.go(page, url, "none")
        truth.look_at(url)
        time.sleep(seconds)
    firefox.run(page, "void (location.hash = 'sys.argv')")
    time.sleep(1)

    # The event page is stopped in the middle of a stay; the next event starts it again.
    firefox.stop_background()
    time.sleep(1)
    select = sites.url(POSTGRES, "/sql-select.html")
    other = firefox.tab("about:blank")
    firefox.go(other, select, "none")
    truth.look_at(select)
    time.sleep(2)
    firefox.front(page)
    truth.look_at(sites.url(PYTHON, "/library/sys.html"))
    time.sleep(1.5)
    firefox.front(other)
    truth.look_at(select)
    time.sleep(1.5)

    # A single-page application moves without loading.
    app = sites.url(MADE_HOST, "/app")
    firefox.go(other, app, "none")
    truth.look_at(app)
    time.sleep(1.5)
    firefox.run(other, "void history.pushState({}, '', '/app/letters')")
    truth.look_at(f"{app}/letters")
    time.sleep(1.5)
    firefox.close_tab(other)
    firefox.front(control)
    truth.end()
    firefox.sync_all(control)
    rows_match(server, email, truth)
    closed = [row["url"] for row in server.visits(email) if row["closed_at"]]
    assert closed == [f"{app}/letters"]

    # A crash in the middle of a stay, then a restart: tab ids begin again at 1.
    crashed = sites.url(PYTHON, "/library/json.html")
    firefox.front(page)
    firefox.go(page, crashed, "none")
    truth.look_at(sites.url(PYTHON, "/library/sys.html"))
    truth.look_at(crashed)
    time.sleep(7)
    killed_at = now_ms()
    firefox.kill()
    truth.end()
    firefox.start()
    page = firefox.tab("about:blank")
    after = sites.url(PYTHON, "/library/csv.html")
    firefox.go(page, after, "none")
    truth.look_at(after)
    time.sleep(2)
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    truth.end()
    # Alarms are gone after a restart; what waits goes out all the same.
    firefox.wait(lambda: firefox.ask(control, "status")["counts"]["pending"] == 0, 30)
    [row] = [row for row in server.visits(email) if row["url"] == crashed]
    last_sign = row["started_at"] + row["duration_ms"]
    assert killed_at - 4500 <= last_sign <= killed_at + 200
    next(stay for stay in truth.stays if stay.url == crashed).end = last_sign
    rows_match(server, email, truth)


def test_firefox_forgets_a_site_and_what_another_program_erases(firefox: Firefox, server: Server, sites: Sites) -> None:
    email = "bob-firefox-forget@example.com"
    token = server.register(email)["access"]
    firefox.shorten_time(syncSoonSeconds=600, syncEverySeconds=600)
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    firefox.sign_in(control, server.url, email, PASSWORD)
    page = firefox.tab("about:blank")
    for url in (sites.url(MADE_HOST, "/app"), sites.url(POSTGRES, "/sql-select.html"), sites.url(PYTHON, "/")):
        firefox.go(page, url, "none")
        time.sleep(1.6)
    firefox.front(control)
    firefox.sync_all(control)

    def domains() -> list[str]:
        return sorted(row["domain"] for row in server.visits(email))

    assert domains() == ["docs.python.test", MADE_HOST, POSTGRES]
    firefox.fill(control, "#forget-name", MADE_HOST)
    firefox.click(control, "#forget-site")
    question = "document.querySelector('#forget-question').innerText"
    firefox.wait(lambda: firefox.run(control, question).startswith(f"Forget {MADE_HOST}? 1 visit on your server"))
    firefox.click(control, "#forget-yes")
    firefox.wait(lambda: firefox.run(control, "document.querySelector('#forget-message').innerText.startsWith('Forg')"))
    assert domains() == ["docs.python.test", POSTGRES]

    server.call("/api/sync/erasures", {"rule": {"domain": POSTGRES}}, token)
    firefox.ask(control, "sync")
    firefox.wait(lambda: {one["domain"] for one in firefox.records(control)["visits"]} == {"docs.python.test"})
    checked = "document.querySelector('#count-check').innerText"
    firefox.wait(lambda: firefox.run(control, checked) == "1 visit of this browser is on your server.")


def test_firefox_uses_a_server_in_the_house_without_https(firefox: Firefox, server: Server, sites: Sites) -> None:
    email = "alice-firefox-house@example.com"
    server.register(email)
    firefox.shorten_time()
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    address = f"nas.local:{server.port}"
    # The first press warns that the network can read along, the second goes on.
    firefox.enter(control, address, email, PASSWORD)
    warning = "document.querySelector('#server-message').innerText.includes('does not use https')"
    firefox.wait(lambda: firefox.run(control, warning))
    firefox.click(control, "#enter-button")
    firefox.wait(lambda: (firefox.ask(control, "status")["account"] or {}).get("email") == email)
    assert firefox.ask(control, "status")["account"]["server"] == f"http://{address}"
    page = firefox.tab("about:blank")
    firefox.go(page, sites.url(MADE_HOST, "/app"), "none")
    firefox.wait(lambda: firefox.records(control)["visits"])
    firefox.front(control)
    firefox.sync_all(control)
    assert [row["url"] for row in server.visits(email)] == [sites.url(MADE_HOST, "/app")]


def test_firefox_records_no_error_page(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    page = firefox.tab("about:blank")
    url = sites.url(PYTHON, "/library/os.html")
    firefox.go(page, url, "none")
    time.sleep(2)
    # No name ends in .onion, by RFC 7686, so Firefox resolves none.
    for failing in (
        f"http://refused.test:{free_port()}/",
        f"https://docs.python.test:{sites.port}/",
        f"http://unknown.onion:{sites.port}/",
    ):
        with contextlib.suppress(RuntimeError):
            firefox.go(page, failing, "none")
        time.sleep(2)
    firefox.go(page, sites.url(MADE_HOST, "/app"), "none")
    time.sleep(2)
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    time.sleep(1)
    visits = firefox.records(control)["visits"]
    assert [visit["url"] for visit in visits] == [url, sites.url(MADE_HOST, "/app")]
    assert [visit["title"] for visit in visits][1] == "Inbox"


def test_firefox_knows_when_nobody_is_there(firefox: Firefox, sites: Sites) -> None:
    # Firefox goes idle by its own clock, even without a screen; the least it can be asked for is 15 s.
    firefox.shorten_time(idleSeconds=15)
    page = firefox.tab("about:blank")
    firefox.go(page, sites.url(PYTHON, "/library/os.html"), "none")
    awaken = (
        "void Cc['@mozilla.org/widget/useridleservice;1'].getService(Ci.nsIUserIdleServiceInternal).resetIdleTimeOut(0)"
    )
    firefox.privileged(awaken)
    time.sleep(20)
    firefox.privileged(awaken)
    time.sleep(2)
    control = firefox.tab(f"{firefox.origin}src/pages/popup.html")
    time.sleep(1)
    [visit] = firefox.records(control)["visits"]
    [away] = visit["idlePeriods"]
    assert (away["reason"], away["resumedBy"]) == ("idle", "active")
    assert 3000 <= away["endedAt"] - away["startedAt"] <= 7000
    assert visit["activeMs"] == visit["durationMs"] - (away["endedAt"] - away["startedAt"])
    for scheme in ("popup", "options"):
        shown = firefox.tab(f"{firefox.origin}src/pages/{scheme}.html")
        time.sleep(1)
        firefox.screenshot(shown, SCREENSHOTS / f"firefox-{scheme}.png")


def test_firefox_title_stays_with_its_address(firefox: Firefox, sites: Sites) -> None:
    firefox.shorten_time()
    app = sites.url(MADE_HOST, "/app")
    page = firefox.tab(app)
    time.sleep(2)
    firefox.run(page, "(document.title = 'Letter', void history.pushState({}, '', '/app/letter'))")
    time.sleep(2)
    firefox.run(page, "(location.hash = 'part', void (document.title = 'Part'))")
    time.sleep(2)
    control = firefox.tab(f"{firefox.origin}src/pages/options.html")
    time.sleep(1)
    assert [(visit["url"], visit["title"]) for visit in firefox.records(control)["visits"]] == [
        (app, "Inbox"),
        (f"{app}/letter", "Letter"),
        (f"{app}/letter#part", "Part"),
    ]


def test_firefox_opens_its_welcome_page_and_connects_without_a_password(
    tmp_path: Path, server: Server, sites: Sites
) -> None:
    email = "alice-firefox-welcome@example.com"
    server.register(email)
    firefox = Firefox(tmp_path, chooses=False)
    with contextlib.closing(firefox):
        welcome = firefox.welcome
        firefox.wait(lambda: firefox.run(welcome, "'drawn' in document.documentElement.dataset"))
        page = firefox.tab(sites.url(MADE_HOST, "/app"))
        time.sleep(1.5)
        assert firefox.records(welcome) == {"visits": [], "aggregates": []}

        firefox.front(welcome)
        firefox.fill(welcome, "#server", server.url)
        known = set(firefox.tabs())
        firefox.click(welcome, "#connect")
        allow = str(firefox.wait(lambda: next(iter(set(firefox.tabs()) - known), None)))
        firefox.wait(lambda: firefox.run(allow, "document.querySelector('#id_password') !== null"))
        firefox.fill(allow, "#id_username", email)
        firefox.fill(allow, "#id_password", PASSWORD)
        firefox.click(allow, "main button.main")
        firefox.wait(lambda: firefox.run(allow, "document.querySelector('.connect-number') !== null"))
        number = firefox.run(allow, "document.querySelector('.connect-number').textContent")
        firefox.front(welcome)
        firefox.wait(lambda: firefox.run(welcome, "document.querySelector('#connect-number').textContent") == number)
        firefox.front(allow)
        firefox.click(allow, "button[value=allow]")
        firefox.wait(lambda: (firefox.ask(welcome, "status")["account"] or {}).get("email") == email)

        firefox.front(page)
        firefox.go(page, sites.url(PYTHON, "/library/os.html"))
        time.sleep(1.5)
        firefox.front(welcome)
        firefox.sync_all(welcome)
        assert PYTHON in {row["domain"] for row in server.visits(email)}
