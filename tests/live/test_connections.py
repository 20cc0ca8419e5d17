"""Eight connections push overlapping batches at once: no deadlock, no 5xx, and the rows are the oracle's."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.sync.columns import columns_of, key_of, kind_of, spelled
from tests.sync.oracle import CONTENT, winners
from tests.wire import AGGREGATES, LIST_KEY, VISITS, recorded_day
from tests.wire_records import aggregate, visit

CONNECTIONS = 8
TABLES = {VISITS: "sync_pagevisit", AGGREGATES: "sync_tabaggregate"}


def overlapping(records, seed):
    """Return all records, a third of them twice, shuffled and cut into batches by `seed`."""
    order = random.Random(seed)
    drawn = order.sample(records, len(records)) + order.sample(records, len(records) // 3)
    batches = []
    while drawn:
        size = order.randint(1, 60)
        batch, drawn = drawn[:size], drawn[size:]
        by_path = {path: [record for sent_to, record in batch if sent_to == path] for path in (VISITS, AGGREGATES)}
        batches += [(path, of_path) for path, of_path in by_path.items() if of_path]
    return batches


def push_all(service, token, batches, client_id):
    """Return [(path, record, fate), …] of one connection's batches."""
    fates = []
    for path, records in batches:
        body = {LIST_KEY[path]: records, "anonymousClientId": client_id}
        status, _, reply = service.call("POST", path, body, token)
        assert status == 200, (status, reply)
        assert len(reply["results"]) == len(records)
        fates += [(path, record, fate) for record, fate in zip(records, reply["results"], strict=True)]
    return fates


def all_at_once(work):
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [fate for future in [pool.submit(*each) for each in work] for fate in future.result(timeout=240)]


def assert_rows_of_the_oracle(database, records, user_id=None):
    where = f"WHERE user_id = {user_id}" if user_id else ""
    for path, table in TABLES.items():
        kind = kind_of(path)
        versions = {}
        for sent_to, record in records:
            if sent_to == path:
                columns = columns_of(path, record)
                versions.setdefault(key_of(path, columns), []).append(columns)
        wanted = {key: {spelled(kind, best) for best in winners(kind, each)} for key, each in versions.items()}
        rows = database.select(f"SELECT {', '.join(CONTENT[kind])} FROM {table} {where}")
        found = {key_of(path, row): spelled(kind, row) for row in rows}
        assert len(found) == len(rows)
        assert found.keys() == wanted.keys()
        assert [key for key in found if found[key] not in wanted[key]] == []


def test_the_recorded_day_from_eight_connections_ends_in_the_rows_of_the_oracle(service, database, token):
    day = recorded_day()
    records = [(path, {**record, "anonymousClientId": "b1"}) for path, body in day for record in body[LIST_KEY[path]]]
    work = [(push_all, service, token, overlapping(records, seed), "b1") for seed in range(CONNECTIONS)]
    fates = all_at_once(work)
    assert_rows_of_the_oracle(database, records)
    created = Counter(
        (path, key_of(path, columns_of(path, record))) for path, record, fate in fates if fate == "created"
    )
    assert set(created.values()) == {1}
    assert len(created) == 149


def test_two_people_with_the_same_ids_at_once_keep_their_own_rows(service, database):
    shared = [visit(id=f"pv_{number}") for number in range(60)] + [
        visit(id=f"pv_{number}", revision=1) for number in range(60)
    ]
    totals = [aggregate(tabId=number) for number in range(40)]
    work, people = [], []
    for person in range(2):
        token = service.register()
        people.append(int(service.call("GET", "/api/auth/me", token=token)[2]["id"]))
        records = [(VISITS, {**record, "title": f"of person {person}"}) for record in shared]
        records += [(AGGREGATES, {**record, "pageCount": person}) for record in totals]
        people[-1] = (people[-1], records)
        work += [(push_all, service, token, overlapping(records, seed), "b2") for seed in range(CONNECTIONS // 2)]
    all_at_once(work)
    for user_id, records in people:
        assert_rows_of_the_oracle(database, records, user_id)
