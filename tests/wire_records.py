"""Makes wire records; the lengths are those of the recorded day."""

import itertools

# 2025-11-03T09:00:00Z, in the middle of the recorded day.
AT_9 = 1_762_160_400_000
CLIENT_ID = "038a5898-dc23-426f-9ec7-e48ffcc3924b"
_numbers = itertools.count(1)


def visit(**over):
    """Return a page visit as the extension sends it, about 1.2 kB; a field given as None is sent as null."""
    started_at = over.get("startedAt") or AT_9
    if type(started_at) is not int:
        started_at = AT_9
    record = {
        "id": f"pv_{AT_9}_{next(_numbers)}",
        "url": "https://stackoverflow.com/questions/68150143/async-queue-vector-tensor",
        "startedAt": started_at,
        "tabId": 4,
        "domain": "stackoverflow.com",
        "title": "async compiler history index",
        "endedAt": started_at + 8_305,
        "duration": 8_305,
        "isActive": False,
        "activeDuration": 30_000,
        "engagementRate": 0.9066320131763853,
        "idlePeriods": [],
        "lastHeartbeat": started_at + 5_305,
        "category": "learning_reading",
        "categoryConfidence": 0.63,
        "categoryMethod": "metadata",
        "metadata": {
            "schemaType": "QAPage",
            "schemaData": {"@type": "QAPage", "mainEntity": {"@type": "Question", "name": "cycling postgres"}},
            "ogVideoDuration": None,
            "hasArticle": True,
            "wordCount": 300,
            "preview": {"title": "compiler tensor garden", "description": "galaxy guitar planet " * 20},
        },
        "closedAt": None,
        "revision": 0,
        "synced": False,
        "syncedAt": None,
        "syncStatus": "pending",
    }
    return {**record, **over}


def bare_visit(**over):
    """Return a page visit with the required fields only."""
    return {"id": f"pv_{AT_9}_{next(_numbers)}", "url": "https://example.org/", "startedAt": AT_9, **over}


def aggregate(**over):
    """Return a tab aggregate as the extension sends it."""
    started_at = over.get("startTime") or AT_9
    if type(started_at) is not int:
        started_at = AT_9
    record = {
        "tabId": next(_numbers),
        "startTime": started_at,
        "lastActiveTime": started_at + 240_000,
        "totalActiveDuration": 240_000,
        "domainDurations": {"github.com": 180_000, "theguardian.com": 60_000},
        "pageCount": 3,
        "currentUrl": "https://www.theguardian.com/async-postgres-garden-async-queue-tensor-7075984",
        "currentDomain": "theguardian.com",
        "statistics": {"mostVisitedDomain": "github.com", "averagePageDuration": 80_000},
        "closedAt": None,
        "revision": 0,
        "synced": False,
        "syncedAt": None,
        "syncStatus": "pending",
    }
    return {**record, **over}


def bare_aggregate(**over):
    """Return a tab aggregate with the required fields only."""
    return {"tabId": next(_numbers), "startTime": AT_9, "totalActiveDuration": 0, **over}
