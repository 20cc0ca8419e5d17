"""People in the admin, and the way in."""

import re
from io import StringIO
from types import SimpleNamespace

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.limits import rate_counts
from accounts.models import AuditEvent, User
from tests.people import PersonalTokenFactory, SessionFactory
from tests.wire import access_token, assert_error_shape, refresh_token, send

USERS = "/admin/accounts/user/"
LOGIN = "/admin/login/"
PASSWORD = "correct horse battery staple"


def added(**over):
    return {"email": "New@Example.org", "name": "", "usable_password": "true", "password1": PASSWORD,
            "password2": PASSWORD, **over}  # fmt: skip


def changed(person, **over):
    return {"email": person.email, "name": person.name, "time_zone": person.time_zone, "is_active": "on", **over}


def test_no_page_shows_anybody_s_tokens(admin, bob):
    token = str(refresh_token(bob))
    index = admin.get("/admin/").content.decode().replace("csrfmiddlewaretoken", "")
    assert "token" not in re.sub(r"personaltoken|Personal tokens?", "", index)
    pages = ["/admin/token_blacklist/outstandingtoken/", "/admin/token_blacklist/outstandingtoken/1/change/"]
    assert [admin.get(page).status_code for page in pages] == [404, 404]
    assert token not in admin.get(f"{USERS}{bob.pk}/change/").content.decode()


class TestPeople:
    def test_a_person_is_added_with_an_address_in_lower_case_and_a_password(self, admin):
        assert admin.post(f"{USERS}add/", added()).status_code == 302
        assert User.objects.get(email="new@example.org").check_password(PASSWORD)

    @pytest.mark.parametrize(
        ("over", "sentence"),
        [
            ({"email": "ALICE@example.org"}, "There is an account with this e-mail address already."),
            ({"password2": "another one"}, "didn’t match"),
            ({"password1": "123", "password2": "123"}, "too short"),
            ({"email": "nonsense"}, "Enter a valid email address."),
        ],
    )
    def test_a_person_who_cannot_be_added_is_not_and_it_says_why(self, admin, over, sentence):
        answer = admin.post(f"{USERS}add/", added(**over))
        assert answer.status_code == 200
        assert sentence in answer.content.decode().replace("&#x27;", "'").replace("&rsquo;", "’")
        assert User.objects.count() == 1

    def test_an_address_is_changed_to_lower_case(self, admin, bob):
        assert admin.post(f"{USERS}{bob.pk}/change/", changed(bob, email="Robert@Example.org")).status_code == 302
        bob.refresh_from_db()
        assert bob.email == "robert@example.org"

    def test_an_address_cannot_become_that_of_another_in_any_case(self, admin, bob):
        answer = admin.post(f"{USERS}{bob.pk}/change/", changed(bob, email="ALICE@example.org"))
        assert "There is an account with this e-mail address already." in answer.content.decode()

    @pytest.mark.parametrize("text", ["BO", "ob@exa", "bert w", "ROBERT", " wilson ", "öhm", "ÖHM"])
    def test_the_list_finds_any_part_of_an_address_or_a_name(self, admin, bob, text):
        bob.name = "Robert Wilson Öhm"
        bob.save()
        assert [person.email for person in admin.get(f"{USERS}?q={text}").context["cl"].result_list] == [bob.email]

    def test_a_wildcard_of_like_stands_for_itself(self, admin, bob):
        assert not admin.get(f"{USERS}?q=%25ob").context["cl"].result_list
        assert not admin.get(f"{USERS}?q=_ob").context["cl"].result_list

    @pytest.mark.parametrize("url", ["auditevent", "session", "personaltoken"])
    def test_the_lists_of_their_rows_find_people_in_the_same_way(self, admin, alice, bob, url):
        for person in (alice, bob):
            SessionFactory(user=person)
            PersonalTokenFactory(user=person)
            AuditEvent.objects.create(kind="sign_in", subject=person)
        for text in ("OB@", str(bob.pk)):
            rows = admin.get(f"/admin/accounts/{url}/?q={text}").context["cl"].result_list
            assert [getattr(row, "subject", None) or row.user for row in rows] == [bob]

    def test_the_list_is_sorted_by_the_time_of_joining_and_can_be_by_address(self, admin, alice, bob):
        def people(query):
            return [person.email for person in admin.get(f"{USERS}{query}").context["cl"].result_list]

        assert people("") == ["bob@example.org", "alice@example.org"]
        columns = admin.get(USERS).context["cl"].list_display
        assert people(f"?o={columns.index('joined')}") == ["alice@example.org", "bob@example.org"]
        assert people(f"?o=-{columns.index('email')}") == ["bob@example.org", "alice@example.org"]
        # A column that is not sortable leaves the order as it is, whatever the URL says.
        assert people(f"?o={columns.index('name')}") == ["bob@example.org", "alice@example.org"]

    def test_staff_actions_are_logged_by_number_since_an_address_would_outlive_its_person(self, admin, bob):
        admin.post(f"{USERS}{bob.pk}/change/", changed(bob, name="Robert"))
        entry = LogEntry.objects.get()
        assert (entry.object_repr, entry.change_message) == (f"person {bob.pk}", "Name")

    def test_a_password_is_reset(self, admin, bob):
        body = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert admin.post(f"{USERS}{bob.pk}/password/", body).status_code == 302
        bob.refresh_from_db()
        assert bob.check_password(PASSWORD)

    def test_the_page_leads_to_what_the_person_sent(self, admin, bob):
        assert f"/admin/sync/pagevisit/?person={bob.pk}" in admin.get(f"{USERS}{bob.pk}/change/").content.decode()


