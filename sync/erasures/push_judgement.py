"""Judges the records of a push by the person's erasures, under the person's lock."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from django.db.models import Q

from sync.erasures.rule import RULE_COLUMNS, KeyedHashes, Rule, domains_to_strip, rule_from_columns, sites_of, stripped
from sync.erasures.visit_rules import VisitRules
from sync.models import Erasure, PageVisit
from sync.records.merge import encode_document
from sync.records.record_kind import Content, RecordKind

RULES_AT_ONCE: Final = 200


def erased_places(
    user_id: int, kind: RecordKind, contents: Sequence[Content], erased_before: int, key: bytes
) -> set[int]:
    """Return the places of the records that an erasure concerns, and strip erased domains from the tab aggregates.

    `erased_before` and `key` are those of the person's SyncState. A push whose records all began later runs no
    statement.
    """
    starts = [content.started_at for content in contents]
    if not starts or min(starts) >= erased_before:
        return set()
    rules, hashes = _rules(user_id, kind, min(starts), max(starts)), KeyedHashes(key)
    if kind.model is PageVisit:
        ids = frozenset(hashes.of_visit(visit.client_id, visit.visit_id) for visit in contents)
        mine = VisitRules(rules, hashes, ids)
        return {
            place
            for place, visit in enumerate(contents)
            if mine.concern(visit.client_id, visit.visit_id, visit.started_at, visit.domain)
        }
    found = _without_other_domains(list(rules), hashes, contents)
    return {place for place, aggregate in enumerate(contents) if found and _is_erased(hashes, found, aggregate)}


def _without_other_domains(rules: list[Rule], hashes: KeyedHashes, aggregates: Sequence[Content]) -> list[Rule]:
    """Return the rules without those of domains that no aggregate names: these change none of them."""
    if all(rule.domain_hash is None for rule in rules):
        return rules
    sites = {site for aggregate in aggregates for site in sites_of(_columns(aggregate))}
    named = {each for site in sites for each in hashes.of_suffixes(site)}
    return [rule for rule in rules if rule.domain_hash is None or rule.domain_hash in named]


def _columns(aggregate: Content) -> dict[str, Any]:
    return {
        "domain_durations": msgspec.json.decode(aggregate.domain_durations),
        "statistics": msgspec.json.decode(aggregate.statistics),
        "total_active_duration_ms": aggregate.total_active_duration_ms,
        "current_domain": aggregate.current_domain,
    }


def _rules(user_id: int, kind: RecordKind, first: int, last: int) -> Iterator[Rule]:
    """Yield the rules that may concern records of this kind that began from `first` to `last`.

    A rule may name a thousand ids, so the rules are read some at a time.
    """
    found = Erasure.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=first), Q(starts_at=None) | Q(starts_at__lte=last),
        user_id=user_id, erased_at__gt=first,
    )  # fmt: skip
    if kind.model is not PageVisit:
        found = found.filter(id_hashes=None)
    after = -1
    while True:
        rows = list(found.filter(seq__gt=after).order_by("seq").values_list("seq", *RULE_COLUMNS)[:RULES_AT_ONCE])
        for _, *columns in rows:
            yield rule_from_columns(*columns)
        if len(rows) < RULES_AT_ONCE:
            return
        after = rows[-1][0]


def _is_erased(hashes: KeyedHashes, rules: Sequence[Rule], aggregate: Content) -> bool:
    """Tell whether a tab aggregate is erased; strip it where only domains of it are."""
    domain_hashes = domains_to_strip(
        rules, aggregate.client_id, aggregate.started_at, aggregate.last_active_at, aggregate.closed_at
    )
    if domain_hashes is None:
        return True
    if domain_hashes:
        for column, value in stripped(hashes, domain_hashes, _columns(aggregate)).items():
            setattr(aggregate, column, encode_document(value) if isinstance(value, dict) else value)
    return False
