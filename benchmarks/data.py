"""Made-up records with the lengths and the metadata of the recorded day, in any number."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).resolve().parent.parent / "samples" / "extension-day.jsonl"
CLIENT_ID = "038a5898-dc23-426f-9ec7-e48ffcc3924b"
START_MS = 1_704_067_200_000  # 2024-01-01


def recorded(path: str, name: str) -> list[dict[str, Any]]:
    """Return every record of one kind in the recorded day, in the order sent."""
    lines = [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines()]
    return [record for line in lines if line["path"] == path for record in line["body"][name]]


class Source:
    """Makes fresh records without end. Two seeds never make the same id."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.made = 0
        self.visits_seen = recorded("/api/sync/page-visits", "visits")
        self.aggregates_seen = recorded("/api/sync/tab-aggregates", "aggregates")

    def visits(self, count: int) -> list[dict[str, Any]]:
        """Return fresh page visits: recorded ones with another id, URL and time."""
        return [self._visit(self.random.choice(self.visits_seen)) for _ in range(count)]

    def _visit(self, seen: dict[str, Any]) -> dict[str, Any]:
        self.made += 1
        shift = START_MS + self.made * 40_000 + self.random.randrange(30_000) - seen["startedAt"]
        moved = {
            name: seen[name] + shift if seen[name] is not None else None
            for name in ("startedAt", "endedAt", "timestamp", "lastHeartbeat", "closedAt")
        }
        visit_id = f"pv_{moved['startedAt']}_{self.seed}{self.made}"
        idle = [
            {**period, "start": period["start"] + shift, "end": period["end"] + shift} for period in seen["idlePeriods"]
        ]
        url = f"{seen['url'][:-6]}{self.random.randrange(16**6):06x}"
        return {**seen, **moved, "id": visit_id, "visitId": visit_id, "url": url, "idlePeriods": idle}

    def aggregates(self, count: int) -> list[dict[str, Any]]:
        """Return fresh tab aggregates."""
        made = []
        for _ in range(count):
            self.made += 1
            seen = self.random.choice(self.aggregates_seen)
            shift = START_MS + self.made * 40_000 - seen["startTime"]
            made.append(
                {
                    **seen,
                    "tabId": self.made,
                    "startTime": seen["startTime"] + shift,
                    "lastActiveTime": seen["lastActiveTime"] + shift,
                }
            )
        return made


def changed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a newer version of each record, as an extension makes it when a title arrives late or a tab stays open."""
    newer = []
    for record in records:
        if "url" in record:
            changes = {"activeDuration": record["activeDuration"] + 1000, "title": record["title"] + " (2)"}
        else:
            changes = {
                "totalActiveDuration": record["totalActiveDuration"] + 1000,
                "lastActiveTime": record["lastActiveTime"] + 1000,
            }
        newer.append({**record, **changes, "revision": record.get("revision", 0) + 1})
    return newer


def batches(records: list[dict[str, Any]], size: int, name: str) -> Iterator[bytes]:
    """Yield request bodies of `size` records each."""
    for start in range(0, len(records), size):
        body = {name: records[start : start + size], "anonymousClientId": CLIENT_ID}
        yield json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()  # as a browser writes it
