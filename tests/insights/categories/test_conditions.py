"""The condition in the database finds the visits that the resolver says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import queries
from insights.categories.conditions import condition
from insights.categories.resolver import PathRule, Resolver
from insights.models import CategoryRule
from insights.search import Limits, Query, search
from sync.models import PageVisit
from tests.insights import records

SITES = ["wikipedia.org", "de.wikipedia.org", "a.example", "b.a.example"]
CATEGORIES = ["reference", "work", "hobby"]  # the built-in table does not name the last one
PATHS = ["/", "/a", "/a/b", "/ü.*("]


@st.composite
def worlds(draw):
    """Return rules, and the site, sent category and path of some visits."""
    by_site = draw(st.dictionaries(st.sampled_from(SITES), st.sampled_from(CATEGORIES), max_size=3))
    paths = draw(st.dictionaries(st.tuples(st.sampled_from(SITES), st.sampled_from(PATHS)),
                                 st.sampled_from(CATEGORIES), max_size=4))  # fmt: skip
    rules = [PathRule(site, path, name) for (site, path), name in paths.items()]
    visits = draw(st.lists(st.tuples(
        st.sampled_from(SITES), st.sampled_from([None, "", *CATEGORIES]),
        st.sampled_from(["", "/", "/a", "/a?b", "/ab", "/a/b/c", "/ü.*(", "/ü.*(#x"])), max_size=6))  # fmt: skip
    return Resolver(by_site, rules), visits


@pytest.mark.django_db(transaction=True)
@given(world=worlds())
def test_the_condition_and_the_search_find_the_visits_of_a_category_and_no_others(alice, world):
    resolver, visits = world
    PageVisit.objects.all().delete()
    CategoryRule.objects.all().delete()
    records.store(alice, *(
        records.visit(visit_id=f"pv_{number}", domain=site, url=f"https://{site}{path}", category=sent)
        for number, (site, sent, path) in enumerate(visits)))  # fmt: skip
    for site, category in resolver.by_site.items():
        CategoryRule.objects.create(user=alice, site=site, category=category)
    for rule in resolver.path_rules:
        CategoryRule.objects.create(user=alice, site=rule.site, path=rule.path, category=rule.category)
    for category in [*CATEGORIES, ""]:
        expected = {
            f"pv_{number}" for number, (site, sent, path) in enumerate(visits)
            if resolver.category(site, sent, f"https://{site}{path}") == category
        }  # fmt: skip
        pairs = queries.sources(alice.pk, 0, 2**60)
        found = PageVisit.objects.filter(condition(resolver, category, lambda pairs=pairs: pairs), user_id=alice.pk)
        assert set(found.values_list("visit_id", flat=True)) == expected
        if category:
            assert {
                each.visit_id for each in search(alice.pk, Query(category=category), resolver, Limits(50)).visits
            } == expected
