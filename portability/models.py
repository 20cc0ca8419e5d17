"""Imports and their staged batches. The rules of sync/models.py for tables that are spread by person hold here too."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from sync import limits
from sync.browsers import IMPORT_SOURCES
from sync.models import SyncBatch


class Import(models.Model):
    """A file that a person imports: what was found in it, and how much of that is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    family = models.CharField(max_length=16)
    label = models.CharField(max_length=limits.MAX_LABEL, blank=True)
    client_id = models.CharField(max_length=limits.MAX_CLIENT_ID, help_text="Of records that name no browser.")
    browsers = models.JSONField(default=list, help_text="The browsers that an export restores.")
    file_sha256 = models.CharField(max_length=64)
    counts = models.JSONField(default=dict, help_text="Rows of the file: kept, or the reason for being left out.")
    notes = models.JSONField(default=list, help_text="Sentences for the person.")
    examples = models.JSONField(default=list, help_text="A few of the visits, for the preview.")
    first_at = models.BigIntegerField(null=True)
    last_at = models.BigIntegerField(null=True)
    is_staged = models.BooleanField(default=False, help_text="Whether the whole file was read.")
    leave_out = models.JSONField(default=list, help_text="Patterns of pages that are not stored.")
    stored = models.JSONField(null=True, help_text="Kept visits by their fate so far.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "created_at"], name="portability_import_user")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the import; `named` are the client ids that its records name, known only while they are staged."""
        super().__init__(*args, **kwargs)
        self.named: set[str] = set()

    def __str__(self) -> str:
        return f"{IMPORT_SOURCES.get(self.family, self.family)} {self.label}".strip()

    @property
    def rows(self) -> int:
        """The rows of the file."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """The kept visits whose fate is decided."""
        return sum((self.stored or {}).values())


class StagedBatch(models.Model):
    """Records of an import that are not stored yet, as lines of JSON, packed by zlib; the row goes when they are."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    source = models.ForeignKey(Import, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=16, choices=SyncBatch.Kind.choices)
    records = models.BinaryField()

    class Meta:
        verbose_name_plural = "staged batches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "source", "number"], name="portability_stagedbatch_key")
        ]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.number}"
