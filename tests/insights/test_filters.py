"""A filter narrows every page, stands in the URL, and is kept by every link."""

import html
import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.filter_query import filter_from, with_query
from insights.filters import Filter, hours_in_words, weekdays_in_words
from sync.models import Browser, PageVisit
from tests.insights.records import AT_9, DAY, HOUR, MINUTE, aggregate, store, visit
from tests.wire import access_token, send

MONTH = "from=2025-11-01&to=2025-11-30"
PAGES = [
    "/dashboard/day/2025-11-03",
    "/dashboard/week/2025-11-03",
    "/dashboard/month/2025-11",
    "/dashboard/year/2025",
    "/dashboard/range?from=2025-09-05&to=2025-11-20",
    "/dashboard/range?from=2023-01-01&to=2025-11-20",
    "/dashboard/timeline/2025-11-03",
    f"/dashboard/sites?{MONTH}",
    f"/dashboard/pages?{MONTH}",
    f"/dashboard/sites/example.org?{MONTH}",
    f"/dashboard/history?{MONTH}",
    f"/dashboard/history?{MONTH}&q=page",
    f"/dashboard/history?{MONTH}&url=https%3A%2F%2Fexample.org%2Fpage",
    f"/dashboard/tabs?{MONTH}",
    f"/dashboard/tabs?{MONTH}&list=longest",
    f"/dashboard/browsers?{MONTH}",
    f"/dashboard/categories?{MONTH}",
    f"/dashboard/categories/choose?of=example.org&{MONTH}",
    "/dashboard/your-year/2025",
]
# These lead away from what is looked at, or erase.
WITHOUT_FILTER = ("/dashboard/forget", "/manifest", "/dashboard/start", "/account", "/static/", "/imports", "/browsers")


@pytest.fixture
def records(alice):
    """Two sites in two browsers, one of them an import, on a Monday at 9:00 and a Tuesday at 14:00."""
    tuesday = AT_9 + DAY + 5 * HOUR
    store(
        alice,
        visit(domain="example.org", category="work", client_id="first", title="Monday"),
        visit(domain="other.example", url="https://other.example/", category="news", client_id="first", title="Other",
              started_at=AT_9 + 20 * MINUTE, ended_at=AT_9 + 30 * MINUTE),
        visit(domain="example.org", category="work", client_id="import:firefox", title="Tuesday",
              started_at=tuesday, ended_at=tuesday + 10 * MINUTE),
        visit(domain="third.example", url="https://third.example/", category="", client_id="second", title="Third",
              started_at=tuesday + HOUR, ended_at=tuesday + HOUR + 10 * MINUTE),
        *[aggregate(started_at=AT_9 + n * MINUTE) for n in range(12)],
    )  # fmt: skip
    Browser.objects.filter(client_id="import:firefox").update(kind=Browser.Kind.IMPORT)
    return {browser.client_id: browser.pk for browser in Browser.objects.all()}


@pytest.fixture
def page(client, alice):
    client.force_login(alice)

    def get(path):
        answer = client.get(path)
        assert answer.status_code == 200, path
        return answer.content.decode()

    return get


def visits_shown(text):
    """Return the number of visits that the cards of an overview show."""
    return int(re.search(r"<dt>Visits.*?<dd>.*?>(\d+)</a>", text, re.DOTALL)[1])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4), ("imports=without", 3), ("imports=only", 1), ("category=work", 2), ("category=news", 1),
        ("category=none", 1), ("site=example.org", 2), ("site=https%3A%2F%2Fexample.org%2Fpage", 2), ("weekdays=1", 2),
        ("weekdays=2", 2), ("weekdays=1,2", 4), ("weekdays=6,7", 0), ("hours=9", 2), ("hours=14", 1),
        ("hours=14,15", 2), ("weekdays=2&hours=9", 0), ("category=work&weekdays=2", 1), ("site=nowhere.example", 0),
    ],
)  # fmt: skip
def test_each_filter_counts_the_visits_that_it_names(page, records, query, count):
    assert visits_shown(page(f"/dashboard/month/2025-11?{query}")) == count
    history = page(f"/dashboard/history?{MONTH}&{query}")
    assert len(re.findall(r'<li class="visit"', history)) == count


