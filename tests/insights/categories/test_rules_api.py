"""The calls about rules for categories."""

import pytest

from insights.categories.stored_rules import resolver_of
from insights.models import CategoryRule
from sync.erasures import erasure_service
from sync.erasures.erasure_service import Conditions
from tests.insights.records import store, visit
from tests.wire import assert_error_shape, send

PATH = "/api/insights/category-rules"


def save(person, **rule):
    return send("POST", PATH, {"site": "reddit.com", "category": "life", **rule}, user=person)


def rules(person):
    found = send("GET", PATH, user=person).json()["rules"]
    return [(rule["site"], rule["path"], rule["category"]) for rule in found]


def test_a_rule_is_made_replaced_listed_and_deleted_by_its_person_alone(alice, bob):
    made = save(alice)
    assert made.status_code == 200
    assert save(alice, category="work").json() == {**made.json(), "category": "work"}
    assert save(alice, path="/r/gardening").status_code == 200
    assert rules(alice) == [("reddit.com", None, "work"), ("reddit.com", "/r/gardening", "life")]
    assert rules(bob) == []
    number = made.json()["id"]
    assert_error_shape(send("DELETE", f"{PATH}/{number}", user=bob), 404, "not_found")
    assert_error_shape(send("DELETE", f"{PATH}/x", user=alice), 404, "not_found")
    assert send("DELETE", f"{PATH}/{number}", user=alice).status_code == 204
    assert rules(alice) == [("reddit.com", "/r/gardening", "life")]


def test_the_answer_names_the_built_in_categories(alice):
    named = send("GET", PATH, user=alice).json()["categories"]
    assert named[0] == {"key": "development", "name": "Development"}
    assert len(named) == 12


@pytest.mark.parametrize(
    ("sent", "site", "path"),
    [
        ({"site": "WWW.Reddit.com"}, "reddit.com", ""),
        ({"site": "https://www.reddit.com/r/Käse/?sort=new#top"}, "reddit.com", "/r/K%C3%A4se"),
        ({"site": "reddit.com/r/a"}, "reddit.com", "/r/a"),
        ({"site": "reddit.com", "path": "/r/a/?x=1"}, "reddit.com", "/r/a"),
        ({"site": "reddit.com", "path": "/"}, "reddit.com", ""),
        ({"site": "reddit.com", "path": "//a"}, "reddit.com", "//a"),
        ({"site": "reddit.com", "path": None}, "reddit.com", ""),
        ({"site": "käse.example"}, "xn--kse-qla.example", ""),
        ({"site": "localhost:8000"}, "localhost:8000", ""),
    ],
)
def test_a_site_is_taken_as_typed(alice, sent, site, path):
    assert save(alice, **sent).status_code == 200
    assert CategoryRule.objects.values_list("site", "path").get() == (site, path)


@pytest.mark.parametrize(
    ("typed", "stored"), [("mail AND chat", "communication"), ("Work", "work"), ("My  garden", "My garden")]
)
def test_a_category_is_a_built_in_one_or_a_name_of_ones_own(alice, typed, stored):
    assert save(alice, category=typed).json()["category"] == stored


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"site": ""}, "site"),
        ({"site": "http://["}, "site"),
        ({"site": "two words"}, "site"),
        ({"site": "*.reddit.com"}, "site"),
        ({"site": "https://.reddit.com/r"}, "site"),
        ({"site": "a\0b"}, "site"),
        ({"site": ["a.example"]}, "site"),
        ({"path": "r/a"}, "path"),
        ({"path": "/" + 600 * "a"}, "path"),
        ({"category": ""}, "category"),
        ({"category": " "}, "category"),
        ({"category": 65 * "x"}, "category"),
        ({"category": "\ud800"}, "category"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_field(alice, sent, field):
    reply = assert_error_shape(save(alice, **sent), 400, "invalid")
    assert list(reply["errors"]) == [field]
    assert not CategoryRule.objects.exists()


def test_there_is_a_most_number_of_rules(alice, monkeypatch):
    monkeypatch.setattr("insights.categories.stored_rules.MOST_RULES", 1)
    save(alice)
    assert assert_error_shape(save(alice, site="b.example"), 403, "quota_exceeded")["maxRules"] == 1


def test_sites_timeline_and_search_answer_with_the_category_of_the_rule(alice):
    store(alice, visit(domain="wikipedia.org", url="https://wikipedia.org/wiki/Garden"))
    save(alice, site="wikipedia.org", path="/wiki/Garden", category="life")
    day = "2025-11-03"
    sites = send("GET", f"/api/insights/sites?from={day}", user=alice).json()["sites"]
    assert [site["category"] for site in sites] == ["life"]
    timeline = send("GET", f"/api/insights/timeline?date={day}", user=alice).json()
    assert timeline["browsers"][0]["tabs"][0]["visits"][0]["category"] == "life"
    found = send("GET", "/api/insights/search?category=life", user=alice).json()["visits"]
    assert [each["category"] for each in found] == ["life"]
    assert send("GET", "/api/insights/search?category=reference", user=alice).json()["visits"] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        (Conditions(domain="example.org"), ["other.org"]),
        (Conditions(), []),
        (Conditions(domain="example.org", starts_at=1), ["a.example.org", "example.org", "other.org"]),
        (Conditions(starts_at=1), ["a.example.org", "example.org", "other.org"]),
    ],
)
def test_the_rules_for_a_site_that_is_erased_are_erased_too(alice, bob, conditions, left):
    for site in ("example.org", "a.example.org", "other.org"):
        save(alice, site=site)
        save(bob, site=site)
    erasure_service.erase(alice.pk, conditions)
    assert sorted(resolver_of(alice.pk).by_site) == left
    assert len(resolver_of(bob.pk).by_site) == 3
