"""The pages that forget a site, a time or a visit, and the one that chooses how long records are kept."""

import time
from urllib.parse import urlencode

import pytest
from django.test import Client

from insights.models import MonthTally
from sync.erasures import retention
from sync.models import Browser, Erasure, PageVisit
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import AT_9, aggregate, bare_visit

FORGET = "/dashboard/forget"
HOUR = 3_600_000

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hers(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def records(alice):
    now = int(time.time() * 1000)
    visits = [
        bare_visit(id="pv_1", url="https://clinic.example/a", title="The <b>clinic</b>"),
        bare_visit(id="pv_2", url="https://booking.clinic.example/"),
        bare_visit(id="pv_3", startedAt=AT_9 + 24 * HOUR),
        bare_visit(id="pv_4", startedAt=now - 60_000),
        bare_visit(id="pv_5", startedAt=now - 2 * HOUR),
    ]
    push(alice, VISITS, visits, anonymousClientId="laptop")
    push(alice, AGGREGATES, [aggregate(domainDurations={"clinic.example": 5}, totalActiveDuration=5)])
    return Browser.objects.get(user=alice, client_id="laptop").pk


def left(person):
    return sorted(PageVisit.objects.filter(user=person).values_list("visit_id", flat=True))


def asked(client, **given):
    """Return the page that asks, and the form's own fields as it would send them."""
    page = client.get(f"{FORGET}?{urlencode(given)}")
    assert page.status_code == 200
    return page.content.decode(), page.context["asked"].fields


@pytest.mark.parametrize(
    ("given", "counts", "gone"),
    [
        ({"site": "clinic.example"}, "2 page visits and totals of 1 tab", {"pv_1", "pv_2"}),
        ({"last": "hour"}, "1 page visit", {"pv_4"}),
        ({"from": "2025-11-03"}, "2 page visits", {"pv_1", "pv_2"}),
        ({"from": "2025-11-03", "to": "2025-11-04"}, "3 page visits", {"pv_1", "pv_2", "pv_3"}),
        ({"id": "pv_1"}, "1 page visit", {"pv_1"}),
    ],
)
def test_the_page_shows_the_count_before_and_the_next_page_the_count_after(hers, alice, records, given, counts, gone):
    if "id" in given:
        given = {**given, "browser": records}
    if "from" in given:
        counts += " and totals of 1 tab"
    text, fields = asked(hers, **given)
    assert f"<strong>{counts}</strong>" in text
    assert "<b>clinic" not in text
    assert "A browser that is offline keeps its copy until then" in text
    before = set(left(alice))
    assert before == {"pv_1", "pv_2", "pv_3", "pv_4", "pv_5"}
    answer = hers.post(FORGET, fields, follow=True)
    assert answer.status_code == 200
    assert f"Erased: {counts}." in answer.content.decode()
    assert set(left(alice)) == before - gone


def test_nothing_to_erase_may_be_erased_all_the_same(hers, alice):
    text, fields = asked(hers, site="clinic.example")
    assert "The server has no record of" in text
    hers.post(FORGET, fields)
    assert push(alice, VISITS, [bare_visit(url="https://clinic.example/")])["results"] == ["erased"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"site": "no site"},
        {"site": "https://x.example/"},
        {"site": "\0"},
        {"since": "-1"},
        {"since": "9" * 18},
        {"from": "2025-13-01"},
        {"from": "2025-11-03", "to": "2025-11-01"},
        {"id": "pv_1", "browser": "x"},
        {"id": "\0", "browser": "1"},
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_forgotten_is_not_found_and_nothing_is_erased(hers, alice, records, method, given):
    # Text that no database holds is refused before the page is reached.
    expected = 400 if "\0" in "".join(given.values()) else 404
    assert getattr(hers, method)(FORGET, given).status_code == expected
    assert not Erasure.objects.exists()


def test_bob_forgets_nothing_of_alice(client, alice, bob, records):
    client.force_login(bob)
    assert client.get(f"{FORGET}?id=pv_1&browser={records}").status_code == 404
    assert client.post(FORGET, {"id": "pv_1", "browser": records}).status_code == 404
    client.post(FORGET, {"site": "clinic.example"})
    assert len(left(alice)) == 5


def test_a_form_of_another_site_erases_nothing(alice, records):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(FORGET, {"site": "clinic.example"}).status_code == 403
    assert len(left(alice)) == 5


def test_nobody_is_asked_to_sign_in(client):
    for path in (FORGET, "/account/retention"):
        assert "sign-in" in client.get(path)["Location"]
        assert "sign-in" in client.post(path)["Location"]


def test_the_pages_lead_to_it(hers, records):
    for path, target in (
        ("/dashboard/sites/clinic.example", "?site=clinic.example"),
        ("/dashboard", "?last=hour"),
        ("/dashboard/day/2025-11-03", "?from=2025-11-03"),
        ("/dashboard/range?from=2025-11-03&to=2025-11-05", "?from=2025-11-03"),
        ("/dashboard/timeline/2025-11-03", "?from=2025-11-03"),
        (f"/dashboard/visit?browser={records}&id=pv_1", f"?browser={records}&amp;id=pv_1"),
        ("/dashboard/history", f"?browser={records}&amp;id=pv_1"),
    ):
        assert f'href="{FORGET}{target}' in hers.get(path).content.decode(), path


class TestRetention:
    PAGE = "/account/retention"

    def test_a_choice_that_erases_asks_first(self, hers, alice, records):
        text = hers.post(self.PAGE, {"months": 2}).content.decode()
        assert "<strong>3 page visits and totals of 1 tab</strong>" in text
        assert retention.chosen_months(alice.pk) is None
        answer = hers.post(self.PAGE, {"months": 2, "confirmed": "yes"}, follow=True)
        assert "Saved. Older records are erased within a day." in answer.content.decode()
        assert "kept for 2 months" in answer.content.decode()
        assert retention.chosen_months(alice.pk) == 2

    @pytest.mark.parametrize(("months", "stored"), [("", None), ("24", 24)])
    def test_a_choice_that_erases_nothing_is_saved_at_once(self, hers, alice, months, stored):
        retention.choose_months(alice.pk, 3)
        assert "Saved." in hers.post(self.PAGE, {"months": months}, follow=True).content.decode()
        assert retention.chosen_months(alice.pk) == stored

    @pytest.mark.parametrize("months", ["0", "-1", "1.5", "1201", "x", "9" * 30])
    def test_a_wrong_number_is_refused(self, hers, alice, months):
        answer = hers.post(self.PAGE, {"months": months, "confirmed": "yes"})
        assert 'role="alert"' in answer.content.decode()
        assert retention.chosen_months(alice.pk) is None

    def test_the_maximum_of_the_server_is_told(self, hers, settings):
        settings.KEEP_MONTHS_MAX = 12
        assert "no record for more than 12 months" in hers.get(self.PAGE).content.decode()


def test_no_month_tally_is_left_of_what_was_forgotten(hers, alice, records):
    from datetime import date

    from insights import month_tallies, reports

    month_tallies.store_months(alice.pk, reports.zone_of("UTC"), date(2025, 11, 1), date(2025, 11, 30))
    assert MonthTally.objects.exists()
    hers.post(FORGET, {"site": "clinic.example"})
    assert not MonthTally.objects.exists()
