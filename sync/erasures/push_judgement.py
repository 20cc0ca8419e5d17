"""Judges the records of a push by the person's erasures, under the person's lock."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from django.db.models import Q

from sync.erasures.rule import RULE_COLUMNS, KeyedHashes, Rule, rule_from_columns, sites_of, stripped
from sync.erasures.tab_rules import TabRules
from sync.erasures.visit_rules import VisitRules
from sync.models import Erasure, PageVisit
from sync.records.merge import encode_document
from sync.records.record_kind import Content, RecordKind

RULES_AT_ONCE: Final = 200
LIFE_OF: Final = attrgetter("client_id", "started_at", "last_active_at", "closed_at")


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
        of_visits = VisitRules(rules, hashes, ids)
        return {
            place
            for place, visit in enumerate(contents)
            if of_visits.concern(visit.client_id, visit.visit_id, visit.started_at, visit.domain)
        }
    rules_read = list(rules)
    name_domains = any(rule.domain_hash for rule in rules_read)
    named = [_domains_of(hashes, aggregate) if name_domains else frozenset() for aggregate in contents]
    of_tabs = TabRules(rules_read, frozenset().union(*named))
    return {
        place
        for place, aggregate in enumerate(contents)
        if _is_erased(hashes, of_tabs.domains_to_strip(named[place], *LIFE_OF(aggregate)), aggregate)
    }


def _domains_of(hashes: KeyedHashes, aggregate: Content) -> frozenset[bytes]:
    """Return the hashes of the sites that an aggregate names, and of the domains above them."""
    return frozenset().union(*map(hashes.of_suffixes, sites_of(_columns(aggregate))))


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


def _is_erased(hashes: KeyedHashes, domain_hashes: frozenset[bytes] | None, aggregate: Content) -> bool:
    """Tell whether a tab aggregate is erased; strip it where only domains of it are."""
    if domain_hashes is None:
        return True
    if domain_hashes:
        for column, value in stripped(hashes, domain_hashes, _columns(aggregate)).items():
            setattr(aggregate, column, encode_document(value) if isinstance(value, dict) else value)
    return False
