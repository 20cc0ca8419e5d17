"""Forgetting in Chromium: from the popup, the options and other programs of the person, with the server near or away."""

import json
import time
from typing import Any

from playwright.sync_api import Page, expect

from .chromium import Chromium, Popup
from .server import PASSWORD, Server
from .sites import MADE_HOST, POSTGRES, PYTHON, Sites

LATER = {"syncSoonSeconds": 600, "syncEverySeconds": 600}


def read_pages(chromium: Chromium, sites: Sites, *pages: tuple[str, str]) -> Page:
    page = chromium.context.pages[0]
    page.bring_to_front()
    for host, path in pages:
        chromium.read(page, sites.url(host, path))
    return page


def signed_in(chromium: Chromium, server: Server, email: str) -> tuple[Page, str]:
    """The options page of a person who is signed in, and a token of another program of theirs."""
    token = server.register(email)["access"]
    chromium.shorten_time(**LATER)
    control = chromium.own_page()
    chromium.sign_in(control, server.url, email, PASSWORD)
    return control, token


def push_from_elsewhere(server: Server, token: str, host: str, visit_id: str = "pv_1", *, hours_ago: int = 2) -> str:
    started_at = int(time.time() * 1000) - hours_ago * 3_600_000
    visit = {
        "id": visit_id,
        "url": f"https://{host}/",
        "startedAt": started_at,
        "duration": 5000,
        "activeDuration": 5000,
    }
    body = {"anonymousClientId": "another browser", "visits": [visit]}
    return str(server.call("/api/sync/page-visits", body, token)["results"][0])


def domains(server: Server, email: str) -> list[str]:
    return sorted(row["domain"] for row in server.visits(email))


def sync(chromium: Chromium, page: Page) -> None:
    """Runs one sync to its end, also where nothing is pending."""
    before = chromium.ask(page, "status")["schedule"]["lastAttemptAt"]
    chromium.ask(page, "sync")

    def is_over() -> bool:
        status = chromium.ask(page, "status")
        return bool(not status["syncing"] and status["schedule"]["lastAttemptAt"] != before)

    chromium.wait(is_over)


