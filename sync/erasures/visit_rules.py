"""A person's rules, arranged so that judging a visit costs some look-ups, however many rules there are."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import product

from sync.erasures.rule import KeyedHashes, Rule
from sync.erasures.spans import EARLIEST, holds, joined

# The hashes of an id and of a domain, and the client id, that a rule names; None where it names none.
Named = tuple[bytes | None, bytes | None, str | None]


class VisitRules:
    """The spans of time of the rules, by what else they name; `hashes` and `ids` are those of the visits to judge.

    A rule may name a thousand ids. Only those of the visits are kept.
    """

    def __init__(self, rules: Iterable[Rule], hashes: KeyedHashes, ids: frozenset[bytes]) -> None:
        self._hashes = hashes
        spans: defaultdict[Named, list[tuple[int, int]]] = defaultdict(list)
        for rule in rules:
            span = (EARLIEST if rule.starts_at is None else rule.starts_at, rule.begins_before)
            for name in (None,) if rule.id_hashes is None else rule.id_hashes & ids:
                spans[name, rule.domain_hash, rule.client_id].append(span)
        self._spans = {named: joined(each) for named, each in spans.items()}

    def concern(self, client_id: str, visit_id: str, started_at: int, domain: str) -> bool:
        """Tell whether any rule concerns a visit."""
        if not self._spans:
            return False
        ids = (None, self._hashes.of_visit(client_id, visit_id))
        domains = (None, *self._hashes.of_suffixes(domain))
        return any(
            holds(self._spans[named], started_at)
            for named in product(ids, domains, (None, client_id))
            if named in self._spans
        )