@pytest.mark.parametrize("category", ["none", "=none", "None", " news ", " ", "=news", "a&b=c", "x" * 64])
def test_a_category_of_any_name_is_a_filter(page, alice, category):
    odd = [visit(category=category), visit(category=category, started_at=AT_9 + HOUR)]
    store(alice, *odd, visit(category=None, url="https://plain.example/", domain="plain.example"))
    links = re.findall(r'href="(\?category=[^"]*)"', page("/dashboard/month/2025-11"))
    counts = {visits_shown(page(f"/dashboard/month/2025-11{html.unescape(link)}")) for link in links}
    assert counts == {1, 2}
    chosen = next(html.unescape(link) for link in links if link != "?category=none")
    history = page(f"/dashboard/history{chosen}&{MONTH}")
    assert len(re.findall(r'<li class="visit"', history)) == 2
    assert history.count(" selected>") == 1
    found = send("GET", f"/api/insights/search{chosen}", token=access_token(alice)).json()
    assert {each["category"] for each in found["visits"]} == {category}
    summary = send("GET", f"/api/insights/summary{chosen}&{MONTH}", token=access_token(alice)).json()
    assert (found["found"], summary["visits"]) == (2, 2)


def test_a_browser_is_a_filter(page, records):
    for client_id, count in (("first", 2), ("second", 1), ("import:firefox", 1)):
        assert visits_shown(page(f"/dashboard/month/2025-11?browser={records[client_id]}")) == count
        assert page(f"/dashboard/timeline/2025-11-04?browser={records[client_id]}").count("<title>") >= 1


def test_the_weekdays_and_hours_are_those_of_the_persons_clock(client, alice, records):
    alice.time_zone = "Pacific/Auckland"  # 13 hours ahead: Monday 9:00 is Monday 22:00, Tuesday 14:00 is Wednesday 3:00
    alice.save()
    client.force_login(alice)
    for query, count in (("weekdays=1", 2), ("weekdays=2", 0), ("weekdays=3", 2), ("hours=22", 2), ("hours=3", 1)):
        text = client.get(f"/dashboard/month/2025-11?{query}").content.decode()
        assert visits_shown(text) == count, query
        history = client.get(f"/dashboard/history?{MONTH}&{query}").content.decode()
        assert len(re.findall(r'<li class="visit"', history)) == count, query


def test_a_visit_over_midnight_is_split_between_the_weekdays(page, alice):
    midnight = AT_9 + 15 * HOUR
    store(
        alice,
        visit(started_at=midnight - 10 * MINUTE, ended_at=midnight + 20 * MINUTE, duration_ms=30 * MINUTE,
              active_duration_ms=30 * MINUTE),
    )  # fmt: skip
    for weekday, active, visits in ((1, "10 min", 1), (2, "20 min", 0)):
        text = page(f"/dashboard/week/2025-11-03?weekdays={weekday}")
        assert re.search(rf'class="value"><time datetime="[^"]*">{active}</time>', text), weekday
        assert visits_shown(text) == visits


