"""The rule of an erasure: which records it concerns, told once for stored rows and for records that are pushed.

A rule holds keyed hashes in place of domains and ids. The key is the person's own (`SyncState.erasure_key`).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sync.models import Erasure
from sync.records.page_url import site_of_text

ID_HASH_BYTES: Final = 16
# The columns of Erasure that a Rule is made of, in the order of its fields.
RULE_COLUMNS: Final = ("erased_at", "domain_hash", "id_hashes", "starts_at", "ends_at", "client_id")

# A push names fewer sites. A person may have 300,000, whose hashes would take 170 MiB.
MOST_REMEMBERED: Final = 20_000


class KeyedHashes:
    """The hashes of sites and of visit ids under one person's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._suffixes: dict[str, frozenset[bytes]] = {}

    def of_domain(self, domain: str) -> bytes:
        """Return the hash of a domain."""
        return hmac.digest(self._key, domain.encode(), "sha256")

    def of_suffixes(self, site: str) -> frozenset[bytes]:
        """Return the hash of a site and of each domain above it: docs.example.org, example.org and org."""
        found = self._suffixes.get(site)
        if found is None:
            labels = site.split(".")
            found = frozenset(self.of_domain(".".join(labels[place:])) for place in range(len(labels)))
            if len(self._suffixes) < MOST_REMEMBERED:
                self._suffixes[site] = found
        return found

    def of_visit(self, client_id: str, visit_id: str) -> bytes:
        """Return the hash of a visit's key. No id holds NUL, so no two keys are spelled alike."""
        return hmac.digest(self._key, f"{client_id}\0{visit_id}".encode(), "sha256")[:ID_HASH_BYTES]


@dataclass(frozen=True, slots=True)
class Rule:
    """The conditions of an erasure, all of which must hold; None sets no condition. Instants are in ms.

    `starts_at` is the first instant of the span and `ends_at` the first one after it.
    """

    erased_at: int
    domain_hash: bytes | None = None
    id_hashes: frozenset[bytes] | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    client_id: str | None = None

    @property
    def begins_before(self) -> int:
        """Return the instant before which every record that it concerns began."""
        return self.erased_at if self.ends_at is None else min(self.erased_at, self.ends_at)

    def concerns_visit(self, hashes: KeyedHashes, client_id: str, visit_id: str, started_at: int, domain: str) -> bool:
        """Tell whether a page visit is to be erased."""
        return (
            self._concerns(client_id, started_at)
            and self.concerns_site(hashes, domain)
            and (self.id_hashes is None or hashes.of_visit(client_id, visit_id) in self.id_hashes)
        )

    def concerns_site(self, hashes: KeyedHashes, site: str) -> bool:
        """Tell whether records of a site are to be erased where the other conditions hold."""
        return self.domain_hash is None or self.domain_hash in hashes.of_suffixes(site)

    def concerns_aggregate(self, client_id: str, started_at: int, last_active_at: int, closed_at: int | None) -> bool:
        """Tell whether a tab aggregate is to be erased, or stripped of the domain where the rule has one.

        Its totals cannot be divided by time, so a span must cover the whole life of the tab. A domain leaves the totals
        of each tab that was opened in the span, for it would stay known otherwise.
        """
        covers_life = self.ends_at is None or life_end(last_active_at, closed_at) < self.ends_at
        return (
            self._concerns(client_id, started_at)
            and self.id_hashes is None
            and (self.domain_hash is not None or covers_life)
        )

    def _concerns(self, client_id: str, started_at: int) -> bool:
        return (
            started_at < self.begins_before
            and (self.starts_at is None or started_at >= self.starts_at)
            and (self.client_id is None or client_id == self.client_id)
        )


def life_end(last_active_at: int, closed_at: int | None) -> int:
    """Return the last instant of the life of a tab that is known."""
    return max(last_active_at, closed_at or 0)


def rule_from_columns(
    erased_at: int,
    domain_hash: bytes | None,
    id_hashes: bytes | None,
    starts_at: int | None,
    ends_at: int | None,
    client_id: str | None,
) -> Rule:
    """Return a rule from its RULE_COLUMNS."""
    return Rule(
        erased_at,
        None if domain_hash is None else bytes(domain_hash),
        None if id_hashes is None else frozenset(split_hashes(id_hashes)),
        starts_at,
        ends_at,
        client_id,
    )


def rule_of(erasure: Erasure) -> Rule:
    """Return the rule of a stored erasure."""
    return rule_from_columns(*(getattr(erasure, column) for column in RULE_COLUMNS))


def split_hashes(joined: bytes | memoryview) -> list[bytes]:
    """Return the hashes of ids that are stored one after another."""
    joined = bytes(joined)
    return [joined[start : start + ID_HASH_BYTES] for start in range(0, len(joined), ID_HASH_BYTES)]


def rule_to_wire(erasure: Erasure) -> dict[str, Any]:
    """Return the wire form of the rule of a stored erasure."""
    members = {
        "domainHash": erasure.domain_hash and bytes(erasure.domain_hash).hex(),
        "idHashes": erasure.id_hashes and [each.hex() for each in split_hashes(erasure.id_hashes)],
        "from": erasure.starts_at,
        "to": erasure.ends_at,
        "browser": erasure.client_id,
    }
    return {name: value for name, value in members.items() if value is not None} or {"everything": True}


def erasure_to_wire(erasure: Erasure) -> dict[str, Any]:
    """Return the wire form of a stored erasure."""
    return {"id": str(erasure.pk), "at": erasure.erased_at, "rule": rule_to_wire(erasure)}


def sites_of(columns: Mapping[str, Any]) -> set[str]:
    """Return the sites that a tab aggregate names; `columns` are as in `stripped`."""
    names = [*columns["domain_durations"], columns["statistics"].get("mostVisitedDomain")]
    sites = {columns["current_domain"], *(site_of_text(name) for name in names if name is not None)}
    return {site for site in sites if site is not None}


def stripped(hashes: KeyedHashes, domain_hashes: frozenset[bytes], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a tab aggregate that change when all of these domains leave it.

    `columns` holds values, not JSON. Durations and statistics were stored as a browser sent them, so each name in them
    is read as a site first.
    """

    def is_erased(site: str | None) -> bool:
        return site is not None and not domain_hashes.isdisjoint(hashes.of_suffixes(site))

    changes: dict[str, Any] = {}
    durations = columns["domain_durations"]
    kept = {name: duration for name, duration in durations.items() if not is_erased(site_of_text(name))}
    if len(kept) < len(durations):
        gone_ms = sum(durations.values()) - sum(kept.values())
        changes["domain_durations"] = kept
        changes["total_active_duration_ms"] = max(0, columns["total_active_duration_ms"] - gone_ms)
    if is_erased(columns["current_domain"]):
        changes["current_url"] = changes["current_domain"] = None
    most_visited = columns["statistics"].get("mostVisitedDomain")
    if most_visited is not None and is_erased(site_of_text(most_visited)):
        changes["statistics"] = {**columns["statistics"], "mostVisitedDomain": None}
    return changes
