"""`manage.py derive_sites`: rows stored under an older rule get the site of their URL."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from sync import site_derivation
from sync.models import PageVisit, SyncState, TabAggregate
from tests.sync.erasures.erasing import erase
from tests.sync.stored_rows import a_visit
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import aggregate, visit

pytestmark = pytest.mark.django_db


def derive_sites():
    out = StringIO()
    call_command("derive_sites", stdout=out)
    return out.getvalue()


def test_a_wrong_site_is_corrected_and_a_right_one_is_not_written(alice):
    push(alice, VISITS, [visit(id="old", url="http://localhost:8000/a"), visit(id="right")])
    PageVisit.objects.filter(visit_id="old").update(domain="localhost")
    before = PageVisit.objects.filter(visit_id="right").values().get()
    counter = SyncState.objects.get(user=alice).counter
    assert derive_sites() == "Corrected the site of 1 record.\n"
    old = PageVisit.objects.get(visit_id="old")
    assert (old.domain, old.seq) == ("localhost:8000", counter + 1)
    assert SyncState.objects.get(user=alice).counter == counter + 1
    assert PageVisit.objects.filter(visit_id="right").values().get() == before


def test_a_tab_aggregate_is_corrected_too(alice):
    push(alice, AGGREGATES, [aggregate(currentUrl="https://www.example.org./"), aggregate(currentUrl=None)])
    TabAggregate.objects.exclude(current_url=None).update(current_domain="example.org.")
    assert derive_sites() == "Corrected the site of 1 record.\n"
    assert sorted(map(str, TabAggregate.objects.values_list("current_domain", flat=True))) == ["None", "example.org"]


def test_a_second_run_writes_nothing(alice):
    push(alice, VISITS, [visit()])
    PageVisit.objects.update(domain="old.example")
    derive_sites()
    rows, counter = list(PageVisit.objects.values()), SyncState.objects.get(user=alice).counter
    assert derive_sites() == "Corrected the site of 0 records.\n"
    assert (list(PageVisit.objects.values()), SyncState.objects.get(user=alice).counter) == (rows, counter)


def test_the_corrected_record_sent_again_is_unchanged(alice):
    record = visit(url="http://127.0.0.1:8000/")
    push(alice, VISITS, [record])
    PageVisit.objects.update(domain="127.0.0.1")
    derive_sites()
    assert push(alice, VISITS, [record])["results"] == ["unchanged"]
    assert PageVisit.objects.get().domain == "127.0.0.1:8000"


def test_it_works_in_small_steps_and_keeps_people_apart(alice, bob, monkeypatch):
    monkeypatch.setattr(site_derivation, "ROWS_A_STEP", 2)
    for person in (alice, bob):
        push(person, VISITS, [visit(id=f"pv_{number}") for number in range(5)])
    PageVisit.objects.update(domain="old.example")
    assert list(site_derivation.derive_sites(alice.pk)) == [2, 2, 1]
    assert set(PageVisit.objects.filter(user=alice).values_list("domain", flat=True)) == {"stackoverflow.com"}
    assert set(PageVisit.objects.filter(user=bob).values_list("domain", flat=True)) == {"old.example"}


def test_a_url_that_is_refused_today_keeps_its_site(alice):
    push(alice, VISITS, [visit()])
    PageVisit.objects.update(url="http://xn--/", domain="xn--")
    assert derive_sites() == "Corrected the site of 0 records.\n"
    assert PageVisit.objects.get().domain == "xn--"


@pytest.mark.django_db(transaction=True)
def test_a_push_of_another_process_between_two_steps_does_no_harm(alice, monkeypatch):
    monkeypatch.setattr(site_derivation, "ROWS_A_STEP", 2)
    push(alice, VISITS, [visit(id=f"pv_{number}") for number in range(5)])
    PageVisit.objects.update(domain="old.example")
    steps = site_derivation.derive_sites(alice.pk)
    assert next(steps) == 2

    def push_meanwhile():
        try:
            return push(alice, VISITS, [visit(id="meanwhile")])["results"]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        assert other.submit(push_meanwhile).result() == ["created"]
    assert list(steps) == [2, 1]
    assert set(PageVisit.objects.values_list("domain", flat=True)) == {"stackoverflow.com"}


def test_a_corrected_record_of_an_erased_site_is_erased_by_the_next_finish_erasures(alice):
    a_visit(alice, url="https://clinic.example/", domain="an.older.rule")
    erase(alice, {"domain": "clinic.example"})
    assert PageVisit.objects.count() == 1
    derive_sites()
    call_command("finish_erasures", stdout=StringIO())
    assert not PageVisit.objects.exists()
