"""Which version of a record wins, written from the contract alone. Values are columns, as stored; ties are ties."""

# Everything a record of each kind says, beside who and where it is from.
CONTENT = {
    "visit": (
        "visit_id", "url", "started_at", "tab_id", "domain", "title", "ended_at", "duration_ms", "is_active",
        "active_duration_ms", "engagement_rate", "idle_periods", "last_heartbeat_at", "category",
        "category_confidence", "category_method", "metadata", "closed_at", "revision",
    ),
    "aggregate": (
        "tab_id", "started_at", "total_active_duration_ms", "last_active_at", "domain_durations", "page_count",
        "current_url", "current_domain", "statistics", "closed_at", "revision",
    ),
}  # fmt: skip


def empty(value):
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def rank(kind, values):
    """Return the steps of the order before its last: of two versions the one with the larger rank wins."""
    filled = sum(not empty(values[column]) for column in CONTENT[kind])
    closed = -1 if values["closed_at"] is None else values["closed_at"]
    if kind == "aggregate":
        ended = values["closed_at"] is not None
        active, pages = values["total_active_duration_ms"], values["page_count"]
        return (values["revision"], values["last_active_at"], ended, active, pages, closed, filled)
    ends = (values["ended_at"], values["last_heartbeat_at"], values["started_at"] + (values["duration_ms"] or 0))
    known = max(end for end in ends if end is not None)
    ended = values["ended_at"] is not None and not values["is_active"]
    return (values["revision"], known, ended, values["active_duration_ms"] or 0, 0, closed, filled)


def winners(kind, versions):
    """Return the versions that may be stored in the end: one, or those the contract's named steps cannot part."""
    best = max(rank(kind, values) for values in versions)
    return [values for values in versions if rank(kind, values) == best]
