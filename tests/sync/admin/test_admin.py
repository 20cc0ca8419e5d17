"""The admin of synced data: bounded queries, read only, escaped, in the staff member's time zone, access logged."""

import logging
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import bounded_list
from sync.admin import page_visits, person_picker
from sync.models import PageVisit
from tests.people import UserFactory
from tests.sync.stored_rows import TITLE, URL, a_batch, a_browser, a_visit, an_aggregate, everything
from tests.wire_records import AT_9

VISITS = "/admin/sync/pagevisit/"
AGGREGATES = "/admin/sync/tabaggregate/"
BATCHES = "/admin/sync/syncbatch/"
BROWSERS = "/admin/sync/browser/"
STATES = "/admin/sync/syncstate/"
PEOPLE = "/admin/accounts/user/"
LISTS = [VISITS, AGGREGATES, BATCHES, BROWSERS, STATES, PEOPLE]
RECORD_LISTS = [VISITS, AGGREGATES]
DAY = 24 * 3600 * 1000


def shown(answer):
    return [row.pk for row in answer.context["cl"].result_list]


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


class TestLists:
    @pytest.mark.parametrize("url", LISTS)
    def test_a_list_is_shown(self, admin, bob, url):
        everything(bob)
        answer = admin.get(f"{url}?person={bob.pk}" if url != PEOPLE else url)
        assert answer.status_code == 200
        assert "bob@example.org" in answer.content.decode()
        assert shown(answer)

    @pytest.mark.parametrize("url", [BATCHES, BROWSERS, STATES])
    def test_a_list_of_everybody_is_shown(self, admin, alice, bob, url):
        everything(alice)
        everything(bob)
        text = admin.get(url).content.decode()
        assert "alice@example.org" in text
        assert "bob@example.org" in text

    @pytest.mark.parametrize("url", [BATCHES, BROWSERS, STATES])
    def test_a_row_of_a_person_who_is_being_erased_is_shown_without_a_name(self, admin, bob, url):
        everything(bob)
        # Its foreign key has no constraint, so a row may outlive its person for a moment.
        type(bob).objects.filter(pk=bob.pk)._raw_delete("default")
        answer = admin.get(url)
        assert answer.status_code == 200
        assert shown(answer)
        assert "bob@example.org" not in answer.content.decode()
        assert admin.get(f"{url}{shown(answer)[0]}/change/").status_code == 200

    @pytest.mark.parametrize(
        ("url", "of_bob"),
        [(VISITS, True), (AGGREGATES, True), (BATCHES, True), (BATCHES, False), (BROWSERS, True), (BROWSERS, False)],
    )
    def test_a_page_of_100_costs_as_many_queries_as_one_of_10(self, admin, bob, url, of_bob):
        url += f"?person={bob.pk}" if of_bob else ""
        everything(bob, 10)
        few = queries(admin, url)
        everything(bob, 90)
        assert queries(admin, url) == few
        assert few <= 16  # with the session and the second step of the staff member, and the row of the audit trail

    @pytest.mark.parametrize("url", [f"{VISITS}?person={{}}", f"{AGGREGATES}?person={{}}", BATCHES, BROWSERS])
    def test_rows_are_counted_once_and_with_a_bound(self, admin, bob, url):
        everything(bob)
        with CaptureQueriesContext(connection) as captured:
            admin.get(url.format(bob.pk))
        counts = [q["sql"] for q in captured if "COUNT(" in q["sql"]]
        assert len(counts) == 1
        assert "LIMIT 10001" in counts[0]

    def test_a_list_does_not_read_the_large_columns(self, admin, bob):
        everything(bob)
        with CaptureQueriesContext(connection) as captured:
            admin.get(f"{VISITS}?person={bob.pk}")
        assert any('FROM "sync_pagevisit"' in q["sql"] for q in captured)
        assert not any("metadata" in q["sql"] for q in captured)

    def test_a_person_s_visits_come_newest_first(self, admin, bob):
        old, new = a_visit(bob, started_at=AT_9 - DAY), a_visit(bob, started_at=AT_9)
        older = a_visit(bob, started_at=AT_9 - 2 * DAY)
        assert shown(admin.get(f"{VISITS}?person={bob.pk}")) == [new.pk, old.pk, older.pk]

    def test_a_person_s_aggregates_come_newest_first(self, admin, bob):
        new = an_aggregate(bob, tab_id=9, started_at=AT_9 + 1)
        old = an_aggregate(bob, tab_id=8, started_at=AT_9)
        assert shown(admin.get(f"{AGGREGATES}?person={bob.pk}")) == [new.pk, old.pk]

    def test_more_than_can_be_paged_is_said_and_not_counted(self, admin, bob, monkeypatch):
        monkeypatch.setattr(bounded_list.BoundedPaginator, "LIMIT", 2)
        everything(bob, 5)
        text = admin.get(f"{VISITS}?person={bob.pk}").content.decode()
        assert "more than 2 page visits; the first 2 can be paged through" in text

    def test_a_page_past_the_last_leads_back(self, admin, bob, monkeypatch):
        monkeypatch.setattr(page_visits.PageVisitAdmin, "list_per_page", 2)
        everything(bob)
        assert admin.get(f"{VISITS}?person={bob.pk}&p=100000").status_code == 302

    def test_times_are_in_the_zone_of_the_staff_member(self, admin, bob):
        a_visit(bob)
        assert "2025-11-03 10:00:00" in admin.get(f"{VISITS}?person={bob.pk}").content.decode()

    def test_an_unknown_duration_is_said_to_be_unknown(self, admin, bob):
        a_visit(bob, duration_ms=None, active_duration_ms=None)
        text = admin.get(f"{VISITS}?person={bob.pk}").content.decode()
        assert '<td class="field-lasted">unknown</td>' in text
        assert '<td class="field-was_active">unknown</td>' in text
        assert "0 s" not in text


