"""The page of the history: found pages with their sums, steps to the end, and what the call for pages answers."""

import re
from urllib.parse import quote, urlencode

import pytest

from sync.models import Browser, PageVisit
from tests.insights.records import AT_9, DAY, HOUR, MINUTE, store, visit
from tests.wire import send

HISTORY = "/dashboard/history"


@pytest.fixture
def garden(client, alice):
    """Six visits to two pages about gardens, and one to another page."""
    client.force_login(alice)
    more = {"title": "Garden", "url": "https://example.org/garden"}
    store(
        alice,
        *[visit(visit_id=f"a{n}", started_at=AT_9 - n * DAY, **more) for n in range(4)],
        visit(visit_id="b0", title="Rose garden", url="https://example.org/rose", started_at=AT_9 - HOUR),
        visit(visit_id="b1", title="", url="https://example.org/rose", active_duration_ms=None),
        visit(visit_id="other"),
    )
    return client


def page(client, **asked):
    answer = client.get(HISTORY, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_visits_of_one_page_are_one_line_with_their_number_and_sum(garden):
    found = page(garden, q="garden")
    assert found.count('class="visit found-page"') == 2
    assert "5 visits found." in found
    assert 'data-visits="4"' in found
    assert f'data-active="{4 * 8 * MINUTE}"' in found
    assert ">4 visits</a>" in found
    assert ", the last on" in found
    assert ">32 min<" in found
    # The visits of a page are listed one by one.
    url = re.search(r'class="found-visits"\s+href="([^"]*)"', found)[1].replace("&amp;", "&")
    visits = garden.get(url).content.decode()
    assert "Visits to" in visits
    assert visits.count('class="visit-time"') == 4
    assert "4 visits found." in visits


def test_an_untitled_visit_takes_the_title_of_an_earlier_one(garden, alice):
    answer = send("GET", "/api/insights/search/pages?q=rose", user=alice).json()
    assert answer == {
        "pages": [
            {
                "url": "https://example.org/rose",
                "domain": "example.org",
                "title": "Rose garden",
                "category": None,
                "visits": 2,
                "activeMs": 8 * MINUTE,
                "firstStart": AT_9 - HOUR,
                "lastStart": AT_9,
            }
        ],
        "found": 2,
        "next": None,
        "complete": True,
    }


def test_pages_are_paged_and_counted_to_the_end(alice):
    urls = [f"https://example.org/{n % 5}" for n in range(23)]
    store(alice, *[visit(url=url, started_at=AT_9 - n * MINUTE) for n, url in enumerate(urls)])
    visits, cursor = 0, {}
    while True:
        answer = send(
            "GET", f"/api/insights/search/pages?{urlencode({'q': 'example', 'limit': 2, **cursor})}", user=alice
        )
        assert len(answer.json()["pages"]) <= 2
        visits += sum(page["visits"] for page in answer.json()["pages"])
        assert answer.json()["found"] == visits
        if answer.json()["next"] is None:
            break
        cursor = {"cursor": answer.json()["next"]}
    assert visits == 23


def test_a_step_alone_and_a_count_alone_go_on_where_the_page_ended(garden, alice, monkeypatch):
    monkeypatch.setattr("insights.pages.history.PAGE_SIZE", 1)
    whole = page(garden, q="garden")
    assert "visit found so far, back to" in whole
    older = re.search(r'data-next="(\?[^"]*)"', whole)[1].replace("&amp;", "&")
    step = garden.get(f"{HISTORY}{older}&part=list").content.decode()
    assert "<html" not in step
    assert "https://example.org/rose" in step
    counted = garden.get(f"{HISTORY}{older}&part=count").json()
    assert counted == {"status": "5 visits found.", "share": None, "next": ""}


def test_a_search_says_how_far_it_is(garden, monkeypatch):
    monkeypatch.setattr("insights.search.FIRST_SECONDS", 0)
    found = page(garden, q="nowhere")
    assert re.search(r"0 visits found so far, back to \d+ November 2025 \(\d+ % of the time\)\.", found)
    assert 'rel="next">Search older</a>' in found


def test_filters_stay_when_a_search_goes_on_or_a_page_is_opened(garden):
    browser = Browser.objects.get().pk
    found = page(garden, q="garden", browser=browser, to="2025-12-01")
    link = re.search(r'class="found-visits"\s+href="([^"]*)"', found)[1]
    assert f"browser={browser}" in link
    assert "to=2025-12-01" in link


@pytest.mark.parametrize("path", ["", "&part=list", "&part=count"])
def test_bob_finds_nothing_of_alice_whatever_he_sends(client, alice, bob, garden, path):
    cursor = re.search(r'data-next="\?([^"]*)"', page(garden, q="-nothing")) or re.search("()", "")
    client.force_login(bob)
    url, browser = quote("https://example.org/rose", safe=""), PageVisit.objects.first().browser_id
    for query in ("q=rose", "q=site:example.org", f"url={url}", f"q=-x&browser={browser}", f"q=-x&{cursor[1]}"):
        answer = client.get(f"{HISTORY}?{query}{path}".replace("&amp;", "&"))
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "Rose" not in text
        assert "found-page" not in text
        assert '"visit"' not in text
    assert send("GET", "/api/insights/search/pages?q=rose", user=bob).json()["pages"] == []


def test_a_site_is_shown_in_its_letters_on_the_pages(client, alice):
    site = "xn--bcher-kva.example"
    store(alice, visit(domain=site, url=f"https://{site}/K%C3%A4se", title="Shop"))
    client.force_login(alice)
    for path in ("/dashboard/day/2025-11-03", HISTORY):
        shown = client.get(path).content.decode().replace("<wbr>", "")
        assert "bücher.example" in shown
        assert f'href="/dashboard/sites/{site}' in shown
    assert "/<mark>Käse</mark>" in page(client, q="kase")


def test_a_cursor_may_hold_the_longest_id(alice):
    longest = "".join(map(chr, range(0x4E00, 0x4E80)))
    for started_at in (AT_9, AT_9 - MINUTE):
        store(alice, visit(visit_id=longest, client_id=str(started_at), started_at=started_at))
    first = send("GET", "/api/insights/search?limit=1", user=alice).json()
    second = send("GET", f"/api/insights/search?limit=1&{urlencode({'cursor': first['next']})}", user=alice).json()
    assert [hit["start"] for hit in second["visits"]] == [AT_9 - MINUTE]


def test_too_long_a_search_is_refused_and_not_cut(client, alice):
    store(alice, visit())
    client.force_login(alice)
    found = page(client, q="page " * 300)
    assert "Enter at most 1,000 characters, not 1,499." in found
    assert "Nothing was searched." in found
