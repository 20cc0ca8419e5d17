"""Puts visits into the table as a push would, by column."""

import itertools

from sync.push.service import bulk_update_or_create
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE

# 2025-11-03T09:00:00Z, a Monday.
AT_9 = 1_762_160_400_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_numbers = itertools.count(1)


def visit(**over):
    """Return the content of a visit of ten minutes, eight of them active."""
    start = over.get("started_at", AT_9)
    content = {
        "client_id": "first",
        "visit_id": f"pv_{next(_numbers)}",
        "url": "https://example.org/page",
        "domain": "example.org",
        "title": "A page",
        "tab_id": 1,
        "started_at": start,
        "ended_at": start + 10 * MINUTE,
        "last_heartbeat_at": None,
        "duration_ms": 10 * MINUTE,
        "active_duration_ms": 8 * MINUTE,
        "engagement_rate": 0.8,
        "is_active": False,
        "idle_periods": [],
        "category": None,
        "category_confidence": None,
        "category_method": None,
        "metadata": {},
        "closed_at": None,
        "revision": 0,
    }
    return {**content, **over}


def aggregate(**over):
    """Return the content of the aggregate of a tab that was open for an hour."""
    start = over.get("started_at", AT_9)
    content = {
        "client_id": "first",
        "tab_id": next(_numbers),
        "started_at": start,
        "last_active_at": start + HOUR,
        "total_active_duration_ms": 20 * MINUTE,
        "domain_durations": {"example.org": 20 * MINUTE},
        "page_count": 3,
        "current_url": "https://example.org/page",
        "current_domain": "example.org",
        "statistics": {},
        "closed_at": start + HOUR,
        "revision": 0,
    }
    return {**content, **over}


def store(user, *contents):
    """Store visits and aggregates of a person."""
    visits = [content for content in contents if "visit_id" in content]
    aggregates = [content for content in contents if "visit_id" not in content]
    for kind, mine in ((PAGE_VISIT, visits), (TAB_AGGREGATE, aggregates)):
        if mine:
            bulk_update_or_create(user.pk, kind, [kind.content_of(columns) for columns in mine])
