"""What is on a page as CSV and JSON: `?format=csv` or `?format=json` beside the page's own parameters."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse

from bounded_reading import ReadingTookTooLong
from insights.csv_text import csv_blocks
from insights.numbers import Sums, Totals
from insights.pages.page_context import PeriodLink
from insights.periods import Period
from insights.queries import ListedVisit
from insights.tab_lifetimes import TabLifetime

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
NUMBERS = ("part", "name", "activeMs", "timeMs", "clockMs", "visits")
VISITS = ("start", "end", "activeMs", "domain", "url", "title", "category", "browser", "id")
TABS = ("part", "openedAt", "endedAt", "open", "activeMs", "pages", "domain", "url", "browser", "tabId")
# A file is held as a whole. Usual ones have less than 5 MB, but each URL may have 8 KiB.
MOST_FILE_BYTES: Final = 24 * 1_048_576
Row = Sequence[Any]


def file_links(request: HttpRequest) -> list[PeriodLink]:
    """Return the links to the files of a page."""
    asked = request.GET.copy()
    links = []
    for name in FORMATS:
        asked["format"] = name
        links.append(PeriodLink(name.upper(), f"?{asked.urlencode()}"))
    return links


def page_file(request: HttpRequest, name: str, columns: Row, rows: Callable[[], Iterable[Row]]) -> HttpResponse | None:
    """Return the rows of a page as the file that was asked for; None where the page itself was.

    Raises ReadingTookTooLong for a file of more than MOST_FILE_BYTES.
    """
    kind = request.GET.get("format", "")
    if kind not in FORMATS:
        return None
    blocks = csv_blocks(columns, rows()) if kind == "csv" else _json_blocks(columns, rows())
    content = b"".join(_bounded(blocks))
    answer = HttpResponse(content, content_type=FORMATS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def _json_blocks(columns: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    encode, before = msgspec.json.Encoder().encode, b"["
    for row in rows:
        yield before + encode(dict(zip(columns, row, strict=True)))
        before = b","
    yield b"[]" if before == b"[" else b"]"


def _bounded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > MOST_FILE_BYTES:
            raise ReadingTookTooLong
        yield block


def file_name(page: str, period: Period) -> str:
    """Return the name of a file of a page about a period."""
    return f"{page}-{period.first}-{period.last}"


def numbers_row(part: str, name: Any, sums: Sums | Totals) -> Row:
    """Return a row by NUMBERS; an unknown number is None."""
    return part, str(name), sums.active_ms, sums.time_ms, getattr(sums, "clock_ms", None), sums.visits


def visit_row(listed: ListedVisit, browser: str) -> Row:
    """Return a row by VISITS."""
    visit = listed.visit
    return (
        visit.started_at, visit.ended_at, visit.active_ms, visit.domain, listed.url, listed.title, visit.category,
        browser, listed.visit_id,
    )  # fmt: skip


def tab_row(part: str, tab: TabLifetime, browser: str) -> Row:
    """Return a row by TABS."""
    return (
        part, tab.opened_at, tab.ended_at, tab.is_open, tab.active_ms, tab.pages, tab.domain, tab.url, browser,
        tab.tab_id,
    )  # fmt: skip
