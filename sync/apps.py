"""The sync app, which registers with accounts the erasure of a person's records and the names of its tables."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """The copy of the records that browsers made."""

    name = "sync"

    def ready(self) -> None:
        """Name the tables, and register the erasure of a person, which a closing account calls."""
        from accounts.account_closing import PersonErasure, register
        from accounts.owned_rows import name_rows
        from sync.erasures import person_erasure
        from sync.models import Browser, Erasure, PageVisit, SyncBatch, TabAggregate

        name_rows(PageVisit, "pageVisits", "page visits")
        name_rows(TabAggregate, "tabAggregates", "tab aggregates")
        name_rows(SyncBatch, "batches", "sync batches")
        name_rows(Browser, "browsers", "browsers")
        name_rows(Erasure, "erasures", "erasures")
        register(
            PersonErasure(
                check=person_erasure.check_erasable,
                counts=person_erasure.counts,
                erase=person_erasure.erase,
                counted_to=person_erasure.COUNTED,
            )
        )