@pytest.mark.parametrize("weekdays", ["1", "1,3,5", "6,7", "1,2,3,4,5,6,7"])
def test_the_parts_of_a_period_add_up_to_the_whole(alice, weekdays):
    """The numbers of every weekday alone, added up, are those of all of these weekdays."""
    from zoneinfo import ZoneInfo

    from insights import month_tallies
    from insights.filters import Selection
    from insights.numbers import Tally, totals
    from insights.periods import Period

    store(
        alice,
        *[
            visit(started_at=AT_9 + n * 7 * HOUR, ended_at=AT_9 + n * 7 * HOUR + length, duration_ms=length,
                  active_duration_ms=length // 2, domain=f"site{n % 3}.example")
            for n in range(60) for length in [(n % 9 + 1) * 40 * MINUTE]
        ],
        visit(started_at=AT_9 - DAY, ended_at=AT_9 + 3 * DAY, duration_ms=4 * DAY, active_duration_ms=DAY),
    )  # fmt: skip
    first = PageVisit.objects.order_by("started_at")[0].started_at
    assert first == AT_9 - DAY
    from datetime import date

    period = Period(ZoneInfo("Europe/Berlin"), date(2025, 10, 20), date(2025, 11, 20))
    chosen = tuple(int(weekday) for weekday in weekdays.split(","))
    whole = month_tallies.tally_of(alice.pk, period, only=Selection(weekdays=chosen))
    parts = Tally()
    for weekday in chosen:
        parts.add(month_tallies.tally_of(alice.pk, period, only=Selection(weekdays=(weekday,))))
    assert totals(parts) == totals(whole)
    if len(chosen) == 7:
        assert totals(whole) == totals(month_tallies.tally_of(alice.pk, period))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("weekdays=8", "Enter whole numbers from 1 to 7, separated by commas."),
        ("weekdays=monday", "Enter whole numbers from 1 to 7, separated by commas."),
        ("hours=24", "Enter whole numbers from 0 to 23, separated by commas."),
        ("hours=-1", "Enter whole numbers from 0 to 23, separated by commas."),
        ("imports=maybe", "is not a valid choice."),
        ("browser=mine", "Enter the number of a browser."),
        ("category=" + "x" * 300, "Ensure this field has no more than 64 characters."),
    ],
)
@pytest.mark.parametrize("path", ["/dashboard/day/2025-11-03", f"/dashboard/sites?{MONTH}"])
def test_a_wrong_filter_is_named_and_left_out_and_the_others_hold(page, records, path, query, sentence):
    text = page(f"{path}{'&' if '?' in path else '?'}{query}&site=example.org")
    assert sentence in html.unescape(text)
    assert "example.org" in text
    assert "other.example" not in text


def test_the_browser_of_somebody_else_selects_nothing(client, alice, bob, records):
    store(bob, visit(title="Mine"))
    theirs = Browser.objects.get(user=bob).pk
    client.force_login(alice)
    assert visits_shown(client.get(f"/dashboard/month/2025-11?browser={theirs}").content.decode()) == 0
    client.force_login(bob)
    mine = client.get(f"/dashboard/month/2025-11?browser={records['first']}").content.decode()
    assert visits_shown(mine) == 0


def without(text, start, end):
    """Return a page without each part that begins and ends so."""
    return re.sub(f"{re.escape(start)}.*?{re.escape(end)}", "", text, flags=re.DOTALL)


def links(path, text):
    """Return the links of a page to pages of this server, without those by which a filter or a period is chosen."""
    text = without(
        text, '<div class="filters">', "</form>" if "<form" in text.partition('class="filters"')[2][:4000] else "</div>"
    )
    text = text.replace('<a href="/dashboard/history">Show everything</a>', "")
    found = [urljoin(path, html.unescape(link)) for link in re.findall(r'href="([^"#]+)"', text)]
    return [link for link in found if link.startswith("/") and not link.startswith(WITHOUT_FILTER) and link != "/"]


CHOICES = [
    {"category": "work"},
    {"site": "example.org", "weekdays": "1", "hours": "9"},
    {"imports": "without", "weekdays": "1,2,3"},
]


@pytest.mark.parametrize("chosen", CHOICES)
@pytest.mark.parametrize("path", PAGES)
def test_every_link_keeps_what_the_person_chose(page, records, path, chosen):
    asked = with_query(path, chosen)
    found = links(asked, page(asked))
    assert len(found) > 5
    # The heat map leads to other weekdays and hours, and rows of a list to their own site and category.
    lost = [link for link in found if not chosen.keys() <= dict(parse_qsl(urlsplit(link).query)).keys()]
    assert lost == []


