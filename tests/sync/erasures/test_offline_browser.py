"""A site is erased while one browser is offline with records of it and two others push; then it comes back."""

import time
from contextlib import contextmanager
from datetime import date

import pytest

from insights import month_tallies, reports
from insights.models import MonthTally
from sync.models import Browser, PageVisit, TabAggregate
from tests.sync.erasures.erasing import erase, rows_with
from tests.wire import AGGREGATES, VISITS, push, send
from tests.wire_records import AT_9, aggregate, visit

SITE = "clinic.example"
PENDING = 500
UTC = reports.zone_of("UTC")


def of_site(number, **over):
    return visit(
        id=f"pv_{SITE}_{number}", url=f"https://www.{SITE}/{number}", domain=SITE, title=f"Page {number} of {SITE}",
        startedAt=AT_9 + number, metadata={"canonical": f"https://{SITE}/"}, **over,
    )  # fmt: skip


def tab_of_site(number, **over):
    return aggregate(
        tabId=number,
        domainDurations={SITE: 30_000, f"booking.{SITE}": 10_000, "github.com": 200_000},
        currentUrl=f"https://{SITE}/{number}",
        currentDomain=SITE,
        statistics={"mostVisitedDomain": SITE, "averagePageDuration": 1_000},
        **over,
    )


@pytest.mark.django_db(transaction=True)
def test_nothing_of_an_erased_site_is_left_and_what_is_browsed_there_later_is_recorded(alice, bob):
    for browser in ("laptop", "phone", "offline"):
        push(alice, VISITS, [of_site(n) for n in range(20)] + [visit()], anonymousClientId=browser)
        push(alice, AGGREGATES, [tab_of_site(n) for n in range(3)], anonymousClientId=browser)
    push(bob, VISITS, [visit()])
    # A record of the site that is refused leaves a row in the log of batches.
    push(alice, VISITS, [of_site(1, endedAt=5), {"id": f"pv_{SITE}", "url": f"x://{SITE}"}], anonymousClientId="phone")
    month = date(2025, 11, 1)
    month_tallies.store_months(alice.pk, UTC, month, date(2025, 11, 30))
    assert rows_with(SITE)

    reply = erase(alice, {"domain": SITE})
    assert reply["erased"] == {"pageVisits": 60, "tabAggregates": 9}
    assert reply["done"] is True
    assert rows_with(SITE) == []

    pending = [of_site(n, revision=3) for n in range(PENDING)]
    for browser in ("laptop", "phone"):
        assert push(alice, VISITS, [visit(), of_site(7)], anonymousClientId=browser)["results"] == ["created", "erased"]
    assert push(alice, VISITS, pending, anonymousClientId="offline")["results"] == ["erased"] * PENDING
    tabs = [tab_of_site(n, revision=3) for n in range(20)]
    results = push(alice, AGGREGATES, tabs, anonymousClientId="offline")["results"]
    assert results == ["updated"] * 3 + ["created"] * 17
    assert push(alice, AGGREGATES, tabs, anonymousClientId="offline")["results"] == ["unchanged"] * 20
    assert rows_with(SITE) == []
    row = TabAggregate.objects.filter(user=alice, browser=Browser.objects.get(client_id="offline"), tab_id=1).get()
    assert (row.total_active_duration_ms, row.domain_durations) == (200_000, {"github.com": 200_000})

    month_tallies.store_months(alice.pk, UTC, month, date(2025, 11, 30))
    assert set(MonthTally.objects.get().tally["sites"]) == {"stackoverflow.com"}
    for path in ("/api/sync/changes?limit=1000", f"/api/insights/search?q={SITE}", "/api/sync/status"):
        response = send("GET", path, user=alice)
        assert response.status_code == 200
        assert SITE.encode() not in response.content
    assert PageVisit.objects.filter(user=bob).count() == 1

    time.sleep(0.002)
    later = {**of_site(PENDING), "startedAt": int(time.time() * 1000), "endedAt": None, "lastHeartbeat": None}
    assert push(alice, VISITS, [later], anonymousClientId="offline")["results"] == ["created"]


@pytest.mark.django_db(transaction=True)
def test_a_tally_that_was_being_made_while_visits_were_erased_is_not_stored(alice, monkeypatch):
    push(alice, VISITS, [of_site(1)])
    real = reports.bounded_reading

    @contextmanager
    def then_erase(seconds, **named):
        with real(seconds, **named):
            yield
        erase(alice, {"domain": SITE})

    monkeypatch.setattr(month_tallies, "bounded_reading", then_erase)
    assert month_tallies.store_months(alice.pk, UTC, date(2025, 11, 1), date(2025, 11, 30)) == 0
    assert rows_with(SITE) == []
