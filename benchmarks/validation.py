"""Parsing and judging a batch alone, without a server or a database: ours, stock DRF, and batches that are all wrong."""

import io
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.clients import SIZE
from benchmarks.data import Source, batches

ROUNDS = 25


def bad_batches(records: list[dict[str, Any]]) -> dict[str, bytes]:
    """Return batches in which every record has the same fault, by the name of the fault; none is much longer than a good one."""

    def body(changed: list[Any]) -> bytes:
        return next(batches(changed, SIZE, "visits"))

    def each(**changes: Any) -> bytes:
        return body([{**record, **changes} for record in records])

    escaped = json.dumps({"visits": [{**record, "id": record["id"] + "\ud800"} for record in records]}).encode()
    return {
        "two fields of a wrong type": each(url=5, startedAt="x"),
        "every field of a wrong type": body([{name: [] for name in record} for record in records]),
        "nothing but an id": body([{"id": record["id"]} for record in records]),
        "half of a surrogate pair in the id": escaped,
        "an address of another kind": each(url="javascript:alert(1)"),
        "a start in the far future": each(startedAt=9_000_000_000_000, timestamp=9_000_000_000_000),
        "an end before the start": each(endedAt=1_600_000_000_000),
        "a number past a double": each(duration="%").replace(b'"%"', b"1e400"),
        "a number of 400 digits": each(tabId=10**400),
        "no objects": body([0] * SIZE),
    }


def measure() -> dict[str, list[float]]:
    """Return microseconds a record of each round: "ours", "stock", one "bad: …" a kind, one odd record among good ones."""
    from rest_framework.parsers import JSONParser

    from benchmarks.reference import UsualVisitSerializer
    from sync.push.batch import split
    from sync.push.serializers import PageVisitSerializer

    now = int(time.time() * 1000)
    records = Source(900).visits(SIZE)
    good = next(batches(records, SIZE, "visits"))

    def ours(body: bytes) -> int:
        context = {"now": now, "anonymous_client_id": ""}
        serializer = PageVisitSerializer(data=split(body, "visits").records, many=True, context=context)
        serializer.is_valid(raise_exception=True)
        return len(serializer.validated_data)

    def stock() -> int:
        serializer = UsualVisitSerializer(data=JSONParser().parse(io.BytesIO(good))["visits"], many=True)
        serializer.is_valid(raise_exception=True)
        return len(serializer.validated_data)

    odd = good.replace(b'"title":"', b'"title":"\\ud83d', 1)
    subjects: dict[str, tuple[Callable[[], int], int]] = {
        "ours": (partial(ours, good), SIZE),
        "stock": (stock, SIZE),
        "one cut emoji among good ones": (partial(ours, odd), SIZE),
    }
    for wrong, body in bad_batches(records).items():
        subjects[f"bad: {wrong}"] = partial(ours, body), 0
    rounds: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, (run, kept) in subjects.items():
            start = time.perf_counter()
            found = run()
            rounds[name].append((time.perf_counter() - start) / SIZE * 1e6)
            if found != kept:
                raise SystemExit(f"{name}: {found} records were good instead of {kept}.")
    return rounds
