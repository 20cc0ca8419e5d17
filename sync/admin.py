"""The synced data in the admin."""
