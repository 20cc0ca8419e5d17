"""Today keeps itself up to date, and the keyboard leads through the pages."""

import re
from datetime import UTC, datetime

import pytest

from insights.templatetags.insights import shown_title
from instants import milliseconds
from tests.insights.records import HOUR, MINUTE, store, visit

NOON = milliseconds(datetime(2025, 11, 3, 12, tzinfo=UTC))


@pytest.fixture
def at(client, alice, monkeypatch):
    """Return a page as it is at an instant."""
    client.force_login(alice)
    # The views are imported at the first request, and would keep the clock of this test.
    client.get("/")

    def get(path, now):
        monkeypatch.setattr("insights.pages.page_context.now_ms", lambda: now)
        return client.get(path).content.decode()

    return get


def test_today_tells_when_it_is_over_and_another_day_does_not(at, alice):
    store(alice, visit(started_at=NOON - HOUR))
    midnight = NOON + 12 * HOUR
    for path in ("/dashboard", "/dashboard/day/2025-11-03", "/dashboard/timeline", "/dashboard/timeline/2025-11-03"):
        text = at(path, NOON)
        assert f'data-live-until="{midnight}"' in text, path
        assert "insights/live.js" in text, path
    for path, now in (("/dashboard/day/2025-11-02", NOON), ("/dashboard/day/2025-11-03", midnight),
                      ("/dashboard/timeline/2025-11-02", NOON), ("/dashboard/timeline/2025-11-03", midnight),
                      ("/dashboard/timeline/2025-11-04", NOON), ("/dashboard/month/2025-11", NOON)):  # fmt: skip
        text = at(path, now)
        assert "live.js" not in text, path
        assert "data-live-until" not in text, path
    for path in ("/dashboard", "/dashboard/timeline"):
        assert f'data-live-until="{midnight + 24 * HOUR}"' in at(path, midnight)


def test_just_now_is_counted_from_the_last_sign_of_life(at, alice):
    store(
        alice,
        visit(started_at=NOON - 30 * MINUTE, ended_at=None, duration_ms=None, last_heartbeat_at=NOON - 2 * MINUTE),
    )
    assert "Just now" in at("/dashboard", NOON)
    assert "Your browser last reported it at 11:58." in at("/dashboard", NOON)
    later = at("/dashboard", NOON + HOUR)
    assert "Just now" not in later
    assert "Your browser last reported it at 11:58." in later


def test_every_page_has_the_links_that_keys_follow(at, alice):
    store(alice, visit(started_at=NOON))
    for path in (
        "/dashboard/day/2025-11-03",
        "/dashboard/timeline/2025-11-03",
        "/dashboard/history?from=2025-11-03&to=2025-11-03",
    ):
        text = at(f"{path}{'&' if '?' in path else '?'}site=example.org", NOON)
        keys = dict(re.findall(r'<a href="([^"]+)" data-key="(.)"', text))
        assert {key: url for url, key in keys.items()} == {
            "d": "/dashboard/day/2025-11-03?site=example.org",
            "w": "/dashboard/week/2025-11-03?site=example.org",
            "m": "/dashboard/month/2025-11?site=example.org",
            "y": "/dashboard/year/2025?site=example.org",
            "t": "/dashboard?site=example.org",
            "/": "/dashboard/history?site=example.org#q",
        }, path


@pytest.mark.parametrize("title", ["", "  ", "\u200b\u200d", "\u202e\u2066", "\u3164", "\u00ad\t"])
def test_a_title_that_shows_nothing_gives_way_to_the_url(client, alice, title):
    assert shown_title(title, "https://example.org/page") == "example.org/page"
    store(alice, visit(title=title, started_at=NOON))
    client.force_login(alice)
    text = client.get("/dashboard/history").content.decode()
    assert "<bdi>example.org/page</bdi>" in text


def test_marks_of_direction_are_taken_out_of_titles_which_are_isolated(client, alice):
    store(alice, visit(title="safe \u202egnp.exe", started_at=NOON))
    client.force_login(alice)
    for path in (
        "/dashboard/history",
        "/dashboard/timeline/2025-11-03",
        "/dashboard/pages?from=2025-11-03&to=2025-11-03",
    ):
        text = client.get(path).content.decode()
        assert "\u202e" not in text, path
        assert "safe gnp.exe" in text, path
    assert "<bdi>safe gnp.exe</bdi>" in client.get("/dashboard/history").content.decode()


def test_the_name_of_a_category_turns_no_tooltip_or_legend(client, alice):
    store(alice, visit(category="my \u202eown_club", started_at=NOON))
    client.force_login(alice)
    for path in ("/dashboard/day/2025-11-03", "/dashboard/timeline/2025-11-03", "/dashboard/month/2025-11"):
        text = client.get(path).content.decode()
        assert "\u202e" not in text, path
        assert "My own club" in text, path


def test_a_site_is_shown_in_its_own_letters_everywhere(client, alice):
    store(alice, visit(domain="xn--bcher-kva.example", url="https://xn--bcher-kva.example/", started_at=NOON))
    client.force_login(alice)
    for path in (
        "/dashboard/timeline/2025-11-03",
        "/dashboard/forget?site=xn--bcher-kva.example",
        "/dashboard/categories/choose?of=xn--bcher-kva.example&path=/beete",
    ):
        text = re.sub(r'(href|value|action|src)="[^"]*"', "", client.get(path).content.decode())
        assert "bücher" in text, path
        assert "xn--" not in text, path


def test_a_period_before_is_named_only_beside_a_change(at, alice):
    store(alice, *[visit(started_at=NOON - n * 24 * HOUR) for n in range(4)])
    assert "▲" not in at("/dashboard/day/2025-11-03", NOON + HOUR)
    assert "vs. Sunday" not in at("/dashboard/day/2025-11-03", NOON + HOUR)
    store(alice, visit(started_at=NOON + 20 * MINUTE))
    text = at("/dashboard/day/2025-11-03", NOON + HOUR)
    assert "▲ 100 %" in text
    assert "vs. Sunday until 13:00" in text


def test_phones_can_install_the_pages(client):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert (found["start_url"], found["display"]) == ("/dashboard", "standalone")
    assert {icon["sizes"] for icon in found["icons"]} == {"192x192", "512x512", "any"}
    assert "manifest-src 'self'" in answer["Content-Security-Policy"]
    assert '<link rel="manifest" href="/manifest.webmanifest">' in client.get("/").content.decode()


def test_a_year_weighs_less_than_30_kilobytes(client, alice):
    from tests.insights.records import DAY

    store(
        alice,
        *[
            visit(started_at=NOON - n * DAY // 3, domain=f"a-site-with-a-long-name-{n % 400}.example.org",
                  category=("work_coding", "news", None)[n % 3])
            for n in range(1_000)
        ],
    )  # fmt: skip
    client.force_login(alice)
    for path in (
        "/dashboard/year/2025",
        "/dashboard/year/2025?site=example.org&weekdays=1,2,3,4,5",
        "/dashboard/your-year/2025",
    ):
        answer = client.get(path, headers={"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"})
        assert answer["Content-Encoding"] == "gzip"
        assert len(answer.content) < 30_000, path