class TestPicker:
    @pytest.mark.parametrize("url", RECORD_LISTS)
    def test_a_list_of_records_asks_for_a_person_first(self, admin, bob, url):
        everything(bob)
        with CaptureQueriesContext(connection) as captured:
            answer = admin.get(url)
        text = answer.content.decode()
        assert "choose a person" in text
        assert f'href="?person={bob.pk}"' in text
        assert TITLE not in text
        assert not any(
            f'FROM "{table}"' in q["sql"] for q in captured for table in ("sync_pagevisit", "sync_tabaggregate")
        )

    @pytest.mark.parametrize("query", ["site=example.org", "day=2025-11-03", "browser=1", "q=pv_1", "p=3", "o=1"])
    def test_filters_without_a_person_are_asked_for_one_too(self, admin, bob, query):
        a_visit(bob)
        assert "choose a person" in admin.get(f"{VISITS}?{query}").content.decode()

    @pytest.mark.parametrize("text", ["bob@", "BOB", "Example.ORG", "obert", "robert w"])
    def test_finds_by_part_of_an_address_or_a_name_in_any_case(self, admin, text):
        bob = UserFactory(email="bob@example.org", name="Robert Wilson")
        UserFactory(email="carol@example.net", name="Carol")
        people = admin.get(f"{VISITS}?find={text}").context["people"]
        assert bob in [person for person, _ in people]
        assert "carol@example.net" not in [person.email for person, _ in people]

    def test_a_wildcard_of_like_stands_for_itself(self, admin, bob):
        assert admin.get(f"{VISITS}?find=%25ob").context["people"] == []

    def test_shows_a_bounded_number_of_people_and_says_so(self, admin, monkeypatch):
        monkeypatch.setattr(person_picker, "MOST_PEOPLE", 2)
        for _ in range(3):
            UserFactory()
        answer = admin.get(VISITS)
        assert len(answer.context["people"]) == 2
        assert "These are the first 2." in answer.content.decode()

    def test_costs_as_many_queries_for_many_people_as_for_few(self, admin, bob):
        a_browser(bob)
        few = queries(admin, VISITS)
        for _ in range(30):
            a_browser(UserFactory())
        assert queries(admin, VISITS) == few

    def test_tells_the_last_push_of_each(self, admin, alice, bob):
        for day in (1, 3):
            a_browser(bob, f"browser-{day}", last_push_at=datetime(2025, 11, day, 9, tzinfo=UTC))
        pushes = dict(admin.get(VISITS).context["people"])
        assert pushes[bob] == datetime(2025, 11, 3, 9, tzinfo=UTC)
        assert pushes[alice] is None

    def test_keeps_the_day_and_the_site_for_the_person_chosen_and_drops_the_browser(self, admin, bob):
        text = admin.get(f"{VISITS}?day=2025-11-03&site=a%26b&browser=7&p=3").content.decode()
        assert f'href="?person={bob.pk}&amp;day=2025-11-03&amp;site=a%26b"' in text

    @pytest.mark.parametrize("query", ["person=nobody@example.org", "find=nobody@example.org", "q=nobody@example.org",
                                       "person=99999999", "person=x1", "person=-1", f"person={'9' * 40}"])  # fmt: skip
    @pytest.mark.parametrize("url", [VISITS, AGGREGATES, BATCHES, BROWSERS, STATES])
    def test_of_nobody_shows_no_rows_and_says_so(self, admin, bob, url, query):
        everything(bob)
        answer = admin.get(f"{url}?{query}")
        assert "cl" not in answer.context
        assert "Nobody has an e-mail address or a name that contains" in answer.content.decode()

    @pytest.mark.parametrize("url", [BATCHES, BROWSERS, STATES])
    def test_serves_the_other_lists_where_part_of_an_address_is_typed(self, admin, bob, url):
        everything(bob)
        assert [person for person, _ in admin.get(f"{url}?find=bob").context["people"]] == [bob]

    def test_escapes_the_text(self, admin, bob):
        bob.name = "<b>evil</b>"
        bob.save()
        text = admin.get(f"{VISITS}?find=<b>evil").content.decode()
        assert "&lt;b&gt;evil&lt;/b&gt;" in text
        assert "<b>evil" not in text

    def test_is_logged_without_the_text(self, admin, alice, bob, caplog):
        with caplog.at_level(logging.INFO):
            admin.get(f"{VISITS}?find=bob")
        lines = [record.getMessage() for record in caplog.records if record.name == "syncserver.audit"]
        assert lines == [f"staff={alice.pk} action=searched model=sync.pagevisit person=- object=-"]


