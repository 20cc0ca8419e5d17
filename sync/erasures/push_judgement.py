"""Judges the records of a push by the person's erasures, under the person's lock."""

from collections.abc import Sequence

import msgspec
from django.db.models import Q

from sync.erasures.rule import RULE_COLUMNS, KeyedHashes, Rule, domains_to_strip, rule_from_columns, stripped
from sync.models import Erasure, PageVisit
from sync.records.merge import encode_document
from sync.records.record_kind import Content, RecordKind


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
    rules = _rules(user_id, kind, min(starts), max(starts))
    if not rules:
        return set()
    hashes = KeyedHashes(key)
    if kind.model is PageVisit:
        return {
            place
            for place, visit in enumerate(contents)
            if any(
                rule.concerns_visit(hashes, visit.client_id, visit.visit_id, visit.started_at, visit.domain)
                for rule in rules
            )
        }
    return {place for place, aggregate in enumerate(contents) if _is_erased(hashes, rules, aggregate)}


def _rules(user_id: int, kind: RecordKind, first: int, last: int) -> list[Rule]:
    """Return the rules that may concern records of this kind that began from `first` to `last`."""
    found = Erasure.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=first), Q(starts_at=None) | Q(starts_at__lte=last),
        user_id=user_id, erased_at__gt=first,
    )  # fmt: skip
    if kind.model is not PageVisit:
        found = found.filter(id_hashes=None)
    return [rule_from_columns(*columns) for columns in found.values_list(*RULE_COLUMNS)]


def _is_erased(hashes: KeyedHashes, rules: Sequence[Rule], aggregate: Content) -> bool:
    """Tell whether a tab aggregate is erased; strip it where only domains of it are."""
    domain_hashes = domains_to_strip(
        rules, aggregate.client_id, aggregate.started_at, aggregate.last_active_at, aggregate.closed_at
    )
    if domain_hashes is None:
        return True
    if domain_hashes:
        columns = {
            "domain_durations": msgspec.json.decode(aggregate.domain_durations),
            "statistics": msgspec.json.decode(aggregate.statistics),
            "total_active_duration_ms": aggregate.total_active_duration_ms,
            "current_domain": aggregate.current_domain,
        }
        for column, value in stripped(hashes, domain_hashes, columns).items():
            setattr(aggregate, column, encode_document(value) if isinstance(value, dict) else value)
    return False
