"""The `History` of Chromium and the browsers made from it, of schema version 17 and later."""

from typing import Any

from portability.importers.found import FoundVisit, LeftOut, Reading, Reason, is_page
from portability.importers.sqlite_file import SqliteFile

# Chromium counts microseconds from 1601-01-01.
EPOCH_US = 11_644_473_600_000_000
CHAIN_END = 0x20000000
BLOCKED = 0x00800000
RELOAD = 8
# Frames within a page, and the search that a keyword made beside the page itself.
NO_PAGE = {3, 4, 10}
ADDED_BY_AN_AGENT = 6


def fits(file: SqliteFile) -> bool:
    """Tell whether the file is such a database."""
    return file.has("urls", "id", "url") and file.has("visits", "id", "url", "visit_time", "transition")


def reason_of(transition: int) -> Reason | None:
    """Return why a visit of this transition is left out: Chromium's own rule for its history page, without reloads."""
    core = transition & 0xFF
    if not transition & CHAIN_END:
        return "redirectHop"
    if core in NO_PAGE or transition & BLOCKED:
        return "subframe"
    return "reload" if core == RELOAD else None


def read(file: SqliteFile) -> Reading:
    """Yield a result for each row of `visits`."""
    for visit_time, transition, url, title, hidden, duration, source, foreground in file.rows(_sql(file)):
        if type(visit_time) is not int or type(transition) is not int or type(url) is not str:
            yield LeftOut("unreadable")
        elif not is_page(url):
            yield LeftOut("otherScheme")
        elif not visit_time:
            yield LeftOut("outOfRange")
        elif source == ADDED_BY_AN_AGENT:
            yield LeftOut("notAPerson")
        else:
            start_us = visit_time - EPOCH_US
            reason: Reason | None = reason_of(transition) or ("subframe" if hidden == 1 else None)
            if reason:
                yield LeftOut(reason, start_us, url)
            else:
                yield _visit(start_us, url, title, duration, foreground)


def _sql(file: SqliteFile) -> str:
    """Return the query for the columns that `read` names, with those that the file's version has."""
    columns = [
        "v.visit_time, v.transition, u.url",
        "u.title" if file.has("urls", "title") else "NULL",
        "u.hidden" if file.has("urls", "hidden") else "0",
        "v.visit_duration" if file.has("visits", "visit_duration") else "NULL",
    ]
    joins = ["LEFT JOIN urls AS u ON u.id = v.url"]
    for table, key, column in (
        ("visit_source", "id", "source"),
        ("context_annotations", "visit_id", "total_foreground_duration"),
    ):
        if file.has(table, key, column):
            columns.append(f"{table}.{column}")
            joins.append(f"LEFT JOIN {table} ON {table}.{key} = v.id")
        else:
            columns.append("NULL")
    return f"SELECT {', '.join(columns)} FROM visits AS v {' '.join(joins)} ORDER BY v.id"  # noqa: S608  # literals


def _visit(start_us: int, url: str, title: Any, duration: Any, foreground: Any) -> FoundVisit:
    """Return a visit with the time in front as its duration, where that is known.

    The time until the tab went elsewhere is no time on the page: a parked tab had 214 minutes.
    """
    told: dict[str, int] = {}
    if type(duration) is int and duration > 0:
        told["visitDurationMs"] = duration // 1000
    front_ms = foreground // 1000 if type(foreground) is int and foreground >= 0 else None
    if front_ms is not None:
        told["foregroundMs"] = front_ms
    return FoundVisit(
        start_us,
        url,
        title if type(title) is str else "",
        ended_at=None if front_ms is None else start_us // 1000 + front_ms,
        duration_ms=front_ms,
        metadata={"import": told} if told else None,
    )
