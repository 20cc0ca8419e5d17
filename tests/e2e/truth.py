"""Compares the stays of a browsing script with the rows in the database."""

import time
from dataclasses import dataclass, field
from typing import Any

TOLERANCE_MS = 1000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Stay:
    url: str
    start: int
    end: int = 0
    away: int = 0
    away_since: int | None = None

    @property
    def active(self) -> int:
        return self.end - self.start - self.away


@dataclass
class Truth:
    """The stays of a script, by the clock of this machine, which the browser shares."""

    stays: list[Stay] = field(default_factory=list)
    current: Stay | None = None

    def look_at(self, url: str | None) -> None:
        """Note that another page is in front; None stands for a page that is not recorded."""
        now = now_ms()
        if self.current:
            self.back()
            self.current.end = now
        self.current = Stay(url, now) if url else None
        if self.current:
            self.stays.append(self.current)

    def away(self) -> None:
        if self.current and self.current.away_since is None:
            self.current.away_since = now_ms()

    def back(self) -> None:
        if self.current and self.current.away_since is not None:
            self.current.away += now_ms() - self.current.away_since
            self.current.away_since = None

    def end(self) -> None:
        self.look_at(None)


def difference(truth: Truth, visits: list[dict[str, Any]]) -> list[str]:
    """Return the faults of the rows: missing, too many, twice, or off by more than a second."""
    faults = []
    if len({(row["browser_id"], row["visit_id"]) for row in visits}) != len(visits):
        faults.append("a visit is there twice")
    expected = [stay for stay in truth.stays if stay.end - stay.start >= 1000]
    for stay, row in zip(expected, visits, strict=False):
        off = {
            "start": row["started_at"] - stay.start,
            "end": row["started_at"] + row["duration_ms"] - stay.end,
            "active": row["active_duration_ms"] - stay.active,
        }
        if row["url"] != stay.url:
            faults.append(f"{stay.url} expected, {row['url']} found")
        elif any(abs(ms) > TOLERANCE_MS for ms in off.values()):
            faults.append(f"{stay.url} is off by {off} ms")
    if len(expected) != len(visits):
        urls = [stay.url for stay in expected], [row["url"] for row in visits]
        faults.append(f"{len(expected)} stays expected and {len(visits)} found: {urls}")
    return faults


def sums_differ(visits: list[dict[str, Any]], aggregates: list[dict[str, Any]]) -> list[str]:
    """Return the aggregates that are not the sum of their visits, and the visits that no aggregate holds."""
    faults = []
    held = 0
    for aggregate in aggregates:
        later = [
            one["started_at"]
            for one in aggregates
            if one["tab_id"] == aggregate["tab_id"] and one["started_at"] > aggregate["started_at"]
        ]
        end = min(later, default=float("inf"))
        mine = [
            row
            for row in visits
            if row["tab_id"] == aggregate["tab_id"] and aggregate["started_at"] <= row["started_at"] < end
        ]
        held += len(mine)
        domains: dict[str, int] = {}
        for row in mine:
            domains[row["domain"]] = domains.get(row["domain"], 0) + row["active_duration_ms"]
        found = (aggregate["total_active_duration_ms"], aggregate["page_count"], aggregate["domain_durations"])
        if found != (sum(domains.values()), len(mine), domains):
            faults.append(f"tab {aggregate['tab_id']}: {found} is not the sum of {domains}")
    if held != len(visits):
        faults.append(f"{len(visits)} visits, {held} of them in aggregates")
    return faults
