"""The results of reading a file: visits that were found, and reasons for rows that are left out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

Reason = Literal[
    "reload", "redirectHop", "subframe", "otherScheme", "private", "notAPerson", "outOfRange", "unreadable"
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
Family = Literal["chromium", "firefox", "safari", "activitywatch", "own"]


class UnknownFormat(Exception):
    """The file cannot be taken; the text says what was seen and what is taken."""


class FoundVisit(NamedTuple):
    """A visit as its source tells it; times that the source does not know are None."""

    start_us: int
    url: str
    title: str = ""
    ended_at: int | None = None  # ms, like the next two
    duration_ms: int | None = None
    active_ms: int | None = None
    metadata: Mapping[str, Any] | None = None


class LeftOut(NamedTuple):
    """A row that is no visit of the person. Its page and time are given where they tell how new the page's title is."""

    reason: Reason
    start_us: int = 0
    url: str = ""


Found = FoundVisit | LeftOut
Reading = Iterator[Found]


def is_page(url: str) -> bool:
    """Tell whether the text begins as an http(s) URL."""
    return url[:8].lower().startswith(("http://", "https://"))
