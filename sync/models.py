"""The copy of the records that browsers made. Instants are integer milliseconds since the Unix epoch, as on the wire.

Rules that let these tables be spread over machines by person (docs/scaling.md), also for every later table:
- The person's key is a bigint. It stands in every unique constraint, and in every statement as `user_id = …`.
- No statement names another table beside them, and nothing is ordered or paged by `id`.
- The person's key has no constraint in the database, since people stay on one machine. Rows are written and erased
  under the person's lock instead (sync/person_lock.py), and `manage.py count_orphans` counts rows that outlived one.
- PostgreSQL keeps no statistics of the person's key: see the migration sync.0004.
"""

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact
from django.utils import timezone

from sync import limits

# Visits of a day or longer. The numbers are literals in the SQL: SQLite uses a partial index only for literals. The
# condition is an equation: PostgreSQL assumes that few rows match an equation, and many a comparison.
_DAY = RawSQL("86400000", [])
_YES = RawSQL("1", [])
LONG_VISIT = Exact(
    Case(
        When(ended_at__gte=F("started_at") + _DAY, then=_YES),
        When(duration_ms__gte=_DAY, then=_YES),
        When(last_heartbeat_at__gte=F("started_at") + _DAY, then=_YES),
        output_field=models.IntegerField(),
    ),
    _YES,
)

# Visits in which a browser reported that the person was away. In SQLite a JSON column is text.
HAS_IDLE_PERIODS = RawSQL("idle_periods <> '[]'", [], output_field=models.BooleanField())


class Browser(models.Model):
    """One source of records, known by its anonymousClientId; the id is "" where a profile sends none.

    A person has at most MAX_BROWSERS of each kind. Only those of kind `extension` can be silent.
    """

    class Kind(models.TextChoices):
        """A profile that syncs, the source of an import, or a program of the person that pushes with a token."""

        EXTENSION = "extension", "browser"
        IMPORT = "import", "import"
        PROGRAM = "program", "program"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="browsers", db_index=False, db_constraint=False
    )
    client_id = models.CharField("anonymous client id", max_length=limits.MAX_CLIENT_ID, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.EXTENSION)
    label = models.CharField(max_length=limits.MAX_LABEL, blank=True, help_text="The name that the person gave it.")
    browser_name = models.CharField(max_length=limits.MAX_CLIENT_TEXT, blank=True)
    browser_version = models.CharField(max_length=limits.MAX_CLIENT_TEXT, blank=True)
    platform = models.CharField(max_length=limits.MAX_CLIENT_TEXT, blank=True)
    extension_version = models.CharField(max_length=limits.MAX_CLIENT_TEXT, blank=True)
    created_at = models.DateTimeField("first push", default=timezone.now, editable=False)
    last_push_at = models.DateTimeField("last push", default=timezone.now, editable=False)
    # No foreign key: a session is deleted some weeks after it ended, and the browser stays.
    last_session_id = models.BigIntegerField("session of the last push", null=True, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "client_id"], name="sync_browser_key")]

    def __str__(self) -> str:
        return self.client_id or "(no client id)"


class SyncRecord(models.Model):
    """The columns that both kinds of record have beside their content."""

    # The unique key of each table starts with the user and the browser, so they need no index of their own.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    # No database constraint: it would cost a look-up for each row written, and a scan of this table for each browser
    # erased. Rows and their browser are written in one transaction under the person's lock, and erased together.
    browser = models.ForeignKey(Browser, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    closed_at = models.BigIntegerField(null=True)
    revision = models.BigIntegerField(default=0)
    # Stands for the stored content when two versions are compared: see sync/records/merge.py.
    digest = models.BinaryField(max_length=18)
    seq = models.BigIntegerField(help_text="The person's counter at the push that wrote this row last.")
    received_at = models.BigIntegerField(help_text="First receipt, by the server's clock.")
    updated_at = models.BigIntegerField(help_text="Last change, by the server's clock.")

    class Meta:
        abstract = True


class PageVisit(SyncRecord):
    """One continuous period of a person on one page in one tab."""

    visit_id = models.CharField(max_length=limits.MAX_ID)
    url = models.TextField()
    domain = models.CharField(max_length=limits.MAX_DOMAIN)
    title = models.CharField(max_length=limits.MAX_TITLE, blank=True)
    tab_id = models.BigIntegerField(null=True)
    started_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True)
    last_heartbeat_at = models.BigIntegerField(null=True)
    # Null where the source does not know; unknown is not 0.
    duration_ms = models.BigIntegerField(null=True)
    active_duration_ms = models.BigIntegerField(null=True)
    engagement_rate = models.FloatField(default=0)
    is_active = models.BooleanField(default=False)
    idle_periods = models.JSONField(default=list)
    category = models.CharField(max_length=limits.MAX_CATEGORY, null=True)  # noqa: DJ001  # null and "" differ on the wire
    category_confidence = models.FloatField(null=True)
    category_method = models.CharField(max_length=limits.MAX_CATEGORY, null=True)  # noqa: DJ001  # as above
    metadata = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "browser", "visit_id"], name="sync_pagevisit_key"),
            models.CheckConstraint(condition=~Q(visit_id=""), name="sync_pagevisit_id_not_empty"),
            models.CheckConstraint(condition=Q(started_at__gte=limits.EARLIEST_MS), name="sync_pagevisit_started"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="sync_pagevisit_ended"
            ),
            models.CheckConstraint(
                condition=Q(duration_ms__gte=0, active_duration_ms__gte=0, revision__gte=0),
                name="sync_pagevisit_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(engagement_rate__gte=0, engagement_rate__lte=1), name="sync_pagevisit_rate"
            ),
        ]
        indexes: ClassVar = [
            # The index holds every column that the numbers of a period need, so that a year is read without its rows.
            models.Index(
                fields=["user", "started_at"],
                include=["ended_at", "last_heartbeat_at", "duration_ms", "active_duration_ms", "domain", "category",
                         "browser", "seq", "id"],
                name="sync_pagevisit_user_reading",
            ),
            # A reader of a period looks one day back for visits that reach into it, and here for longer ones.
            models.Index(fields=["user", "started_at"], condition=Q(LONG_VISIT), name="sync_pagevisit_user_long"),
            # Idle periods are too large for the reading index, and most visits have none.
            models.Index(fields=["user", "started_at"], condition=Q(HAS_IDLE_PERIODS), name="sync_pagevisit_user_idle"),
            # The feed. The rows of one push have one seq, so PostgreSQL stores it once for many rows: 7 bytes a row.
            models.Index(fields=["user", "seq"], name="sync_pagevisit_user_seq"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.visit_id


class TabAggregate(SyncRecord):
    """Totals over the life of one tab: a cumulative snapshot, never a delta."""

    tab_id = models.BigIntegerField()
    started_at = models.BigIntegerField()
    last_active_at = models.BigIntegerField()
    total_active_duration_ms = models.BigIntegerField()
    domain_durations = models.JSONField(default=dict)
    page_count = models.BigIntegerField(default=0)
    current_url = models.TextField(null=True)  # noqa: DJ001  # null and "" differ on the wire
    current_domain = models.CharField(max_length=limits.MAX_DOMAIN, null=True)  # noqa: DJ001  # as above
    statistics = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "browser", "tab_id", "started_at"], name="sync_tabaggregate_key"),
            models.CheckConstraint(condition=Q(started_at__gte=limits.EARLIEST_MS), name="sync_tabaggregate_started"),
            models.CheckConstraint(
                condition=Q(tab_id__gte=0, total_active_duration_ms__gte=0, page_count__gte=0, revision__gte=0),
                name="sync_tabaggregate_not_negative",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "seq"], name="sync_tabaggregate_user_seq")]

    def __str__(self) -> str:
        return f"tab {self.tab_id}"


