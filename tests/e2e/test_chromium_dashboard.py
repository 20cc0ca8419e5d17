"""The pages in Chromium: an accessibility checker, keyboard alone, no scripts, no errors in the browser's console, screenshots."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Playwright

from accounts.models import User
from sync.browsers import Sender
from sync.models import Browser as SyncBrowser
from sync.models import PageVisit
from sync.push import service
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE
from syncserver.demo.year import BROWSERS, Year
from tests.insights.records import aggregate, store, visit

from .machine import REPOSITORY, SCREENSHOTS, require, require_program

AXE = REPOSITORY / "tests" / "extension" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {"phone": 390, "tablet": 820, "wide": 1320}
ZONE = "Europe/Berlin"
# A Monday afternoon; the visits are made for the weeks before it.
NOW = 1_762_182_000_000
TODAY = datetime.fromtimestamp(NOW / 1000, UTC).date()
PAGES = {
    "day": "/dashboard/day/2025-10-30",
    "week": "/dashboard/week/2025-10-30",
    "month": "/dashboard/month/2025-10",
    "year": "/dashboard/year/2025",
    "range": "/dashboard/range?from=2025-10-05&to=2025-11-02",
    "timeline": "/dashboard/timeline/2025-10-30",
    "timeline-hour": "/dashboard/timeline/2025-10-30?hour=14",
    "site": "/dashboard/sites/github.com?from=2025-10-05&to=2025-11-02",
    "history": "/dashboard/history",
    "search": "/dashboard/history?q=garden&from=2025-10-01",
    "pages": "/dashboard/pages?from=2025-10-01&to=2025-11-03&weekdays=1,2&category=none",
    "your-year": "/dashboard/your-year/2025",
    "tabs": "/dashboard/tabs?from=2025-10-01&to=2025-11-03",
    "browsers": "/dashboard/browsers",
    "categories": "/dashboard/categories",
    "category": "/dashboard/categories/choose?of=github.com&path=/notifications",
    "start": "/dashboard/start",
}
Open = Callable[..., Page]
# Playwright keeps an event loop on this thread, which Django takes for code that must not wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = require_program("chromium", "chromium")
    switches = ["--disable-quic", "--no-first-run", "--host-resolver-rules=MAP * 127.0.0.1"]
    with closing(playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=switches)) as browser:
        yield browser


@pytest.fixture
def reports() -> list[str]:
    """What the browser had to say, such as a refusal by the Content-Security-Policy."""
    return []


@pytest.fixture
def open_page(browser: Browser, live_server: Any, alice: User, reports: list[str]) -> Iterator[Open]:
    """Return what opens a page as alice."""
    client = Client()
    client.force_login(alice)
    cookie = client.cookies["syncserver_session"].value
    contexts = []

    def open_page(path: str, *, width: str = "wide", **settings: Any) -> Page:
        context = browser.new_context(viewport={"width": WIDTHS[width], "height": 900}, **settings)
        contexts.append(context)
        context.add_cookies([{"name": "syncserver_session", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: reports.append(message.text))
        page.on("pageerror", lambda error: reports.append(str(error)))
        page.on("request", lambda request: reports.append(request.url) if live_server.url not in request.url else None)
        answer = page.goto(live_server.url + path)
        assert answer
        assert answer.status == 200, path
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def browsing(alice: User) -> None:
    """Some weeks of the demo's browsing, with two browsers, one of them silent, and a title full of HTML."""
    alice.time_zone = ZONE
    alice.save()
    year = Year(ZoneInfo(ZONE), NOW, seed=1)
    visits, aggregates = [], []
    for ago in range(34, -1, -1):
        made, tabs = year.day(TODAY - timedelta(days=ago))
        visits += made
        aggregates += tabs
    for browser in BROWSERS:
        for kind, contents in ((PAGE_VISIT, visits), (TAB_AGGREGATE, aggregates)):
            mine = [kind.content_of(content) for content in contents if content["client_id"] == browser.client_id]
            push = service.Push(Sender(browser.client_id, browser.client))
            service.bulk_update_or_create(alice.pk, kind, mine, push)
    store(alice, visit(client_id=BROWSERS[0].client_id, title="<b onclick=alert(1)>Bold</b> " + "x" * 300), aggregate())
    SyncBrowser.objects.filter(client_id=BROWSERS[1].client_id).update(
        last_push_at=datetime.now(UTC) - timedelta(days=20)
    )


