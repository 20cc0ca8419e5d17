"""Records on the wire: each is judged alone, the good are kept, the bad are listed with what to mend.

`PageVisitSerializer(data=[…], many=True)` is a bulk serializer. After `is_valid()`, `validated_data` holds the contents
of the good records by column, `rejected` and `trimmed` what the reply says of the others; `save(user=…)` stores them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from msgspec import structs
from rest_framework import serializers

from sync import limits
from sync.push import service
from sync.push.results import RESULTS, Result
from sync.records import fields
from sync.records.everyday import EverydayVisit, EverydayVisits
from sync.records.fields import CutText, Duration, Instant, Judgement, OutOfTime, Text, Whole, Wrong

Content = dict[str, Any]
Read = Callable[[Any, str, Judgement], Any]
# One step of judging a record: wire name, its reader, column, default when absent, the alias if there is one, its
# reader, whether the field must be there.
Step = tuple[str, Read, str, Any, str | None, Read, bool]

CLOSED_AT_HELP = "When its tab was closed, if it was."
REVISION_HELP = "Raised by the extension at every change of the record; the larger wins."
CLIENT_ID_HELP = "The browser; when absent, the one at the top of the body, then the empty string."
BODY_CLIENT_ID_HELP = "The browser of every record that names none itself."


class BulkSerializer(serializers.ListSerializer[Any]):
    """Judges each record of a batch alone and keeps the good; a bad one never harms its neighbours."""

    child: "RecordSerializer"

    def to_internal_value(self, data: Any) -> list[Content]:
        """Return the contents of the good records; raises ValidationError unless `data` is a list."""
        if not isinstance(data, list):
            raise serializers.ValidationError(["Send a list of records."])
        self.rejected: list[dict[str, Any]] = []
        self.trimmed: list[dict[str, Any]] = []
        self.accepted: list[int] = []
        contents = []
        frame = self.child.frame()
        sizes: Sequence[int] = self.context.get("sizes") or ()
        client_id = self.context.get("anonymous_client_id", "")
        for index, record in enumerate(data):
            if isinstance(record, EverydayVisit):
                content = structs.asdict(record)
                if content["client_id"] is None:
                    content["client_id"] = client_id
                contents.append(content)
                self.accepted.append(index)
                continue
            try:
                if sizes and sizes[index] > limits.MAX_RECORD_BYTES:
                    raise Rejected({"record": [f"A record holds at most {limits.MAX_RECORD_BYTES} bytes as sent."]})
                content, trimmed = self.child.judge(record, *frame)
            except Rejected as rejected:
                self._reject(index, record, rejected.errors, retry=rejected.retry)
                continue
            contents.append(content)
            self.accepted.append(index)
            if trimmed:
                self.trimmed.append({"index": index, "fields": list(dict.fromkeys(trimmed))})
        return contents

    def _reject(self, index: int, record: Any, errors: dict[str, list[str]], *, retry: bool = False) -> None:
        rejected = {"index": index, "id": self.child.id_of(record), "errors": errors}
        self.rejected.append(rejected | {"retry": True} if retry else rejected)

    def save(self, **kwargs: Any) -> list[Result]:
        """Store the good records as those of `user`, and return the fate of every record sent.

        `push` may tell what is known of the request; raises what `services.bulk_update_or_create` raises.
        """
        user, push = kwargs["user"], kwargs.get("push") or service.Push()
        push.rejected, push.accepted = self.rejected, self.accepted
        stored = service.bulk_update_or_create(user.pk, self.child.kind, self.validated_data, push)
        results: list[Result] = ["rejected"] * len(self.initial_data)
        for index, result in zip(self.accepted, stored, strict=True):
            results[index] = result
            if result == "rejected":
                self._reject(index, self.initial_data[index], service.REFUSED)
        self.rejected.sort(key=lambda rejected: rejected["index"])
        return results


class Rejected(Exception):
    """A record that is not stored: the errors by wire field as sent, and whether a mended clock may put it right."""

    def __init__(self, errors: dict[str, list[str]], *, retry: bool = False) -> None:
        super().__init__()
        self.errors = errors
        self.retry = retry


class RecordSerializer(serializers.Serializer[Any]):
    """What both kinds of record share. Context: `now` (ms), and of the body `anonymous_client_id` and `clean`."""

    kind: ClassVar[service.Kind]
    # Other names a field may come under; the field's own name wins.
    aliases: ClassVar[dict[str, str]] = {}

    class Meta:
        list_serializer_class = BulkSerializer

    def to_internal_value(self, data: Any) -> Content:
        """Judge one record; raises ValidationError with the errors by wire field."""
        try:
            return self.judge(data, *self.frame())[0]
        except Rejected as rejected:
            raise serializers.ValidationError(rejected.errors) from rejected

    def judge(self, record: Any, latest: int, client_id: str, clean: bool) -> tuple[Content, list[str]]:
        """Return the content of one record by column and the names of the fields that were cut; raises Rejected.

        `latest` is the last instant allowed, `client_id` the browser of a record that names none, `clean` whether the
        body had no escapes that spell what the database cannot hold.
        """
        if not isinstance(record, dict):
            raise Rejected({"record": ["Send each record as an object."]})
        judgement = Judgement(latest, clean=clean)
        content: Content = {}
        errors: dict[str, list[str]] = {}
        out_of_time = 0
        for name, read, column, default, alias, read_alias, required in self.steps():
            value = record.get(name)
            sent = name
            if value is None:
                if alias is not None:
                    value, sent, read = record.get(alias), alias, read_alias  # noqa: PLW2901  # the alias stands in
                if value is None:
                    if required:
                        errors[name] = ["This field is required."]
                    content[column] = default
                    continue
            try:
                content[column] = read(value, sent, judgement)
            except Wrong as wrong:
                errors[sent] = [str(wrong)]
                out_of_time += isinstance(wrong, OutOfTime)
        if content.get("client_id") is None:
            content["client_id"] = client_id
        if errors:
            raise Rejected(errors, retry=out_of_time == len(errors))
        self.complete(record, content, judgement)
        return content, judgement.trimmed

    def complete(self, record: Mapping[str, Any], content: Content, judgement: Judgement) -> None:
        """Fill what follows from several fields, and judge what only they can tell; raises Rejected."""
        raise NotImplementedError

    @classmethod
    def everyday(cls) -> EverydayVisits | None:
        """Return the short cut for records of this kind, if there is one."""
        return None

    def id_of(self, record: Any) -> str | None:
        """Return the record's id as sent, or None when it has none that is valid."""
        return None

    def sent_as(self, field: str, record: Mapping[str, Any]) -> str:
        """Return the name a field came under."""
        alias = self.aliases.get(field)
        return alias if alias and record.get(field) is None and record.get(alias) is not None else field

    def frame(self) -> tuple[int, str, bool]:
        """Return what the context says of every record, as `judge` takes it."""
        latest = int(self.context["now"]) + limits.CLOCK_LEEWAY_MS
        return latest, self.context.get("anonymous_client_id", ""), self.context.get("clean", False)

    @classmethod
    @cache
    def steps(cls) -> tuple[Step, ...]:
        """Return the steps of judging a record, made once from the declared fields."""
        declared: Mapping[str, Any] = cls().fields
        steps = []
        for name, field in declared.items():
            if name in cls.aliases.values():
                continue
            alias = cls.aliases.get(name)
            read_alias = declared[alias].read if alias else field.read
            default = None if field.required else field.get_default()
            steps.append((name, field.read, field.source, default, alias, read_alias, field.required))
        return tuple(steps)


