"""The synced data in the admin, read only, and the people, whom staff may erase."""

from sync.admin import batches, browsers, erasable_person, erasures, page_visits, sync_states, tab_aggregates

__all__ = ["batches", "browsers", "erasable_person", "erasures", "page_visits", "sync_states", "tab_aggregates"]
