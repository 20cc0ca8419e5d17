"""Pages are honest about imported visits: unknown times, named as imports, never silent, and can be left out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portability import staging, storing
from sync.models import Browser
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9, AT_9_US, FINAL, MINUTE_US
from tests.wire import VISITS, push, send
from tests.wire_records import visit

pytestmark = pytest.mark.django_db(transaction=True)
FIVE_MINUTES = 300_000


@pytest.fixture
def signed_in(client, alice, settings, tmp_path):
    """Alice with ten stays of five minutes and forty imported visits to the same site."""
    settings.AXES_ENABLED = False
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    stays = [
        visit(
            url="https://a.example/", startedAt=AT_9 + n * 600_000, endedAt=AT_9 + n * 600_000 + FIVE_MINUTES,
            duration=FIVE_MINUTES, activeDuration=FIVE_MINUTES, title="recorded", category=None, metadata={},
            lastHeartbeat=None, engagementRate=1,
        )
        for n in range(10)
    ]  # fmt: skip
    push(alice, VISITS, stays, anonymousClientId="ext", client={"browserName": "Firefox", "platform": "linux"})
    visits = [("https://a.example/old", "imported", AT_9_US - n * MINUTE_US - 1, FINAL, 0) for n in range(40)]
    found = staging.stage(alice.pk, sample.chromium(tmp_path / "h", visits), "work")
    storing.run(found, 60)
    assert found.stored["created"] == 40
    return client


def test_the_typical_stay_leaves_unknown_times_out(signed_in):
    text = signed_in.get("/dashboard/sites/a.example?from=2025-11-03&to=2025-11-03", secure=True).content.decode()
    assert signed_in.get("/dashboard/day/2025-11-03", secure=True).status_code == 200
    assert "5 min" in text


def test_an_imported_visit_is_over_and_its_end_is_unknown(signed_in, alice):
    reply = send("GET", "/api/insights/search?q=imported", user=alice).json()
    assert {(v["open"], v["end"], v["activeMs"]) for v in reply["visits"]} == {(False, None, None)}


def test_a_visit_that_has_just_begun_is_open(alice):
    push(alice, VISITS, [visit(endedAt=None, duration=None, lastHeartbeat=None, isActive=True, activeDuration=None)])
    assert [v["open"] for v in send("GET", "/api/insights/search", user=alice).json()["visits"]] == [True]


def test_imports_are_named_and_can_be_left_out_of_the_history(signed_in):
    whole = signed_in.get("/dashboard/history", secure=True).content.decode()
    assert "Import from Chrome or a relative (work)" in whole
    recorded = signed_in.get("/dashboard/history?browser=recorded", secure=True).content.decode()
    assert ">recorded<" in " ".join(recorded.split()).replace("> ", ">").replace(" <", "<")
    assert "10 visits found." in recorded


def test_an_import_is_never_silent(signed_in, alice):
    Browser.objects.filter(user_id=alice.pk).update(last_push_at=timezone.now() - timedelta(days=30))
    text = " ".join(signed_in.get("/dashboard/browsers", secure=True).content.decode().split())
    assert text.count("silent</span>") == 1
    assert "Last import" in text


def test_a_day_with_thousands_of_visits_has_a_page_of_bounded_length(client, alice, settings, tmp_path):
    settings.AXES_ENABLED = False
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    visits = [(f"https://a.example/{n}", "V", AT_9_US + n * 1_000_000, FINAL, 0) for n in range(1450)]
    storing.run(staging.stage(alice.pk, sample.chromium(tmp_path / "h", visits)), 60)
    day, last = (
        client.get(f"/dashboard/timeline/2025-11-03{query}", secure=True).content.decode() for query in ("", "?page=15")
    )
    assert day.count('<li class="visit">') == 100
    assert 0 < last.count('<li class="visit">') <= 100
    assert "Later visits" in day
    assert "Later visits" not in last