def visit_path() -> str:
    shown = PageVisit.objects.exclude(idle_periods=[]).order_by("-started_at")[0]
    return f"/dashboard/visit?browser={shown.browser_id}&id={shown.visit_id}"


def findings(page: Page) -> list[str]:
    """Return what the accessibility checker finds serious or critical."""
    require(AXE.exists(), "npm, then in tests/extension: npm ci --ignore-scripts; it brings axe-core")
    # Evaluated by the debugging protocol, which the Content-Security-Policy does not stop.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    asked = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    found = page.evaluate(f"axe.run(document, {asked}).then(found => found.violations)")
    return [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary'][:300]}"
        for each in found
        if each["impact"] in ("serious", "critical", "moderate")
    ]


def check(page: Page, name: str, reports: list[str]) -> list[str]:
    wrong = [f"{name}: {finding}" for finding in findings(page)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{name}: wider than the window")
    wrong += [f"{name}: {report}" for report in reports]
    reports.clear()
    return wrong


@pytest.mark.django_db(transaction=True)
# Layout depends on the width and contrast on the scheme, so not every pair is tried.
@pytest.mark.parametrize(("width", "scheme"), [("phone", "light"), ("tablet", "dark"), ("wide", "light")])
def test_every_page_with_records_is_accessible_and_fits(open_page, browsing, reports, width, scheme):
    SCREENSHOTS.mkdir(exist_ok=True)
    wrong = []
    for name, path in {**PAGES, "visit": visit_path()}.items():
        page = open_page(path, width=width, color_scheme=scheme)
        wrong += check(page, f"{name} {width} {scheme}", reports)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        page.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [("phone", "dark"), ("wide", "light")])
def test_every_page_without_records_is_accessible_and_fits(open_page, reports, width, scheme):
    SCREENSHOTS.mkdir(exist_ok=True)
    wrong = []
    for name, path in PAGES.items():
        if name == "site":
            continue
        page = open_page(path, width=width, color_scheme=scheme)
        wrong += check(page, f"empty {name} {width} {scheme}", reports)
        page.screenshot(path=SCREENSHOTS / f"empty-{name}-{width}-{scheme}.png", full_page=True)
        page.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db(transaction=True)
def test_what_a_number_means_opens_and_closes_by_the_keyboard(open_page, browsing):
    page = open_page(PAGES["day"])
    button = page.get_by_role("button", name="What does active time mean?")
    button.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("laid into each visit from its start").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_text("laid into each visit from its start").is_visible()