class PageVisitSerializer(RecordSerializer):
    """A page visit: one continuous period of a person on one page in one tab."""

    id = Text(
        source="visit_id",
        max_length=limits.MAX_ID,
        allow_blank=False,
        help_text="Made by the extension; unique within one browser. May come as `visitId` instead.",
    )
    visitId = Text(max_length=limits.MAX_ID, allow_blank=False, required=False, help_text="Another name of `id`.")
    url = fields.Url(help_text=f"As the browser has it; stored up to {limits.MAX_URL} characters, without credentials.")
    startedAt = Instant(source="started_at", help_text="May come as `timestamp` instead.")
    timestamp = Instant(required=False, help_text="Another name of `startedAt`.")
    tabId = Whole(source="tab_id", default=None, allow_null=True)
    domain = fields.DomainName(default="", allow_null=True, help_text="Derived from `url` when absent.")
    title = CutText(
        most=limits.MAX_TITLE, default="", allow_null=True, help_text=f"Stored up to {limits.MAX_TITLE} characters."
    )
    endedAt = Instant(source="ended_at", default=None, allow_null=True, help_text="Null while the visit goes on.")
    duration = Duration(source="duration_ms", default=0, allow_null=True)
    durationSeconds = fields.Seconds(required=False, allow_null=True, help_text="Taken when `duration` is absent.")
    isActive = fields.Flag(source="is_active", default=False, allow_null=True)
    activeDuration = Duration(source="active_duration_ms", default=0, allow_null=True)
    engagementRate = fields.Share(
        source="engagement_rate", cut=True, default=0.0, allow_null=True, help_text="Above 1 it is stored as 1."
    )
    idlePeriods = fields.IdlePeriods(
        source="idle_periods",
        default=list,
        allow_null=True,
        help_text=f"The latest {limits.MAX_IDLE_PERIODS} are kept; a malformed one is dropped.",
    )
    lastHeartbeat = Instant(source="last_heartbeat_at", default=None, allow_null=True)
    category = CutText(most=limits.MAX_CATEGORY, default=None, allow_null=True)
    categoryConfidence = fields.Share(source="category_confidence", default=None, allow_null=True)
    categoryMethod = CutText(source="category_method", most=limits.MAX_CATEGORY, default=None, allow_null=True)
    metadata = fields.Metadata(
        default=dict,
        allow_null=True,
        help_text=f"Free; over {limits.MAX_METADATA_BYTES} bytes of compact JSON it becomes empty.",
    )
    closedAt = Instant(source="closed_at", default=None, allow_null=True, help_text=CLOSED_AT_HELP)
    anonymousClientId = Text(
        source="client_id", max_length=limits.MAX_CLIENT_ID, default=None, allow_null=True, help_text=CLIENT_ID_HELP
    )
    revision = Whole(max_value=limits.MAX_REVISION, default=0, allow_null=True, help_text=REVISION_HELP)

    kind = service.PAGE_VISITS
    aliases: ClassVar = {"id": "visitId", "startedAt": "timestamp", "duration": "durationSeconds"}

    def complete(self, record: Mapping[str, Any], content: Content, judgement: Judgement) -> None:
        """Derive the domain; refuse an end before the start or past the limits."""
        started, ended = content["started_at"], content["ended_at"]
        if ended is not None and ended < started:
            raise Rejected({"endedAt": ["A visit ends at or after its start."]})
        if started + content["duration_ms"] > judgement.latest:
            late = "The start and this duration end more than 24 hours ahead of the server's clock."
            raise Rejected({self.sent_as("duration", record): [late]}, retry=True)
        content["domain"] = content["domain"] or fields.bare_domain(fields.split_url(content["url"])[1])

    @classmethod
    @cache
    def everyday(cls) -> EverydayVisits:
        """Return the short cut for visits, made once from the declared fields."""
        return EverydayVisits(cls().fields, cls.aliases)

    def id_of(self, record: Any) -> str | None:
        """Return the visit's id as sent, or None when it has none that is valid."""
        if isinstance(record, EverydayVisit):
            return record.visit_id
        if not isinstance(record, dict):
            return None
        sent = record.get("id") if record.get("id") is not None else record.get("visitId")
        try:
            return self.fields["id"].read(sent, "id", Judgement(0))  # type: ignore[attr-defined, no-any-return]  # a WireField
        except Wrong:
            return None


