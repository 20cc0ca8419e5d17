"""Many rules judge a tab aggregate as each of them does alone."""

from hypothesis import given
from hypothesis import strategies as st

from sync.erasures.tab_rules import TabRules
from tests.sync.erasures.test_visit_rules import CLIENTS, HASHES, INSTANTS, SITES, rules

DOMAINS = [HASHES.of_domain(site) for site in SITES]
lives = st.tuples(st.sampled_from(CLIENTS), INSTANTS, INSTANTS, st.none() | INSTANTS)


@given(st.lists(rules, max_size=8), st.lists(st.tuples(st.frozensets(st.sampled_from(DOMAINS)), lives), max_size=8))
def test_an_aggregate_is_judged_as_by_each_rule_alone(all_rules, aggregates):
    together = TabRules(all_rules, frozenset().union(*(named for named, _ in aggregates)))
    for named, life in aggregates:
        hashes = {rule.domain_hash for rule in all_rules if rule.concerns_aggregate(*life)}
        expected = None if None in hashes else frozenset(named & hashes)
        assert together.domains_to_strip(named, *life) == expected