class TestFilters:
    def test_a_person_is_found_by_address_in_any_case_and_stands_in_the_query_by_number(self, admin, bob):
        answer = admin.get(f"{VISITS}?person=BOB@example.org&day=2025-11-03")
        assert (answer.status_code, answer["Location"]) == (302, f"?day=2025-11-03&person={bob.pk}")

    def test_a_search_for_an_address_leads_to_the_list_of_the_person(self, admin, bob):
        assert admin.get(f"{VISITS}?q=bob@example.org")["Location"] == f"?person={bob.pk}"

    def test_one_person_s_list_holds_nobody_else_s_rows(self, admin, alice, bob):
        a_visit(alice)
        mine = a_visit(bob)
        assert shown(admin.get(f"{VISITS}?person={bob.pk}")) == [mine.pk]

    def test_by_site_however_it_is_typed(self, admin, bob):
        a_visit(bob)
        mine = a_visit(bob, domain="example.org")
        assert shown(admin.get(f"{VISITS}?person={bob.pk}&site=WWW.Example.org")) == [mine.pk]

    def test_by_site_among_the_newest_only(self, admin, bob, monkeypatch):
        monkeypatch.setattr(bounded_list, "REACH", 2)
        for day in (3, 2):
            a_visit(bob, domain="example.org", started_at=AT_9 - day * DAY)
        near = a_visit(bob, domain="example.org", started_at=AT_9 - DAY)
        a_visit(bob)
        answer = admin.get(f"{VISITS}?person={bob.pk}&site=example.org")
        assert shown(answer) == [near.pk]
        assert "newest 2 page visits. Choose a day" in answer.content.decode()

    def test_a_day_is_one_of_the_staff_member_s_zone(self, admin, bob):
        midnight = AT_9 - 10 * 3600 * 1000  # 2025-11-03 00:00 in Berlin, an hour behind UTC's own day
        a_visit(bob, started_at=midnight - 1)
        first = a_visit(bob, started_at=midnight)
        last = a_visit(bob, started_at=midnight + DAY - 1)
        a_visit(bob, started_at=midnight + DAY)
        assert shown(admin.get(f"{VISITS}?person={bob.pk}&day=2025-11-03")) == [last.pk, first.pk]

    def test_the_day_the_clocks_change_has_25_hours(self, admin, bob):
        start = 1_761_429_600_000  # 2025-10-26 00:00 in Berlin
        late = a_visit(bob, started_at=start + 25 * 3600 * 1000 - 1)
        a_visit(bob, started_at=start + 25 * 3600 * 1000)
        assert shown(admin.get(f"{VISITS}?person={bob.pk}&day=2025-10-26")) == [late.pk]

    @pytest.mark.parametrize("day", ["yesterday", "2025-13-01", "0001-01-01", "9999-12-31"])
    def test_what_is_no_day_is_said(self, admin, bob, day):
        assert "Enter the day as year-month-day" in admin.get(f"{VISITS}?person={bob.pk}&day={day}").content.decode()

    def test_by_one_of_the_chosen_person_s_browsers(self, admin, alice, bob):
        laptop, phone = a_browser(bob, "laptop"), a_browser(bob, "phone")
        a_visit(bob, laptop)
        mine = a_visit(bob, phone)
        a_browser(alice, "tablet")
        answer = admin.get(f"{VISITS}?person={bob.pk}&browser={phone.pk}")
        assert shown(answer) == [mine.pk]
        assert "laptop" in answer.content.decode()
        assert "tablet" not in answer.content.decode()

    @pytest.mark.parametrize(("result", "kept"), [("rejected", 0), ("stored", 1), ("unchanged", 2)])
    def test_batches_by_result(self, admin, bob, result, kept):
        batches = [
            a_batch(bob, created=0, rejected=1),
            a_batch(bob, created=2),
            a_batch(bob, created=0, unchanged=5),
        ]
        assert shown(admin.get(f"{BATCHES}?result={result}")) == [batches[kept].pk]

    def test_batches_by_day_need_no_person(self, admin, bob):
        a_batch(bob)
        assert shown(admin.get(f"{BATCHES}?day=2001-01-01")) == []

    @pytest.mark.parametrize("query", ["url__icontains=private", "title__contains=a", "user__password__startswith=a"])
    def test_a_lookup_made_up_in_the_address_is_refused(self, admin, bob, query):
        assert admin.get(f"{VISITS}?person={bob.pk}&{query}")["Location"] == f"{VISITS}?e=1"

    def test_aggregates_by_last_site(self, admin, bob):
        an_aggregate(bob)
        mine = an_aggregate(bob, current_domain="example.org")
        assert shown(admin.get(f"{AGGREGATES}?person={bob.pk}&site=example.org")) == [mine.pk]

    def test_another_person_is_looked_for_without_the_browser_of_this_one(self, admin, bob):
        browser = a_browser(bob)
        text = admin.get(f"{VISITS}?person={bob.pk}&browser={browser.pk}&day=2025-11-03").content.decode()
        form = text[text.index("By person") : text.index("By browser")]
        assert '<input type="hidden" name="day" value="2025-11-03">' in form
        assert 'name="browser"' not in form
        assert 'value="bob@example.org"' in form

    def test_a_filter_keeps_the_others(self, admin, bob):
        text = admin.get(f"{VISITS}?person={bob.pk}&site=example.org").content.decode()
        assert f'<input type="hidden" name="person" value="{bob.pk}">' in text
        assert '<input type="hidden" name="site" value="example.org">' in text


