"""A person in the admin: the totals in the list, and the facts, browsers and last batches on their page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sync.admin import person_totals
from sync.models import SyncState
from tests.people import SessionFactory, UserFactory
from tests.project.test_bounded_reading import read_endlessly
from tests.sync.stored_rows import a_batch, a_browser, a_visit, everything

PEOPLE = "/admin/accounts/user/"


def page_of(person):
    return f"{PEOPLE}{person.pk}/change/"


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def row_of(client, person):
    text = text_of(client.get(PEOPLE))
    return next(row for row in text.split("<tr") if person.email in row)


@pytest.fixture
def clerk(client, alice):
    """Alice as staff who may change people, and view batches, but no other rows."""
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user", "view_syncbatch"]))
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestList:
    def test_shows_counts_and_the_last_push(self, admin, alice, bob):
        a_browser(bob, "one", last_push_at=datetime(2025, 11, 1, 9, tzinfo=UTC))
        a_browser(bob, "two", last_push_at=datetime(2025, 11, 3, 9, tzinfo=UTC))
        for _ in range(3):
            a_visit(bob, a_browser(bob, "one"))
        row = row_of(admin, bob)
        assert '<td class="field-last_push">2025-11-03 10:00:00</td>' in row
        assert '<td class="field-browsers">2</td>' in row
        assert '<td class="field-page_visits">3</td>' in row
        assert '<td class="field-tab_aggregates">0</td>' in row
        assert '<td class="field-last_push">never</td>' in row_of(admin, alice)

    def test_counts_to_a_bound_and_says_so(self, admin, bob, monkeypatch):
        monkeypatch.setattr(person_totals, "COUNTED", 2)
        everything(bob, 4)
        assert '<td class="field-page_visits">more than 2</td>' in row_of(admin, bob)

    def test_costs_as_many_queries_for_many_people_as_for_few(self, admin, bob):
        def queries():
            admin.get(PEOPLE)
            with CaptureQueriesContext(connection) as captured:
                admin.get(PEOPLE)
            return len(captured)

        everything(bob)
        few = queries()
        for _ in range(12):
            everything(UserFactory(), 1)
        assert queries() == few

    def test_shows_staff_only_what_they_may_view(self, clerk, bob):
        everything(bob)
        row = row_of(clerk, bob)
        for column in ("last_push", "browsers", "page_visits", "tab_aggregates"):
            assert column not in row

    @pytest.mark.django_db(transaction=True)
    def test_is_shown_without_totals_that_take_too_long(self, admin, bob, monkeypatch):
        monkeypatch.setattr(person_totals, "attach", read_endlessly)
        assert '<td class="field-page_visits">–</td>' in row_of(admin, bob)


class TestFacts:
    def test_tell_how_much_there_is(self, admin, bob):
        everything(bob)
        SessionFactory(user=bob)
        SyncState.objects.filter(user=bob).update(keep_months=12)
        text = text_of(admin.get(page_of(bob)))
        assert f'<a href="/admin/sync/pagevisit/?person={bob.pk}">Page visits</a> </th> <td>3</td>' in text
        assert '<th scope="row">Live sign-ins</th> <td>1</td>' in text
        assert '<th scope="row">Keeps records for</th> <td>12 months</td>' in text

    def test_of_a_person_without_any_records_are_said(self, admin, bob):
        text = text_of(admin.get(page_of(bob)))
        assert '<th scope="row">Last push</th> <td>never</td>' in text
        assert "This person pushed nothing in the time for which batches are kept." in text

    def test_name_the_browsers_and_those_that_are_silent(self, admin, bob):
        now = timezone.now()
        a_browser(bob, "one", label="Laptop", last_push_at=now - timedelta(days=9))
        a_browser(bob, "two", label="Phone", last_push_at=now)
        facts = admin.get(page_of(bob)).context["facts"]
        assert [(each.name, each.is_silent) for each in facts.browsers] == [("Phone", False), ("Laptop", True)]

    def test_list_the_last_batches_with_links_to_what_was_rejected(self, admin, bob):
        now = timezone.now()
        for number in range(12):
            a_batch(bob, received_at=now - timedelta(minutes=number), created=number)
        last = a_batch(bob, rejected=3, errors=[{"index": 7, "errors": {"url": ["Enter an absolute URL."]}}])
        answer = admin.get(page_of(bob))
        batches = answer.context["facts"].batches
        assert [each.batch.created for each in batches] == [1, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        link = f"/admin/sync/syncbatch/{last.pk}/change/"
        assert f'<a href="{link}#why-rejected">3, see why</a>' in text_of(answer)
        shown = text_of(admin.get(link))
        assert '<div id="why-rejected">' in shown
        assert "<td>7</td><td>url</td>" in shown
        assert f"?person={bob.pk}&amp;result=rejected" in text_of(answer)

    def test_are_of_this_person_alone(self, admin, alice, bob):
        everything(alice)
        facts = admin.get(page_of(bob)).context["facts"]
        assert (facts.batches, facts.browsers) == ([], [])
        assert {rows.number for rows in facts.rows} == {"0"}

    def test_show_staff_only_what_they_may_view(self, clerk, bob):
        everything(bob)
        SessionFactory(user=bob)
        answer = clerk.get(page_of(bob))
        facts = answer.context["facts"]
        assert [rows.words for rows in facts.rows] == ["sync batches"]
        assert (facts.browsers, facts.live_sessions, facts.keep_months) == (None, None, None)
        assert "Last batches" in text_of(answer)
        assert "Live sign-ins" not in text_of(answer)

    def test_are_not_on_the_form_for_a_new_person(self, admin):
        assert "What this person has" not in text_of(admin.get(f"{PEOPLE}add/"))

    def test_escape_what_a_client_sent(self, admin, bob):
        evil = "<script>alert(1)</script>"
        a_batch(bob, a_browser(bob, evil, browser_name=evil))
        assert evil not in text_of(admin.get(page_of(bob)))

    @pytest.mark.django_db(transaction=True)
    def test_that_take_too_long_leave_the_rest_of_the_page(self, admin, bob, monkeypatch):
        monkeypatch.setattr("sync.admin.person_facts.facts_of", read_endlessly)
        text = text_of(admin.get(page_of(bob)))
        assert "took too long" in text
        assert 'name="email"' in text
