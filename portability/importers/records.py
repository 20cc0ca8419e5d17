"""Makes records of the visits that a file holds: their ids, and revisions that let a later file win."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec

from instants import now_ms
from portability.importers.found import Family, Found, FoundVisit
from sync import limits

ID_PREFIX = "imp_"


def record_id(family: Family, started_at: int, url: str, number: int) -> str:
    """Return the id of the n-th of equal visits, from 0: the same in a later file and in another file of the family.

    The extension makes the same ids.
    """
    text = f"{family}\n{started_at}\n{url}\n{number}"
    return ID_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32]


def client_id(family: Family, label: str = "") -> str:
    """Return the client id of the browser of an import."""
    return f"{limits.IMPORT_PREFIX}{family}:{label}" if label else f"{limits.IMPORT_PREFIX}{family}"


def records(family: Family, found: Iterable[Found], client: str, counts: Counter[str]) -> Iterator[tuple[int, bytes]]:
    """Yield (start in ms, wire form as JSON) of each visit in order of its start, and count every row by its reason.

    The counts are complete after the last record. A temporary database on disk puts the visits in order, so memory
    does not grow with the file.
    """
    latest_us = (now_ms() + limits.CLOCK_LEEWAY_MS) * 1000
    with closing(sqlite3.connect("")) as spool:
        spool.execute("PRAGMA cache_size = -8192")
        spool.execute("CREATE TABLE found (start_us INTEGER, page INTEGER, url, title, ended, duration, active, more)")
        rows = _rows(found, counts, latest_us)
        spool.executemany("INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        # SQLite maps what it sorts into memory. Whole rows and URLs would be hundreds of MiB of a million visits.
        spool.execute("CREATE INDEX kept ON found (start_us) WHERE title IS NOT NULL")
        spool.execute("CREATE TABLE newest (page INTEGER PRIMARY KEY, at)")
        # A reload or a redirect does not become a record, but it may have renewed the title of its page.
        spool.execute("INSERT INTO newest SELECT page, max(start_us) FROM found GROUP BY page")
        yield from _wire(family, spool, client)


def _rows(found: Iterable[Found], counts: Counter[str], latest_us: int) -> Iterator[tuple[object, ...]]:
    for each in found:
        is_in_range = limits.EARLIEST_MS * 1000 <= each.start_us <= latest_us
        if isinstance(each, FoundVisit):
            if not is_in_range:
                counts["outOfRange"] += 1
                continue
            counts["kept"] += 1
            more = msgspec.json.encode(each.metadata) if each.metadata else None
            url = _storable(each.url)
            yield (
                each.start_us, _page(url), url, _storable(each.title[: limits.MAX_TITLE]), each.ended_at,
                each.duration_ms, each.active_ms, more,
            )  # fmt: skip
        else:
            counts[each.reason] += 1
            if each.url and is_in_range:
                yield each.start_us, _page(_storable(each.url)), None, None, None, None, None, None


def _page(url: str) -> int:
    """Return a number for a URL; two URLs of one number would share the newest visit, which does no harm."""
    return int.from_bytes(hashlib.blake2b(url.encode(), digest_size=8).digest(), signed=True)


def _storable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _wire(family: Family, spool: sqlite3.Connection, client: str) -> Iterator[tuple[int, bytes]]:
    at, equal = 0, Counter[str]()
    ordered = spool.execute(
        "SELECT f.start_us, f.url, f.title, f.ended, f.duration, f.active, f.more, n.at "
        "FROM found AS f INDEXED BY kept CROSS JOIN newest AS n ON n.page = f.page WHERE f.title IS NOT NULL "
        "ORDER BY f.start_us, f.rowid"
    )
    for start_us, url, title, ended_at, duration_ms, active_ms, more, newest_us in ordered:
        started_at = start_us // 1000
        if started_at != at:
            at, equal = started_at, Counter()
        record = {
            "id": record_id(family, started_at, url, equal[url]),
            "url": url,
            "startedAt": started_at,
            "title": title,
            "endedAt": ended_at,
            "duration": duration_ms,
            "activeDuration": active_ms,
            "metadata": msgspec.Raw(more or b"{}"),
            "revision": newest_us // 1_000_000,
            "anonymousClientId": client,
        }
        equal[url] += 1
        yield started_at, msgspec.json.encode(record)
