"""A page visit: one continuous period of a person on one page in one tab. The contract is docs/api.md."""

from sync import limits
from sync.models import PageVisit, SyncBatch
from sync.records import fields
from sync.records.merge import Rank
from sync.records.record_kind import SHARED_FIELDS, Content, Field, RecordKind, Rejected


def rank(
    revision: int,
    started_at: int,
    ended_at: int | None,
    last_heartbeat_at: int | None,
    duration_ms: int | None,
    is_active: bool,
    active_duration_ms: int | None,
    closed_at: int | None,
) -> Rank:
    """Return the values by which versions are compared: the first difference decides, and the larger value wins."""
    return (
        revision,
        # The last instant at which the visit is known to go on.
        max(ended_at or 0, last_heartbeat_at or 0, started_at + (duration_ms or 0)),
        1 if ended_at is not None and not is_active else 0,
        active_duration_ms or 0,
        closed_at or 0,
    )


def complete(visit: Content, judgement: fields.Judgement) -> None:
    """Set the site; refuse an end before the start or past the limits."""
    visit.domain = judgement.site
    started, ended = visit.started_at, visit.ended_at
    if ended is not None and ended < started:
        raise Rejected({"endedAt": ["A visit ends at or after its start."]})
    end = started + (visit.duration_ms or 0)
    if end > judgement.latest:
        name, retry = judgement.aliases.get("duration", "duration"), judgement.is_of_wrong_clock(end)
        late = "end more than 24 hours ahead of the server's clock" if retry else "must not end in the future"
        raise Rejected({name: [f"The start and this duration {late}."]}, retry=retry)


PAGE_VISIT = RecordKind(
    SyncBatch.Kind.PAGE_VISITS,
    PageVisit,
    list_name="visits",
    key=("visit_id",),
    format_number=4,
    rank=rank,
    complete=complete,
    fields=(
        Field(
            "id", "visit_id", fields.Text(limits.MAX_ID, low=1), required=True, alias="visitId",
            help="Made by the extension; unique within one browser. May come as `visitId` instead.",
        ),
        Field(
            "url", "url", fields.Url(), required=True,
            help=f"As the browser has it; stored up to {limits.MAX_URL} characters, without credentials.",
        ),
        Field(
            "startedAt", "started_at", fields.Instant(), required=True, alias="timestamp",
            help="May come as `timestamp` instead.",
        ),
        Field("tabId", "tab_id", fields.whole()),
        Field("domain", "domain", fields.SITE, derived=True, help="Accepted and ignored: derived from `url`."),
        Field("title", "title", fields.CutText(limits.MAX_TITLE), default="",
              help=f"Stored up to {limits.MAX_TITLE} characters."),
        Field("endedAt", "ended_at", fields.Instant(), help="Null while the visit goes on."),
        Field(
            "duration", "duration_ms", fields.DURATION, alias="durationSeconds", alias_value=fields.Seconds(),
            help="Null where unknown, which is not 0. `durationSeconds` is taken when it is absent.",
        ),
        Field("isActive", "is_active", fields.Flag(), default=False, help="True while the visit goes on."),
        Field("activeDuration", "active_duration_ms", fields.DURATION, help="Null where unknown, which is not 0."),
        Field(
            "engagementRate", "engagement_rate", fields.Share(cut=True), default=0.0, help="Above 1 it is stored as 1.",
        ),
        Field(
            "idlePeriods", "idle_periods", fields.IdlePeriods(), default=b"[]",
            help=f"The latest {limits.MAX_IDLE_PERIODS} are kept; a malformed one is dropped.",
        ),
        Field("lastHeartbeat", "last_heartbeat_at", fields.Instant()),
        Field("category", "category", fields.CutText(limits.MAX_CATEGORY)),
        Field("categoryConfidence", "category_confidence", fields.Share()),
        Field("categoryMethod", "category_method", fields.CutText(limits.MAX_CATEGORY)),
        Field(
            "metadata", "metadata", fields.Metadata(), default=b"{}",
            help=f"Free; over {limits.MAX_METADATA_BYTES} bytes of compact JSON it becomes empty.",
        ),
        *SHARED_FIELDS,
    ),
)  # fmt: skip
