"""The pages show a person's own records, with any content, without scripts and errors, in few queries."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import insights
from insights.models import MonthTally
from sync.models import Browser, PageVisit
from tests.insights.records import AT_9, HOUR, MINUTE, aggregate, store, visit

SECRET_SITE = "/dashboard/sites/secret.example?from=2025-11-01&to=2025-11-30"
PAGES = [
    "/dashboard",
    "/dashboard/day/2025-11-03",
    "/dashboard/week/2025-11-03",
    "/dashboard/month/2025-11",
    "/dashboard/year/2025",
    "/dashboard/range?from=2025-01-05&to=2025-11-20",
    "/dashboard/range?from=2023-01-01&to=2025-11-20",
    "/dashboard/timeline/2025-11-03",
    "/dashboard/timeline/2025-11-03?hour=9",
    SECRET_SITE,
    "/dashboard/sites?from=2025-11-01&to=2025-11-30",
    "/dashboard/pages?from=2025-11-01&to=2025-11-30",
    "/dashboard/history",
    "/dashboard/history?q=secret",
    "/dashboard/history?site=secret.example",
    "/dashboard/tabs?from=2025-11-01&to=2025-11-30",
    "/dashboard/browsers",
    "/dashboard/start",
    "/dashboard/start/arrived",
]


# Of the other pages Bob sees one without records.
STATUS_FOR_BOB = {"/dashboard": 302, SECRET_SITE: 404}


def shown(answer, path):
    """Return a page in lower case without what it repeats of its own URL."""
    page = answer.content.decode().replace('value="secret', "").lower()
    for asked in path.partition("?")[2].split("&"):
        page = page.replace(asked or "?", "")
    # The chip of the filter.
    return page.replace("<bdi>secret.example</bdi>", "")


@pytest.fixture
def secrets_of_alice(alice):
    secret = {"url": "https://secret.example/secret", "domain": "secret.example", "title": "Secret"}
    store(
        alice,
        visit(visit_id="pv_secret", client_id="secret-browser", category="secret", **secret),
        aggregate(client_id="secret-browser", current_url=secret["url"], current_domain="secret.example"),
    )
    return PageVisit.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(client, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert "next=/dashboard" in answer["Location"]


@pytest.mark.parametrize("path", PAGES)
def test_bob_sees_nothing_of_alice(client, bob, secrets_of_alice, path):
    client.force_login(bob)
    answer = client.get(path)
    assert answer.status_code == STATUS_FOR_BOB.get(path, 200)
    assert "secret" not in shown(answer, path)


def test_bob_is_not_told_that_visits_of_alice_arrived(client, bob, secrets_of_alice):
    client.force_login(bob)
    assert client.get("/dashboard/start/arrived").json() == {"browser": False, "visit": False}


def test_bob_cannot_open_a_visit_or_filter_by_a_browser_of_alice(client, bob, secrets_of_alice):
    client.force_login(bob)
    browser = secrets_of_alice.browser_id
    assert client.get(f"/dashboard/visit?browser={browser}&id=pv_secret").status_code == 404
    assert "Secret" not in client.get(f"/dashboard/history?browser={browser}").content.decode()


# These tell how much there is, and nothing of a single record.
WITHOUT_RECORDS = {"/dashboard", "/dashboard/start", "/dashboard/start/arrived"}


@pytest.mark.parametrize("path", [path for path in PAGES if path not in WITHOUT_RECORDS])
def test_alice_sees_her_own(client, alice, secrets_of_alice, path):
    client.force_login(alice)
    answer = client.get(path)
    assert answer.status_code == 200
    assert "secret" in shown(answer, path)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_by_no_cache_and_lets_no_script_in(client, alice, secrets_of_alice, path):
    client.force_login(alice)
    answer = client.get(path)
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"(src|href|action)=\"(https?:)?//(?!secret\.example|127|testserver)", page)


NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("path", PAGES)
def test_html_in_a_record_does_nothing_and_an_odd_url_becomes_no_link(client, alice, path):
    store(
        alice,
        visit(visit_id="pv_1", title=NASTY, url="https://secret.example/" + NASTY, domain="secret.example",
              category=NASTY[:60], metadata={NASTY: NASTY}, client_id=NASTY[:60]),
        aggregate(current_url="https://secret.example/" + NASTY, current_domain="secret.example"),
    )  # fmt: skip
    # The API refuses this URL; an older row may still have it.
    PageVisit.objects.create(
        user=alice, browser=Browser.objects.first(), visit_id="pv_2", url="javascript:alert(1)", title="Secret",
        domain="secret.example", started_at=AT_9 + HOUR, ended_at=AT_9 + 2 * HOUR, duration_ms=HOUR,
        active_duration_ms=1,
        digest=b"", seq=9, received_at=0, updated_at=0,
    )  # fmt: skip
    client.force_login(alice)
    page = client.get(path + ("&" if "?" in path else "?") + "x=<script>").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page.lower()


def test_a_visit_with_html_and_an_odd_url_is_shown_as_text(client, alice):
    store(alice, visit(visit_id=NASTY, title=NASTY, metadata={NASTY: NASTY}))
    PageVisit.objects.update(url="javascript:alert(1)")
    client.force_login(alice)
    answer = client.get("/dashboard/visit", {"browser": Browser.objects.get().pk, "id": NASTY})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "javascript:alert(1)" in page


@pytest.mark.parametrize("domain", ["", "we/ird do?main#x", "two\nlines", "." * 253, "\u202etxt.exe", "-"])
def test_an_odd_domain_breaks_no_page(client, alice, domain):
    store(alice, visit(domain=domain), aggregate(current_domain=domain, current_url=""))
    client.force_login(alice)
    visit_page = f"/dashboard/visit?browser={Browser.objects.get().pk}&id={PageVisit.objects.get().visit_id}"
    paths = [*PAGES, visit_page]
    statuses = {path: client.get(path).status_code for path in paths}
    assert statuses == {path: 404 if path == SECRET_SITE else 200 for path in paths}
    if domain:
        assert client.get(reverse("insights:site", args=[domain])).status_code == 200


def test_an_empty_period_leads_to_the_nearest_with_records(client, alice):
    store(alice, visit())
    client.force_login(alice)
    for path in ("/dashboard/month/2025-12", "/dashboard/month/2025-02"):
        assert '<a href="/dashboard/month/2025-11">November 2025</a>' in client.get(path).content.decode()


def test_links_to_sites_tell_them_nothing(client, alice, secrets_of_alice):
    client.force_login(alice)
    links = [
        link
        for path in PAGES
        for link in re.findall(r"<a [^>]*href=\"https?://[^>]*>", client.get(path).content.decode())
    ]
    assert links
    assert [link for link in links if 'rel="noopener noreferrer"' not in link] == []


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/day/2025-13-01",
        "/dashboard/day/yesterday",
        "/dashboard/day/1995-12-31",
        "/dashboard/year/0000",
        "/dashboard/decade/2020",
        "/dashboard/timeline/20251103x",
        "/dashboard/sites/unknown.example",
        "/dashboard/visit",
        "/dashboard/visit?browser=1&id=nothing",
        "/dashboard/visit?browser=99999999999999999999&id=nothing",
        "/dashboard/history?after=made-up",
        "/dashboard/",
    ],
)
def test_what_does_not_exist_is_404(client, alice, path):
    client.force_login(alice)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_link_from_the_earliest_record_leads_to_a_page(client, alice, zone):
    earliest = 946_684_800_000  # 2000-01-01T00:00Z
    store(alice, visit(started_at=earliest, ended_at=earliest + 1))
    alice.time_zone = zone
    alice.save()
    client.force_login(alice)
    page = "".join(client.get(path).content.decode() for path in ("/dashboard/history", "/dashboard/day/2000-01-01"))
    links = set(re.findall(r'href="(/dashboard/[a-z]+/(?:1999|2000)[-0-9]*)', page))
    assert len(links) >= 4
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize(
    "query",
    ["from=soon", "to=2025-02-30", "browser=x", "browser=99999999999999999999", "q=" + "x" * 5000,
     "category=%F0%9F%A6%8A", "from=2025-11-05&to=2025-11-01", "q=%25_%5C"],
)  # fmt: skip
def test_odd_searches_are_answered(client, alice, query):
    store(alice, visit())
    client.force_login(alice)
    assert client.get(f"/dashboard/history?{query}").status_code == 200


def test_a_search_in_days_of_the_wrong_order_says_so(client, alice):
    client.force_login(alice)
    page = client.get("/dashboard/history?from=2025-11-05&to=2025-11-01").content.decode()
    assert "“To” must be the same day as “From” or later." in page


@pytest.mark.parametrize("query", ["from=soon", "from=2025-11-05&to=2025-11-01", "from=2000-01-01&to=2099-01-01"])
def test_an_odd_range_says_what_is_wrong(client, alice, query):
    client.force_login(alice)
    page = client.get(f"/dashboard/range?{query}").content.decode()
    assert 'role="alert"' in page


def test_a_page_takes_no_posts(client, alice):
    client.force_login(alice)
    assert client.post("/dashboard/history").status_code == 405


def test_a_new_person_is_led_to_their_first_visit(client, alice):
    client.force_login(alice)
    assert client.get("/dashboard")["Location"] == "/dashboard/start"
    assert client.get("/dashboard/start/arrived").json() == {"browser": False, "visit": False}
    store(alice, visit())
    assert client.get("/dashboard/start/arrived").json() == {"browser": True, "visit": True}
    assert client.get("/dashboard").status_code == 200


def test_every_page_works_for_a_person_without_records(client, alice):
    client.force_login(alice)
    assert {client.get(path).status_code for path in PAGES if "/sites/" not in path} == {200, 302}


# The most queries of each page. Three read the cookie, the person and the sign-in, and one the rules for categories. On
# PostgreSQL a comparison stands between the two statements of a savepoint.
QUERIES = {
    "/dashboard/day/2025-11-03": 16,
    "/dashboard/month/2025-10": 17,
    "/dashboard/year/2025": 17,
    "/dashboard/timeline/2025-11-03": 7,
    "/dashboard/sites/example.org?from=2025-10-01&to=2025-11-30": 17,
    "/dashboard/sites?from=2025-10-01&to=2025-11-30": 10,
    "/dashboard/pages?from=2025-10-01&to=2025-11-30": 8,
    "/dashboard/history": 10,
    # A search reads some hundred visits with each query, as long as its time lasts.
    "/dashboard/history?q=page": 12,
    "/dashboard/tabs?from=2025-10-01&to=2025-11-30": 7,
    "/dashboard/browsers": 9,
    "/dashboard/browsers?counts": 11,
}


@pytest.mark.parametrize(("path", "most"), QUERIES.items())
def test_a_page_asks_the_database_little_however_much_there_is(client, alice, path, most):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    store(alice, visit(), aggregate())
    client.force_login(alice)
    client.get("/")  # the first page after signing in stores the sign-in
    few = count()
    store(alice, *[visit(started_at=AT_9 - n * 7 * HOUR, client_id=f"browser {n % 5}") for n in range(300)])
    store(alice, *[aggregate(started_at=AT_9 - n * 7 * HOUR, client_id=f"browser {n % 5}") for n in range(50)])
    assert few <= most
    assert count() <= most


def test_every_query_names_the_person(client, alice, bob):
    store(alice, visit(), aggregate())
    client.force_login(alice)
    for path in [*PAGES, "/dashboard/history?q=page", "/dashboard/sites/example.org"]:
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        of_records = [query["sql"] for query in captured if '"sync_' in query["sql"] or '"insights_' in query["sql"]]
        assert of_records, path
        assert [sql for sql in of_records if f'"user_id" = {alice.pk}' not in sql] == []


def test_the_days_are_those_of_the_persons_zone(client, alice):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    store(alice, visit(started_at=AT_9 + 8 * HOUR, ended_at=AT_9 + 8 * HOUR + 10 * MINUTE))
    client.force_login(alice)
    assert "Nothing was recorded" in client.get("/dashboard/day/2025-11-03").content.decode()
    page = client.get("/dashboard/timeline/2025-11-04").content.decode()
    assert '<span class="visit-time">02:00</span>' in page


def test_a_browser_that_fell_silent_is_pointed_out(client, alice):
    from django.utils import timezone

    store(alice, visit(client_id="old"), visit(client_id="new"))
    Browser.objects.filter(client_id="old").update(last_push_at=timezone.now() - timezone.timedelta(days=30))
    Browser.objects.filter(client_id="new").update(browser_name="Firefox", platform="linux")
    client.force_login(alice)
    page = client.get("/dashboard/browsers").content.decode()
    assert page.count('class="banner"') == 1
    assert "<strong>Browser old</strong> has not synced since" in page
    assert "Firefox on Linux" in page


def test_a_person_names_a_browser_and_sees_the_name_everywhere(client, alice):
    started_at = AT_9
    store(alice, visit(client_id="038a5898-dc23", started_at=started_at, title="A page of mine"))
    client.force_login(alice)
    named = client.post("/dashboard/browsers/name", {"client_id": "038a5898-dc23", "label": " <Laptop> "}, follow=True)
    assert named.redirect_chain[-1][0] == "/dashboard/browsers"
    assert "Named." in named.content.decode()
    for page in ("/dashboard/browsers", "/dashboard/timeline/2025-11-03", "/dashboard/history"):
        assert "&lt;Laptop&gt;" in client.get(page).content.decode(), page
    client.post("/dashboard/browsers/name", {"client_id": "038a5898-dc23", "label": ""})
    assert "Browser 038a5898" in client.get("/dashboard/browsers").content.decode()


def test_a_name_that_is_too_long_or_of_a_browser_of_somebody_else_is_refused(client, alice, bob):
    store(alice, visit(client_id="b1"))
    client.force_login(alice)
    answer = client.post("/dashboard/browsers/name", {"client_id": "b1", "label": "x" * 65}, follow=True)
    assert "A name has at most 64 characters." in answer.content.decode()
    assert client.post("/dashboard/browsers/name", {"client_id": "b1", "label": "a\0b"}).status_code == 400
    client.force_login(bob)
    assert client.post("/dashboard/browsers/name", {"client_id": "b1", "label": "mine"}).status_code == 404
    assert Browser.objects.get(client_id="b1").label == ""


def test_an_import_and_a_program_never_fall_silent(client, alice):
    from django.utils import timezone

    store(alice, visit(client_id="import:firefox"), visit(client_id="token:1"))
    for client_id, kind in (("import:firefox", Browser.Kind.IMPORT), ("token:1", Browser.Kind.PROGRAM)):
        pushed_at = timezone.now() - timezone.timedelta(days=30)
        Browser.objects.filter(client_id=client_id).update(kind=kind, last_push_at=pushed_at)
    client.force_login(alice)
    assert "has not synced since" not in client.get("/dashboard/browsers").content.decode()


def test_rejected_records_are_listed_with_reasons_in_words(client, alice):
    from tests.wire import VISITS, push
    from tests.wire_records import visit as wire_visit

    push(
        alice,
        VISITS,
        [wire_visit(url="ftp://example.org"), wire_visit(), wire_visit(url="nowhere")],
        client={"extensionVersion": "1.2.3"},
        anonymousClientId="first",
    )
    client.force_login(alice)
    page = client.get("/dashboard/browsers").content.decode()
    assert "Enter an absolute http or https URL." in page
    assert "× 2" in page
    assert "version 1.2.3" in page


def test_highlights_mark_what_was_looked_for(client, alice):
    store(alice, visit(title="A Garden & a garden", url="https://example.org/gardens"))
    client.force_login(alice)
    page = client.get("/dashboard/history?q=GARDEN").content.decode()
    assert "A <mark>Garden</mark> &amp; a <mark>garden</mark>" in page
    assert "<bdi>example.org</bdi></a>" in page
    assert "/<mark>garden</mark>s" in page


def test_a_search_whose_time_is_up_offers_to_go_on(client, alice, monkeypatch):
    monkeypatch.setattr("insights.search.FIRST_WINDOW", 3)
    monkeypatch.setattr("insights.search.FIRST_SECONDS", 0)
    monkeypatch.setattr("insights.search.STEP_SECONDS", 0)
    visits = [
        visit(visit_id=f"pv_{n}", started_at=AT_9 - n * MINUTE, title="Rare" if n == 9 else "Common") for n in range(12)
    ]
    store(alice, *visits, *[visit(visit_id=f"same_{n}", started_at=AT_9 - 5 * MINUTE) for n in range(7)])
    client.force_login(alice)
    path, pages = "/dashboard/history?q=rare", 0
    while True:
        page = client.get(path).content.decode()
        pages += 1
        assert pages < 20
        older = re.search(r'href="(\?[^"]*)" rel="next"', page)
        if "<mark>Rare</mark>" in page or not older:
            break
        assert "0 visits found so far, back to 3 November 2025" in page
        path = "/dashboard/history" + older[1].replace("&amp;", "&")
    assert "<mark>Rare</mark>" in page
    assert pages > 2


def test_a_person_who_is_erased_takes_their_tallies_along(alice):
    MonthTally.objects.create(user=alice, first_day="2025-10-01", time_zone="UTC", basis=[], tally={})
    alice.delete()
    assert not MonthTally.objects.exists()


def test_the_pages_live_where_the_urls_say():
    assert reverse("insights:overview") == "/dashboard"


@pytest.mark.parametrize(
    "page", ["year/2025", "day/2025-11-03", "timeline/2025-11-03", "sites", "pages", "tabs", "your-year/2025"]
)
def test_an_empty_page_says_that_its_filter_may_be_the_reason(client, alice, page):
    store(alice, visit())
    client.force_login(alice)
    days = "" if "/" in page else "&from=2025-11-03&to=2025-11-04"
    filtered = client.get(f"/dashboard/{page}?site=elsewhere.example{days}").content.decode()
    assert "that matches the filter" in filtered
    assert "How to begin" not in filtered.partition("<main")[2]
    assert "that matches the filter" not in client.get(f"/dashboard/{page}?{days}").content.decode()


def test_only_a_coming_day_has_not_begun(client, alice):
    client.force_login(alice)
    said = {day: client.get(f"/dashboard/timeline/{day}").content.decode() for day in ("2025-11-03", "2090-01-01")}
    assert ["has not begun yet" in text for text in said.values()] == [False, True]
    filtered = client.get("/dashboard/timeline/2025-11-03?site=elsewhere.example").content.decode()
    assert "has not begun yet" not in filtered


def test_every_class_of_a_shape_has_a_rule():
    static = Path(insights.__file__).parent / "static/insights"
    rules = "".join(path.read_text(encoding="utf-8") for path in static.glob("*.css"))
    templates = Path(insights.__file__).parent / "templates/insights"
    used = set()
    for path in templates.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'fill="([a-z]+)"', text))
        for names in re.findall(r'<(?:rect|path|circle|line)\b[^>]* class="([^"{]+)"', text):
            used |= set(names.split())
    assert {"rail", "fill"} <= used
    assert {name for name in used if f".{name}" not in rules} == set()