def test_a_site_is_forgotten_here_on_the_server_and_in_other_browsers(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "alice-forget-site@example.com"
    control, token = signed_in(chromium, server, email)
    read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"))
    control.bring_to_front()
    sync(chromium, control)
    assert push_from_elsewhere(server, token, "sub.made.test") == "created"
    page = read_pages(chromium, sites, (MADE_HOST, "/late"), (MADE_HOST, "/behind"))
    popup = Popup(chromium, page)
    popup.wait_for_text("#forget-site", "Forget made.test…")
    popup.click("#forget-site")
    popup.wait_for_text("#forget-question", "Forget made.test? 2 visits on your server are erased, and ")
    popup.wait_for_text("#forget-question", "Your other browsers erase theirs when they sync next.")
    popup.click("#forget-no")
    popup.wait("!document.querySelector('#forgetting').checkVisibility()")
    assert domains(server, email) == [MADE_HOST, POSTGRES, "sub.made.test"]
    erased = {visit["id"] for visit in chromium.records(control)["visits"] if visit["domain"] != POSTGRES}
    popup.click("#forget-site")
    popup.click("#forget-yes")
    popup.wait_for_text("#forget-message", "and 2 on your server. Your other browsers follow when they sync next.")
    popup.close()
    assert domains(server, email) == [POSTGRES]
    assert push_from_elsewhere(server, token, "sub.made.test", "pv_2") == "erased"
    # The page in front may have begun a new visit by now.
    assert erased.isdisjoint(chromium.visit_ids())
    # What is looked at from now on is recorded as usual: the page that was in front all the time, and the next one.
    chromium.wait_for_visit(page.url, erased)
    read_pages(chromium, sites, (MADE_HOST, "/app"))
    control.bring_to_front()
    sync(chromium, control)
    paths = [row["url"].rsplit("/", 1)[1] for row in server.visits(email) if row["domain"] == MADE_HOST]
    assert paths == ["behind", "app"]
    totals = server.aggregates(email)
    assert [set(one["domain_durations"]) for one in totals] == [{POSTGRES}, {MADE_HOST}]


def test_what_another_program_erases_is_erased_here_and_the_open_page_begins_anew(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "bob-erased-elsewhere@example.com"
    control, token = signed_in(chromium, server, email)
    page = read_pages(chromium, sites, (MADE_HOST, "/app"), (PYTHON, "/library/os.html"), (MADE_HOST, "/late"))
    before = {visit["id"] for visit in chromium.records(control)["visits"] if visit["domain"] == MADE_HOST}
    assert len(before) == 2
    erased = server.call("/api/sync/erasures", {"rule": {"domain": MADE_HOST}}, token)
    assert erased["done"]
    chromium.ask(control, "sync")
    # The open page begins a new visit at once, so there may be no moment without any of the site.
    chromium.wait(lambda: before.isdisjoint(chromium.visit_ids()))
    assert page.url.endswith("/late")
    chromium.wait_for_visit(page.url, before)
    control.bring_to_front()
    sync(chromium, control)
    visits = server.visits(email)
    assert [row["domain"] for row in visits] == ["docs.python.test", MADE_HOST]
    assert visits[1]["started_at"] >= erased["erasure"]["at"]
    # A later run reads no erasure twice.
    sync(chromium, control)
    assert domains(server, email) == ["docs.python.test", MADE_HOST]


def test_a_site_forgotten_while_the_server_is_away_is_forgotten_there_later(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "alice-forget-away@example.com"
    control, token = signed_in(chromium, server, email)
    read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"))
    control.bring_to_front()
    sync(chromium, control)
    push_from_elsewhere(server, token, MADE_HOST)
    server.kill()
    try:
        control.get_by_label("Site, with its subdomains").fill(f"http://{MADE_HOST}/app?x")
        control.get_by_role("button", name="Forget this site…").click()
        expect(control.locator("#forget-question")).to_contain_text(
            "Forget made.test? 1 visit in this browser is erased. Your server does not answer"
        )
        control.get_by_role("button", name="Forget", exact=True).click()
        expect(control.locator("#forget-message")).to_have_text(
            "Forgotten: 1 visit in this browser. Your server and your other browsers are told with a later sync."
        )
        expect(control.locator("#erasures-wait")).to_have_text("1 erasure waits for the next sync.")
        assert {visit["domain"] for visit in chromium.records(control)["visits"]} == {POSTGRES}
        # What is read after the click is not forgotten, however late the server hears of it.
        read_pages(chromium, sites, (MADE_HOST, "/behind"))
        control.bring_to_front()
    finally:
        server.start()
    sync(chromium, control)
    expect(control.locator("#erasures-wait")).to_have_text("")
    assert [row["url"] for row in server.visits(email) if row["domain"] == MADE_HOST] == [
        sites.url(MADE_HOST, "/behind")
    ]


def test_the_last_hour_is_forgotten_from_the_options(chromium: Chromium, server: Server, sites: Sites) -> None:
    email = "bob-forget-hour@example.com"
    control, token = signed_in(chromium, server, email)
    assert push_from_elsewhere(server, token, "two-hours-ago.test") == "created"
    read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"))
    control.bring_to_front()
    sync(chromium, control)
    control.get_by_role("button", name="Forget the last hour…").click()
    expect(control.locator("#forget-question")).to_contain_text(
        "Forget the visits that began in the last hour? 2 visits on your server are erased."
    )
    control.get_by_role("button", name="Forget", exact=True).click()
    expect(control.locator("#forget-message")).to_contain_text(
        "Forgotten: 2 visits in this browser and 2 on your server."
    )
    assert domains(server, email) == ["two-hours-ago.test"]
    sync(chromium, control)
    assert domains(server, email) == ["two-hours-ago.test"]
    assert chromium.records(control)["visits"] == []


def test_one_visit_and_the_day_are_forgotten_from_the_popup(chromium: Chromium, server: Server, sites: Sites) -> None:
    email = "alice-forget-day@example.com"
    control, token = signed_in(chromium, server, email)
    assert push_from_elsewhere(server, token, "thirty-hours-ago.test", hours_ago=30) == "created"
    page = read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"))
    [here] = [visit for visit in chromium.records(control)["visits"] if visit["domain"] == POSTGRES]
    popup = Popup(chromium, page)
    popup.click("#forget-visit")
    popup.wait_for_text("#forget-question", f"Forget the visit to “{here['title']}” at ")
    popup.wait_for_text("#forget-question", "0 visits on your server are erased, and 1 here that is not sent yet.")
    popup.wait_for_text("#forget-question", "Your other browsers have no copy of it.")
    popup.click("#forget-yes")
    popup.wait_for_text("#forget-message", "Forgotten: 1 visit in this browser and 0 on your server.")
    assert here["id"] not in {visit["id"] for visit in chromium.records(control)["visits"]}
    assert MADE_HOST in {visit["domain"] for visit in chromium.records(control)["visits"]}
    popup.click("#forget-today")
    popup.wait_for_text("#forget-question", "Forget the visits that began on ")
    popup.wait_for_text("#forget-question", "erased only if it was opened and last used in this time.")
    popup.click("#forget-yes")
    popup.wait_for_text("#forget-message", "and 0 on your server. Your other browsers follow")
    popup.close()
    assert MADE_HOST not in {visit["domain"] for visit in chromium.records(control)["visits"]}
    assert domains(server, email) == ["thirty-hours-ago.test"]


def test_other_days_and_single_visits_are_forgotten_from_the_options(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "bob-forget-days@example.com"
    control, token = signed_in(chromium, server, email)
    assert push_from_elsewhere(server, token, "long-ago.test", hours_ago=24 * 9) == "created"
    assert push_from_elsewhere(server, token, "last-week.test", "pv_2", hours_ago=24 * 5) == "created"
    read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"))
    control.bring_to_front()
    sync(chromium, control)
    control.get_by_label("From", exact=True).fill("2020-01-02")
    control.get_by_label("To", exact=True).fill("2020-01-01")
    control.get_by_role("button", name="Forget these days…").click()
    expect(control.locator("#forget-message")).to_have_text("“To” must be the same day as “From” or later.")
    for label, days_ago in (("From", 7), ("To", 3)):
        day = control.evaluate(
            "(ago) => import('/src/pages/day-spans.js').then((m) => m.dateInputText(Date.now() - ago))",
            days_ago * 86_400_000,
        )
        control.get_by_label(label, exact=True).fill(day)
    control.get_by_role("button", name="Forget these days…").click()
    expect(control.locator("#forget-question")).to_contain_text("1 visit on your server is erased. Your other browsers")
    control.get_by_role("button", name="Forget", exact=True).click()
    expect(control.locator("#forget-message")).to_contain_text("0 visits in this browser and 1 on your server.")
    assert domains(server, email) == ["long-ago.test", MADE_HOST, POSTGRES]
    control.get_by_text("The latest visits of this browser").click()
    rows = control.locator("#latest-visits li")
    expect(rows).to_have_count(2)
    # The newest stands first.
    expect(rows.nth(1)).to_contain_text("Inbox")
    rows.nth(1).get_by_role("button").click()
    expect(control.locator("#forget-question")).to_contain_text("Forget the visit to “Inbox” at ")
    control.get_by_role("button", name="Forget", exact=True).click()
    expect(control.locator("#forget-message")).to_have_text("Forgotten: 1 visit in this browser and 1 on your server.")
    expect(rows).to_have_count(1)
    assert domains(server, email) == ["long-ago.test", POSTGRES]


def test_without_an_account_a_site_is_forgotten_here(chromium: Chromium, sites: Sites) -> None:
    chromium.shorten_time()
    control = chromium.own_page()
    read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"))
    control.bring_to_front()
    control.get_by_label("Site, with its subdomains").fill("*.test")
    control.get_by_role("button", name="Forget this site…").click()
    expect(control.locator("#forget-message")).to_have_text("Enter a site, such as example.com.")
    control.get_by_label("Site, with its subdomains").fill("made.test")
    control.get_by_role("button", name="Forget this site…").click()
    expect(control.locator("#forget-question")).to_have_text(
        "Forget made.test? 1 visit in this browser is erased. This cannot be undone. "
        "Visits that begin afterwards are recorded as usual."
    )
    control.get_by_role("button", name="Forget", exact=True).click()
    expect(control.locator("#forget-message")).to_have_text("Forgotten: 1 visit in this browser.")
    assert "made.test" not in json.dumps(chromium.records(control))


def test_the_counts_of_the_server_are_compared_and_everything_can_be_sent_again(
    chromium: Chromium, server: Server, sites: Sites
) -> None:
    email = "alice-doctor@example.com"
    control, _ = signed_in(chromium, server, email)
    read_pages(chromium, sites, (MADE_HOST, "/app"), (POSTGRES, "/sql-select.html"), (PYTHON, "/library/os.html"))
    control.bring_to_front()
    sync(chromium, control)
    check = control.locator("#count-check")
    expect(check).to_have_text("All 3 visits of this browser are on your server.")
    popup = chromium.own_page("src/pages/popup.html")
    expect(popup.locator("#count-check")).to_have_text("All 3 visits of this browser are on your server.")
    expect(popup.locator("#send-again")).to_be_hidden()

    # An old backup of the server lacks a visit.
    [row] = [row for row in server.visits(email) if row["domain"] == POSTGRES]
    server.execute(f"DELETE FROM sync_pagevisit WHERE visit_id = '{row['visit_id']}'")
    control.bring_to_front()
    sync(chromium, control)
    expect(check).to_contain_text("Your server has 2 of the 3 visits that this browser has sent.")
    popup.bring_to_front()
    expect(popup.locator("#count-check")).to_contain_text("Your server has 2 of the 3 visits")
    popup.get_by_role("button", name="Send everything again").click()
    expect(popup.locator("#count-check")).to_have_text("All 3 visits of this browser are on your server.")
    assert domains(server, email) == ["docs.python.test", MADE_HOST, POSTGRES]
    rejected: list[Any] = server.rows("SELECT unchanged FROM sync_syncbatch ORDER BY id DESC LIMIT 2")
    assert sum(batch["unchanged"] for batch in rejected) >= 2
    popup.close()
