"""Erases records of a person by a rule, in bounded steps, each a short transaction under the person's lock.

The rule is stored first, so a push that comes between two steps stores nothing that the rule concerns. A process that
is killed leaves an erasure that is not done. `run` continues it from any process.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import F
from rest_framework import status
from rest_framework.exceptions import Throttled

from accounts.after_response import run_after_response
from accounts.api.refusal import Refusal
from accounts.limits.long_requests import long_request
from bounded_reading import bounded_reading
from instants import now_ms
from sync import limits
from sync.erasures import derived_rows, rows_by_id, stored_records
from sync.erasures.rule import KeyedHashes, Rule, rule_of
from sync.models import Erasure, PageVisit, SyncState, TabAggregate
from sync.person_lock import PersonGone, lock_person
from sync.records.tab_aggregate import TAB_AGGREGATE

VISITS_A_STEP: Final = 2_000
AGGREGATES_A_STEP: Final = 200
# Each read of ids passes over the rows that are deleted and not yet vacuumed, so one read serves many steps.
IDS_A_READ: Final = 100_000
# Well under the time that a platform's router waits for an answer.
SECONDS_A_REQUEST: Final = 10.0
# Less than READING_SECONDS, so that a page without the counts can still be made.
PREVIEW_SECONDS: Final = 1.0

VISIT_COLUMNS: Final = (
    "id", "browser_id", "visit_id", "started_at", "domain", "ended_at", "last_heartbeat_at", "duration_ms",
)  # fmt: skip


class TooManyErasures(Refusal):
    """403: the person has as many rules as they may have."""

    def __init__(self) -> None:
        most = limits.MAX_ERASURES
        detail = f"An account keeps at most {most:,} rules of erasures. Export what stays, and begin a new account."
        super().__init__(status.HTTP_403_FORBIDDEN, "quota_exceeded", detail, maxErasures=most)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a person asks to erase; all conditions must hold, and None sets none. Without any it is everything.

    `ids` are pairs of client id and visit id. `starts_at` is the first instant of the span, `ends_at` the first after.
    """

    ids: tuple[tuple[str, str], ...] | None = None
    domain: str | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    client_id: str | None = None

    def rule(self, hashes: KeyedHashes, erased_at: int) -> Rule:
        """Return the rule that is kept of them."""
        return Rule(
            erased_at,
            None if self.domain is None else hashes.of_domain(self.domain),
            None if self.ids is None else frozenset(hashes.of_visit(*each) for each in self.ids),
            self.starts_at,
            self.ends_at,
            self.client_id,
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of page visits that are erased, and of tab aggregates that are erased or changed."""

    page_visits: int
    tab_aggregates: int


def erasure_key(user_id: int) -> str:
    """Return the key of the hashes in a person's rules as 64 hexadecimal digits; it is made where there is none."""
    key = _key(user_id)
    if key is None:
        with transaction.atomic():
            key = bytes(_locked_state(user_id).erasure_key)
    return key.hex()


def _key(user_id: int) -> bytes | None:
    """Return the key of the hashes in a person's rules; None where nothing was ever stored."""
    key = SyncState.objects.filter(user_id=user_id).values_list("erasure_key", flat=True).first()
    return None if key is None else bytes(key)


def preview(user_id: int, conditions: Conditions) -> Counts:
    """Return what an erasure would erase now; nothing changes. Raises ReadingTookTooLong after PREVIEW_SECONDS."""
    with bounded_reading(PREVIEW_SECONDS):
        if (key := _key(user_id)) is None:
            return Counts(0, 0)
        hashes = KeyedHashes(key)
        rule = conditions.rule(hashes, now_ms())
        if conditions.ids is not None:
            page_visits = len(stored_records.visits_by_id(user_id, rule, hashes, conditions.ids))
        else:
            page_visits = stored_records.visits(user_id, rule, hashes).count()
        return Counts(page_visits, sum(1 for _ in stored_records.aggregates(user_id, rule, hashes)))


def erase(user_id: int, conditions: Conditions) -> Erasure:
    """Store the rule and erase for up to SECONDS_A_REQUEST; the rest is erased in the background.

    Raises PersonGone or TooManyErasures.
    """
    erasure = begin(user_id, conditions)
    if not run_in_request(user_id, erasure):
        run_after_response(run, user_id, erasure)
    if (now := find(user_id, erasure.pk)) is None:
        raise PersonGone
    return now


def find(user_id: int, pk: int) -> Erasure | None:
    """Return an erasure of the person as it stands now; None where they have no such erasure."""
    return Erasure.objects.filter(user_id=user_id, pk=pk).first()


def begin(user_id: int, conditions: Conditions, *, is_retention: bool = False) -> Erasure:
    """Store the rule, which holds from then on; visits that are named by their ids are gone at once.

    A rule of retention replaces the one before it. Raises PersonGone, and TooManyErasures for another rule.
    """
    with transaction.atomic(durable=True):
        state = _locked_state(user_id)
        if not is_retention and Erasure.objects.filter(user_id=user_id).count() >= limits.MAX_ERASURES:
            raise TooManyErasures
        hashes = KeyedHashes(bytes(state.erasure_key))
        rule = conditions.rule(hashes, now_ms())
        if is_retention:
            Erasure.objects.filter(user_id=user_id, is_retention=True).delete()
        erasure = Erasure.objects.create(
            user_id=user_id,
            seq=state.counter + 1,
            erased_at=rule.erased_at,
            domain_hash=rule.domain_hash,
            id_hashes=None if rule.id_hashes is None else b"".join(sorted(rule.id_hashes)),
            starts_at=rule.starts_at,
            ends_at=rule.ends_at,
            client_id=rule.client_id,
            is_retention=is_retention,
            # The ids themselves are not kept, so nothing could be found by them later.
            is_done=conditions.ids is not None,
        )
        SyncState.objects.filter(user_id=user_id).update(
            counter=erasure.seq, erased_before=max(state.erased_before, rule.begins_before)
        )
        # The removal of one import concerns no other one.
        if not is_retention and conditions.client_id is None:
            derived_rows.discard_waiting(user_id)
        if (conditions.ids, conditions.client_id, conditions.starts_at, conditions.ends_at) == (None,) * 4:
            derived_rows.forget_settings(user_id, lambda site: rule.concerns_site(hashes, site))
        if conditions.ids is not None:
            found = stored_records.visits_by_id(user_id, rule, hashes, conditions.ids)
            _erase_visits(user_id, erasure, rule, hashes, found)
    return erasure


def erased_sites(user_id: int) -> Callable[[str], bool]:
    """Return what tells whether a person erased all that they have of a site, whenever it began."""
    whole = Erasure.objects.filter(user_id=user_id, id_hashes=None, starts_at=None, ends_at=None, client_id=None)
    rules = [rule_of(erasure) for erasure in whole]
    hashes = KeyedHashes(_key(user_id) or b"")
    return lambda site: any(rule.concerns_site(hashes, site) for rule in rules)


def run(user_id: int, erasure: Erasure, seconds: float | None = None) -> bool:
    """Erase until nothing is left or the seconds are over; tell whether the erasure is done."""
    until = None if seconds is None else time.monotonic() + seconds
    if erasure.is_done:
        return True
    try:
        for _ in steps(user_id, erasure):
            if until is not None and time.monotonic() > until:
                return False
    except PersonGone:
        pass
    return True


def run_in_request(user_id: int, erasure: Erasure, seconds: float = SECONDS_A_REQUEST) -> bool:
    """Erase for up to these seconds, not at all beside other long requests of the person; tell whether it is done."""
    if erasure.is_done:
        return True
    try:
        with long_request(user_id):
            return run(user_id, erasure, seconds)
    except Throttled:
        return False


def steps(user_id: int, erasure: Erasure) -> Iterator[int]:
    """Erase in short transactions, yielding the number of rows after each.

    It may be stopped or killed between any two steps and begun again, also by two processes at once. Raises PersonGone.
    """
    if (key := _key(user_id)) is None:
        raise PersonGone
    hashes = KeyedHashes(key)
    rule = rule_of(erasure)
    left = True
    while left:
        ids = list(
            stored_records.visits(user_id, rule, hashes)
            .order_by("started_at")
            .values_list("pk", flat=True)[:IDS_A_READ]
        )
        for some in _parts(ids, VISITS_A_STEP):
            with transaction.atomic(durable=True):
                _locked_state(user_id)
                yielded = _erase_visits(user_id, erasure, rule, hashes, some)
            yield yielded
        left = len(ids) == IDS_A_READ
    # Read to the end first: on SQLite a transaction cannot begin to write while this connection still reads an older
    # state.
    for some in _parts(list(stored_records.aggregates(user_id, rule, hashes)), AGGREGATES_A_STEP):
        with transaction.atomic(durable=True):
            yielded = _erase_aggregates(user_id, erasure, rule, hashes, some)
        yield yielded
    with transaction.atomic(durable=True):
        _locked_state(user_id)
        Erasure.objects.filter(user_id=user_id, pk=erasure.pk).update(is_done=True)


def _parts(ids: Sequence[int], size: int) -> list[Sequence[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _locked_state(user_id: int) -> SyncState:
    """Lock the person until the transaction ends; return their state, made where there is none. Raises PersonGone."""
    if not lock_person(user_id):
        raise PersonGone
    if (state := SyncState.objects.filter(user_id=user_id).first()) is None:
        SyncState.objects.bulk_create([SyncState(user_id=user_id)], ignore_conflicts=True)
        return _locked_state(user_id)
    return state


def _erase_visits(user_id: int, erasure: Erasure, rule: Rule, hashes: KeyedHashes, ids: Sequence[int]) -> int:
    """Delete those of these visits that the rule concerns, and what was made from them; return their number.

    They are judged again, since a push may have changed one after its id was read.
    """
    clients = stored_records.clients_of(user_id)
    wanted: list[int] = []
    instants: list[int] = []
    for pk, browser_id, visit_id, started_at, domain, *ends in rows_by_id.read(PageVisit, user_id, ids, VISIT_COLUMNS):
        # A browser missing from `clients` came after the rule, so the push has judged all its visits.
        if browser_id in clients and rule.concerns_visit(hashes, clients[browser_id], visit_id, started_at, domain):
            ended_at, last_heartbeat_at, duration_ms = ends
            wanted.append(pk)
            instants += [started_at, ended_at or 0, last_heartbeat_at or 0, started_at + (duration_ms or 0)]
    if not wanted:
        return 0
    deleted = rows_by_id.delete(PageVisit, "user", user_id, wanted)
    instants = [instant for instant in instants if instant]
    derived_rows.forget(user_id, min(instants), max(instants))
    Erasure.objects.filter(user_id=user_id, pk=erasure.pk).update(page_visits=F("page_visits") + deleted)
    return deleted


def _erase_aggregates(user_id: int, erasure: Erasure, rule: Rule, hashes: KeyedHashes, ids: Sequence[int]) -> int:
    """Delete or strip those of these tab aggregates that the rule concerns; return their number."""
    state = _locked_state(user_id)
    clients = stored_records.clients_of(user_id)
    mine = TabAggregate.objects.filter(user_id=user_id)
    seq, now = state.counter + 1, now_ms()
    whole: list[int] = []
    rewritten = 0
    for row in mine.filter(pk__in=ids).values("pk", "browser_id", *TAB_AGGREGATE.columns):
        if row["browser_id"] not in clients:  # new since, as above
            continue
        changes = stored_records.aggregate_changes(rule, hashes, clients[row["browser_id"]], row)
        if changes is None:
            whole.append(row["pk"])
        elif changes:
            digest = TAB_AGGREGATE.digest_of_row({**row, **changes})
            rewritten += mine.filter(pk=row["pk"]).update(**changes, digest=digest, seq=seq, updated_at=now)
    deleted = rows_by_id.delete(TabAggregate, "user", user_id, whole) if whole else 0
    if rewritten:
        SyncState.objects.filter(user_id=user_id).update(counter=seq)
    Erasure.objects.filter(user_id=user_id, pk=erasure.pk).update(
        tab_aggregates=F("tab_aggregates") + deleted + rewritten
    )
    return deleted + rewritten
