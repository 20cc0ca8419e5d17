"""The sources of the feed: a kind of changes is told of here and nowhere else."""

from typing import Final

from sync.feed.change import Source
from sync.feed.erasure_source import ErasureSource
from sync.feed.record_source import RecordSource
from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE

# Changes with the same seq come in the order of these kinds, which is that of their names.
SOURCES: Final[tuple[Source, ...]] = (
    ErasureSource(),
    RecordSource(PAGE_VISIT, "page-visit", "visit"),
    RecordSource(TAB_AGGREGATE, "tab-aggregate", "aggregate"),
)
NAMES: Final = tuple(source.name for source in SOURCES)