def sorted_by(client, url, column, direction=""):
    place = client.get(url).context["cl"].list_display.index(column)
    return client.get(f"{url}{'&' if '?' in url else '?'}o={direction}{place}")


class TestOrder:
    def test_of_visits_can_be_by_their_duration(self, admin, bob):
        rows = [a_visit(bob, duration_ms=ms, started_at=AT_9 + number) for number, ms in enumerate((2000, 3000, 1000))]
        middle, long, short = (row.pk for row in rows)
        assert shown(sorted_by(admin, f"{VISITS}?person={bob.pk}", "lasted")) == [short, middle, long]
        assert shown(sorted_by(admin, f"{VISITS}?person={bob.pk}", "lasted", "-")) == [long, middle, short]

    @pytest.mark.parametrize(
        ("url", "column"),
        [(VISITS, "site"), (AGGREGATES, "active"), (BATCHES, "took"), (BROWSERS, "last_push"), (STATES, "counter")],
    )
    def test_without_an_index_is_among_the_newest_and_it_is_said(self, admin, bob, url, column, monkeypatch):
        monkeypatch.setattr(bounded_list, "REACH", 2)
        everything(bob)
        answer = sorted_by(admin, f"{url}?person={bob.pk}", column)
        assert shown(answer)
        assert "newest 2 " in answer.content.decode()

    @pytest.mark.parametrize("spelling", ["-{}", "--{}", "%2B{}", "x-{}", "0{}", "%20{}", "99.{}", "0.{}"])
    def test_without_an_index_is_so_however_it_is_spelled(self, admin, bob, spelling, monkeypatch):
        monkeypatch.setattr(bounded_list, "REACH", 2)
        newest = [a_visit(bob, started_at=AT_9 + number).pk for number in range(3)][1:]
        place = admin.get(f"{VISITS}?person={bob.pk}").context["cl"].list_display.index("lasted")
        answer = admin.get(f"{VISITS}?person={bob.pk}&o={spelling.format(place)}")
        assert sorted(shown(answer)) == newest

    def test_of_the_list_itself_needs_no_bound(self, admin, bob, monkeypatch):
        monkeypatch.setattr(bounded_list, "REACH", 2)
        old, middle, new = (a_visit(bob, started_at=AT_9 + number) for number in range(3))
        answer = sorted_by(admin, f"{VISITS}?person={bob.pk}", "started")
        assert shown(answer) == [old.pk, middle.pk, new.pk]
        assert "newest 2" not in answer.content.decode()

    def test_of_a_column_without_a_link_is_that_of_the_list(self, admin, bob):
        old, new = (a_visit(bob, started_at=AT_9 + number, title=title) for number, title in enumerate("ab"))
        assert shown(sorted_by(admin, f"{VISITS}?person={bob.pk}", "title_or_none")) == [new.pk, old.pk]

    @pytest.mark.parametrize("order", ["", "x", "1.x", "-", "9" * 5000, "%D9%A3", "1.1.1"])
    @pytest.mark.parametrize("url", [VISITS, BATCHES, BROWSERS])
    def test_that_cannot_be_is_overlooked(self, admin, bob, url, order):
        everything(bob)
        assert len(shown(admin.get(f"{url}?person={bob.pk}&o={order}"))) > 0

    def test_among_the_newest_is_of_one_person(self, admin, alice, bob, monkeypatch):
        monkeypatch.setattr(bounded_list, "REACH", 2)
        mine = [a_visit(bob, started_at=AT_9 + number).pk for number in range(3)]
        for number in range(5):
            a_visit(alice, started_at=AT_9 + 10 + number)
        assert set(shown(sorted_by(admin, f"{VISITS}?person={bob.pk}", "lasted"))) == {*mine[1:]}


