"""A search finds what a slow reading of every visit finds, on both databases, and nothing of other people."""

import unicodedata
from datetime import date, timedelta
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from insights import search
from insights.categories.resolver import Resolver
from insights.folded_text import fold, readable_site, readable_url
from insights.highlighting import split_at_words
from insights.search_words import MAX_QUERY, search_words
from sync.models import PageVisit
from tests.insights import search_oracle
from tests.insights.records import AT_9, DAY, HOUR, MINUTE, store, visit
from tests.wire import send

# Each word as it is stored, and as somebody may type it.
WORDS = [
    ("Garden", "gARDEN"),
    ("Łódź", "lodz"),
    ("Café", "CAFÉ"),
    ("Москва", "МОСКВА"),
    ("Ёлка", "елка"),
    ("Οδυσσεύς", "ΟΔΥΣΣΕΥΣ"),
    ("كِتَاب", "كتاب"),
    ("שָׁלוֹם", "שלום"),
    ("हिन्दी", "हिन्दी"),
    ("ภาษาไทย", "ภาษา"),
    ("北京大学", "北京"),
    ("カタカナ", "ｶﾀｶﾅ"),
    ("がっこう", unicodedata.normalize("NFD", "がっこう")),
    ("한국어", unicodedata.normalize("NFD", "한국어")),
    ("თბილისი", "ᲗᲑᲘᲚᲘᲡᲘ"),
    ("Հայաստան", "ՀԱՅԱՍՏԱՆ"),
    ("İstanbul", "ISTANBUL"),
    ("Straße", "STRASSE"),
    ("don’t", "don't"),
]


def found(user, q, **more):
    """Return the ids of the visits that a search finds, newest first, through all its steps."""
    ids, cursor = [], {}
    while True:
        answer = send("GET", f"/api/insights/search?{urlencode({'q': q, **more, **cursor})}", user=user)
        assert answer.status_code == 200, answer.content
        ids += [hit["id"] for hit in answer.json()["visits"]]
        assert answer.json()["found"] == len(ids)
        if answer.json()["next"] is None:
            return ids
        cursor = {"cursor": answer.json()["next"]}


@pytest.mark.parametrize(("stored", "typed"), WORDS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_word_is_found_in_titles_and_in_encoded_paths_however_it_is_typed(alice, stored, typed, form):
    stored = unicodedata.normalize(form, stored)
    store(
        alice,
        visit(visit_id="title", title=f"About {stored} and more"),
        visit(visit_id="path", title="", url=f"https://example.org/wiki/{quote(stored)}?x=1", started_at=AT_9 - MINUTE),
        visit(
            visit_id="query", title="", url=f"https://example.org/?q={quote(stored).lower()}", started_at=AT_9 - HOUR
        ),
        visit(visit_id="raw", title="", url=f"https://example.org/{stored}", started_at=AT_9 - DAY),
        visit(visit_id="other", title="Another", url="https://example.org/other"),
    )
    for text in {stored, typed, stored.upper(), stored.lower(), unicodedata.normalize("NFD", typed)}:
        assert found(alice, text) == ["title", "path", "query", "raw"], text
        assert found(alice, f"-{text}") == ["other"]


def test_vowel_signs_and_tones_that_make_another_word_are_told_apart(alice):
    store(alice, visit(visit_id="1", title="कल"), visit(visit_id="2", title="कुल"), visit(visit_id="3", title="は ば"))
    assert found(alice, "कुल") == ["2"]
    assert found(alice, "कल") == ["1"]
    assert found(alice, "ぱ") == []


@pytest.mark.parametrize(
    "typed",
    ["site:xn--bcher-kva.example", "site:bücher.example", "site:BÜCHER.example", "site:www.bücher.example",
     "site:https://bücher.example/any?x#y", "SITE:bücher.example:443", "site:http://www.xn--bcher-kva.example:8443/",
     'site:"bücher.example"', "site:.bücher.example", "site:*.bücher.example"],
)  # fmt: skip
def test_a_site_is_found_however_it_is_typed_with_those_below_it(alice, typed):
    site = "xn--bcher-kva.example"
    store(
        alice,
        visit(visit_id="site", domain=site, url=f"https://www.{site}/a"),
        visit(visit_id="below", domain=f"shop.{site}", url=f"https://shop.{site}/a", started_at=AT_9 - 1),
        visit(visit_id="other", domain="other.example", url=f"https://other.example/?{site}"),
        visit(visit_id="like", domain=f"not{site}", url=f"https://not{site}/"),
    )
    assert found(alice, typed) == ["site", "below"]
    assert set(found(alice, f"-{typed}")) == {"other", "like"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("site:localhost", ["8000", "none"]), ("site:localhost:8000", ["8000"]), ("site:127.0.0.1", ["ip"]),
     ("site:[::1]", ["v6"]), ("site:wikipedia", ["wiki"]), ("site:example", [])],
)  # fmt: skip
def test_a_site_without_a_port_covers_its_ports_and_a_name_alone_its_domains(alice, typed, expected):
    sites = {
        "8000": "localhost:8000",
        "none": "localhost",
        "ip": "127.0.0.1:9",
        "v6": "[::1]:7",
        "wiki": "en.wikipedia.org",
    }
    contents = [visit(visit_id=name, domain=site, url=f"http://{site}/") for name, site in sites.items()]
    store(alice, *contents)
    assert sorted(found(alice, typed)) == expected