def fields(form):
    """Return the names of the fields that a form sends."""
    return set(re.findall(r'<(?:input|select)[^>]*\sname="([^"]+)"', form))


@pytest.mark.parametrize("path", [path for path in PAGES if "/categories" not in path and "/browsers" not in path])
def test_every_form_that_shows_something_else_keeps_what_the_person_chose(page, records, path):
    chosen = {name: value for choice in CHOICES for name, value in choice.items()}
    found = re.findall(r'<form[^>]* method="get".*?</form>', page(with_query(path, chosen)), re.DOTALL)
    assert found
    asked = chosen.keys() | dict(parse_qsl(urlsplit(path).query)).keys()
    assert [asked - fields(form) for form in found if not asked <= fields(form)] == []


@pytest.fixture
def follow(client):
    """Return what opens a link, or sends a form, from one page to another, as a browser does."""

    def follow(before, url, form=None):
        headers = {"Referer": f"http://testserver{before}"}
        answer = client.get(url, headers=headers) if form is None else client.post(url, form, headers=headers)
        return answer["Location"] if answer.status_code == 302 else answer.content.decode()

    return follow


def hidden(text, action):
    """Return the hidden fields of the form of a page that is sent to a URL."""
    form = re.search(rf'<form method="post" action="{re.escape(html.escape(action))}".*?</form>', text, re.DOTALL)[0]
    return {name: html.unescape(value)
            for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}  # fmt: skip


KEPT = "category=work&weekdays=1"


@pytest.mark.parametrize(
    ("path", "after"),
    [
        (f"/dashboard/month/2025-11?{KEPT}", f"/dashboard/month/2025-11?{KEPT}"),
        (f"/dashboard/timeline/2025-11-03?tabs=1&{KEPT}", f"/dashboard/timeline/2025-11-03?tabs=1&{KEPT}"),
        (f"/dashboard/history?{MONTH}&{KEPT}", f"/dashboard/history?{MONTH}&{KEPT}"),
        # The page of a site that is forgotten is gone.
        (f"/dashboard/sites/example.org?{MONTH}&{KEPT}", f"/dashboard?{KEPT}"),
    ],
)
def test_who_forgets_something_or_keeps_it_comes_back_to_what_they_chose(page, follow, records, path, after):
    link = html.unescape(re.search(r'href="(/dashboard/forget[^"]+)"', page(path))[1])
    question = follow(path, link)
    assert f'href="{html.escape(path)}">No, keep it' in question
    kept = [url for url in links("/", question) if url != path]
    assert [url for url in kept if not {"category", "weekdays"} <= dict(parse_qsl(urlsplit(url).query)).keys()] == []
    assert follow(link, "/dashboard/forget", hidden(question, "/dashboard/forget")) == after


def test_a_visit_that_is_forgotten_on_its_own_page_leads_to_its_day(page, follow, records):
    shown = PageVisit.objects.get(title="Monday")
    path = f"/dashboard/visit?of={shown.browser_id}&id={shown.visit_id}&{KEPT}"
    link = html.unescape(re.search(r'href="(/dashboard/forget[^"]+)"', page(path))[1])
    sent = hidden(follow(path, link), "/dashboard/forget")
    assert follow(link, "/dashboard/forget", sent) == f"/dashboard/timeline/2025-11-03?{KEPT}"


def test_the_filter_by_a_site_that_is_forgotten_is_taken_out(page, follow, records):
    link = "/dashboard/forget?site=example.org"
    sent = hidden(follow(f"/dashboard/history?site=example.org&q=monday&{KEPT}", link), "/dashboard/forget")
    assert follow(link, "/dashboard/forget", sent) == f"/dashboard/history?q=monday&{KEPT}"