# The filters that each list has.
FILTERS = {
    VISITS: {"site", "day", "browser"},
    AGGREGATES: {"site", "day", "browser"},
    BATCHES: {"day", "browser", "result"},
    BROWSERS: set(),
    STATES: set(),
}


def of_each_list(*names):
    return [(url, name) for url, known in FILTERS.items() for name in names if name in known]


@pytest.mark.parametrize("value", ["%ED%A0%80", "9" * 30, "%D9%A3"])
class TestValuesThatNoDatabaseTakes:
    @pytest.mark.parametrize("name", ["person", "find"])
    @pytest.mark.parametrize("url", FILTERS)
    def test_for_a_person_lead_to_the_picker(self, admin, bob, url, name, value):
        everything(bob, 1)
        for query in (f"{name}={value}", f"person={bob.pk}&{name}={value}"):
            answer = admin.get(f"{url}?{query}")
            assert answer.status_code == 200
            assert answer.context["people"] == []

    @pytest.mark.parametrize("name", ["site", "day", "browser", "result"])
    @pytest.mark.parametrize("url", RECORD_LISTS)
    def test_without_a_person_lead_to_the_picker(self, admin, bob, url, name, value):
        answer = admin.get(f"{url}?{name}={value}")
        assert answer.status_code == 200
        assert "cl" not in answer.context

    @pytest.mark.parametrize("url", RECORD_LISTS)
    def test_of_a_site_find_nothing(self, admin, bob, url, value):
        everything(bob, 1)
        answer = admin.get(f"{url}?person={bob.pk}&site={value}")
        assert answer.status_code == 200
        assert shown(answer) == []

    @pytest.mark.parametrize("url", FILTERS)
    def test_of_a_search_find_nothing_or_are_said_to_be_wrong(self, admin, bob, url, value):
        everything(bob, 1)
        answer = admin.get(f"{url}?person={bob.pk}&q={value}")
        assert answer.status_code == 200
        assert shown(answer) == []

    @pytest.mark.parametrize(("url", "name"), of_each_list("day", "browser", "result"))
    def test_of_another_filter_are_overlooked(self, admin, bob, url, name, value):
        everything(bob, 2)
        answer = admin.get(f"{url}?person={bob.pk}&{name}={value}")
        assert answer.status_code == 200
        assert len(shown(answer)) == 2
        assert ("Enter the day as year-month-day" in answer.content.decode()) == (name == "day")

    @pytest.mark.parametrize(
        ("url", "name"),
        [(url, name) for url in FILTERS for name in ("site", "day", "browser", "result") if name not in FILTERS[url]]
        + [(PEOPLE, name) for name in ("person", "find", "site", "day", "browser", "result")],
    )
    def test_of_a_filter_that_the_list_has_not_lead_to_the_list_without(self, admin, bob, url, name, value):
        answer = admin.get(f"{url}?person={bob.pk}&{name}={value}")
        assert (answer.status_code, answer["Location"]) == (302, f"{url}?e=1")

    def test_of_a_search_for_people_break_nothing(self, admin, value):
        assert admin.get(f"{PEOPLE}?q={value}").status_code == 200