@pytest.mark.parametrize(
    "typed",
    ["https://www.bücher.example/", "www.bücher.example", "http://xn--bcher-kva.example", "XN--BCHER-KVA.example",
     "https://bücher.example:443/", "bücher.example", "https://www.xn--bcher-kva.example/K%C3%A4se", "K%C3%A4se",
     "https://bücher.example/käse", "C3%A4s", "xn--bch"],
)  # fmt: skip
def test_a_whole_url_is_found_however_it_is_typed(alice, typed):
    url = "https://www.xn--bcher-kva.example/K%C3%A4se"
    store(alice, visit(visit_id="1", domain="xn--bcher-kva.example", url=url), visit(visit_id="2"))
    assert found(alice, typed) == ["1"]


def test_a_phrase_is_found_in_titles_and_in_paths(alice):
    store(
        alice,
        visit(visit_id="1", title="A green  garden"),
        visit(visit_id="2", title="", url="https://example.org/green_garden", started_at=AT_9 - 1),
        visit(visit_id="3", title="", url="https://example.org/?q=green+garden", started_at=AT_9 - 2),
        visit(visit_id="4", title="", url="https://example.org/green%20garden", started_at=AT_9 - 3),
        visit(visit_id="5", title="garden green", started_at=AT_9 - 4),
    )
    for phrase in ('"green garden"', "“Green Garden”", '"green garden'):
        assert found(alice, phrase) == ["1", "2", "3", "4"]
    assert found(alice, "green garden") == ["1", "2", "3", "4", "5"]
    assert found(alice, 'green -"green garden"') == ["5"]


def test_days_months_and_years_bound_a_search_by_the_persons_clock(alice):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    # Midnight of 1 March 2025 in Tokyo.
    midnight = 1_740_754_800_000
    store(alice, visit(visit_id="before", started_at=midnight - 1), visit(visit_id="after", started_at=midnight))
    for day in ("2025-03-01", "2025-03"):
        assert found(alice, f"after:{day}") == ["after"]
        assert found(alice, f"before:{day}") == ["before"]
    assert found(alice, "after:2025 before:2026") == ["after", "before"]
    assert found(alice, "after:2025-03", to="2025-02-28") == []


def test_a_category_is_found_by_its_key_and_by_its_name(alice):
    store(
        alice,
        visit(visit_id="1", category="work_coding", domain="a.example"),
        visit(visit_id="2", category=None, domain="b.example", started_at=AT_9 - 1),
    )
    assert found(alice, "category:work_coding") == found(alice, 'CATEGORY:"Work coding"') == ["1"]
    assert found(alice, "-category:work_coding") == found(alice, 'category:"no category"') == ["2"]
    assert found(alice, "category:work_coding category:nothing") == ["1"]
    assert found(alice, "category:nothing") == []


@pytest.mark.parametrize(
    "q",
    ["before:yesterday", "after:2025-02-30", "after:1995", "-before:2025", "site:", "-site:", "category:", '""',
     "\u0301", "a " * MAX_QUERY],
)  # fmt: skip
def test_a_part_that_cannot_be_searched_for_is_said_and_nothing_is_searched(client, alice, q):
    store(alice, visit(title="before:yesterday a"))
    answer = send("GET", f"/api/insights/search?{urlencode({'q': 'page ' + q})}", user=alice)
    assert answer.status_code == 400
    assert answer.json()["errors"]["q"]
    client.force_login(alice)
    page = client.get("/dashboard/history", {"q": f"page {q}"}).content.decode()
    assert "Nothing was searched." in page
    assert 'class="visit ' not in page


@pytest.mark.parametrize("q", ["-", "--", "a:b", "foo:bar", "http://", "%", "_", "\\", "*", "'", '"', "'; DROP"])
def test_signs_are_letters(alice, q):
    store(alice, visit(visit_id="1", title=f"x{q}x", url="https://example.org/"), visit(visit_id="2", title="nothing"))
    words = search_words(q)
    if words.errors:
        assert q == '"'
    elif words.wanted:
        assert "1" in found(alice, q)


def test_no_number_of_words_is_dropped(alice):
    words = [f"w{number}" for number in range(60)]
    store(alice, visit(visit_id="1", title=" ".join(words)), visit(visit_id="2", title=" ".join(words[:-1])))
    assert found(alice, " ".join(words)) == ["1"]


def found_in_steps(user, text, limit):
    """Return the ids that a search finds, without the way through HTTP."""
    query = search.query_of(search_words(text), zone, None, None)
    ids, cursor = [], None
    while True:
        page = search.search(user.pk, query, Resolver(), search.Limits(limit), cursor)
        assert len(page.visits) <= limit
        ids += [each.visit_id for each in page.visits]
        assert page.found == len(ids)
        if page.next_cursor is None:
            return ids
        cursor = page.next_cursor