class TabAggregateSerializer(RecordSerializer):
    """A tab aggregate: totals over the life of one tab, a cumulative snapshot."""

    tabId = Whole(source="tab_id")
    startTime = Instant(source="started_at", help_text="When the tab was created; part of the record's key.")
    totalActiveDuration = Duration(source="total_active_duration_ms")
    lastActiveTime = Instant(
        source="last_active_at", default=None, allow_null=True, help_text="`startTime` when absent."
    )
    domainDurations = fields.DomainDurations(
        source="domain_durations",
        default=dict,
        allow_null=True,
        help_text=f"The largest {limits.MAX_DOMAIN_DURATIONS} are kept.",
    )
    pageCount = Whole(source="page_count", default=0, allow_null=True, help_text="Pages visited in the tab.")
    currentUrl = fields.LenientUrl(
        source="current_url", default=None, allow_null=True, help_text="What is no http(s) URL becomes null."
    )
    currentDomain = fields.LenientDomainName(
        source="current_domain", default=None, allow_null=True, help_text="Derived from `currentUrl` when absent."
    )
    statistics = fields.Statistics(default=dict, allow_null=True)
    closedAt = Instant(source="closed_at", default=None, allow_null=True, help_text=CLOSED_AT_HELP)
    anonymousClientId = Text(
        source="client_id", max_length=limits.MAX_CLIENT_ID, default=None, allow_null=True, help_text=CLIENT_ID_HELP
    )
    revision = Whole(max_value=limits.MAX_REVISION, default=0, allow_null=True, help_text=REVISION_HELP)

    kind = service.TAB_AGGREGATES

    def complete(self, record: Mapping[str, Any], content: Content, judgement: Judgement) -> None:
        """Fill the last sign of life and the current domain."""
        if content["last_active_at"] is None:
            content["last_active_at"] = content["started_at"]
        if not content["current_domain"]:
            url = content["current_url"]
            content["current_domain"] = fields.bare_domain(fields.split_url(url)[1]) if url else None


