"""The columns that well-formed wire records become, written from the contract, and the columns that are stored."""

import json
from urllib.parse import urlsplit

import msgspec

from sync.models import Browser, PageVisit, TabAggregate
from tests.sync.oracle import CONTENT
from tests.wire import VISITS


def _domain(url):
    """Return the site of a URL whose host is ASCII."""
    parts = urlsplit(url)
    host = parts.hostname.removesuffix(".").removeprefix("www.")
    is_local = host == "localhost" or host.endswith(".localhost") or host.replace(".", "").isdigit()
    return f"{host}:{parts.port}" if is_local and parts.port not in (None, 80, 443) else host


def _first(record, *names, default=None):
    return next((record[name] for name in names if record.get(name) is not None), default)


def visit_columns(record):
    """Return the columns of a visit that needs no cutting."""
    url = record["url"]
    return {
        "visit_id": _first(record, "id", "visitId"),
        "url": url,
        "started_at": _first(record, "startedAt", "timestamp"),
        "tab_id": _first(record, "tabId"),
        "domain": _domain(url),
        "title": _first(record, "title", default=""),
        "ended_at": _first(record, "endedAt"),
        "duration_ms": _first(record, "duration"),
        "is_active": _first(record, "isActive", default=False),
        "active_duration_ms": _first(record, "activeDuration"),
        "engagement_rate": float(_first(record, "engagementRate", default=0)),
        "idle_periods": _first(record, "idlePeriods", default=[]),
        "last_heartbeat_at": _first(record, "lastHeartbeat"),
        "category": _first(record, "category"),
        "category_confidence": _first(record, "categoryConfidence"),
        "category_method": _first(record, "categoryMethod"),
        "metadata": _first(record, "metadata", default={}),
        "closed_at": _first(record, "closedAt"),
        "revision": _first(record, "revision", default=0),
    }


def aggregate_columns(record):
    """Return the columns of an aggregate that needs no cutting."""
    url = _first(record, "currentUrl")
    return {
        "tab_id": record["tabId"],
        "started_at": record["startTime"],
        "total_active_duration_ms": record["totalActiveDuration"],
        "last_active_at": _first(record, "lastActiveTime", default=record["startTime"]),
        "domain_durations": _first(record, "domainDurations", default={}),
        "page_count": _first(record, "pageCount", default=0),
        "current_url": url,
        "current_domain": _domain(url) if url else None,
        "statistics": _first(record, "statistics", default={}),
        "closed_at": _first(record, "closedAt"),
        "revision": _first(record, "revision", default=0),
    }


def content_columns(content):
    """Return the columns of a content that was read, with values instead of JSON."""
    columns = msgspec.structs.asdict(content)
    return {name: json.loads(value) if isinstance(value, bytes) else value for name, value in columns.items()}


def kind_of(path):
    return "visit" if path == VISITS else "aggregate"


def columns_of(path, record):
    return visit_columns(record) if path == VISITS else aggregate_columns(record)


def key_of(path, columns):
    return columns["visit_id"] if path == VISITS else (columns["tab_id"], columns["started_at"])


def exactly(value):
    """Return a spelling in which values are equal only if JSON calls them so: true is not 1, and 1.0 is 1."""
    if isinstance(value, dict):
        return {name: exactly(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [exactly(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, bool) else value


def spelled(kind, values):
    """Return the content of a version as text, the same for the same content."""
    return json.dumps({name: exactly(values[name]) for name in CONTENT[kind]}, sort_keys=True)


def stored(user, kind, client_id=None):
    """Return {key: content as text} of what a person's table holds."""
    model = PageVisit if kind == "visit" else TabAggregate
    rows = model.objects.filter(user=user)
    if client_id is not None:
        browsers = Browser.objects.filter(user=user, client_id=client_id).values_list("pk", flat=True)
        rows = rows.filter(browser_id__in=list(browsers))
    key = "visit_id" if kind == "visit" else ("tab_id", "started_at")
    return {
        (row[key] if isinstance(key, str) else tuple(row[part] for part in key)): spelled(kind, row)
        for row in rows.values(*CONTENT[kind])
    }
