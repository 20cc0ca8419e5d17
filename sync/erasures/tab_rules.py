"""A person's rules, arranged so that judging a tab aggregate costs little, however many rules there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from sync.erasures.rule import Rule, life_end
from sync.erasures.spans import EARLIEST, LATEST, holds, joined


class TabRules:
    """The rules that may concern tab aggregates which name domains with these hashes."""

    def __init__(self, rules: Iterable[Rule], named: Collection[bytes]) -> None:
        # By the browser that the rule names, or None: the span in which a tab begins, and the instant before which its
        # life must end.
        self._lives: defaultdict[str | None, list[tuple[int, int, int]]] = defaultdict(list)
        spans: defaultdict[tuple[bytes, str | None], list[tuple[int, int]]] = defaultdict(list)
        for rule in rules:
            start = EARLIEST if rule.starts_at is None else rule.starts_at
            if rule.id_hashes is not None:
                continue
            if rule.domain_hash is None:
                ends_at = LATEST if rule.ends_at is None else rule.ends_at
                self._lives[rule.client_id].append((start, rule.begins_before, ends_at))
            elif rule.domain_hash in named:
                spans[rule.domain_hash, rule.client_id].append((start, rule.begins_before))
        self._spans = {of: joined(each) for of, each in spans.items()}

    def domains_to_strip(
        self, named: Collection[bytes], client_id: str, started_at: int, last_active_at: int, closed_at: int | None
    ) -> frozenset[bytes] | None:
        """Return which of the domains that an aggregate names leave it, by hash; None if a rule erases it whole."""
        ends_at = life_end(last_active_at, closed_at)
        for lives in (self._lives.get(None, ()), self._lives.get(client_id, ())):
            if any(start <= started_at < before and ends_at < end for start, before, end in lives):
                return None
        return frozenset(
            domain
            for domain in named
            for browser in (None, client_id)
            if (domain, browser) in self._spans and holds(self._spans[domain, browser], started_at)
        )