@pytest.mark.parametrize(
    "before",
    ["https://evil.example/dashboard", "//evil.example", "/account", "http://testserver//evil.example/dashboard",
     "http://testserver/\\evil.example/dashboard", "http://[", "/dashboard/forget?site=a.example"],
)  # fmt: skip
def test_a_form_leads_to_no_other_place(client, alice, records, before):
    client.force_login(alice)
    answer = client.post("/dashboard/forget", {"site": "other.example", "next": before})
    assert answer["Location"] == "/dashboard"


def test_the_pages_of_categories_and_browsers_come_back_with_what_was_chosen(page, follow, records):
    rules = f"/dashboard/categories?{MONTH}&{KEPT}"
    asked = dict(parse_qsl(urlsplit(rules).query))
    add = html.unescape(re.search(r'<form method="post" action="([^"]*/categories\?[^"]*)"', page(rules))[1])
    back = follow(rules, add, {"site": "example.org", "category": "work"})
    assert dict(parse_qsl(urlsplit(back).query)) == asked
    delete = html.unescape(re.search(r'action="([^"]*/delete[^"]*)"', page(back))[1])
    again = follow(back, delete, hidden(page(back), delete))
    assert dict(parse_qsl(urlsplit(again).query)) == asked
    browsers = f"/dashboard/browsers?{MONTH}&{KEPT}"
    for action, sent in (("/dashboard/browsers/name", {"client_id": "first", "label": "Laptop"}),
                         ("/account/sessions/end-others", {})):  # fmt: skip
        assert follow(browsers, action, sent) == browsers


