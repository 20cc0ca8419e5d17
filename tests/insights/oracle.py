"""A slow and obvious recomputation of the numbers; it imports nothing from insights."""

from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
MS = timedelta(milliseconds=1)


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


def active_of(row):
    """Return the capped active time of a stored visit; None where it is unknown."""
    active, end = row["active_duration_ms"], end_of(row)
    if active is None or end is None:
        return active
    if row["duration_ms"] and active > row["duration_ms"]:
        active = row["duration_ms"]
    if active > end - row["started_at"]:
        active = end - row["started_at"]
    return active


def credited(start, end, active, until):
    """Return the active time up to an instant, spread evenly over the visit and rounded down."""
    if until <= start or end == start:
        return 0
    return int(Fraction(active * (min(until, end) - start), end - start))


def shares(rows, low, high):
    """Yield (row, active, time, begins) of every visit in [low, high); an unknown time is None."""
    for row in rows:
        start, end, active = row["started_at"], end_of(row), active_of(row)
        begins = low <= start < high
        if end is None:
            if begins:
                yield row, active, None, True
            continue
        time = max(0, min(end, high) - max(start, low))
        if time or begins:
            if active is not None:
                active = credited(start, end, active, max(low, min(high, end))) - credited(start, end, active, low)
            yield row, active, time, begins


def known_sum(values):
    """Return the sum of the known values, None where there are values and all are unknown."""
    values = list(values)
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None


def numbers(rows, low, high):
    """Return the numbers of [low, high); an unknown one is None."""
    found = list(shares(rows, low, high))
    sites = {}
    for row, active, time, begins in found:
        sites.setdefault(row["domain"], []).append((active, time, begins))
    both = [(active, time) for _, active, time, _ in found if active is not None and time is not None]
    time = known_sum(time for _, _, time, _ in found)
    edges = []
    for row, _, inside, _ in found:
        if inside:
            edges += [(max(row["started_at"], low), 1), (min(end_of(row), high), -1)]
    return {
        "active": known_sum(active for _, active, _, _ in found),
        "time": time,
        "clock": None if time is None else on_the_clock(edges),
        "visits": sum(begins for _, _, _, begins in found),
        "longest": longest_of([active_of(row) for row, _, _, begins in found if begins]),
        "focus": sum(active for active, _ in both) / sum(time for _, time in both) if any(t for _, t in both) else None,
        "sites": {
            domain: [
                known_sum(part[0] for part in parts),
                known_sum(part[1] for part in parts),
                sum(p[2] for p in parts),
            ]
            for domain, parts in sites.items()
        },
    }


def longest_of(actives):
    """Return the most active time, 0 without visits, None where all are unknown."""
    known = [active for active in actives if active is not None]
    return max(known, default=None if actives else 0)


def on_the_clock(edges):
    """Return how long at least one visit went on, by counting the visits between each two edges."""
    total = going_on = 0
    since = None
    for at, step in sorted(edges, key=lambda edge: (edge[0], -edge[1])):
        if going_on == 0 and step == 1:
            since = at
        going_on += step
        if going_on == 0:
            total += at - since
    return total


def local_hours(zone, low, high):
    """Yield (hour, start, end) for each quarter of an hour, and for each minute where clocks change within it."""
    at = low
    while at < high:
        there, later = ((EPOCH + ms * MS).astimezone(zone) for ms in (at, at + 899_999))
        step = 900_000 - at % 900_000 if there.utcoffset() == later.utcoffset() else 60_000
        yield there.hour, at, min(at + step, high)
        at += step
