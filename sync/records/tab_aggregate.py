"""A tab aggregate: totals over the life of one tab, a snapshot and never a delta. The contract is docs/api.md."""

from sync import limits
from sync.models import SyncBatch, TabAggregate
from sync.records.fields import DURATION, SITE, Instant, Judgement, Members, SiteDurations, Text, Url, whole
from sync.records.merge import Rank
from sync.records.record_kind import SHARED_FIELDS, Content, Field, RecordKind


def rank(
    revision: int, last_active_at: int, closed_at: int | None, total_active_duration_ms: int, page_count: int
) -> Rank:
    """Return the values by which versions are compared: the first difference decides, and the larger value wins."""
    return (
        revision,
        last_active_at,
        1 if closed_at is not None else 0,
        total_active_duration_ms,
        page_count,
        closed_at or 0,
    )


def complete(aggregate: Content, judgement: Judgement) -> None:
    """Set the current site, and the last sign of life where none was sent."""
    aggregate.current_domain = judgement.site
    if aggregate.last_active_at is None:
        aggregate.last_active_at = aggregate.started_at


TAB_AGGREGATE = RecordKind(
    SyncBatch.Kind.TAB_AGGREGATES,
    TabAggregate,
    list_name="aggregates",
    key=("tab_id", "started_at"),
    format_number=4,
    rank=rank,
    complete=complete,
    fields=(
        Field("tabId", "tab_id", whole(), required=True),
        Field("startTime", "started_at", Instant(), required=True, help="When the tab was created; part of the key."),
        Field("totalActiveDuration", "total_active_duration_ms", DURATION, required=True),
        Field("lastActiveTime", "last_active_at", Instant(), help="`startTime` when absent."),
        Field(
            "domainDurations", "domain_durations", SiteDurations(), default=b"{}",
            help=f"The largest {limits.MAX_DOMAIN_DURATIONS} are kept.",
        ),
        Field("pageCount", "page_count", whole(), default=0, help="Pages visited in the tab."),
        Field("currentUrl", "current_url", Url(lenient=True), help="Null is stored for what is no http(s) URL."),
        Field(
            "currentDomain", "current_domain", SITE, derived=True,
            help="Accepted and ignored: derived from `currentUrl`.",
        ),
        Field(
            "statistics", "statistics",
            Members("Statistics", {}, {"mostVisitedDomain": Text(limits.MAX_DOMAIN), "averagePageDuration": DURATION}),
            default=b"{}", help="What the extension worked out about the tab.",
        ),
        *SHARED_FIELDS,
    ),
)  # fmt: skip
