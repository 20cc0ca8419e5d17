"""Random visits around a change of clocks: overlapping, open, of unknown times, with parts away."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from insights.periods import Period
from tests.insights import oracle, records
from tests.insights.records import DAY, HOUR

# A change of clocks lies in or beside each of these days: 25 hours, 23 hours, at midnight, by half an hour, none.
PLACES = [
    ("Europe/Berlin", date(2024, 10, 27)),
    ("Europe/Berlin", date(2024, 3, 31)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/Santiago", date(2024, 9, 8)),
    ("America/Asuncion", date(2024, 3, 24)),
    ("America/Havana", date(2024, 11, 3)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Asia/Kolkata", date(2024, 5, 1)),
    ("Asia/Kathmandu", date(2024, 1, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("UTC", date(2024, 2, 29)),
]


@st.composite
def worlds(draw):
    """Return a zone, a period of a few days around a change of clocks, and visits around it."""
    name, middle = draw(st.sampled_from(PLACES))
    zone = ZoneInfo(name)
    first = middle - timedelta(days=draw(st.integers(0, 2)))
    last = middle + timedelta(days=draw(st.integers(0, 2)))
    noon = oracle.first_instant_of(zone, middle)
    near = st.integers(noon - 4 * DAY, noon + 4 * DAY)
    on_the_hour = st.integers(-60, 60).map(lambda n: noon + n * HOUR)
    contents = []
    for number in range(draw(st.integers(0, 12))):
        start = draw(near | on_the_hour)
        length = draw(
            st.just(0) | st.integers(1, 90_000) | st.integers(0, 4 * HOUR) | st.integers(0, 5 * DAY) | st.just(HOUR)
        )
        is_open = draw(st.booleans())
        edges = sorted(draw(st.lists(st.integers(start - HOUR, start + max(length, HOUR)), max_size=4)))
        idle = [
            {"start": low, "end": high, "reason": "idle", "durationMs": None, "resumeReason": None}
            for low, high in zip(edges[::2], [*edges[1::2], None], strict=False)
        ]
        contents.append(
            records.visit(
                visit_id=f"pv_{number}",
                client_id=draw(st.sampled_from(["first", "second", "third"])),
                domain=draw(st.sampled_from(["a.example", "b.example"])),
                url=draw(st.sampled_from(["https://a.example/1", "https://a.example/2"])),
                category=draw(st.sampled_from([None, "", "reading"])),
                started_at=start,
                ended_at=None if is_open else start + length,
                last_heartbeat_at=draw(st.none() | st.integers(start - HOUR, start + DAY)) if is_open else None,
                duration_ms=draw(st.just(length) | st.just(0) | st.integers(0, 2 * DAY) | st.none()),
                active_duration_ms=draw(st.integers(0, length + 30_000) | st.just(length) | st.none()),
                idle_periods=idle,
            )
        )
    return zone, Period(zone, first, last), contents
