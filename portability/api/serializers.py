"""The fields of the calls for imports, for checking and for the API's description."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import ListField, TextField
from portability.importers.found import REASONS
from portability.models import Import
from portability.page_patterns import LONGEST, MOST
from portability.staging import MAX_LABEL
from portability.storing import FATES
from portability.wording import FATES as FATE_WORDS
from portability.wording import REASONS as REASON_WORDS


class UploadSerializer(serializers.Serializer[Any]):
    """A file to import."""

    file = serializers.FileField(allow_empty_file=True, help_text="Recognised by its content, never by its name.")
    wal = serializers.FileField(
        required=False, allow_empty_file=True, help_text="The file `-wal` beside a database that is in WAL mode."
    )
    label: Any = TextField(
        required=False, allow_blank=True, max_length=MAX_LABEL, default="", help_text="Tells two profiles apart."
    )


class RunSerializer(serializers.Serializer[Any]):
    """The choices of a run."""

    leaveOut = ListField(
        child=TextField(max_length=LONGEST),
        max_length=MOST,
        required=False,
        help_text="Sites (with their subdomains) or URLs with `*` that are not stored; with the first run only.",
    )


class SpanOfImportSerializer(serializers.Serializer[Any]):
    """First and last start of the kept visits, in ms."""

    # `from` is no name in Python.
    def get_fields(self) -> dict[str, Any]:
        """Return the two fields."""
        return {name: serializers.IntegerField(allow_null=True) for name in ("from", "to")}


class CountsSerializer(serializers.Serializer[Any]):
    """How many rows of the file were kept, and how many were left out for each reason; they add up to `rows`."""

    def get_fields(self) -> dict[str, Any]:
        """Return a field for each reason."""
        return {name: serializers.IntegerField(help_text=REASON_WORDS[name]) for name in ("kept", *REASONS)}


class StoredSerializer(serializers.Serializer[Any]):
    """The kept visits by their fate; they add up to `kept` when the import is done."""

    def get_fields(self) -> dict[str, Any]:
        """Return a field for each fate."""
        return {name: serializers.IntegerField(help_text=FATE_WORDS[name]) for name in FATES}


class ImportSerializer(serializers.Serializer[Any]):
    """An import."""

    id = serializers.CharField()
    family = serializers.CharField(help_text="chromium, firefox, safari, activitywatch or own")
    label: Any = serializers.CharField(allow_blank=True)
    span = SpanOfImportSerializer()
    rows = serializers.IntegerField()
    counts = CountsSerializer()
    notes = serializers.ListField(child=serializers.CharField(), help_text="Sentences for the person.")
    stored = StoredSerializer(allow_null=True)
    done = serializers.BooleanField()


def import_fields(found: Import) -> dict[str, Any]:
    """Return the fields of ImportSerializer."""
    return {
        "id": str(found.pk),
        "family": found.family,
        "label": found.label,
        "span": {"from": found.first_at, "to": found.last_at},
        "rows": found.rows,
        "counts": found.counts,
        "notes": found.notes,
        "stored": found.stored,
        "done": found.finished_at is not None,
    }
