"""Finds the stored records that a rule concerns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import QuerySet

from bounded_reading import keep_within_time
from sync.erasures.rule import KeyedHashes, Rule, stripped
from sync.models import Browser, PageVisit, TabAggregate

LIFE_COLUMNS: Final = ("started_at", "last_active_at", "closed_at")
DOMAIN_COLUMNS: Final = ("total_active_duration_ms", "domain_durations", "current_domain", "statistics")
# Ids of one look-up, so few that the database looks each up and does not walk all of the person's rows.
IDS_A_QUERY: Final = 100
# An aggregate may name 1,000 sites.
AGGREGATES_AT_ONCE: Final = 200


def clients_of(user_id: int) -> dict[int, str]:
    """Return the client id of each of the person's browsers, by its key."""
    return dict(Browser.objects.filter(user_id=user_id).values_list("pk", "client_id"))


def visits(user_id: int, rule: Rule, hashes: KeyedHashes) -> QuerySet[PageVisit]:
    """Return the visits that a rule without ids concerns."""
    found = _in_span(PageVisit.objects.filter(user_id=user_id), user_id, rule)
    if rule.domain_hash is None:
        return found
    # The reading index holds the domain, so no row is read for this.
    domains = found.order_by().values_list("domain", flat=True).distinct()
    concerned = []
    for domain in domains:
        # To hash 300,000 takes the program seconds. The database does not see them.
        keep_within_time()
        if rule.domain_hash in hashes.of_suffixes(domain):
            concerned.append(domain)
    return found.filter(domain__in=concerned)


def visits_by_id(user_id: int, rule: Rule, hashes: KeyedHashes, ids: Sequence[tuple[str, str]]) -> list[int]:
    """Return the keys of the visits with these (client id, visit id) that the rule concerns."""
    found: list[int] = []
    for browser_id, client_id in clients_of(user_id).items():
        wanted = list(dict.fromkeys(visit_id for client, visit_id in ids if client == client_id))
        for start in range(0, len(wanted), IDS_A_QUERY):
            some = PageVisit.objects.filter(
                user_id=user_id, browser_id=browser_id, visit_id__in=wanted[start : start + IDS_A_QUERY]
            )
            found += [
                pk
                for pk, visit_id, started_at, domain in some.values_list("pk", "visit_id", "started_at", "domain")
                if rule.concerns_visit(hashes, client_id, visit_id, started_at, domain)
            ]
    return found


def aggregates(user_id: int, rule: Rule, hashes: KeyedHashes) -> Iterator[int]:
    """Yield the keys of the tab aggregates that a rule erases or changes."""
    if rule.id_hashes is not None:
        return
    found = _in_span(TabAggregate.objects.filter(user_id=user_id), user_id, rule).order_by()
    columns = ["pk", "browser_id", *LIFE_COLUMNS, *(DOMAIN_COLUMNS if rule.domain_hash else ())]
    clients = clients_of(user_id)
    for row in found.values(*columns).iterator(chunk_size=AGGREGATES_AT_ONCE):
        client_id = clients.get(row["browser_id"])
        # A browser missing from `clients` came after the rule, so the push has judged all its records.
        if client_id is not None and aggregate_changes(rule, hashes, client_id, row) != {}:
            yield row["pk"]


def aggregate_changes(
    rule: Rule, hashes: KeyedHashes, client_id: str, columns: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the columns of a stored tab aggregate that a rule changes; None where the rule erases it."""
    if not rule.concerns_aggregate(client_id, *(columns[column] for column in LIFE_COLUMNS)):
        return {}
    return None if rule.domain_hash is None else stripped(hashes, frozenset((rule.domain_hash,)), columns)


def _in_span(rows: QuerySet[Any], user_id: int, rule: Rule) -> QuerySet[Any]:
    """Return the rows that began in the span of a rule, in its browser."""
    rows = rows.filter(started_at__lt=rule.begins_before)
    if rule.starts_at is not None:
        rows = rows.filter(started_at__gte=rule.starts_at)
    if rule.client_id is not None:
        browsers = Browser.objects.filter(user_id=user_id, client_id=rule.client_id)
        rows = rows.filter(browser_id__in=list(browsers.values_list("pk", flat=True)))
    return rows