@pytest.mark.django_db(transaction=True)
def test_the_keyboard_alone_leads_from_a_day_to_a_page_of_the_history(open_page, browsing):
    noon = datetime(2025, 10, 30, 12, tzinfo=ZoneInfo(ZONE))
    titles = PageVisit.objects.filter(started_at__gte=noon.timestamp() * 1000).order_by("started_at")
    word = re.search("[A-Za-z]{4,}", titles.filter(title__regex="[A-Za-z]{4}").first().title)[0]
    page = open_page(PAGES["day"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    stops = 0
    while page.evaluate("document.activeElement.textContent.trim()") != "The history of this day":
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 200
        shown = page.evaluate("""() => {
            const box = document.activeElement.getBoundingClientRect();
            return box.width > 0 && getComputedStyle(document.activeElement).outlineStyle !== 'none';
        }""")
        assert shown, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/history?from=2025-10-30&to=2025-10-30")
    page.get_by_role("searchbox").focus()
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**q={word}**")
    assert page.locator("mark").count() > 0


@pytest.mark.django_db(transaction=True)
def test_the_values_of_a_chart_show_at_once_under_pointer_finger_and_keys(open_page, browsing):
    page = open_page(PAGES["week"], has_touch=True)
    card = page.locator(".value-card")
    assert not card.is_visible()
    bar = page.locator(".bars .bar").nth(2)
    bar.hover()
    assert "29 Oct: " in card.inner_text()
    assert "Development: " in card.inner_text()
    page.mouse.move(1, 1)
    assert not card.is_visible()
    page.keyboard.press("Tab")
    page.locator(".chart-box").focus()
    assert "2 Nov: " in card.inner_text()
    page.keyboard.press("ArrowLeft")
    assert "1 Nov: " in card.inner_text()
    assert page.url.endswith(PAGES["week"])
    page.keyboard.press("Escape")
    assert not card.is_visible()
    page.locator(".week td").nth(30).dispatch_event("pointerdown")
    assert "Tuesday" in card.inner_text()


@pytest.mark.django_db(transaction=True)
def test_the_tag_of_a_site_changes_its_category_also_in_the_past(open_page, browsing):
    page = open_page(PAGES["month"])
    page.locator("tr", has_text="github.com").locator("a.tag").first.click()
    page.wait_for_url("**/dashboard/categories/choose?**")
    page.get_by_role("button", name="Games").click()
    page.wait_for_url("**" + PAGES["month"])
    assert "Games" in page.locator("tr", has_text="github.com").first.inner_text()
    page.goto(page.url.replace(PAGES["month"], PAGES["day"]))
    assert "Games" in page.locator("tr", has_text="github.com").first.inner_text()


@pytest.mark.django_db(transaction=True)
def test_a_title_full_of_html_is_text(open_page, browsing, reports):
    page = open_page("/dashboard/history?q=Bold")
    assert "<b onclick=alert(1)>" in page.locator(".visit-title").first.inner_text()
    assert page.locator(".visits b").count() == 0
    assert reports == []


@pytest.mark.django_db(transaction=True)
def test_every_page_works_without_scripts(open_page, browsing):
    for name, path in {**PAGES, "visit": visit_path()}.items():
        page = open_page(path, java_script_enabled=False)
        assert page.locator("h1").inner_text(), name
        page.context.close()
    page = open_page(PAGES["month"], java_script_enabled=False)
    page.get_by_text("As a table").click()
    assert page.get_by_role("cell", name="min").first.is_visible()
    page.get_by_role("link", name="Week", exact=True).click()
    page.wait_for_url("**/dashboard/week/**")
    page = open_page(PAGES["timeline"], java_script_enabled=False)
    page.get_by_role("link", name="14", exact=True).click()
    page.wait_for_url("**hour=14")
    assert page.locator(".visit").first.is_visible()


def test_the_timeline_zooms_and_moves_and_shows_a_visit_in_place(open_page, browsing):
    page = open_page(PAGES["timeline-hour"])
    lanes = page.locator("#lanes")
    box = lanes.bounding_box()
    middle, top = box["x"] + box["width"] / 2, box["y"] + 27
    page.mouse.move(middle, top)
    page.mouse.wheel(0, -400)
    page.wait_for_function("document.getElementById('lanes').dataset.view !== '840-900'")
    page.wait_for_url("**view=**")
    assert "hour=" not in page.url
    page.get_by_role("link", name="Wider", exact=True).click()
    page.get_by_role("link", name="Wider", exact=True).click()
    url = page.url
    page.mouse.move(middle, top)
    page.mouse.down()
    page.mouse.move(middle - 200, top, steps=4)
    page.mouse.up()
    page.wait_for_function("before => location.href !== before", arg=url)
    assert page.locator("#visit-details").is_hidden()
    # The page of the URL shows the same part.
    low, high = map(float, lanes.get_attribute("data-view").split("-"))
    page.reload()
    again = list(map(float, lanes.get_attribute("data-view").split("-")))
    assert again == pytest.approx([low, high], abs=1)
    page.goto(page.url.split("?")[0])
    page.locator("#lanes a rect.active").first.dispatch_event("click", {"button": 0})
    page.locator("#visit-details dt", has_text="Active time").wait_for()
    page.get_by_role("button", name="Close").click()
    assert page.locator("#visit-details").is_hidden()
    assert page.evaluate("document.activeElement.className").startswith("chart-box")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_the_first_page_notices_the_first_visit_by_itself(open_page, alice, scripts):
    page = open_page("/dashboard/start", java_script_enabled=scripts)
    assert "Waiting for your browser" in page.locator("#waiting").inner_text()
    # The clock is real: the script looks every three seconds.
    store(alice, visit(started_at=int(time.time() * 1000) - 600_000, ended_at=int(time.time() * 1000)))
    if scripts:
        page.get_by_text("Your first visit has arrived.").wait_for(timeout=20_000)
    else:
        page.get_by_role("link", name="Look again").click()
        assert "Your first visit has arrived." in page.locator("#waiting").inner_text()
    page.get_by_role("link", name="See your day").click()
    page.wait_for_url("**/dashboard")


@pytest.mark.django_db(transaction=True)
def test_a_printed_page_holds_the_numbers_and_no_controls(open_page, browsing):
    page = open_page(PAGES["month"])
    page.emulate_media(media="print")
    assert page.locator(".cards .value").first.is_visible()
    for control in (".site-header", ".tools", ".definition-button"):
        assert not page.locator(control).first.is_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.pdf(path=os.fspath(SCREENSHOTS / "month.pdf"), print_background=True)


@pytest.mark.django_db(transaction=True)
def test_single_keys_lead_through_the_pages_and_keep_the_filter(open_page, browsing):
    page = open_page(PAGES["day"] + "?weekdays=4")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/day/2025-10-29?weekdays=4")
    page.keyboard.press("w")
    page.wait_for_url("**/week/2025-10-27?weekdays=4")
    page.keyboard.press("Escape")
    page.wait_for_url("**/week/2025-10-27")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("/")
    page.wait_for_url("**/dashboard/history#q")
    page.keyboard.type("dwmy")
    assert page.get_by_role("searchbox").input_value() == "dwmy"


@pytest.mark.django_db(transaction=True)
def test_today_shows_a_new_visit_by_itself(open_page, alice):
    now = int(time.time() * 1000)
    store(alice, visit(started_at=now - 60_000, ended_at=now - 30_000, title="The first"))
    page = open_page("/dashboard")
    page.get_by_text("As a table").click()
    store(alice, visit(started_at=now - 20_000, ended_at=now - 10_000, title="The second"))
    # The page reads itself again when it is looked at again, as it does every minute.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_text("The second").wait_for(timeout=20_000)
    assert page.get_by_role("columnheader", name="Visits").first.is_visible()


@pytest.mark.django_db(transaction=True)
def test_the_timeline_of_today_refreshes_and_keeps_part_visit_and_focus(open_page, alice):
    # At noon by alice's clock, so that all of it is on one day.
    now = datetime.now(UTC)
    alice.time_zone = f"Etc/GMT{now.hour - 12:+d}"
    alice.save()
    ms, minute = int(now.timestamp() * 1000), 12 * 60 + now.minute
    store(alice, visit(started_at=ms - 50 * 60_000, ended_at=ms - 40 * 60_000, title="The first"))
    page = open_page(f"/dashboard/timeline?view={minute - 120}-{minute}")
    page.get_by_role("link", name="Closer", exact=True).click()
    page.wait_for_url(f"**view={minute - 90}-{minute - 30}")
    page.locator("#lanes a rect").first.dispatch_event("click", {"button": 0})
    page.locator("#visit-details dt", has_text="Active time").wait_for()
    page.locator(".lanes-box").press("ArrowLeft")
    card = page.locator(".value-card", has_text="The first")
    card.wait_for()
    refresh = "document.dispatchEvent(new Event('visibilitychange'))"
    store(alice, visit(started_at=ms - 36 * 60_000, ended_at=ms - 34 * 60_000, title="The second"))
    page.evaluate(refresh)
    page.locator("#timeline-lists").get_by_text("The second").wait_for(timeout=20_000)
    assert page.url.endswith(f"view={minute - 90}-{minute - 30}")
    assert page.locator("#visit-details").is_visible()
    assert page.evaluate("document.activeElement.matches('.lanes-box')")
    assert card.is_visible()
    # The next day begins with its own part.
    page.evaluate("document.querySelector('[data-live-until]').dataset.liveUntil = '1'")
    page.evaluate(refresh)
    page.wait_for_url("**/dashboard/timeline")


@pytest.mark.django_db(transaction=True)
def test_a_day_of_the_calendar_leads_to_its_page_with_the_filter(open_page, browsing):
    page = open_page(PAGES["year"] + "?weekdays=4")
    the_30th_of_october = date(2025, 10, 30).timetuple().tm_yday - 1
    cell = page.locator(".calendar rect").nth(the_30th_of_october)
    cell.hover()
    assert "Thu 30 Oct: " in page.locator(".value-card").inner_text()
    cell.click()
    page.wait_for_url("**/dashboard/day/2025-10-30?weekdays=4")
    page = open_page(PAGES["year"], java_script_enabled=False)
    page.locator(".calendar rect").nth(the_30th_of_october).click()
    page.wait_for_url("**/dashboard/week/2025-10-27")
