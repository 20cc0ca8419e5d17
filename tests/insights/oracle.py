"""A slow and obvious recomputation of the numbers; it imports nothing from insights."""

from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
MS = timedelta(milliseconds=1)
DAY_MS = 24 * 3_600_000


def local_date(zone, ms):
    return (EPOCH + ms * MS).astimezone(zone).date()


@cache
def first_instant_of(zone, day):
    """Return the first instant with this date or a later one, found by walking."""
    ms = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC")) - EPOCH) // MS - 36 * 3_600_000
    for step in (60_000, 1_000):
        while local_date(zone, ms + step) < day:
            ms += step
    return ms + 1_000


def end_of(row):
    """Return the end of a stored visit; None where it is unknown."""
    start, heartbeat, duration = row["started_at"], row["last_heartbeat_at"], row["duration_ms"]
    if row["ended_at"] is not None:
        return row["ended_at"]
    if heartbeat is None and duration is None:
        return None
    end = start
    if duration is not None and start + duration > end:
        end = start + duration
    if heartbeat is not None and heartbeat > end:
        end = heartbeat
    return end


def is_away(row, at):
    """Tell whether the person was away at an instant of a visit."""
    for period in row["idle_periods"]:
        end = end_of(row) if period["end"] is None else period["end"]
        if end is not None and period["start"] <= at < end:
            return True
    return False


def pieces(row):
    """Return the visit cut at every edge of its idle periods, as (start, end, away).

    A visit of unknown duration is cut up to a day after its start.
    """
    start, end = row["started_at"], end_of(row)
    last = start + DAY_MS if end is None else end
    edges = {start, last}
    for period in row["idle_periods"]:
        edges |= {edge for edge in (period["start"], period["end"]) if edge is not None and start < edge < last}
    edges = sorted(edges)
    return [(low, high, is_away(row, low)) for low, high in pairwise(edges)]


def present(row):
    """Return the parts of a visit that are not away; none where its duration is unknown."""
    return [] if end_of(row) is None else [(low, high) for low, high, away in pieces(row) if not away]


def active_of(row):
    """Return the capped active time of a stored visit; None where it is unknown."""
    active = row["active_duration_ms"]
    if active is None:
        return None
    if row["duration_ms"] and active > row["duration_ms"]:
        active = row["duration_ms"]
    return min(active, sum(high - low for low, high, away in pieces(row) if not away))


def active_spans(row):
    """Return where the active time lies: it fills the parts that are not away, from the first one on."""
    if "active_spans" not in row:  # kept, because each hour asks
        left = active_of(row) or 0
        found = row["active_spans"] = []
        for low, high, away in pieces(row):
            if not away and left:
                taken = min(left, high - low)
                found.append((low, low + taken))
                left -= taken
    return row["active_spans"]


def measure(spans, low, high):
    """Return how long at least one of the spans goes on within [low, high), by asking between each two edges."""
    spans = [(max(start, low), min(end, high)) for start, end in spans if min(end, high) > max(start, low)]
    edges = sorted({edge for span in spans for edge in span})
    return sum(
        after - before for before, after in pairwise(edges) if any(start <= before < end for start, end in spans)
    )


def active_time(rows, low, high, hours):
    """Return the active time of some visits in [low, high), cut into these hours.

    In each hour, the active time of one browser is at most the time in which it had a page in front, nobody away.
    """
    total = 0
    for hour_start, hour_end in hours:
        start, end = max(hour_start, low), min(hour_end, high)
        if start < end:
            active = [(row["browser_id"], measure(active_spans(row), start, end)) for row in rows]
            for browser in {browser for browser, ms in active if ms}:
                covered = [span for row in rows if row["browser_id"] == browser for span in covered_by(row)]
                total += min(sum(ms for of, ms in active if of == browser), measure(covered, start, end))
    return total


def covered_by(row):
    """Return the spans that can hold the active time of a visit."""
    return active_spans(row) if end_of(row) is None else present(row)


def time_in(row, low, high):
    """Return how much of a visit lies in [low, high); None where its duration is unknown."""
    end = end_of(row)
    return None if end is None else max(0, min(end, high) - max(row["started_at"], low))


def concerned(rows, low, high):
    """Return the visits that begin, last or are active in [low, high)."""
    return [
        row
        for row in rows
        if low <= row["started_at"] < high or time_in(row, low, high) or measure(active_spans(row), low, high)
    ]


def sums(rows, low, high, hours):
    """Return active time, time on pages and number of some visits in [low, high); an unknown time is None."""
    found = concerned(rows, low, high)
    begin = [row for row in found if low <= row["started_at"] < high]
    knows_active = any(row["active_duration_ms"] is not None for row in found)
    knows_time = any(end_of(row) is not None for row in found)
    return [
        active_time(rows, low, high, hours) if knows_active or not found else None,
        sum(time_in(row, low, high) or 0 for row in found) if knows_time or not begin else None,
        len(begin),
    ]


def numbers(rows, low, high, hours):
    """Return the numbers of [low, high), which is cut into these hours; an unknown one is None."""
    found = concerned(rows, low, high)
    active, time, visits = sums(rows, low, high, hours)
    both = [row for row in found if row["active_duration_ms"] is not None and end_of(row) is not None]
    both_time = sum(time_in(row, low, high) for row in both)
    return {
        "active": active,
        "time": time,
        "clock": None if time is None else measure([span for row in rows for span in present(row)], low, high),
        "visits": visits,
        "longest": longest_of([active_of(row) for row in found if low <= row["started_at"] < high]),
        "focus": active_time(both, low, high, hours) / both_time if both_time else None,
        "browsers": len({row["browser_id"] for row in rows if measure(active_spans(row), low, high)}),
        "sites": {
            domain: sums([row for row in rows if row["domain"] == domain], low, high, hours)
            for domain in {row["domain"] for row in found}
        },
        "categories": {
            name: active_time([row for row in rows if (row["category"] or "") == name], low, high, hours)
            for name in {row["category"] or "" for row in found}
        },
    }


def longest_of(actives):
    """Return the most active time, 0 without visits, None where all are unknown."""
    known = [active for active in actives if active is not None]
    return max(known, default=None if actives else 0)


def typical(rows, low, high):
    """Return the lower median of the known active times of the visits that began in [low, high); None without any."""
    known = sorted(active_of(row) for row in rows if low <= row["started_at"] < high and active_of(row) is not None)
    return known[(len(known) - 1) // 2] if known else None


def quarters(zone, low, high):
    """Yield (hour, start, end) for each quarter of an hour, and for each minute where clocks change within it."""
    at = low
    while at < high:
        there, later = ((EPOCH + ms * MS).astimezone(zone) for ms in (at, at + 899_999))
        step = 900_000 - at % 900_000 if there.utcoffset() == later.utcoffset() else 60_000
        yield there.hour, at, min(at + step, high)
        at += step


def local_hours(zone, first, last):
    """Return (day, hour, start, end) of each hour on the person's clock; one that comes twice in a row is one hour."""
    found = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        midnight, next_midnight = (first_instant_of(zone, day + timedelta(days=m)) for m in (0, 1))
        for hour, start, end in quarters(zone, midnight, next_midnight):
            if found and found[-1][:2] == (day, hour):
                found[-1] = (day, hour, found[-1][2], end)
            else:
                found.append((day, hour, start, end))
    return found


def spans_of(hours):
    return [(start, end) for _, _, start, end in hours]
