"""The search in Chromium goes on by itself to its end, and says how far it is."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.insights.records import AT_9, MINUTE, store, visit

from .test_chromium_dashboard import Open, browser, open_page, reports  # noqa: F401  # fixtures

# A search of many steps takes its time on a busy machine.
LONG_MS = 30_000


@pytest.fixture
def slow_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each step of a search read one visit."""
    monkeypatch.setattr("insights.search.FIRST_SECONDS", 0)
    monkeypatch.setattr("insights.search.STEP_SECONDS", 0)


@pytest.mark.django_db(transaction=True)
def test_a_search_goes_on_to_its_end_and_adds_up_the_visits_of_a_page(
    open_page: Open,  # noqa: F811
    alice: User,
    slow_steps: None,
) -> None:
    store(
        alice,
        *[visit(started_at=AT_9 - n * MINUTE, url=f"https://example.org/{n % 2}", title="Garden") for n in range(8)],
        visit(started_at=AT_9 - 20 * MINUTE, title="Other"),
    )
    page = open_page("/dashboard/history?q=garden")
    expect(page.locator("#found-status")).to_have_text("8 visits found.", timeout=LONG_MS)
    assert page.locator(".found-page").count() == 2
    expect(page.locator(".found-page .found-visits").first).to_have_text("4 visits")
    expect(page.locator(".found-page .visit-active").first).to_have_text("32 min")
    assert page.locator("#found-pager [rel=next]").count() == 0


@pytest.mark.django_db(transaction=True)
def test_beyond_a_long_list_a_search_only_counts_on(
    open_page: Open,  # noqa: F811
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(alice, *[visit(started_at=AT_9 - n * MINUTE, url=f"https://example.org/{n}") for n in range(320)])
    page = open_page("/dashboard/history?q=page")
    expect(page.locator("#found-status")).to_have_text("320 visits found.", timeout=LONG_MS)
    assert page.locator(".found-page").count() == 200
    page.locator("#found-pager [rel=next]").click()
    expect(page.locator("#found-status")).to_have_text("320 visits found.", timeout=LONG_MS)
    assert page.locator(".found-page").count() == 120


@pytest.mark.django_db(transaction=True)
def test_a_slash_leads_to_the_search(open_page: Open, alice: User) -> None:  # noqa: F811
    store(alice, visit())
    page = open_page("/dashboard/tabs")
    page.keyboard.press("/")
    page.wait_for_url("**/dashboard/history#q")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("#q")).to_have_value("a/b")
