"""Many rules judge a visit as each of them does alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.settings import api_settings

from sync import limits
from sync.erasures import push_judgement
from sync.erasures.rule import KeyedHashes, Rule
from sync.erasures.visit_rules import VisitRules
from sync.models import Erasure, PageVisit
from tests.sync.erasures.erasing import erase
from tests.wire import VISITS, assert_error_shape, post, push
from tests.wire_records import visit

HASHES = KeyedHashes(b"k" * 32)
CLIENTS, IDS = ["", "a", "b"], ["1", "2", "3"]
SITES = ["example.org", "docs.example.org", "example.com", "org", "localhost"]
INSTANTS = st.integers(0, 12)
visits = st.tuples(st.sampled_from(CLIENTS), st.sampled_from(IDS), INSTANTS, st.sampled_from(SITES))
rules = st.builds(
    Rule,
    INSTANTS,
    st.none() | st.sampled_from([HASHES.of_domain(site) for site in SITES]),
    st.none()
    | st.frozensets(st.sampled_from([HASHES.of_visit(client, name) for client in CLIENTS for name in IDS]), min_size=1),
    st.none() | INSTANTS,
    st.none() | INSTANTS,
    st.none() | st.sampled_from(CLIENTS),
)


@given(st.lists(rules, max_size=8), st.lists(visits, max_size=8))
def test_a_visit_is_concerned_if_any_rule_concerns_it(all_rules, all_visits):
    ids = frozenset(HASHES.of_visit(client_id, visit_id) for client_id, visit_id, _, _ in all_visits)
    together = VisitRules(all_rules, HASHES, ids)
    for each in all_visits:
        assert together.concern(*each) == any(rule.concerns_visit(HASHES, *each) for rule in all_rules)


@pytest.mark.django_db(transaction=True)
def test_rules_are_read_some_at_a_time_and_all_hold(alice, monkeypatch):
    monkeypatch.setattr(push_judgement, "RULES_AT_ONCE", 2)
    records = [visit(id=f"v{number}") for number in range(6)]
    push(alice, VISITS, records, anonymousClientId="b")
    for number in range(5):
        erase(alice, {"ids": [{"browser": "b", "id": f"v{number}"}]})
    assert push(alice, VISITS, records, anonymousClientId="b")["results"] == ["erased"] * 5 + ["unchanged"]


@pytest.mark.django_db(transaction=True)
def test_a_person_has_so_many_rules_and_their_push_is_judged_by_no_more(alice, bob, client, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ERASURES", 2)
    push(alice, VISITS, [visit(url="https://example.org/")])
    for domain in ("a.example", "b.example"):
        erase(alice, {"domain": domain})
    refused = assert_error_shape(
        post("/api/sync/erasures", {"rule": {"domain": "example.org"}}, user=alice), 403, "quota_exceeded"
    )
    assert refused["maxErasures"] == 2
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    page = client.post("/dashboard/forget", {"site": "example.org"}, follow=True).content.decode()
    assert "An account keeps at most 2 rules of erasures." in page
    assert PageVisit.objects.count() == 1
    erase(bob, {"domain": "a.example"})


@pytest.mark.django_db(transaction=True)
def test_the_page_erases_as_often_as_the_call(alice, client, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "erase", "1/min")
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    client.post("/dashboard/forget", {"site": "a.example"})
    page = client.post("/dashboard/forget", {"site": "b.example"}, follow=True).content.decode()
    assert "Nothing was erased" in page
    assert Erasure.objects.count() == 1
