"""The bulk serializers of the push calls: each record is judged alone, the good are stored, the bad are listed.

The fields come from the declarations in sync/records/. After `is_valid()`, `validated_data` holds the contents of the
good records, and `rejected` and `trimmed` hold the reply's lists of these names. `save(user=…)` stores the good ones.
"""

import json
from typing import Any, ClassVar

from rest_framework import serializers

from strict_json.parsing import without_lone_surrogates
from sync import limits
from sync.push import service
from sync.records.openapi import described_fields
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import RecordKind, Rejected, id_of
from sync.records.tab_aggregate import TAB_AGGREGATE


class BulkSerializer(serializers.ListSerializer[Any]):
    """Judges each record of a batch alone; a bad one never harms its neighbours.

    `data` is a list of records, each a value or, as bytes, the JSON text that was sent. The context has `now` in ms and
    `anonymous_client_id`, the browser of records that name none.
    """

    child: "RecordSerializer"

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the contents of the good records; raises ValidationError unless `data` is a list."""
        if not isinstance(data, list):
            raise serializers.ValidationError(["Send a list of records."])
        self.rejected: list[dict[str, Any]] = []
        self.trimmed: list[dict[str, Any]] = []
        self.accepted: list[int] = []
        contents = []
        read = self.child.kind.read
        latest, client_id = self.child.latest(), self.context.get("anonymous_client_id", "")
        for index, record in enumerate(data):
            try:
                text = record if type(record) is bytes else as_text(record)
                content, trimmed = read(text, latest, client_id)
            except Rejected as rejected:
                self._reject(index, rejected)
                continue
            contents.append(content)
            self.accepted.append(index)
            if trimmed:
                self.trimmed.append({"index": index, "fields": list(dict.fromkeys(trimmed))})
        return contents

    def _reject(self, index: int, why: Rejected) -> None:
        rejected = {"index": index, "id": why.record_id, "errors": why.errors}
        self.rejected.append(rejected | {"retry": True} if why.retry else rejected)

    def save(self, **kwargs: Any) -> list[service.Result]:
        """Store the good records as those of `user`, and return the fate of every record sent.

        `push` may describe the request. Raises the errors of `service.bulk_update_or_create`.
        """
        user, push = kwargs["user"], kwargs.get("push") or service.Push()
        push.rejected, push.accepted = self.rejected, self.accepted
        stored = service.bulk_update_or_create(user.pk, self.child.kind, self.validated_data, push)
        results: list[service.Result] = ["rejected"] * len(self.initial_data)
        for index, content, result in zip(self.accepted, self.validated_data, stored, strict=True):
            results[index] = result
            if result == "rejected":
                self._reject(index, Rejected(service.REFUSED, record_id=id_of(content)))
        self.rejected.sort(key=lambda rejected: rejected["index"])
        return results


def as_text(record: Any) -> bytes:
    """Return a record as JSON text; raises Rejected for a value that JSON cannot hold."""
    try:
        return without_lone_surrogates(json.dumps(record, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError):
        raise Rejected({"record": ["Send each record as JSON."]}) from None


class RecordSerializer(serializers.Serializer[Any]):
    """One record; the declaration of its kind has the fields."""

    kind: ClassVar[RecordKind]

    class Meta:
        list_serializer_class = BulkSerializer

    def get_fields(self) -> dict[str, Any]:
        """Return the fields of the API's description."""
        return described_fields(self.kind)

    def latest(self) -> int:
        """Return the last instant that a record may have, in ms."""
        return int(self.context["now"]) + limits.CLOCK_LEEWAY_MS

    def to_internal_value(self, data: Any) -> Any:
        """Return the content of one record; raises ValidationError with the errors by wire field."""
        try:
            return self.kind.read(as_text(data), self.latest(), self.context.get("anonymous_client_id", ""))[0]
        except Rejected as rejected:
            raise serializers.ValidationError(rejected.errors) from rejected


class PageVisitSerializer(RecordSerializer):
    """A page visit: one continuous period of a person on one page in one tab."""

    kind = PAGE_VISIT


class TabAggregateSerializer(RecordSerializer):
    """A tab aggregate: totals over the life of one tab, a cumulative snapshot."""

    kind = TAB_AGGREGATE