class ClientSerializer(serializers.Serializer[Any]):
    """What a sender tells of itself; a wrong value is ignored."""

    extensionVersion = serializers.CharField(required=False)
    browserName = serializers.CharField(required=False)
    browserVersion = serializers.CharField(required=False)
    platform = serializers.CharField(required=False)


class PageVisitPushSerializer(serializers.Serializer[Any]):
    """The body of a push of page visits."""

    visits = BulkSerializer(child=PageVisitSerializer(), max_length=limits.MAX_RECORDS)
    anonymousClientId = serializers.CharField(
        required=False, max_length=limits.MAX_CLIENT_ID, help_text=BODY_CLIENT_ID_HELP
    )
    client = ClientSerializer(required=False)


class TabAggregatePushSerializer(serializers.Serializer[Any]):
    """The body of a push of tab aggregates."""

    aggregates = BulkSerializer(child=TabAggregateSerializer(), max_length=limits.MAX_RECORDS)
    anonymousClientId = serializers.CharField(
        required=False, max_length=limits.MAX_CLIENT_ID, help_text=BODY_CLIENT_ID_HELP
    )
    client = ClientSerializer(required=False)


class RejectedSerializer(serializers.Serializer[Any]):
    """A record that was not stored."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    id = serializers.CharField(allow_null=True, help_text="Its id, if that is a valid string.")
    errors = serializers.DictField(  # type: ignore[assignment]  # the wire's name
        child=serializers.ListField(child=serializers.CharField()),
        help_text="By wire field as sent; `record` for the whole.",
    )
    retry = serializers.BooleanField(required=False, help_text="True if a mended clock may put it right.")


class TrimmedSerializer(serializers.Serializer[Any]):
    """A record that was stored with something cut."""

    index = serializers.IntegerField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the wire's name


class PushReplySerializer(serializers.Serializer[Any]):
    """What became of each record of a push."""

    results = serializers.ListField(child=serializers.ChoiceField(RESULTS))
    rejected = RejectedSerializer(many=True)
    trimmed = TrimmedSerializer(many=True)
    serverTime = serializers.IntegerField(help_text="Milliseconds since the epoch, by the server's clock.")


class LimitsSerializer(serializers.Serializer[Any]):
    """What a sender must keep to."""

    maxRecords = serializers.IntegerField(help_text="Records in a batch.")
    maxBodyBytes = serializers.IntegerField(help_text="Bytes of a body after inflating.")
    maxRecordBytes = serializers.IntegerField(help_text="Bytes of a record as sent.")
    minSyncIntervalSeconds = serializers.IntegerField(help_text="The pace when there is little to send.")
    maxBrowsers = serializers.IntegerField(help_text="Browsers of a person.")
