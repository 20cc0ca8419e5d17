"""The synced data in the admin: to read, page and find, never to change; and a person, to erase."""

from sync.admin import batches, browsers, records, sync_states

__all__ = ["batches", "browsers", "records", "sync_states"]
