"""Days begin at the person's own midnight without a setting: sign-up and one offer take the browser's time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from instants import milliseconds
from tests.insights.records import store, visit

SIGN_UP = {"email": "alice@example.org", "name": "", "password": "correct horse battery staple"}


@pytest.fixture
def signed_in(client, alice, settings):
    settings.AXES_ENABLED = False
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kathmandu", "Pacific/Chatham"])
def test_sign_up_takes_the_zone_of_the_browser(client, zone):
    client.post("/account/sign-up", {**SIGN_UP, "time_zone": zone})
    assert User.objects.get().time_zone == zone


# Days on which clocks are set in these zones.
OWN_MIDNIGHTS = [
    ("America/Los_Angeles", "2026-03-08"), ("Asia/Kathmandu", "2026-03-08"), ("Pacific/Chatham", "2026-04-05"),
]  # fmt: skip


def signed_up_by_page(client, zone):
    client.post("/account/sign-up", {**SIGN_UP, "time_zone": zone})


def signed_up_by_extension(client, zone):
    body = {"email": SIGN_UP["email"], "password": SIGN_UP["password"], "timeZone": zone}
    assert client.post("/api/auth/register", body, content_type="application/json").status_code == 201
    client.post("/account/sign-in", {"username": SIGN_UP["email"], "password": SIGN_UP["password"]})


@pytest.mark.django_db
@pytest.mark.parametrize("sign_up", [signed_up_by_page, signed_up_by_extension])
@pytest.mark.parametrize(("zone", "day"), OWN_MIDNIGHTS)
def test_days_begin_at_the_persons_own_midnight_without_a_setting(cheap_hashing, client, sign_up, zone, day):
    sign_up(client, zone)
    person = User.objects.get()
    midnight = milliseconds(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)))
    store(
        person,
        visit(url="https://evening.example/", started_at=midnight - 60_000, ended_at=midnight - 1),
        visit(url="https://morning.example/", started_at=midnight, ended_at=midnight + 60_000),
    )
    page = client.get(f"/dashboard/day/{day}").content.decode()
    assert ("morning.example" in page, "evening.example" in page) == (True, False)
    assert zone.replace("_", " ") in page


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "Mars/Olympus", "x" * 5000, "../etc/passwd"])
def test_an_unknown_zone_becomes_the_default_of_the_operator(client, settings, sent):
    settings.DEFAULT_TIME_ZONE = "Europe/Berlin"
    client.post("/account/sign-up", {**SIGN_UP, "time_zone": sent})
    assert User.objects.get().time_zone == "Europe/Berlin"


def test_the_offer_switches_the_zone_of_its_own_person(signed_in, alice, bob):
    page = signed_in.get("/account").content.decode()
    assert 'data-zone="UTC"' in page
    signed_in.post("/account/time-zone", {"browser_zone": "Asia/Kathmandu", "answer": "switch"})
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.time_zone, bob.time_zone) == ("Asia/Kathmandu", "UTC")


def test_a_declined_zone_is_remembered_in_the_browser(signed_in, alice):
    answer = signed_in.post("/account/time-zone", {"browser_zone": "Asia/Kathmandu", "answer": "keep"})
    alice.refresh_from_db()
    assert (answer.cookies["declined_zone"].value, alice.time_zone) == ("Asia|Kathmandu", "UTC")


def test_a_zone_that_is_none_changes_nothing(signed_in, alice):
    answer = signed_in.post("/account/time-zone", {"browser_zone": "Mars/Olympus", "answer": "switch"})
    alice.refresh_from_db()
    assert (answer.status_code, alice.time_zone) == (302, "UTC")


def test_the_answer_leads_to_no_foreign_host(signed_in):
    answer = signed_in.post("/account/time-zone", {}, headers={"Referer": "https://evil.test/"})
    assert answer["Location"] == "/dashboard"


def test_nobody_is_asked_before_signing_in(client, db):
    assert "zone-offer" not in client.get("/").content.decode()
    assert client.post("/account/time-zone", {"browser_zone": "Asia/Kathmandu"})["Location"].startswith(
        "/account/sign-in"
    )