class TestSearch:
    def test_for_an_exact_visit_id_of_one_person(self, admin, alice, bob):
        a_visit(alice, visit_id="pv_same")
        a_visit(bob, visit_id="pv_same_and_more")
        mine = a_visit(bob, visit_id="pv_same")
        assert shown(admin.get(f"{VISITS}?person={bob.pk}&q=pv_same")) == [mine.pk]

    def test_for_a_tab_of_the_chosen_person(self, admin, bob):
        mine = an_aggregate(bob, tab_id=77)
        an_aggregate(bob, tab_id=78)
        assert shown(admin.get(f"{AGGREGATES}?person={bob.pk}&q=77")) == [mine.pk]
        assert shown(admin.get(f"{AGGREGATES}?person={bob.pk}&q=seven")) == []

    def test_for_a_client_id(self, admin, bob):
        mine = a_browser(bob, "the-client")
        a_browser(bob, "another")
        assert shown(admin.get(f"{BROWSERS}?q=the-client")) == [mine.pk]

    def test_never_uses_like(self, admin, bob):
        a_visit(bob)
        with CaptureQueriesContext(connection) as captured:
            assert shown(admin.get(f"{VISITS}?person={bob.pk}&q=100%25")) == []
        assert not any("LIKE" in q["sql"] for q in captured)


class TestPages:
    def test_a_visit_is_readable(self, admin, bob):
        visit = a_visit(
            bob,
            metadata={"wordCount": 300},
            idle_periods=[{"start": AT_9, "end": AT_9 + 65_000, "reason": "idle", "durationMs": 65_000,
                           "resumeReason": "active"}],
        )  # fmt: skip
        text = admin.get(f"{VISITS}{visit.pk}/change/").content.decode()
        assert "3 m 12 s" in text
        assert "192,000 ms" in text
        assert '<time datetime="2025-11-03T10:00:00.000+01:00">2025-11-03 10:00:00.000</time>' in text
        assert "{\n  &quot;wordCount&quot;: 300\n}" in text
        assert "<td>1 m 5 s</td>" in text

    def test_an_http_url_is_a_link_that_tells_its_target_nothing(self, admin, bob):
        visit = a_visit(bob)
        text = admin.get(f"{VISITS}{visit.pk}/change/").content.decode()
        assert f'href="{URL}" target="_blank" rel="noopener noreferrer"' in text

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "data:text/html,x", " https://example.org", "//example.org"]
    )
    def test_any_other_url_is_text(self, admin, bob, url):
        visit = a_visit(bob, url=url)
        text = admin.get(f"{VISITS}{visit.pk}/change/").content.decode()
        assert f'href="{url}' not in text
        assert "sync-url" in text

    def test_html_is_escaped_wherever_it_stands(self, admin, bob):
        evil = "<script>alert(1)</script>"
        url = f'https://example.org/">{evil}'
        period = {"start": AT_9, "end": None, "reason": evil, "durationMs": None, "resumeReason": evil}
        browser = a_browser(bob, evil, browser_name=evil)
        visit = a_visit(bob, browser, title=evil, url=url, domain=evil, visit_id=evil, metadata={evil: evil},
                              idle_periods=[period], category=evil)  # fmt: skip
        tab = an_aggregate(bob, browser, current_url=url, current_domain=evil, domain_durations={evil: 5},
                                 statistics={"mostVisitedDomain": evil, "averagePageDuration": 5})  # fmt: skip
        batch = a_batch(bob, browser, extension_version=evil, errors=[{"index": 0, "errors": {evil: [evil]}}])
        urls = [f"{url}?person={bob.pk}" for url in (VISITS, AGGREGATES, BATCHES, BROWSERS)]
        urls += [BATCHES, BROWSERS, f"{VISITS}?person={bob.pk}&site={evil}", f"{VISITS}?find={evil}"]
        urls += [f"{VISITS}{visit.pk}/change/", f"{AGGREGATES}{tab.pk}/change/", f"{BATCHES}{batch.pk}/change/"]
        urls += [f"{BROWSERS}{browser.pk}/change/"]
        for url in urls:
            answer = admin.get(url)
            text = answer.content.decode()
            assert answer.status_code == 200
            assert evil not in text
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text, url

    def test_unknown_durations_are_said_to_be_unknown(self, admin, bob):
        visit = a_visit(bob, duration_ms=None, active_duration_ms=None)
        text = admin.get(f"{VISITS}{visit.pk}/change/").content.decode()
        assert text.count('<div class="readonly">unknown</div>') == 3  # lasted, active, engagement rate
        assert "0 s" not in text

    def test_an_instant_no_calendar_holds_is_shown_as_a_number(self, admin, bob):
        visit = a_visit(bob, closed_at=2**62)
        assert str(2**62) in admin.get(f"{VISITS}{visit.pk}/change/").content.decode()

    def test_a_batch_says_what_was_wrong(self, admin, bob):
        batch = a_batch(bob, rejected=1, errors=[{"index": 3, "errors": {"url": ["Enter an absolute URL."]}}])
        text = admin.get(f"{BATCHES}{batch.pk}/change/").content.decode()
        assert '<td>3</td><td>url</td><td><span class="sync-wrap">Enter an absolute URL.</span></td>' in text


