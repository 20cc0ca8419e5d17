"""The sync app, which registers with accounts the erasure of a person's records and the names of its tables."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class SyncConfig(AppConfig):
    """The copy of the records that browsers made."""

    name = "sync"
    verbose_name = "Synced records"

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


class StaffAdminConfig(admin_apps.AdminConfig):
    """The admin, with its numbers on the first page, closed to staff until they take a second step they need."""

    default = False  # so that Django takes SyncConfig for this app
    default_site = "sync.staff_site.RecordsStaffSite"