def new_erasure_key() -> bytes:
    """Return 256 random bits."""
    return secrets.token_bytes(32)


class SyncState(models.Model):
    """One row a person: a push locks it, and writes its counter as `seq` into each row.

    No erasure of the person concerns a record that began at `erased_before` or later, so most pushes read no rules.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="sync_state", db_constraint=False
    )
    counter = models.BigIntegerField(default=0)
    erased_before = models.BigIntegerField(default=0)
    # The key of the hashes in the person's erasures.
    erasure_key = models.BinaryField(max_length=32, default=new_erasure_key)
    keep_months = models.PositiveSmallIntegerField(null=True, help_text="Null keeps records for good.")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.counter}"


class Erasure(models.Model):
    """The rule of one erasure: it concerns records that began before `erased_at` and meet every condition set.

    It holds hashes in place of domains and ids (sync/erasures/rule.py), so it does not tell which ones were erased.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    seq = models.BigIntegerField()
    erased_at = models.BigIntegerField()
    domain_hash = models.BinaryField(max_length=32, null=True)
    id_hashes = models.BinaryField(null=True, help_text="Hashes of 16 bytes, one after another.")
    starts_at = models.BigIntegerField(null=True)
    ends_at = models.BigIntegerField(null=True)
    client_id = models.CharField(max_length=limits.MAX_CLIENT_ID, null=True)  # noqa: DJ001  # "" is a browser too
    is_retention = models.BooleanField(default=False)
    page_visits = models.PositiveIntegerField(default=0, help_text="Erased so far.")
    tab_aggregates = models.PositiveIntegerField(default=0, help_text="Erased or rewritten so far.")
    is_done = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "seq"], name="sync_erasure_key")]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


def new_server_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class ServerIdentity(models.Model):
    """One row. Its random id tells senders that two server addresses lead to the same database.

    `epoch` is renewed after a restore from a backup. Cursors of the feed from before are of no use then.
    """

    THE_ROW = 1

    server_id = models.CharField(max_length=32, default=new_server_id, editable=False)
    epoch = models.CharField(max_length=32, default=new_server_id, editable=False)

    class Meta:
        verbose_name_plural = "server identity"

    def __str__(self) -> str:
        return self.server_id


class SyncBatch(models.Model):
    """One row a push, for diagnosis by staff; kept for 30 days. It never holds a URL."""

    class Kind(models.TextChoices):
        """The kind of record in a batch."""

        PAGE_VISITS = "page-visits", "page visits"
        TAB_AGGREGATES = "tab-aggregates", "tab aggregates"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    browser = models.ForeignKey(
        Browser, models.DO_NOTHING, related_name="+", null=True, db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    extension_version = models.CharField(max_length=limits.MAX_CLIENT_TEXT, blank=True)
    created = models.PositiveIntegerField()
    updated = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    erased = models.PositiveIntegerField(default=0)
    body_bytes = models.PositiveIntegerField(help_text="Of the body, inflated.")
    duration_ms = models.PositiveIntegerField(help_text="From the first byte read to just before the commit.")
    errors = models.JSONField(default=list, help_text="The first of the rejected records: index and errors.")
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "sync batches"
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="sync_syncbatch_received"),
            models.Index(fields=["user", "received_at"], name="sync_syncbatch_user_received"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d %H:%M:%S}"