class TestReadOnly:
    @pytest.mark.parametrize("url", [VISITS, AGGREGATES, BATCHES, BROWSERS, STATES])
    def test_rows_cannot_be_added_changed_or_deleted(self, admin, bob, url):
        everything(bob, 1)
        of_bob = f"{url}?person={bob.pk}"
        pk = shown(admin.get(of_bob))[0]
        assert admin.get(f"{url}add/").status_code == 403
        assert admin.post(f"{url}{pk}/change/", {}).status_code == 403
        assert admin.get(f"{url}{pk}/delete/").status_code == 403
        assert admin.post(f"{url}{pk}/delete/", {"post": "yes"}).status_code == 403
        admin.post(url, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
        assert shown(admin.get(of_bob)) == [pk]


class TestWho:
    @pytest.mark.parametrize("url", LISTS)
    def test_a_person_who_is_not_staff_is_sent_to_sign_in(self, client, bob, settings, url):
        client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")

    def test_staff_see_what_they_may_see_and_no_more(self, client, alice, bob, settings):
        alice.is_staff = True
        alice.save()
        alice.user_permissions.add(Permission.objects.get(codename="view_syncbatch"))
        client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(BATCHES).status_code == 200
        assert client.get(VISITS).status_code == 403
        # Nor do they learn whether an e-mail address has an account.
        assert client.get(f"{VISITS}?person=bob@example.org").status_code == 403
        assert client.get(f"{VISITS}?find=bob").status_code == 403


class TestLog:
    def test_a_list_and_a_page_leave_one_line_each_with_ids_alone(self, admin, alice, bob, caplog):
        visit = a_visit(bob)
        with caplog.at_level(logging.INFO):
            admin.get(f"{VISITS}?person={bob.pk}&site=secret.example.net")
            admin.get(f"{VISITS}{visit.pk}/change/")
        lines = [record.getMessage() for record in caplog.records if record.name == "syncserver.audit"]
        assert lines == [
            f"staff={alice.pk} action=listed model=sync.pagevisit person={bob.pk} object=-",
            f"staff={alice.pk} action=opened model=sync.pagevisit person={bob.pk} object={visit.pk}",
        ]
        assert not any(URL in record.getMessage() or TITLE in record.getMessage() for record in caplog.records)

    def test_django_s_own_log_holds_nothing_of_it(self, admin, bob):
        visit = a_visit(bob)
        admin.get(f"{VISITS}{visit.pk}/change/")
        admin.post(f"{VISITS}{visit.pk}/change/", {"title": "x"})
        assert LogEntry.objects.count() == 0
        assert PageVisit.objects.get().title == TITLE
