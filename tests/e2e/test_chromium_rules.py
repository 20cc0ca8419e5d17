"""The person's rules in Chromium: what they forbid is neither recorded nor sent, and the pages say what a line covers."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .chromium import Chromium, Popup
from .machine import REPOSITORY
from .proxy import Proxy
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites

LATER = {"syncSoonSeconds": 600, "syncEverySeconds": 600}
NEVER = "Never record these sites"


def read_pages(chromium: Chromium, sites: Sites, *pages: tuple[str, str]) -> Page:
    page = chromium.context.pages[0]
    page.bring_to_front()
    for host, path in pages:
        page.goto(sites.url(host, path))
        chromium.pause(2.2)
    return page


def hosts(records: list[dict[str, Any]]) -> set[str]:
    return {record["domain"] for record in records}


def held(chromium: Chromium, page: Page) -> int:
    return int(chromium.ask(page, "status")["counts"]["held"])


def test_a_site_is_never_recorded_again_by_a_click_in_the_popup_and_forgotten_by_another(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "alice-popup-rule@example.com"
    server.register(email)
    chromium.shorten_time(**LATER)
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    chromium.ask(control, "sync")
    chromium.sync_all(control)
    page = chromium.context.pages[0]
    page.bring_to_front()
    for host, path in ((MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"), (MADE_HOST, "/late")):
        chromium.read(page, sites.url(host, path))
    popup = Popup(chromium, page)
    popup.wait_for_text("#never-site", "Never record made.test")
    popup.click("#never-site")
    popup.wait_for_text("#never-text", "made.test is not recorded any more. 2 waiting records are not sent.")
    popup.wait_for_text("#forget-question", "Forget made.test? 0 visits on your server are erased, and 2 here")
    popup.click("#forget-yes")
    popup.wait_for_text("#forget-message", "Forgotten: 2 visits in this browser and 0 on your server.")
    popup.close()
    assert chromium.ask(control, "status")["rules"]["never"] == [MADE_HOST]
    assert hosts(chromium.records(control)["visits"]) == {POSTGRES}
    read_pages(chromium, sites, (MADE_HOST, "/behind"))
    control.bring_to_front()
    chromium.sync_all(control)
    assert hosts(server.visits(email)) == {POSTGRES}
    assert "made.test" not in json.dumps(chromium.records(control))
    [totals] = server.aggregates(email)
    assert set(totals["domain_durations"]) == {POSTGRES}


def test_what_waits_of_a_forbidden_site_is_not_sent_even_if_the_server_comes_back(
    chromium: Chromium, server: Server, proxy: Proxy, sites: Sites
) -> None:
    email = "bob-waiting-rule@example.com"
    server.register(email)
    chromium.shorten_time(**LATER, backoffFirstSeconds=600, backoffLastSeconds=600)
    control = chromium.own_page()
    chromium.sign_in(control, proxy.url, email, PASSWORD)
    read_pages(chromium, sites, (MADE_HOST, "/app"), (PYTHON, "/library/os.html"))
    control.bring_to_front()
    proxy.misbehave((503, {"Retry-After": "600"}))
    chromium.ask(control, "sync")
    chromium.wait(lambda: not proxy.faults and not chromium.ask(control, "status")["syncing"])
    control.get_by_label(NEVER).fill(MADE_HOST)
    control.get_by_role("button", name="Save rules").click()
    expect(control.locator("#rules-message")).to_contain_text("1 waiting record of forbidden sites is not sent.")
    assert held(chromium, control) == 1
    control.get_by_role("button", name="Forget made.test everywhere…").click()
    expect(control.locator("#forget-question")).to_contain_text("Forget made.test? 0 visits on your server are erased")
    control.get_by_role("button", name="Keep", exact=True).click()
    expect(control.locator("#forget-question")).to_be_hidden()
    chromium.sync_all(control)
    assert hosts(server.visits(email)) == {"docs.python.test"}
    # The person changes their mind: nothing was lost.
    control.get_by_label(NEVER).fill("")
    control.get_by_role("button", name="Save rules").click()
    expect(control.locator("#rules-message")).to_have_text("Saved. The rules hold from now on.")
    chromium.sync_all(control)
    assert hosts(server.visits(email)) == {"docs.python.test", MADE_HOST}


def test_a_line_says_which_sites_of_the_last_week_it_covers(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    read_pages(chromium, sites, (MADE_HOST, "/app"), (PYTHON, "/library/os.html"), ("xn--bcher-kva.test", "/app"))
    options = chromium.own_page()
    shown = options.locator("#never-covers li")
    for typed, covered in {
        "*.test": "*.test: bücher.test, docs.python.test, made.test",
        "*bücher*": "*bücher*: bücher.test",
        "python.test": "python.test: docs.python.test",
        "made.test/app": "made.test/app: made.test",
        "made.test/ap": "made.test/ap: no site of the last week",
        f"made.test:{sites.port}": f"made.test:{sites.port}: made.test",
        "made.test:1": "made.test:1: no site of the last week",
        "www.": "www.: can never match a site",
    }.items():
        options.get_by_label(NEVER).fill(typed)
        expect(shown).to_have_text([covered])
    options.get_by_label(NEVER).fill("made.test\nelsewhere.test")
    expect(shown).to_have_text(["made.test: made.test", "elsewhere.test: no site of the last week"])
    options.get_by_label("Leave out the part after").fill("*")
    expect(options.locator("#strip-query-covers li")).to_have_text(["*: bücher.test, docs.python.test, made.test"])


@pytest.mark.parametrize(
    "field",
    [NEVER, "Record only the site's name", "Leave out the part after"],
    ids=["never", "name only", "without query"],
)
def test_a_line_that_can_never_match_is_not_accepted(chromium: Chromium, field: str) -> None:
    page = chromium.own_page()
    chromium.wait(lambda: chromium.ask(page, "status"))
    for faulty in ("www.", "..", "ftp://a.test", "a.test:99999", "me@a.test", "300.1.1.1", "two words"):
        page.get_by_label(field).fill(f"good.test\n{faulty}")
        page.get_by_role("button", name="Save rules").click()
        expect(page.locator("#rules-message")).to_contain_text(f"“{faulty}” is not a site.")
    rules = chromium.ask(page, "status")["rules"]
    assert (rules["never"], rules["domainOnly"], rules["stripQuery"]) == ([], [], [])


WRITE_OLD_STORE = """async (old) => {
  const run = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  await run(indexedDB.deleteDatabase('record'));
  const opening = indexedDB.open('record', old.version);
  opening.onupgradeneeded = () => {
    for (const [name, { keyPath, records }] of Object.entries(old.stores)) {
      const store = opening.result.createObjectStore(name, keyPath === null ? undefined : { keyPath });
      for (const record of records) keyPath === null ? store.put(record[1], record[0]) : store.put(record);
    }
  };
  (await run(opening)).close();
}"""


def test_a_store_of_the_first_version_is_taken_over_with_all_it_holds(chromium: Chromium, sites: Sites) -> None:
    old = json.loads((REPOSITORY / "tests" / "extension" / "stores" / "version-1.json").read_text())
    control = chromium.own_page("src/pages/popup.html")
    control.evaluate(WRITE_OLD_STORE, old)
    chromium.stop_worker(control)
    control.reload()
    status = chromium.wait(lambda: chromium.ask(control, "status"))
    assert status["account"]["email"] == "alice@example.com"
    assert status["rules"]["never"] == ["bank.test"]
    assert (status["counts"]["synced"], status["counts"]["parked"], status["counts"]["held"]) == (1, 1, 0)
    kept = {visit["url"] for visit in chromium.records(control)["visits"]}
    assert kept == {
        "https://before.test/signed-out",
        "https://a.test/sent",
        "https://a.test/refused",
        "https://b.test/waiting",
        "https://c.test/open",
    }
    read_pages(chromium, sites, (MADE_HOST, "/app"))
    control.bring_to_front()
    chromium.wait(lambda: hosts(chromium.records(control)["visits"]) >= {MADE_HOST})
    # The visit that went on when the old version stopped has ended.
    [last] = [one for one in chromium.records(control)["visits"] if one["url"] == "https://c.test/open"]
    assert last["endedAt"] == last["startedAt"] + last["durationMs"]
