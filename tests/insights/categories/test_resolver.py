"""Which category a visit has: the person's rules, then the one sent, then the built-in table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.categories import names, well_known
from insights.categories.resolver import PathRule, Resolver, built_in_category, names_above


def test_a_well_known_site_has_its_category_with_all_its_subdomains():
    assert Resolver().category("wikipedia.org", None) == "reference"
    assert Resolver().category("en.m.wikipedia.org", "") == "reference"
    assert Resolver().category("notwikipedia.org", None) == ""
    assert Resolver().category("", None) == ""


def test_a_more_exact_entry_of_the_table_decides():
    assert built_in_category("google.com") == "reference"
    assert built_in_category("mail.google.com") == "communication"
    assert built_in_category("amazon.co.uk") == "shopping"


def test_what_the_extension_sent_comes_before_the_table():
    assert Resolver().category("wikipedia.org", "hobby") == "hobby"


def test_a_rule_of_the_person_comes_before_what_the_extension_sent():
    resolver = Resolver({"wikipedia.org": "work"})
    assert resolver.category("wikipedia.org", "hobby") == "work"
    assert resolver.category("de.wikipedia.org", "hobby") == "work"
    assert resolver.category("org", "hobby") == "hobby"


def test_the_rule_for_the_longest_domain_decides():
    resolver = Resolver({"google.com": "work", "mail.google.com": "communication"})
    assert resolver.category("mail.google.com", None) == "communication"
    assert resolver.category("docs.google.com", None) == "work"


def test_a_rule_for_a_whole_domain_comes_before_a_more_exact_entry_of_the_table():
    assert Resolver({"google.com": "work"}).category("mail.google.com", None) == "work"


@pytest.mark.parametrize(
    ("url", "category"),
    [
        ("https://site.example/r/garden", "life"),
        ("http://www.site.example/r/garden/", "life"),
        ("https://site.example/r/garden/post?x=1", "life"),
        ("https://site.example/r/garden?sort=new", "life"),
        ("https://site.example/r/garden#top", "life"),
        ("https://site.example/r/gardening", "social"),
        ("https://site.example/x?next=/r/garden", "social"),
        ("https://site.example/R/garden", "social"),
        ("https://site.example", "social"),
        ("https://site.example/r/garden/work", "work"),
    ],
)
def test_a_rule_for_a_path_holds_for_the_pages_at_it_and_below(url, category):
    rules = [PathRule("site.example", "/r/garden", "life"), PathRule("site.example", "/r/garden/work", "work")]
    assert Resolver({"site.example": "social"}, rules).category("site.example", None, url) == category


def test_a_rule_for_a_path_holds_for_one_site_and_for_the_whole_of_it_at_a_slash():
    resolver = Resolver({}, [PathRule("site.example", "/", "life")])
    assert resolver.category("site.example", "sent", "https://site.example") == "life"
    assert resolver.category("site.example", "sent", "https://site.example/a?b") == "life"
    assert resolver.category("sub.site.example", "sent", "https://sub.site.example/a") == "sent"


def test_the_fingerprint_changes_with_each_rule():
    rules = [
        Resolver(),
        Resolver({"a.example": "work"}),
        Resolver({"a.example": "life"}),
        Resolver({}, [PathRule("a.example", "/", "work")]),
    ]
    assert len({resolver.fingerprint for resolver in rules}) == 4
    assert Resolver({"a": "x", "b": "y"}).fingerprint == Resolver({"b": "y", "a": "x"}).fingerprint


def test_domains_above_a_site_come_with_and_without_its_port():
    assert list(names_above("a.localhost:8000")) == ["a.localhost:8000", "localhost:8000", "a.localhost", "localhost"]
    assert list(names_above("[::1]")) == ["[::1]"]
    assert Resolver().category("localhost:8000", None) == "development"


def test_the_table_names_each_site_once_and_in_lower_case():
    entries = [entry for text in well_known.SITES.values() for entry in text.split()]
    sites = well_known.categories_by_site()
    assert len(sites) == sum(entry.count("|") + 1 for entry in entries)
    assert set(well_known.SITES) == set(names.BUILT_IN)
    assert all(site == site.lower() and "/" not in site and not site.startswith("www.") for site in sites)


@given(st.text(max_size=64))
def test_every_category_has_a_name_and_one_of_the_colours(category):
    assert names.name_of(category)
    assert names.color_of(category) == names.color_of(category)
    assert 0 <= names.color_of(category) <= 15
    assert (names.color_of(category) == 0) == (category == "")


def test_built_in_categories_have_colours_of_their_own():
    assert [names.color_of(name) for name in names.BUILT_IN] == list(range(1, 13))
    assert names.color_of("work_coding") == names.color_of("work")
    assert names.color_of("entertainment_video") == names.color_of("video")
    assert names.name_of("learning_reading") == "Learning reading"
    assert names.name_of("communication") == "Mail and chat"
