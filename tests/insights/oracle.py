"""The numbers once more, slow and obvious: imports nothing from insights."""

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
    """Walk to the first second whose date is the day or later."""
    ms = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC")) - EPOCH) // MS - 36 * 3_600_000
    for step in (60_000, 1_000):
        while local_date(zone, ms + step) < day:
            ms += step
    return ms + 1_000


def interval(row):
    """Return (start, end, active) of a stored visit."""
    start = row["started_at"]
    if row["ended_at"] is not None:
        end = row["ended_at"]
    else:
        end = start + row["duration_ms"]
        if row["last_heartbeat_at"] is not None and row["last_heartbeat_at"] > end:
            end = row["last_heartbeat_at"]
    active = row["active_duration_ms"]
    if row["duration_ms"] > 0 and active > row["duration_ms"]:
        active = row["duration_ms"]
    if active > end - start:
        active = end - start
    return start, end, active


def credited(start, end, active, until):
    """Return how much of the active time is spent by an instant, spread evenly and rounded down."""
    if until <= start or end == start:
        return 0
    return int(Fraction(active * (min(until, end) - start), end - start))


def numbers(rows, low, high):
    """Return the numbers of [low, high)."""
    active = time = visits = longest = 0
    sites, edges = {}, []
    for row in rows:
        start, end, engaged = interval(row)
        inside = max(0, min(end, high) - max(start, low))
        begins = low <= start < high
        if not inside and not begins:
            continue
        share = credited(start, end, engaged, max(low, min(high, end))) - credited(start, end, engaged, low)
        active += share
        time += inside
        visits += begins
        site = sites.setdefault(row["domain"], [0, 0, 0])
        site[0] += share
        site[1] += inside
        site[2] += begins
        if begins and engaged > longest:
            longest = engaged
        if inside:
            edges += [(max(start, low), 1), (min(end, high), -1)]
    clock = on_the_clock(edges)
    return {"active": active, "time": time, "clock": clock, "visits": visits, "longest": longest, "sites": sites}


def on_the_clock(edges):
    """Return how long at least one visit went on, by counting those that go on at each edge."""
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
    """Yield (hour, start, end) for each quarter of an hour of a stretch; for each minute where clocks change within."""
    at = low
    while at < high:
        there, later = ((EPOCH + ms * MS).astimezone(zone) for ms in (at, at + 899_999))
        step = 900_000 - at % 900_000 if there.utcoffset() == later.utcoffset() else 60_000
        yield there.hour, at, min(at + step, high)
        at += step
