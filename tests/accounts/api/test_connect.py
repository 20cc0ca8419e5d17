"""Signing in without a password: an extension asks, a person answers, the extension takes its tokens once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent, ConnectAnswer, RateCount, Session
from accounts.sessions import connecting
from tests.people import UserFactory
from tests.wire import assert_error_shape, post, send

CONNECT = "/api/auth/connect"
# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
pytestmark = pytest.mark.django_db


def started(label="Firefox 153 on Linux", **extra):
    response = post(CONNECT, {"challenge": CHALLENGE, "label": label}, **extra)
    assert response.status_code == 201, response.content
    return response.json()


def taken(grant, verifier=VERIFIER):
    return post(f"{CONNECT}/{grant['id']}", {"verifier": verifier})


def page_client(person):
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def answered(grant, person, answer="allow"):
    path = f"/account/connect/{grant['id']}"
    return page_client(person).post(path, {"answer": answer}, secure=True, follow=True)


def later(monkeypatch, **by):
    moved = timezone.now() + timedelta(**by)
    monkeypatch.setattr(timezone, "now", lambda: moved)


def test_a_start_answers_a_number_of_four_digits_and_the_page(db):
    grant = started()
    assert set(grant) == {"id", "number", "expiresAt", "page"}
    assert len(grant["number"]) == 4
    assert grant["number"].isdecimal()
    assert grant["page"] == f"https://testserver/account/connect/{grant['id']}"
    assert abs(grant["expiresAt"] / 1000 - (timezone.now() + timedelta(minutes=10)).timestamp()) < 5


def test_a_start_stores_nothing_but_the_count_of_its_client():
    for _ in range(3):
        started()
    assert ConnectAnswer.objects.count() == AuditEvent.objects.count() == Session.objects.count() == 0
    assert RateCount.objects.count() == 1


def test_until_somebody_answers_the_reply_is_202():
    grant = started()
    response = taken(grant)
    assert (response.status_code, response.json()) == (202, {"expiresAt": grant["expiresAt"]})


def test_after_allow_the_extension_is_signed_in_as_the_one_who_allowed_it(alice, bob):
    grant = started()
    answered(grant, alice)
    response = taken(grant)
    assert response.status_code == 200
    reply = response.json()
    assert set(reply) == {"user", "access", "refresh"}
    assert reply["user"]["email"] == "alice@example.org"
    assert send("GET", "/api/auth/me", token=reply["access"]).json() == reply["user"]
    assert post("/api/auth/refresh", {"refresh": reply["refresh"]}).status_code == 200
    session = Session.objects.get(kind=Session.Kind.TOKENS)
    assert (session.user, session.label) == (alice, "Firefox 153 on Linux")


def test_a_grant_is_good_for_one_sign_in(alice):
    grant = started()
    answered(grant, alice)
    assert [taken(grant).status_code for _ in range(3)] == [200, 410, 410]
    assert_error_shape(taken(grant), 410, "expired")
    assert Session.objects.filter(kind=Session.Kind.TOKENS).count() == 1


def test_a_grant_that_was_taken_cannot_be_allowed_again(alice, bob):
    grant = started()
    answered(grant, alice)
    taken(grant)
    answered(grant, bob)
    answered(grant, alice)
    assert taken(grant).status_code == 410


def test_the_first_answer_holds_and_nobody_else_can_change_it(alice, bob):
    for first, second, status in (("allow", "deny", 200), ("deny", "allow", 403)):
        grant = started()
        answered(grant, bob, first)
        answered(grant, alice, second)
        response = taken(grant)
        assert response.status_code == status
        if status == 200:
            assert response.json()["user"]["email"] == "bob@example.org"


def test_deny_is_403(alice):
    grant = started()
    answered(grant, alice, "deny")
    assert_error_shape(taken(grant), 403, "denied")
    assert not Session.objects.filter(kind=Session.Kind.TOKENS).exists()


def test_a_person_who_was_deactivated_meanwhile_is_403(alice):
    grant = started()
    answered(grant, alice)
    alice.is_active = False
    alice.save()
    assert_error_shape(taken(grant), 403, "denied")


def test_after_ten_minutes_it_is_410_also_where_it_was_allowed(alice, monkeypatch):
    waiting, allowed = started(), started("Another")
    answered(allowed, alice)
    later(monkeypatch, minutes=10)
    for grant in (waiting, allowed):
        assert_error_shape(taken(grant), 410, "expired")
    assert answered(waiting, alice).status_code == 410
    assert not ConnectAnswer.objects.filter(grant_digest=connecting._digest(waiting["id"])).exists()


def test_the_verifier_of_another_challenge_is_refused_and_takes_nothing(alice):
    grant = started()
    answered(grant, alice)
    for wrong in ("x" * 43, VERIFIER + "x", CHALLENGE, VERIFIER[:-1], "é" * 43):
        reply = assert_error_shape(taken(grant, wrong), 400, "invalid")
        assert set(reply["errors"]) == {"verifier"}
        assert wrong not in str(reply)
    assert taken(grant).status_code == 200


@pytest.mark.parametrize("grant_id", ["none", "a:b:c", "%00", "x" * 3500])
def test_an_id_that_this_server_did_not_make_is_404(grant_id):
    assert_error_shape(post(f"{CONNECT}/{grant_id}", {"verifier": VERIFIER}), 404, "not_found")


def test_an_id_that_was_changed_is_404():
    grant = started()
    changed = grant["id"].replace(grant["id"][10], "A" if grant["id"][10] != "A" else "B", 1)
    assert_error_shape(post(f"{CONNECT}/{changed}", {"verifier": VERIFIER}), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"challenge": ""},
        {"challenge": "x" * 42},
        {"challenge": "x" * 44},
        {"challenge": "+" * 43},
        {"challenge": 7},
    ],
)
def test_a_start_without_a_sha256_is_refused(body):
    reply = assert_error_shape(post(CONNECT, body), 400, "invalid")
    assert set(reply["errors"]) == {"challenge"}


def test_without_a_label_the_user_agent_names_the_browser():
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
    response = post(CONNECT, {"challenge": CHALLENGE}, HTTP_USER_AGENT=agent)
    assert connecting.grant_of(response.json()["id"]).label == "Firefox 153 on Linux"


def test_the_longest_label_makes_an_id_that_fits_a_url(alice):
    grant = started("\U0001f9ed" * 100)
    assert len(grant["id"]) < connecting.MAX_ID_LENGTH
    answered(grant, alice)
    assert taken(grant).status_code == 200


def test_starts_of_one_client_are_within_auth_rate(settings):
    # Of a day: the requests of a slow machine may lie in two minutes.
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "start": "3/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    statuses = [post(CONNECT, {"challenge": CHALLENGE}).status_code for _ in range(4)]
    assert statuses == [201] * 3 + [429]
    assert post(CONNECT, {"challenge": CHALLENGE}, REMOTE_ADDR="192.0.2.9").status_code == 201


def test_an_extension_may_ask_every_two_seconds_for_ten_minutes():
    grant = started()
    assert {taken(grant).status_code for _ in range(30)} == {202}


def test_answers_and_sign_in_leave_events_of_the_one_who_answered(alice, bob):
    allowed, denied = started(), started()
    answered(allowed, alice)
    answered(denied, alice, "deny")
    taken(allowed)
    kinds = list(AuditEvent.objects.about(alice.pk).order_by("pk").values_list("kind", "detail"))
    assert ("connect_allowed", "") in kinds
    assert ("connect_denied", "") in kinds
    assert kinds[-1] == ("sign_in", "tokens")
    assert not AuditEvent.objects.about(bob.pk).exists()


def test_an_answer_deletes_the_person_s_old_ones(alice, bob):
    for person in (alice, bob):
        ConnectAnswer.objects.create(
            user=person,
            grant_digest=f"old {person.pk}",
            is_allowed=True,
            expires_at=timezone.now() - timedelta(minutes=1),
        )
    answered(started(), alice)
    assert ConnectAnswer.objects.filter(user=alice).count() == 1
    assert ConnectAnswer.objects.filter(user=bob).count() == 1


def test_erasing_a_person_erases_their_answers():
    carol = UserFactory()
    answered(started(), carol)
    carol.delete()
    assert not ConnectAnswer.objects.exists()


@given(verifier=st.text(st.sampled_from("abcXYZ019-._~"), min_size=43, max_size=128), other=st.text(max_size=150))
@settings(max_examples=50)
def test_only_the_verifier_of_the_challenge_fits(verifier, other):
    challenge = connecting.challenge_of(verifier)
    assert connecting.is_challenge(challenge)
    assert other == verifier or connecting.challenge_of(other.encode("utf-8", "replace").decode()) != challenge
