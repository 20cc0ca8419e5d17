"""Addresses that look alike are one account, and accounts from before that still sign in."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.email_address import check_email, normalize_email
from accounts.models import AuditEvent, User
from tests.people import SessionFactory, UserFactory
from tests.wire import assert_error_shape, post

PASSWORD = "correct horse battery staple"
REGISTER, LOGIN = "/api/auth/register", "/api/auth/login"
LOOK_ALIKE = [
    "ſam@kin.org",
    "SAM@kin.org",
    "ſam@Kin.org",
    "sam@ｋｉｎ.org",
    "ｓａｍ@kin.org",
    "sam＠kin.org",
    "ˢam@kin.org",
]


class TestNormalizing:
    @pytest.mark.parametrize("email", [*LOOK_ALIKE, " sam@kin.org\n", "\u3000sam@kin.org"])
    def test_look_alikes_become_one(self, email):
        assert normalize_email(email) == "sam@kin.org"

    @pytest.mark.parametrize("email", ["sam@straße.de", "sam@ς.gr", "sam@пример.рф", "sam+tag@kin.org", "s.am@kin.org"])
    def test_other_addresses_stay_others(self, email):
        assert normalize_email(email) == email

    @given(st.text())
    def test_a_normal_form_stays_as_it_is_and_is_in_lower_case(self, text):
        normal = normalize_email(text)
        assert normalize_email(normal) == normal
        assert normal.lower() == normal

    def test_every_character_passes_the_column_s_check_that_it_is_in_lower_case(self, db):
        characters = {normalize_email(chr(code)) for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000}
        text = "\n".join(sorted(characters))
        with connection.cursor() as cursor:
            cursor.execute("SELECT lower(%s)", [text])
            assert cursor.fetchone()[0] == text

    @pytest.mark.parametrize("email", ["sam@kin.org", "ſam@kin.org", "sam@straße.de", "sam@xn--lnk-jua.org"])
    def test_may_be_an_account_s(self, email):
        check_email(email)

    @pytest.mark.parametrize(
        "email",
        ["sım@kin.org", "sİm@kin.org", "sam@kın.org", "säm@kin.org", "sam@evil.org＠kin.org", "sam", "@kin.org", "",
         "sam@kin", "s" * 250 + "@k.org"],
    )  # fmt: skip
    def test_may_not(self, email):
        with pytest.raises(ValidationError):
            check_email(email)


@pytest.mark.django_db
@pytest.mark.usefixtures("cheap_hashing")
class TestAccounts:
    @pytest.fixture
    def sam(self, cheap_hashing):
        return UserFactory(email="sam@kin.org", password=PASSWORD)

    @pytest.mark.parametrize("email", LOOK_ALIKE)
    def test_a_look_alike_is_taken(self, sam, client, email):
        reply = assert_error_shape(post(REGISTER, {"email": email, "password": PASSWORD}), 400, "invalid")
        assert list(reply["errors"]) == ["email"]
        page = client.post("/account/sign-up", {"email": email, "name": "", "password": PASSWORD})
        assert "There is an account with this e-mail address already." in page.content.decode()
        assert User.objects.count() == 1

    @pytest.mark.parametrize("email", LOOK_ALIKE)
    def test_is_signed_in_to_by_either(self, sam, email):
        assert post(LOGIN, {"email": email, "password": PASSWORD}).status_code == 200

    @pytest.mark.parametrize("email", ["sım@kin.org", "sam@kın.org", "İ@kin.org"])
    def test_is_not_made_with_a_dotless_i(self, client, email):
        reply = assert_error_shape(post(REGISTER, {"email": email, "password": PASSWORD}), 400, "invalid")
        assert list(reply["errors"]) == ["email"]
        page = client.post("/account/sign-up", {"email": email, "name": "", "password": PASSWORD})
        assert "This is not an e-mail address." in page.content.decode()
        assert User.objects.count() == 0

    def test_one_that_grows_past_the_column_when_made_small_is_refused(self):
        address = "a@" + ".".join(["İ" * 35] * 4) + ".com"
        assert_error_shape(post(REGISTER, {"email": address, "password": PASSWORD}), 400, "invalid")

    def test_does_not_change_to_a_look_alike(self, sam, client):
        alice = UserFactory(email="alice@example.org", password=PASSWORD)
        for email in ("ſam@kin.org", "sım@kin.org", "a@" + ".".join(["İ" * 35] * 4) + ".com"):
            answer = post("/api/auth/email", {"email": email, "password": PASSWORD}, user=alice)
            assert answer.status_code in (202, 400)
            client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
            assert client.post("/account/email", {"email": email, "password": PASSWORD}).status_code in (200, 302)
        assert mail.outbox == []
        alice.refresh_from_db()
        assert alice.pending_email == "sam@kin.org"


@pytest.mark.django_db
@pytest.mark.usefixtures("cheap_hashing")
class TestUpgrade:
    """Accounts that were made when an address was only put in lower case."""

    @pytest.fixture
    def old(self, cheap_hashing):
        person = User(email="ſam@kin.org", email_confirmed_at=timezone.now(), pending_email="ｓ@kin.org")
        person.set_password(PASSWORD)
        person.save()
        return person

    @pytest.fixture
    def sam(self, cheap_hashing):
        return UserFactory(email="sam@kin.org", password="another battery staple horse")

    def upgrade(self):
        module = importlib.import_module("accounts.migrations.0005_normalize_emails")
        module.normalize_emails(apps, SimpleNamespace(connection=connection))

    def test_an_address_becomes_normal_and_unconfirmed(self, old):
        other = UserFactory(email="plain@kin.org", email_confirmed_at=timezone.now())
        self.upgrade()
        for person in (old, other):
            person.refresh_from_db()
        assert (old.email, old.email_confirmed_at, old.pending_email) == ("sam@kin.org", None, "s@kin.org")
        assert other.email_confirmed_at is not None
        assert post(LOGIN, {"email": "ſam@kin.org", "password": PASSWORD}).status_code == 200

    def test_where_somebody_has_the_normal_one_each_signs_in_by_their_own(self, old, sam):
        self.upgrade()
        old.refresh_from_db()
        assert old.email == "ſam@kin.org"
        ids = [
            post(LOGIN, {"email": email, "password": password}).json()["user"]["id"]
            for email, password in (("ſam@kin.org", PASSWORD), ("sam@kin.org", "another battery staple horse"))
        ]
        assert ids == [str(old.pk), str(sam.pk)]
        assert_error_shape(post(LOGIN, {"email": "ſam@kin.org", "password": "wrong"}), 401)
        assert AuditEvent.objects.latest("pk").subject == old
        post("/api/auth/password-reset", {"email": "ſam@kin.org"})
        assert mail.outbox[-1].to == ["ſam@kin.org"]

    def test_of_two_that_become_one_the_older_gets_it(self, old):
        younger = User.objects.create(email="ｓam@kin.org", password="!")
        self.upgrade()
        assert [p.email for p in User.objects.order_by("pk")] == ["sam@kin.org", younger.email]

    def test_one_that_would_grow_past_the_column_stays(self, cheap_hashing):
        email = "sam@" + "ﷺ" * 20 + ".org"
        User.objects.create(email=email, password="!")
        self.upgrade()
        assert User.objects.get().email == email

    def test_staff_and_the_person_still_change_the_rest_of_it(self, old, sam, client, settings):
        client.force_login(old, "django.contrib.auth.backends.ModelBackend")
        assert client.post("/account/profile", {"name": "Sam", "time_zone": "UTC"}).status_code == 302
        User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
        client.force_login(sam, "django.contrib.auth.backends.ModelBackend")
        session = SessionFactory(user=old)
        body = {"email": old.email, "name": "Samuel", "time_zone": "UTC"}
        assert client.post(f"/admin/accounts/user/{old.pk}/change/", body).status_code == 302
        old.refresh_from_db()
        session.refresh_from_db()
        assert (old.name, old.is_active, session.revoked_reason) == ("Samuel", False, "deactivated")
        assert old.email == "ſam@kin.org"

    def test_one_is_erased_by_its_own_spelling(self, old, sam, capsys):
        call_command("erase_person", "ſam@kin.org", yes=True)
        assert list(User.objects.all()) == [sam]
