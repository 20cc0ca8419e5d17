"""The export of ActivityWatch: what a tab showed, when the person was there, and which window was in front."""

import sqlite3
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import IO, Any, NamedTuple

from portability.importers.found import FoundVisit, LeftOut, Reading, UnknownFormat, is_page
from portability.importers.json_members import ARRAY, members

# Events of one stay follow each other within 2 s; a new one begins whenever the title or the sound changes.
JOINED_US = 2_000_000
MOST_BUCKETS = 1_000
LONGEST_SECONDS = 10 * 365 * 86_400
WEB, AFK, WINDOW = "web.tab.current", "afkstatus", "currentwindow"
BROWSER_WORDS = (
    "firefox", "chrom", "brave", "edge", "opera", "vivaldi", "safari", "librewolf", "waterfox", "floorp", "zen", "arc",
)  # fmt: skip


class _Bucket(NamedTuple):
    number: int
    told: dict[str, str]

    @property
    def kind(self) -> str:
        """The type, by the bucket's name where the file does not tell it."""
        by_name = {"aw-watcher-web": WEB, "aw-watcher-afk": AFK, "aw-watcher-window": WINDOW}
        name = self.told["id"]
        return self.told.get("type") or next((kind for start, kind in by_name.items() if name.startswith(start)), "")


def read(file: IO[bytes]) -> Reading:
    """Yield a result for each stay on a page, and for each event that is none."""
    # The events stand newest first, and a bucket may tell its type after them: a temporary database puts them in order.
    with closing(sqlite3.connect("")) as events:
        events.execute("CREATE TABLE event (bucket, start_us, end_us, url, title, is_private)")
        buckets, unreadable = _store(file, events)
        for _ in range(unreadable):
            yield LeftOut("unreadable")
        for bucket in buckets:
            if bucket.kind == WEB:
                present = _present(events, buckets, bucket.told.get("hostname", ""))
                yield from _stays(_rows(events, bucket.number), present)


def _store(file: IO[bytes], events: sqlite3.Connection) -> tuple[list[_Bucket], int]:
    """Store all events; return the buckets, and the number of events of pages that cannot be read."""
    buckets: dict[str, _Bucket] = {}
    bad: dict[str, int] = {}

    def rows() -> Iterator[tuple[Any, ...]]:
        for path, value in members(file):
            if len(path) != 3 or path[0] != "buckets":
                continue
            _, name, member = path
            if name not in buckets:
                if len(buckets) == MOST_BUCKETS:
                    raise UnknownFormat(f"This export of ActivityWatch holds more than {MOST_BUCKETS} buckets.")
                buckets[name] = _Bucket(len(buckets), {"id": name})
            if member == "events" and value is not ARRAY:
                row = _row(value)
                if row is None:
                    bad[name] = bad.get(name, 0) + 1
                else:
                    yield buckets[name].number, *row
            elif type(value) is str:
                buckets[name].told[member] = value

    events.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", rows())
    events.execute("CREATE INDEX event_order ON event (bucket, start_us)")
    return list(buckets.values()), sum(bad.get(b.told["id"], 0) for b in buckets.values() if b.kind == WEB)


def _row(event: Any) -> tuple[Any, ...] | None:
    """Return start, end, page or state, title and whether the window was private; None for no event."""
    if not isinstance(event, dict) or not isinstance(data := event.get("data"), dict):
        return None
    start: Any = event.get("timestamp")
    seconds: Any = event.get("duration")
    if type(start) is not str or type(seconds) not in (int, float, Decimal) or not 0 <= seconds <= LONGEST_SECONDS:
        return None
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    since_epoch = at - datetime.fromtimestamp(0, tz=at.tzinfo)
    start_us = (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000_000 + since_epoch.microseconds
    text = data.get("url", data.get("status", data.get("app")))
    title = data.get("title")
    if type(text) is not str:
        return None
    return start_us, start_us + int(seconds * 1_000_000), _plain(text), _plain(title), data.get("incognito") is True


def _plain(text: Any) -> str:
    return text.encode("utf-8", "replace").decode() if type(text) is str else ""


def _rows(events: sqlite3.Connection, bucket: int) -> Iterator[tuple[int, int, str, str, int]]:
    yield from events.execute(
        "SELECT start_us, end_us, url, title, is_private FROM event WHERE bucket = ? ORDER BY start_us, rowid", [bucket]
    )


class _Spans:
    """Disjoint spans in order, in microseconds."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self.starts, self.ends = array("q"), array("q")
        for start, end in spans:
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            elif end > start:
                self.starts.append(start)
                self.ends.append(end)

    def within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of the spans that lie in [start, end)."""
        for place in range(max(bisect_right(self.starts, start) - 1, 0), len(self.starts)):
            if self.starts[place] >= end:
                return
            low, high = max(start, self.starts[place]), min(end, self.ends[place])
            if high > low:
                yield low, high


def _present(events: sqlite3.Connection, buckets: list[_Bucket], host: str) -> list[_Spans] | None:
    """Return the spans in all of which the person must be for active time; None where it is unknown.

    Those are the spans at the machine and, where the window in front is known, the spans in front of a browser.
    """

    def of_kind(kind: str) -> list[_Bucket]:
        return [bucket for bucket in buckets if bucket.kind == kind and bucket.told.get("hostname", "") == host]

    def spans(found: list[_Bucket], *, is_browser: bool) -> _Spans:
        rows = sorted(
            (start, end)
            for bucket in found
            for start, end, text, _, _ in _rows(events, bucket.number)
            if (any(word in text.lower() for word in BROWSER_WORDS) if is_browser else text == "not-afk")
        )
        return _Spans(rows)

    there = of_kind(AFK)
    if not there:
        return None
    windows = of_kind(WINDOW)
    return [spans(there, is_browser=False), *([spans(windows, is_browser=True)] if windows else [])]


def _stays(rows: Iterable[tuple[int, int, str, str, int]], present: list[_Spans] | None) -> Reading:
    """Yield the stays of one bucket: neighbouring events of one page are one stay, and count as one row."""
    open_stay: tuple[int, int, str, str] | None = None
    for start, end, url, title, is_private in rows:
        if open_stay is not None and (open_stay[2] != url or is_private or start - open_stay[1] > JOINED_US):
            yield _visit(open_stay, min(open_stay[1], max(start, open_stay[0])), present)
            open_stay = None
        if is_private:
            yield LeftOut("private")
        elif not is_page(url):
            yield LeftOut("otherScheme")
        elif open_stay is None:
            open_stay = (start, end, url, title)
        else:
            open_stay = (open_stay[0], max(open_stay[1], end), url, title or open_stay[3])
    if open_stay is not None:
        yield _visit(open_stay, open_stay[1], present)


def _visit(stay: tuple[int, int, str, str], end: int, present: list[_Spans] | None) -> FoundVisit:
    start, _, url, title = stay
    active_ms = None
    if present is not None:
        parts = [(start, end)]
        for spans in present:
            parts = [inner for low, high in parts for inner in spans.within(low, high)]
        active_ms = sum(high - low for low, high in parts) // 1000
    ended_at = end // 1000
    return FoundVisit(start, url, title, ended_at, ended_at - start // 1000, active_ms)