zone = ZoneInfo("Europe/Berlin")
sites = st.sampled_from(["a.example", "b.a.example", "c.example", "xn--bcher-kva.example", "localhost"])
texts = st.lists(st.sampled_from([word for word, _ in WORDS] + ["-", "a", "b", "rose"]), max_size=3).map(" ".join)


@st.composite
def histories(draw):
    """Return visits with words of many scripts in titles and URLs, some at the same moment."""
    contents = []
    for number in range(draw(st.integers(0, 14))):
        domain, path = draw(sites), draw(texts)
        path = draw(st.sampled_from([quote(path), path.replace(" ", "_"), quote(path).lower()]))
        contents.append(
            visit(
                visit_id=f"pv_{number}",
                client_id=draw(st.sampled_from(["first", "second"])),
                domain=domain,
                url=f"https://{draw(st.sampled_from(['', 'www.']))}{domain}/{path}",
                title=draw(texts),
                category=draw(st.sampled_from([None, "reading", "work_coding"])),
                started_at=AT_9 + draw(st.integers(-4, 4)) * 6 * HOUR,
            )
        )
    return contents


@st.composite
def searches(draw):
    """Return the text of a search, and its parts as the oracle takes them."""
    word = st.sampled_from([typed for _, typed in WORDS] + ["a", "ros"])
    first = date(2025, 11, 3)
    days = st.none() | st.integers(-2, 2).map(lambda n: first + timedelta(days=n))
    parts = {
        "wanted": draw(st.lists(word | st.just("a rose"), max_size=2)),
        "unwanted": draw(st.lists(word, max_size=1)),
        "sites": draw(st.lists(st.sampled_from(["a.example", "example", "bücher.example", "localhost"]), max_size=2)),
        "categories": draw(st.lists(st.sampled_from(["reading", "work_coding"]), max_size=1)),
        "after": draw(days),
        "before": draw(days),
    }
    text = [f'"{word}"' if " " in word else word for word in parts["wanted"]]
    text += [f"-{word}" for word in parts["unwanted"]]
    text += [f"site:{site}" for site in parts["sites"]] + [f"category:{name}" for name in parts["categories"]]
    text += [f"{name}:{parts[name]}" for name in ("after", "before") if parts[name]]
    return " ".join(draw(st.permutations(text))), parts


@pytest.mark.django_db(transaction=True)
@given(history=histories(), asked=searches(), seconds=st.sampled_from([0, 10]), limit=st.integers(1, 5))
def test_a_search_finds_what_a_slow_reading_finds_in_steps_of_any_size(history, asked, seconds, limit):
    User.objects.all().delete()
    PageVisit.objects.all().delete()
    alice = User.objects.create(email="alice@example.org", time_zone=str(zone))
    bob = User.objects.create(email="bob@example.org", time_zone=str(zone))
    store(alice, *history)
    text, parts = asked
    expected = [each["visit_id"] for each in history if search_oracle.is_found(each, zone, **parts)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "FIRST_WINDOW", 2)
        patch.setattr(search, "LARGEST_WINDOW", 3)
        patch.setattr(search, "FIRST_SECONDS", seconds)
        patch.setattr(search, "STEP_SECONDS", seconds)
        ids = found_in_steps(alice, text, limit)
        assert sorted(ids) == sorted(expected)
        starts = {each["visit_id"]: each["started_at"] for each in history}
        assert [starts[key] for key in ids] == sorted((starts[key] for key in ids), reverse=True)
        assert found_in_steps(bob, text, limit) == []


@given(st.text())
def test_folding_twice_changes_nothing_and_case_never_matters(text):
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(st.text(), st.lists(st.text(min_size=1)))
def test_highlights_lose_no_letter(text, words):
    pieces = list(split_at_words(text, [fold(word) for word in words if fold(word)]))
    assert "".join(piece for piece, _ in pieces) == text
    if not any(fold(word) in fold(text) for word in words if fold(word)):
        assert not any(is_word for _, is_word in pieces)


@pytest.mark.parametrize(("stored", "typed"), WORDS)
def test_highlights_mark_a_word_in_its_own_letters(stored, typed):
    pieces = list(split_at_words(f"So {stored}  too", [fold(stored)]))
    assert pieces == [("So ", False), (stored, True), ("  too", False)]


@given(st.binary(max_size=40).map(quote))
def test_a_readable_url_holds_no_character_that_breaks_or_turns_a_line(path):
    url = readable_url(f"https://example.org/{path}")
    assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for letter in url)


@pytest.mark.parametrize(
    ("site", "shown"),
    [("xn--bcher-kva.example", "bücher.example"), ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
     ("example.org", "example.org"), ("xn--a", "xn--a"), ("xn--", "xn--"), ("localhost:8000", "localhost:8000")],
)  # fmt: skip
def test_a_site_is_shown_in_its_own_letters(site, shown):
    assert readable_site(site) == shown