def test_a_range_that_is_a_month_keeps_filter_and_kind_of_file(client, alice, records):
    client.force_login(alice)
    answer = client.get(f"/dashboard/range?{MONTH}&{KEPT}&format=csv", follow=True)
    assert answer.redirect_chain[-1][0] == f"/dashboard/month/2025-11?format=csv&{KEPT}"
    assert answer["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("path", [path for path in PAGES if "?" in path and "/range" not in path])
def test_rows_and_the_navigation_keep_the_period(page, records, path):
    text = re.sub(r'<nav class="units".*?</nav>', "", page(path), flags=re.DOTALL)
    lists = ("/dashboard/sites", "/dashboard/pages", "/dashboard/history", "/dashboard/tabs")
    found = [link for link in links(path, text) if link.startswith(lists)]
    assert found
    assert [link for link in found if MONTH not in link] == []


def test_a_visit_is_opened_and_left_with_the_filter(page, records):
    shown = PageVisit.objects.get(title="Monday")
    timeline = page("/dashboard/timeline/2025-11-03?category=work")
    link = next(link for link in links("/", timeline) if link.startswith("/dashboard/visit"))
    assert dict(parse_qsl(urlsplit(link).query)) == {
        "of": str(shown.browser_id), "id": shown.visit_id, "category": "work"}  # fmt: skip
    back = [link for link in links(link, page(link)) if "/dashboard" in link]
    assert back
    assert [link for link in back if "category=work" not in link] == []
    earlier = page(f"/dashboard/visit?browser={shown.browser_id}&id={shown.visit_id}")
    assert f'href="/dashboard/sites?browser={shown.browser_id}' not in earlier


def test_a_chip_takes_its_filter_out_and_clear_takes_all(page, records):
    text = page("/dashboard/month/2025-11?category=work&weekdays=1")
    chips = re.findall(r'<a class="chip" href="([^"]+)"', text)
    assert [html.unescape(chip) for chip in chips] == [
        "/dashboard/month/2025-11?weekdays=1", "/dashboard/month/2025-11?category=work"]  # fmt: skip
    assert 'href="/dashboard/month/2025-11" aria-keyshortcuts="Escape"' in text
    assert "Monday" in text


def test_the_lists_are_whole(page, alice):
    store(alice, *[visit(domain=f"site{n}.example", url=f"https://site{n}.example/{n}") for n in range(130)])
    day = page("/dashboard/day/2025-11-03")
    assert "more site" not in day
    assert '<a href="/dashboard/sites?from=2025-11-03&amp;to=2025-11-03">All 130 sites</a>' in day
    for name in ("sites", "pages"):
        first, second = (page(f"/dashboard/{name}?{MONTH}&page={number}") for number in (1, 2))
        assert first.count('<th scope="row">') == 100
        assert second.count('<th scope="row">') == 30
        assert "101 to 130 of 130" in second
        assert "101 to 130 of 130" in page(f"/dashboard/{name}?{MONTH}&page=99")


def test_pages_of_too_many_visits_ask_for_fewer_days(page, records, monkeypatch):
    monkeypatch.setattr("insights.pages.lists.MOST_VISITS_READ", 3)
    assert "There are 4 visits in this time, and a list of pages takes at most 3." in page(f"/dashboard/pages?{MONTH}")
    assert "There are 4 visits in this time" in page(f"/dashboard/pages?{MONTH}&format=json")
    assert page(f"/dashboard/pages?{MONTH}&site=example.org").count('<th scope="row">') == 1


@given(
    st.builds(
        Filter,
        browser=st.none() | st.integers(0, 10**17),
        imports=st.sampled_from(["", "without", "only"]),
        category=st.sampled_from([None, "", "work", "none", "=none", " ", "a&b=c", "日本"]),
        site=st.sampled_from(["", "example.org", "localhost:8000", "bücher.example"]),
        weekdays=st.sets(st.integers(1, 7)).map(lambda numbers: tuple(sorted(numbers))),
        hours=st.sets(st.integers(0, 23)).map(lambda numbers: tuple(sorted(numbers))),
    )
)
def test_a_filter_reads_back_from_its_url(chosen):
    url = with_query("/dashboard", chosen.parameters())
    read, errors = filter_from(dict(parse_qsl(urlsplit(url).query)))
    assert not errors
    assert read.parameters() == {**chosen.parameters(), **({"site": read.site} if chosen.site else {})}
    assert read == (chosen if chosen.site != "bücher.example" else read)


def test_chosen_days_and_hours_are_named_in_words():
    assert weekdays_in_words((1, 2, 3, 4, 5)) == "Monday to Friday"
    assert weekdays_in_words((1, 3, 4, 7)) == "Monday, Wednesday to Thursday, Sunday"
    assert hours_in_words((9, 10, 23)) == "09:00–11:00, 23:00–24:00"


@pytest.mark.parametrize(
    ("query", "count"),
    [("category=work", 2), ("weekdays=1", 2), ("imports=only", 1), ("site=other.example", 1), ("hours=9", 2)],
)
def test_calls_take_the_same_filters_as_pages(alice, records, query, count):
    from tests.wire import send

    reply = send("GET", f"/api/insights/summary?{MONTH}&{query}", user=alice)
    assert reply.json()["visits"] == count
    days = send("GET", f"/api/insights/days?{MONTH}&{query}", user=alice).json()["days"]
    hours = send("GET", f"/api/insights/hours?{MONTH}&{query}", user=alice).json()["hours"]
    sites = send("GET", f"/api/insights/sites?{MONTH}&{query}", user=alice).json()["sites"]
    assert {sum(each["visits"] for each in found) for found in (days, hours, sites)} == {count}
    both = [send("GET", f"/api/insights/timeline?date=2025-11-0{day}&{query}", user=alice).json() for day in (3, 4)]
    listed = [each for day in both for browser in day["browsers"] for tab in browser["tabs"] for each in tab["visits"]]
    assert len(listed) == count


def test_a_call_refuses_a_wrong_filter(alice, records):
    from tests.wire import send

    reply = send("GET", f"/api/insights/summary?{MONTH}&weekdays=8", user=alice)
    assert reply.status_code == 400
    assert "Enter whole numbers from 1 to 7" in reply.content.decode()