class TestSessionsEnd:
    """By what staff do, in the admin and on the server."""

    @pytest.fixture
    def session(self, bob):
        return SessionFactory(user=bob)

    @pytest.fixture
    def others(self, alice):
        return SessionFactory(user=alice)

    def reason(self, session):
        session.refresh_from_db()
        return session.revoked_reason

    @pytest.mark.parametrize(
        "body",
        [{"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD},
         {"usable_password": "false", "unset-password": "yes"}],
        ids=["a password", "no password"],
    )  # fmt: skip
    def test_with_a_password_set_in_the_admin(self, admin, bob, session, others, body):
        bob.set_password("another battery staple horse")
        bob.save()
        assert self.reason(session) == ""
        assert admin.post(f"{USERS}{bob.pk}/password/", body).status_code == 302
        assert (self.reason(session), self.reason(others)) == ("password_changed", "")

    def test_for_good_when_a_person_is_deactivated_and_comes_back(self, admin, bob, session, others):
        page = f"{USERS}{bob.pk}/change/"
        body = changed(bob)
        del body["is_active"]
        assert admin.post(page, body).status_code == 302
        assert admin.post(page, changed(bob)).status_code == 302
        bob.refresh_from_db()
        assert bob.is_active
        assert (self.reason(session), self.reason(others)) == ("deactivated", "")
        assert_error_shape(
            send("GET", "/api/auth/me", token=access_token(bob, sid=str(session.pk))), 401, "session_ended"
        )

    def test_not_with_another_change(self, admin, bob, session):
        assert admin.post(f"{USERS}{bob.pk}/change/", changed(bob, name="Robert")).status_code == 302
        assert self.reason(session) == ""

    def test_with_a_password_set_by_the_command(self, bob, session, others, monkeypatch):
        monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD)
        call_command("changepassword", bob.email, stdout=StringIO())
        bob.refresh_from_db()
        assert bob.check_password(PASSWORD)
        assert (self.reason(session), self.reason(others)) == ("password_changed", "")
        event = AuditEvent.objects.get()
        assert (event.kind, event.subject, event.actor) == ("password_changed", bob, None)

    def test_not_by_a_command_that_changes_nothing(self, bob, session, monkeypatch):
        monkeypatch.setattr("getpass.getpass", lambda prompt: "123")
        with pytest.raises(CommandError):
            call_command("changepassword", bob.email, stdout=StringIO(), stderr=StringIO())
        assert self.reason(session) == ""

    def test_nobodys_by_a_new_superuser(self, session, monkeypatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        call_command("createsuperuser", email="root@example.org", interactive=False, stdout=StringIO())
        assert User.objects.get(email="root@example.org").is_superuser
        assert self.reason(session) == ""


class TestRights:
    @pytest.fixture
    def clerk(self, admin, alice):
        """Alice as staff who may change people, but is no superuser."""
        alice.is_superuser = False
        alice.save()
        alice.user_permissions.add(*Permission.objects.filter(content_type__app_label="accounts"))
        return admin

    def test_one_who_is_no_superuser_makes_nobody_one(self, clerk, alice):
        clerk.post(f"{USERS}{alice.pk}/change/", changed(alice, is_staff="on", is_superuser="on"))
        alice.refresh_from_db()
        assert not alice.is_superuser

    def test_nor_takes_one_over(self, clerk, bob):
        bob.is_superuser = True
        bob.save()
        clerk.post(f"{USERS}{bob.pk}/change/", changed(bob, email="mine@example.org"))
        body = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert clerk.post(f"{USERS}{bob.pk}/password/", body).status_code == 403
        bob.refresh_from_db()
        assert bob.email == "bob@example.org"


class TestSignIn:
    @pytest.fixture
    def staff(self, alice, cheap_hashing):
        alice.is_staff = alice.is_superuser = True
        alice.set_password(PASSWORD)
        alice.save()

    def test_by_address_in_any_case(self, client, staff):
        assert client.post(LOGIN, {"username": "Alice@Example.org", "password": PASSWORD}).status_code == 302

    def test_an_account_tried_too_often_is_slowed_with_the_seconds_to_wait(self, client, staff, settings, monkeypatch):
        monkeypatch.setattr(rate_counts, "time", SimpleNamespace(time=lambda: 1_762_160_400))
        settings.LOGIN_FAILURE_LIMIT = 1
        for email in ("alice@example.org", "ALICE@example.org"):
            assert client.post(LOGIN, {"username": email, "password": "wrong"}).status_code == 200
        answer = client.post(LOGIN, {"username": "alice@example.org", "password": PASSWORD})
        assert answer.status_code == 429
        assert answer["Retry-After"] == "31"
        assert "There were too many failed attempts. Wait 31 seconds and try again." in answer.content.decode()


class TestPages:
    def test_the_front_page_says_what_a_person_gets(self, client):
        text = client.get("/").content.decode()
        for wanted in ("/account/sign-up", "/account/sign-in", "dashboard-light.png", "/operators"):
            assert wanted in text
        assert "curl" not in text

    def test_the_front_page_of_a_closed_server_says_so(self, client, settings):
        settings.REGISTRATION_OPEN = False
        text = client.get("/").content.decode()
        assert "takes no new accounts" in text
        assert "/account/sign-up" not in text

    def test_the_front_page_leads_a_person_who_is_signed_in_to_their_days(self, client, alice, settings):
        settings.AXES_ENABLED = False
        client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get("/")
        assert (answer.status_code, answer["Location"]) == (302, "/dashboard")
        assert "Cookie" in answer["Vary"]

    def test_the_page_for_operators_says_where_everything_is(self, client, settings):
        text = client.get("/operators").content.decode()
        for wanted in ("http://testserver/api/auth/register", "/admin/", "/api/docs", "make admin",
                       "python manage.py createsuperuser"):  # fmt: skip
            assert wanted in text
        settings.REGISTRATION_OPEN = False
        assert "takes no new accounts" in client.get("/operators").content.decode()

    def test_a_form_without_its_token_is_answered_in_the_house_style(self):
        answer = Client(enforce_csrf_checks=True).post("/account/sign-in", {})
        assert answer.status_code == 403
        assert "This form has expired" in answer.content.decode()
        assert "site.css" in answer.content.decode()

    def test_a_page_that_is_not_there(self, client):
        answer = client.get("/nothing")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()

    @pytest.mark.parametrize("name", ["base.html", "home.html", "operators.html", "403_csrf.html",
                                      "400.html", "403.html", "404.html",
                                      "500.html"])  # fmt: skip
    def test_templates_hold_no_inline_style_or_script(self, name):
        from django.template.loader import render_to_string

        text = render_to_string(name)
        assert "<script" not in text
        assert "<style" not in text
        assert "style=" not in text
        assert " on" not in text.split("<body")[0]
