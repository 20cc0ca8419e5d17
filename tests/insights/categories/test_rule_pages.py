"""The pages on which a person chooses categories."""

import pytest
from django.urls import reverse

from insights.categories.stored_rules import resolver_of, rules_of, save_rule
from insights.pages.categories import has_owner, targets
from tests.insights.records import store, visit

RULES, CHOOSE, DELETE = (reverse(f"insights:{name}") for name in ("categories", "category", "delete-category-rule"))


@pytest.fixture
def page(client, alice):
    store(alice, visit(domain="docs.google.com", url="https://docs.google.com/forms/d/1"))
    client.force_login(alice)
    return client


def test_every_tag_leads_to_the_choice_for_its_site(page):
    for path in ("/dashboard/day/2025-11-03", "/dashboard/timeline/2025-11-03", "/dashboard/history",
                 "/dashboard/sites/docs.google.com"):  # fmt: skip
        assert f'href="{CHOOSE}?of=docs.google.com' in page.get(path).content.decode(), path
    text = page.get(f"{CHOOSE}?of=docs.google.com&path=/forms/d").content.decode()
    for words in ("all of google.com", "only docs.google.com/forms", "Office and planning", "with its subdomains"):
        assert words in text


def test_a_choice_is_saved_and_leads_back_to_the_page_before(page, alice):
    sent = {
        "of": "docs.google.com",
        "site": "google.com",
        "category": "life",
        "next": "http://testserver/dashboard/day/2025-11-03?x=1",
    }
    reply = page.post(CHOOSE, sent)
    assert (reply.status_code, reply["Location"]) == (302, "/dashboard/day/2025-11-03?x=1")
    assert resolver_of(alice.pk).by_site == {"google.com": "life"}
    assert "Home, health, sport" in page.get("/dashboard/day/2025-11-03").content.decode()


@pytest.mark.parametrize(
    "before", ["https://evil.example/dashboard", "//evil.example", "javascript:x", "/account", "http://["]
)
def test_a_choice_leads_nowhere_else(page, before):
    reply = page.post(CHOOSE, {"of": "docs.google.com", "site": "google.com", "category": "life", "next": before})
    assert reply["Location"] == "/dashboard"


def test_a_name_of_ones_own_and_a_path_can_be_chosen(page, alice):
    page.post(CHOOSE, {"of": "docs.google.com", "site": "docs.google.com/forms", "category": "", "own": "Club"})
    assert [(rule.site, rule.path, rule.category) for rule in rules_of(alice.pk)] == [
        ("docs.google.com", "/forms", "Club")
    ]
    assert "Club" in page.get("/dashboard/history").content.decode()


def test_the_list_shows_adds_and_deletes_the_rules_of_its_person_alone(page, alice, bob):
    others = save_rule(bob.pk, "secret.example", "", "life")
    assert page.post(RULES, {"site": "https://garden.example/beds", "category": "life"}).status_code == 302
    text = page.get(RULES).content.decode()
    assert "/beds" in text
    assert "secret.example" not in text
    assert page.post(DELETE, {"rule": others.pk}).status_code == 404
    assert page.post(DELETE, {"rule": "x"}).status_code == 404
    assert page.post(DELETE, {"rule": rules_of(alice.pk)[0].pk}).status_code == 302
    assert rules_of(alice.pk) == []
    assert len(rules_of(bob.pk)) == 1


@pytest.mark.parametrize("sent", [{}, {"site": "two words", "category": "life"}, {"site": "a.example"}])
def test_a_wrong_entry_is_answered_with_its_reason(page, alice, sent):
    for path, more in ((RULES, {}), (CHOOSE, {"of": "docs.google.com"})):
        reply = page.post(path, {**sent, **more})
        assert reply.status_code == 200
        assert 'role="alert"' in reply.content.decode()
    assert rules_of(alice.pk) == []


def test_a_rule_for_a_path_is_changed_from_the_list(page, alice):
    save_rule(alice.pk, "docs.google.com", "/forms/d/1", "life")
    link = f"{CHOOSE}?of=docs.google.com&amp;path=%2Fforms%2Fd%2F1"
    assert link in page.get(RULES).content.decode()
    text = page.get(link.replace("&amp;", "&")).content.decode()
    assert 'value="docs.google.com/forms/d/1" checked' in text
    assert text.count(" checked") == 1


def test_a_choice_for_no_site_is_not_found(page):
    for query in ("", "?of=", "?of=a/b"):
        assert page.get(CHOOSE + query).status_code == 404


def test_domains_that_nobody_owns_are_not_offered():
    names = ("com", "co.uk", "google.com", "google.co.uk", "0.1", "0.1:8000", "bbc.co.uk")
    assert [name for name in names if has_owner(name)] == ["google.com", "google.co.uk", "bbc.co.uk"]
    assert [value for value, _ in targets("a.b.google.com", "/x/y/z")] == [
        "a.b.google.com", "b.google.com", "google.com", "a.b.google.com/x", "a.b.google.com/x/y"]  # fmt: skip
    assert [value for value, _ in targets("192.168.0.1:8000", "")] == ["192.168.0.1:8000"]
