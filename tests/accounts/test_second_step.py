"""The second step of staff: asked of who set one up, and of all where the setting says so."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import AuditEvent, RecoveryCode
from tests.people import UserFactory

PASSWORD = "correct horse battery staple"
STEP, ADMIN = "/account/second-step", "/admin/"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]
# Every kind of way into the admin, the sign-in form's own redirect among them.
WAYS = ["/admin/", "/admin/accounts/user/", "/admin/sync/pagevisit/", "/admin/password_change/", "/admin/jsi18n/",
        "/admin/accounts/user/1/delete/", "/admin/login/?next=/admin/accounts/user/", "/admin/r/1/1/",
        "/admin/autocomplete/", "/admin/nothing/"]  # fmt: skip


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD, is_staff=True, is_superuser=True)


def signed_in(person):
    client = Client()
    body = {"username": person.email, "password": PASSWORD, "next": ADMIN}
    assert client.post("/admin/login/", body).status_code == 302
    return client


def code_of(device, drift=0):
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, device.drift + drift):06}"


def set_up(client, person):
    """Set up the second step in a browser and return (device, recovery codes)."""
    client.get(STEP)
    device = TOTPDevice.objects.get(user=person)
    page = client.post(STEP, {"code": code_of(device)}).content.decode()
    return TOTPDevice.objects.get(user=person), re.findall(r"<li><code>([a-z0-9-]+)</code>", page)


@pytest.fixture
def required(settings):
    settings.STAFF_TOTP_REQUIRED = True


class TestRequired:
    @pytest.mark.parametrize("path", WAYS)
    def test_no_way_leads_into_the_admin_without_it(self, alice, required, path):
        client = signed_in(alice)
        answer = client.get(path, follow=True)
        assert answer.redirect_chain[-1][0].startswith(STEP), answer.redirect_chain
        answer = client.post(path)
        assert answer.status_code == 302
        assert answer["Location"].partition("?")[0] == (STEP if path.startswith("/admin/login/") else "/admin/login/")

    def test_it_is_set_up_with_a_code_and_opens_the_admin(self, alice, required):
        client = signed_in(alice)
        page = client.get(f"{STEP}?next=/admin/accounts/user/").content.decode()
        assert "<svg" in page
        _, codes = set_up(client, alice)
        assert len(set(codes)) == 10
        assert client.get(ADMIN).status_code == 200
        assert [event.detail for event in AuditEvent.objects.filter(kind="second_step_changed")] == ["set up"]

    def test_a_wrong_code_sets_nothing_up(self, alice, required):
        client = signed_in(alice)
        client.get(STEP)
        assert "This code is wrong or used up" in client.post(STEP, {"code": "000000"}).content.decode()
        assert not TOTPDevice.objects.get().confirmed
        assert client.get(ADMIN).status_code == 302

    def test_the_secret_stays_the_same_until_it_is_set_up(self, alice, required):
        client = signed_in(alice)
        keys = set()
        for _ in range(3):
            client.get(STEP)
            keys.add(TOTPDevice.objects.get().key)
        assert len(keys) == 1

    def test_those_who_are_no_staff_are_asked_nothing_and_find_nothing(self, required):
        bob = UserFactory(email="bob@example.org", password=PASSWORD)
        client = Client()
        client.force_login(bob, "django.contrib.auth.backends.ModelBackend")
        assert client.get("/account").status_code == 200
        for path in (STEP, f"{STEP}/recovery-codes", f"{STEP}/remove"):
            assert client.post(path).status_code == 403


class TestSetUp:
    @pytest.fixture
    def device_and_codes(self, alice):
        return set_up(signed_in(alice), alice)

    def test_it_is_asked_of_who_set_it_up_though_nobody_requires_it(self, alice, device_and_codes):
        client = signed_in(alice)
        assert client.get(ADMIN, follow=True).redirect_chain[-1][0].startswith(STEP)

    def test_the_code_of_the_next_half_minute_opens_the_admin_and_leads_where_one_was_going(
        self, alice, device_and_codes
    ):
        client = signed_in(alice)
        body = {"code": code_of(device_and_codes[0], 1), "next": "/admin/accounts/user/"}
        assert client.post(STEP, body)["Location"] == "/admin/accounts/user/"
        assert client.get(ADMIN).status_code == 200

    def test_it_leads_to_no_other_host(self, alice, device_and_codes):
        body = {"code": code_of(device_and_codes[0], 1), "next": "https://evil.example/"}
        assert signed_in(alice).post(STEP, body)["Location"] == "/account"

    def test_a_code_works_once(self, alice, device_and_codes):
        code = code_of(device_and_codes[0], 1)
        assert signed_in(alice).post(STEP, {"code": code}).status_code == 302
        assert "wrong or used up" in signed_in(alice).post(STEP, {"code": code}).content.decode()

    def test_wrong_codes_are_slowed_and_written_down(self, alice, device_and_codes):
        client = signed_in(alice)
        assert "wrong or used up" in client.post(STEP, {"code": "123456"}).content.decode()
        assert "wrong or used up" in client.post(STEP, {"code": code_of(device_and_codes[0], 1)}).content.decode()
        assert AuditEvent.objects.filter(kind="sign_in_failed", detail="second step").count() == 2

    def test_a_recovery_code_works_once_however_it_is_typed(self, alice, device_and_codes):
        code = device_and_codes[1][3]
        client = signed_in(alice)
        assert client.post(STEP, {"code": code.replace("-", " ").upper()}).status_code == 302
        assert client.get(ADMIN).status_code == 200
        assert "wrong or used up" in signed_in(alice).post(STEP, {"code": code}).content.decode()
        assert "9 recovery codes left" in client.get(STEP).content.decode()

    def test_recovery_codes_are_stored_as_digests(self, device_and_codes):
        stored = set(RecoveryCode.objects.values_list("digest", flat=True))
        assert len(stored) == 10
        assert not stored & set(device_and_codes[1])

    def test_new_recovery_codes_replace_the_old(self, alice, device_and_codes):
        client = signed_in(alice)
        client.post(STEP, {"code": device_and_codes[1][0]})
        page = client.post(f"{STEP}/recovery-codes").content.decode()
        assert "Keep these recovery codes" in page
        assert "wrong or used up" in signed_in(alice).post(STEP, {"code": device_and_codes[1][1]}).content.decode()

    def test_nothing_is_changed_before_it_is_taken(self, alice, device_and_codes):
        client = signed_in(alice)
        assert [client.post(f"{STEP}/{name}").status_code for name in ("recovery-codes", "remove")] == [403, 403]
        assert TOTPDevice.objects.filter(confirmed=True).exists()

    def test_it_is_removed_by_who_took_it(self, alice, device_and_codes):
        client = signed_in(alice)
        client.post(STEP, {"code": device_and_codes[1][0]})
        assert client.post(f"{STEP}/remove")["Location"] == STEP
        assert not TOTPDevice.objects.exists()
        assert signed_in(alice).get(ADMIN).status_code == 200

    def test_a_command_removes_it_for_one_who_lost_phone_and_codes(self, alice, device_and_codes, capsys):
        call_command("remove_second_step", "Alice@example.org")
        assert capsys.readouterr().out == "The second step is removed.\n"
        assert not TOTPDevice.objects.exists()
        assert not RecoveryCode.objects.exists()
        event = AuditEvent.objects.get(kind="second_step_changed", detail="removed")
        assert (event.subject, event.actor, event.client_ip) == (alice, None, None)
        with pytest.raises(CommandError, match=r"Nobody has this e-mail address\."):
            call_command("remove_second_step", "nobody@example.org")

    def test_the_admin_shows_no_secret(self, alice, device_and_codes):
        client = signed_in(alice)
        client.post(STEP, {"code": device_and_codes[1][0]})
        device = device_and_codes[0]
        page = client.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/").content.decode()
        assert device.key not in page
        assert "secret=" not in page
        # The first page tells the size of their table; no page lists them.
        assert "/accounts/recoverycode/" not in client.get(ADMIN).content.decode()
        assert client.get("/admin/accounts/recoverycode/").status_code == 404

    def test_it_goes_with_its_person(self, alice, device_and_codes):
        from sync.erasures import person_erasure

        UserFactory(is_superuser=True)
        deleted = dict(person_erasure.erase(alice.pk))
        assert (deleted["authenticators"], deleted["recoveryCodes"]) == (1, 10)
