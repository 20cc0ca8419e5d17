"""The portability app: imports of past browsing, and exports of everything a person has."""

from django.apps import AppConfig


class PortabilityConfig(AppConfig):
    """What people bring along and take with them."""

    name = "portability"

    def ready(self) -> None:
        """Name the tables that a person owns rows of, and say what an erasure discards."""
        from accounts.owned_rows import name_rows
        from portability.models import Import, StagedBatch
        from portability.staging import discard_unfinished
        from sync.erasures.derived_rows import register_waiting

        name_rows(Import, "imports", "imports")
        name_rows(StagedBatch, "stagedBatches", "staged batches of imports")
        register_waiting(discard_unfinished)
