"""`places.sqlite` of Firefox and the browsers made from it: desktop, Android, and Android before 2020."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from portability.importers.found import FoundVisit, LeftOut, Reading, Reason, is_page
from portability.importers.sqlite_file import SqliteFile

# Desktop counts microseconds, Android milliseconds.
SMALLEST_US = 300_000_000_000_000
REDIRECTS = {5, 6}
NEAREST_MS = 5_000
MOST_METADATA = 200_000
_REASONS: dict[int, Reason] = {4: "subframe", 7: "subframe", 8: "subframe", 9: "reload"}
_PAGES = {1, 2, 3, *REDIRECTS}


def fits(file: SqliteFile) -> bool:
    """Tell whether the file is such a database."""
    return file.has("moz_places", "id", "url") and file.has(
        "moz_historyvisits", "id", "place_id", "visit_date", "visit_type"
    )


def fits_old_android(file: SqliteFile) -> bool:
    """Tell whether the file is of Firefox for Android before 2020."""
    return file.has("history", "guid", "url", "title") and file.has("visits", "history_guid", "visit_type", "date")


def read(file: SqliteFile) -> Reading:
    """Yield a result for each row of `moz_historyvisits`."""
    hops = _hops(file)
    times = _times(file)
    title = "p.title" if file.has("moz_places", "title") else "NULL"
    sql = (
        f"SELECT v.place_id, v.id, v.visit_date, v.visit_type, p.url, {title} "  # noqa: S608  # literals
        "FROM moz_historyvisits AS v LEFT JOIN moz_places AS p ON p.id = v.place_id ORDER BY v.place_id, v.visit_date"
    )
    for place, rows in groupby(file.rows(sql), key=lambda row: row[0]):
        kept: list[FoundVisit] = []
        for _, visit_id, visit_date, visit_type, url, page_title in rows:
            is_hop = visit_type in REDIRECTS if hops is None else visit_id in hops
            found = _found(visit_date, visit_type, url, page_title, is_hop=is_hop)
            if isinstance(found, LeftOut) or place not in times:
                yield found
            else:
                kept.append(found)
        if kept:
            yield from _with_times(kept, times[place])


def read_old_android(file: SqliteFile) -> Reading:
    """Yield a result for each row of `visits` of Firefox for Android before 2020."""
    sql = (
        "SELECT v.date, v.visit_type, h.url, h.title FROM visits AS v LEFT JOIN history AS h ON h.guid = v.history_guid"
    )
    for date, visit_type, url, title in file.rows(sql):
        yield _found(date, visit_type, url, title, is_hop=visit_type in REDIRECTS)


def _found(date: Any, visit_type: Any, url: Any, title: Any, *, is_hop: bool) -> FoundVisit | LeftOut:
    if type(date) is not int or type(visit_type) is not int or type(url) is not str:
        return LeftOut("unreadable")
    if not is_page(url):
        return LeftOut("otherScheme")
    if date <= 0:
        return LeftOut("outOfRange")
    start_us = date if date >= SMALLEST_US else date * 1000
    if is_hop:
        return LeftOut("redirectHop", start_us, url)
    if visit_type not in _PAGES:
        return LeftOut(_REASONS.get(visit_type, "unreadable"), start_us, url)
    return FoundVisit(start_us, url, title if type(title) is str else "")


def _hops(file: SqliteFile) -> set[Any] | None:
    """Return the ids of visits that a redirect left from; None where the redirect's own row is the hop (Android).

    On the desktop the types 5 and 6 mark the page arrived at, and `from_visit` names the hop.
    """
    if file.has("moz_historyvisits", "is_local") or not file.has("moz_historyvisits", "from_visit"):
        return None
    sql = "SELECT from_visit FROM moz_historyvisits WHERE visit_type IN (5, 6) AND from_visit > 0"
    return {row[0] for row in file.rows(sql)}


# (created_at, updated_at, total_view_time), in ms.
_Times = tuple[int, int, int]


def _times(file: SqliteFile) -> dict[Any, list[_Times]]:
    """Return what the browser counted by page: the time in front without idle time."""
    if not file.has("moz_places_metadata", "place_id", "created_at", "updated_at", "total_view_time"):
        return {}
    found: dict[Any, list[_Times]] = {}
    sql = "SELECT place_id, created_at, updated_at, total_view_time FROM moz_places_metadata"
    for number, (place, *times) in enumerate(file.rows(sql)):
        if number >= MOST_METADATA:
            break
        if all(type(value) is int and value >= 0 for value in times):
            found.setdefault(place, []).append((times[0], times[1], times[2]))
    return found


def _with_times(visits: Sequence[FoundVisit], times: Sequence[_Times]) -> Reading:
    """Yield the visits of one page, each with the times counted within 5 s of its start; several are added."""
    active: dict[int, int] = {}
    ends: dict[int, int] = {}
    for created_at, updated_at, viewed_ms in times:
        place = min(range(len(visits)), key=lambda i: abs(visits[i].start_us // 1000 - created_at))
        if abs(visits[place].start_us // 1000 - created_at) <= NEAREST_MS:
            active[place] = active.get(place, 0) + viewed_ms
            ends[place] = max(ends.get(place, 0), updated_at)
    for place, visit in enumerate(visits):
        if place not in active:
            yield visit
            continue
        start = visit.start_us // 1000
        end = max(ends[place], start)
        yield visit._replace(ended_at=end, duration_ms=end - start, active_ms=active[place])
