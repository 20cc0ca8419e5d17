"""The first page of the admin: what came in, what was rejected and why, what is silent, slow or large, in bounds."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent
from sync.admin import last_day, table_sizes
from sync.models import Browser
from tests.people import UserFactory
from tests.project.test_bounded_reading import read_endlessly
from tests.sync.stored_rows import a_batch, a_browser, a_visit, everything
from tests.wire import VISITS, push
from tests.wire_records import visit

PAGE = "/admin/"
NOTHING = "Nothing was pushed in the last 24 hours."


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def numbers(client):
    return client.get(PAGE).context["numbers"]


def ago(**past):
    return timezone.now() - timedelta(**past)


def failed(person=None, **past):
    event = AuditEvent(kind="sign_in_failed", subject=person, created_at=ago(**past))
    event.save()


@pytest.fixture
def clerk(client, alice):
    """A function that signs alice in as staff with these rights alone."""

    def sign_in(*rights):
        alice.is_staff = True
        alice.save()
        alice.user_permissions.add(*Permission.objects.filter(codename__in=rights))
        client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


class TestPushes:
    def test_of_an_empty_server_are_said_to_be_none(self, admin):
        text = text_of(admin.get(PAGE))
        assert NOTHING in text
        assert "No record was rejected in the last 24 hours." in text
        assert "No sign-in failed in the last 24 hours." in text
        assert "No browser has been silent for 7 days." in text
        assert numbers(admin)["hours"] == []

    def test_that_came_in_are_counted_with_their_records_by_hour(self, admin, alice, bob):
        push(bob, VISITS, [visit(), visit(url="nothing")])
        a_batch(alice, created=5_000, updated=2, erased=1, duration_ms=900, received_at=ago(hours=3))
        a_batch(alice, created=70, received_at=ago(hours=25))
        text = text_of(admin.get(PAGE))
        results = "5,001 new, 2 changed, 0 unchanged, 1 rejected, 1 kept out by an erasure."
        assert f"2 pushes with 5,005 records: {results}" in text
        hours = [hour for hour in numbers(admin)["hours"] if hour.pushes]
        assert [(hour.pushes["pushes"], hour.pushes["records"], hour.width) for hour in hours] == [
            (1, 2, 0),
            (1, 5003, 100),
        ]
        assert hours[1].pushes["slowest_ms"] == 900

    def test_have_a_line_for_each_hour_in_the_zone_of_the_staff_member(self, admin, alice, monkeypatch):
        now = datetime(2025, 11, 3, 8, 30, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        a_batch(alice, received_at=now - timedelta(minutes=29))
        names = [hour.name for hour in numbers(admin)["hours"]]
        assert (len(names), names[0], names[-1]) == (25, "Mon 09:00", "Sun 09:00")
        assert numbers(admin)["hours"][0].pushes["pushes"] == 1

    def test_have_each_hour_once_on_the_day_the_clocks_change(self, admin, alice, monkeypatch):
        now = datetime(2025, 10, 26, 8, 30, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        for hour in (0, 1):  # 02:00 in Berlin, twice
            a_batch(alice, received_at=datetime(2025, 10, 26, hour, 10, tzinfo=UTC))
        hours = [hour for hour in numbers(admin)["hours"] if hour.pushes]
        assert [(hour.name, hour.pushes["pushes"]) for hour in hours] == [("Sun 02:00", 1), ("Sun 02:00", 1)]

    def test_beyond_the_bound_are_not_read_and_it_is_said(self, admin, alice, monkeypatch):
        monkeypatch.setattr(last_day, "MOST_ROWS", 2)
        for hours in (1, 2, 3, 4):
            a_batch(alice, received_at=ago(hours=hours), duration_ms=hours * 1000)
        found = numbers(admin)
        assert found["pushes"].totals["pushes"] == 2
        assert [batch.duration_ms for batch in found["slowest"]] == [2000, 1000]
        assert "Only the newest pushes are counted, since" in text_of(admin.get(PAGE))

    def test_that_took_longest_are_listed_with_their_person(self, admin, bob):
        for number in range(12):
            a_batch(bob, duration_ms=number, body_bytes=2048)
        slow = numbers(admin)["slowest"]
        assert [batch.duration_ms for batch in slow] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
        text = text_of(admin.get(PAGE))
        assert f'<a href="/admin/sync/syncbatch/?person={bob.pk}">bob@example.org</a>' in text
        assert f"/admin/sync/syncbatch/{slow[0].batch}/change/" in text

    def test_of_a_person_who_is_gone_are_shown_without_a_name(self, admin, bob):
        a_batch(bob)
        type(bob).objects.filter(pk=bob.pk)._raw_delete("default")
        assert "bob@example.org" not in text_of(admin.get(PAGE))


class TestRejections:
    def test_are_listed_by_how_often_they_happened(self, admin, bob):
        wrong = {"url": ["Enter an absolute URL."]}
        a_batch(bob, rejected=1, errors=[{"index": 0, "errors": {"startTime": ["Send a number."]}}])
        newest = a_batch(bob, rejected=2, errors=[{"index": number, "errors": wrong} for number in (0, 1)])
        reasons = numbers(admin)["reasons"]
        assert tuple(reasons[0]) == (
            "page visits",
            "url",
            "Enter an absolute URL.",
            2,
            newest.pk,
        )
        assert [reason.field for reason in reasons] == ["url", "startTime"]
        assert f'<a href="/admin/sync/syncbatch/{newest.pk}/change/">' in text_of(admin.get(PAGE))

    def test_are_read_from_a_bounded_number_of_pushes(self, admin, bob, monkeypatch):
        monkeypatch.setattr(last_day, "MOST_READ", 1)
        for number in (2, 1):
            errors = [{"index": 0, "errors": {f"field{number}": ["Wrong."]}}]
            a_batch(bob, rejected=1, errors=errors, received_at=ago(hours=number))
        assert [reason.field for reason in numbers(admin)["reasons"]] == ["field1"]

    def test_are_escaped(self, admin, bob):
        evil = "<script>alert(1)</script>"
        a_browser(bob, evil, browser_name=evil, last_push_at=ago(days=9))
        a_batch(bob, rejected=1, errors=[{"index": 0, "errors": {evil: [evil]}}])
        assert evil not in text_of(admin.get(PAGE))


class TestSilentBrowsers:
    def test_are_those_of_extensions_that_pushed_and_stopped(self, admin, alice, bob):
        for days in (6, 8, 100, 184):
            a_browser(bob, f"{days}-days", browser_name=f"Browser{days}", last_push_at=ago(days=days))
        a_browser(alice, "import:own:1", kind=Browser.Kind.IMPORT, last_push_at=ago(days=20))
        silent = numbers(admin)["silent"]
        assert (silent.number, [browser.name for browser in silent.browsers]) == (2, ["Browser8", "Browser100"])
        assert "2 browsers pushed within the last 183 days, but not within the last 7." in text_of(admin.get(PAGE))

    def test_are_counted_to_a_bound(self, admin, bob, monkeypatch):
        monkeypatch.setattr("sync.admin.first_page.MOST_SILENT", 1)
        for number in range(3):
            a_browser(bob, f"browser-{number}", last_push_at=ago(days=9))
        assert numbers(admin)["silent"].number == 2
        assert "More than" in text_of(admin.get(PAGE))


class TestFailedSignIns:
    def test_are_counted_by_hour_without_any_text_of_a_client(self, admin, bob):
        Client().post("/account/sign-in", {"username": "<b>evil</b>@example.org", "password": "wrong"})
        failed(bob, hours=2)
        failed(bob, hours=25)
        found = numbers(admin)["failures"]
        assert (found.total, found.of_accounts) == (2, 1)
        assert [hour.failures for hour in numbers(admin)["hours"] if hour.failures] == [1, 1]
        text = text_of(admin.get(PAGE))
        assert "evil" not in text
        assert '?kind__exact=sign_in_failed">failed sign-ins</a>, 1 of them to an account that exists.' in text

    def test_lead_to_their_list(self, admin, bob):
        failed(bob)
        AuditEvent.objects.create(kind="sign_in", subject=bob)
        rows = admin.get("/admin/accounts/auditevent/?kind__exact=sign_in_failed").context["cl"].result_list
        assert [row.kind for row in rows] == ["sign_in_failed"]


class TestSizes:
    def test_name_tables_with_their_rows_and_bytes(self, admin, bob):
        everything(bob, 4)
        sizes = numbers(admin)["sizes"]
        visits = next(table for table in sizes.tables if table.name == "Page visits")
        assert visits.rows == "4"
        assert "B" in visits.bytes
        assert "B" in sizes.database
        assert 0 < len(sizes.tables) <= table_sizes.LISTED

    def test_count_rows_to_a_bound(self, admin, bob, monkeypatch):
        monkeypatch.setattr(table_sizes, "COUNTED", 2)
        monkeypatch.setattr(table_sizes, "COUNTED_ON_SQLITE", 2)
        everything(bob, 4)
        visits = next(table for table in numbers(admin)["sizes"].tables if table.name == "Page visits")
        assert visits.rows in {"more than 2", "about 4"}


class TestWho:
    def test_a_person_who_is_not_staff_is_sent_to_sign_in(self, client, bob):
        client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(PAGE)
        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")

    @pytest.mark.parametrize(
        ("rights", "parts"),
        [
            ([], {"sizes"}),
            (["view_syncbatch"], {"sizes", "pushes", "reasons", "slowest", "hours"}),
            (["view_auditevent"], {"sizes", "failures", "hours"}),
            (["view_browser"], {"sizes", "silent"}),
        ],
    )
    def test_staff_see_the_parts_that_they_may_see_and_no_more(self, clerk, bob, rights, parts):
        everything(bob)
        a_browser(bob, "silent", last_push_at=ago(days=9))
        failed(bob)
        answer = clerk(*rights).get(PAGE)
        assert set(answer.context["numbers"]) == {*parts, "late"}
        text = text_of(answer)
        assert ("bob@example.org" in text) == bool({"slowest", "silent"} & parts)
        assert ("Failed sign-ins" in text) == ("failures" in parts)
        assert ("Slowest pushes" in text) == ("slowest" in parts)
        assert ("Silent browsers" in text) == ("silent" in parts)

    def test_staff_see_sizes_of_the_tables_that_they_may_view(self, clerk, bob):
        a_visit(bob)
        found = clerk("view_pagevisit").get(PAGE).context["numbers"]["sizes"]
        assert [table.name for table in found.tables] == ["Page visits"]
        assert "Sizes" in text_of(clerk().get(PAGE))

    def test_staff_without_rights_see_no_sizes(self, clerk):
        assert "Sizes" not in text_of(clerk().get(PAGE))


class TestBounds:
    def test_many_rows_cost_as_many_queries_as_few(self, admin, bob):
        def queries():
            admin.get(PAGE)
            with CaptureQueriesContext(connection) as captured:
                admin.get(PAGE)
            return len(captured)

        for person in (bob, UserFactory()):
            a_browser(person, "silent", last_push_at=ago(days=9))
            everything(person, 1)
        few = queries()
        for number in range(20):
            person = UserFactory()
            a_browser(person, f"silent{number}", last_push_at=ago(days=9))
            everything(person, 5)
            failed(person)
        assert queries() == few

    @pytest.mark.django_db(transaction=True)
    def test_a_part_that_takes_too_long_says_so_and_the_others_are_shown(self, admin, bob, settings, monkeypatch):
        a_batch(bob)
        parts = [part._replace(read=read_endlessly) if part.name == "failures" else part for part in first_page_parts()]
        monkeypatch.setattr("sync.admin.first_page.PARTS", parts)
        settings.READING_SECONDS = 3.0
        answer = admin.get(PAGE)
        assert "Counting the failed sign-ins took too long." in text_of(answer)
        assert "1 push with 1 record:" in text_of(answer)
        assert answer.context["numbers"]["late"] == ["failures"]

    def test_the_page_is_logged_without_a_name(self, admin, alice, caplog):
        with caplog.at_level("INFO"):
            admin.get(PAGE)
        lines = [record.getMessage() for record in caplog.records if record.name == "syncserver.audit"]
        assert lines == [f"staff={alice.pk} action=summed up model=sync.syncbatch person=- object=-"]


def first_page_parts():
    from sync.admin.first_page import PARTS

    return PARTS


@pytest.mark.parametrize(
    "url",
    [PAGE, "/admin/login/", "/admin/auth/group/add/", "/admin/sync/pagevisit/", "/admin/sync/syncbatch/",
     "/admin/accounts/user/", "/admin/accounts/auditevent/"],
)  # fmt: skip
def test_every_page_of_the_admin_has_its_styles_once(admin, client, url):
    answer = (Client() if "login" in url else admin).get(url)
    assert answer.content.decode().count('href="/static/sync/admin.css"') == 1


class TestNames:
    def test_apps_have_plain_names(self, admin):
        names = [app["name"] for app in admin.get(PAGE).context["app_list"]]
        assert sorted(names) == [
            "Groups of staff",
            "People and sign-ins",
            "Second step of signing in",
            "Synced records",
        ]

    def test_the_page_has_no_inline_script_or_style(self, admin, bob):
        everything(bob)
        text = admin.get(PAGE).content.decode()
        assert "style=" not in text
        assert "<style" not in text
        assert "Content-Security-Policy" in admin.get(PAGE)
        assert json.dumps("unsafe-inline") not in admin.get(PAGE)["Content-Security-Policy"]
