"""An export: everything that a person has, as a ZIP that is written while it is read."""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

from zipstream import ZipStream

from accounts.models import User
from insights.csv_text import csv_blocks
from insights.reports import zone_of
from portability.exports import files
from portability.exports.readme import readme
from portability.exports.snapshot import one_moment
from portability.importers import own
from sync.models import ServerIdentity, SyncState
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE

# The first level: it packs records to a sixth, and the next ones cost more than the rest of the export.
COMPRESS_LEVEL = 1


def export(person: User) -> Iterator[bytes]:
    """Yield the bytes of the ZIP. All of it is read from one snapshot; memory does not grow with the records."""
    with one_moment():
        archive = ZipStream(compress_type=zipfile.ZIP_DEFLATED, compress_level=COMPRESS_LEVEL)
        user_id, zone = person.pk, zone_of(person.time_zone)
        seq = SyncState.objects.filter(user_id=user_id).values_list("counter", flat=True).first() or 0
        manifest = {
            "format": own.FORMAT,
            "version": own.FORMAT_VERSION,
            "exportedAt": datetime.now(UTC),
            "seq": seq,
            "epoch": ServerIdentity.objects.values_list("epoch", flat=True).first(),
            "counts": files.counts(user_id),
        }
        archive.add(files.pretty_json(manifest), own.MANIFEST)
        archive.add(readme(zone.key).encode(), "README.txt")
        archive.add(files.pretty_json(files.browser_list(user_id)), own.BROWSERS)
        archive.add(files.account(person), own.ACCOUNT)
        visits, aggregates = (files.record_lines(kind, user_id) for kind in (PAGE_VISIT, TAB_AGGREGATE))
        archive.add(files.in_blocks(visits), own.FILES[own.PAGE_VISITS])
        archive.add(files.in_blocks(aggregates), own.FILES[own.TAB_AGGREGATES])
        archive.add(csv_blocks(files.VISIT_COLUMNS, files.visit_cells(user_id)), "page-visits.csv")
        archive.add(csv_blocks(files.DAY_COLUMNS, files.day_cells(user_id, zone)), "days.csv")
        yield from archive
