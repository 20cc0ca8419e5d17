"""The page on which a person allows an extension to connect."""

import pytest
from django.test import Client

from accounts.models import ConnectAnswer, User
from tests.accounts.api.test_connect import CHALLENGE, CONNECT, page_client, started, taken
from tests.wire import post

pytestmark = pytest.mark.django_db


def path_of(grant):
    return f"/account/connect/{grant['id']}"


def test_nobody_is_asked_to_sign_in_first_and_is_led_back(cheap_hashing, alice):
    alice.set_password("correct horse battery staple")
    alice.save()
    grant, client = started(), Client()
    asked = client.get(path_of(grant), secure=True)
    assert asked.status_code == 302
    assert asked["Location"].startswith("/account/sign-in?next=/account/connect/")
    sent = {"username": "alice@example.org", "password": "correct horse battery staple"}
    signed_in = client.post(asked["Location"], sent, secure=True)
    assert signed_in["Location"] == path_of(grant)


def test_somebody_without_an_account_signs_up_and_is_led_back(cheap_hashing):
    grant, client = started(), Client()
    sign_in = client.get(client.get(path_of(grant), secure=True)["Location"], secure=True).content.decode()
    link = f"/account/sign-up?next={path_of(grant).replace('/', '%2F').replace(':', '%3A')}"
    assert f'href="{link}"' in sign_in
    sent = {"email": "carol@example.org", "password": "correct horse battery staple"}
    assert client.post(link, sent, secure=True)["Location"] == path_of(grant)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_up_never_leads_to_another_host(cheap_hashing, elsewhere):
    sent = {"email": "carol@example.org", "password": "correct horse battery staple"}
    response = Client().post("/account/sign-up", {**sent, "next": elsewhere}, secure=True)
    assert response["Location"] == "/dashboard"
    assert User.objects.filter(email="carol@example.org").exists()


def test_the_page_shows_the_browser_the_number_and_the_account(alice):
    grant = started("Alice's <laptop>")
    page = page_client(alice).get(path_of(grant), secure=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert "Alice&#x27;s &lt;laptop&gt;" in text
    assert grant["number"] in text
    assert "alice@example.org" in text
    assert "another IP address" not in text
    assert "no-store" in page["Cache-Control"]


def test_the_page_warns_where_the_extension_is_elsewhere(alice):
    grant = started(REMOTE_ADDR="192.0.2.9")
    assert "another IP address (192.0.2.9)" in page_client(alice).get(path_of(grant), secure=True).content.decode()


def test_looking_at_the_page_answers_nothing(alice):
    grant = started()
    page_client(alice).get(path_of(grant), secure=True)
    page_client(alice).post(path_of(grant), {"answer": "perhaps"}, secure=True)
    page_client(alice).post(path_of(grant), secure=True)
    assert taken(grant).status_code == 202
    assert not ConnectAnswer.objects.exists()


def test_a_form_of_another_site_answers_nothing(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    grant = started()
    assert client.post(path_of(grant), {"answer": "allow"}, secure=True).status_code == 403
    assert taken(grant).status_code == 202


def test_the_answer_is_shown_to_the_one_who_gave_it_alone(alice, bob):
    grant = started()
    hers = page_client(alice).post(path_of(grant), {"answer": "allow"}, secure=True, follow=True)
    assert "is allowed to connect" in hers.content.decode()
    his = page_client(bob).get(path_of(grant), secure=True)
    assert his.status_code == 410
    assert "alice@example.org" not in his.content.decode()


def test_a_denied_extension_is_said_to_be_not_connected(alice):
    answered = page_client(alice).post(path_of(started()), {"answer": "deny"}, secure=True, follow=True)
    assert "was not connected" in answered.content.decode()


def test_a_link_that_this_server_did_not_make_is_404(alice):
    assert page_client(alice).get("/account/connect/none", secure=True).status_code == 404


def test_answers_of_one_person_are_within_auth_rate(alice, settings):
    # Of a day: the requests of a slow machine may lie in two minutes.
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "auth": "3/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    client = page_client(alice)
    grants = [post(CONNECT, {"challenge": CHALLENGE}, REMOTE_ADDR=f"192.0.2.{number}").json() for number in range(1, 5)]
    statuses = [client.post(path_of(grant), {"answer": "deny"}, secure=True).status_code for grant in grants]
    assert statuses == [302] * 3 + [429]
