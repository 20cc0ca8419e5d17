"""Formats stored values for staff. Text from pages and clients is escaped."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from instants import from_milliseconds

NOTHING = "–"
UNKNOWN = "unknown"
UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def local_time(ms: int) -> datetime | None:
    """Return an instant in the active time zone, or None for one outside the calendar."""
    try:
        return timezone.localtime(from_milliseconds(ms))
    except (OverflowError, ValueError):
        return None


def timestamp(moment: datetime) -> str:
    """Return a datetime to the second, in the active time zone."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"


def instant(ms: int | None) -> str:
    """Return an instant to the second, in the active time zone; the bare number where the calendar ends before it."""
    if ms is None:
        return NOTHING
    local = local_time(ms)
    return str(ms) if local is None else f"{local:%Y-%m-%d %H:%M:%S}"


def exact_instant(ms: int | None) -> SafeString | str:
    """Return an instant to the millisecond with its zone, and the stored number beside it."""
    local = None if ms is None else local_time(ms)
    if ms is None or local is None:
        return instant(ms)
    return format_html(
        '<time datetime="{}">{}</time> <span class="sync-quiet">{} · {}</span>',
        local.isoformat(timespec="milliseconds"), f"{local:%Y-%m-%d %H:%M:%S}.{ms % 1000:03}", local.tzname(), ms,
    )  # fmt: skip


def duration(ms: int | None) -> str:
    """Return a duration such as `3 m 12 s`; under a second in milliseconds."""
    if ms is None:
        return UNKNOWN
    if abs(ms) < 1000:
        return f"{ms} ms" if ms else "0 s"
    left = abs(ms) // 1000
    parts = []
    for unit, seconds in UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    return ("−" if ms < 0 else "") + " ".join(parts)


def exact_duration(ms: int | None) -> SafeString | str:
    """Return a duration with the stored milliseconds beside it."""
    if not ms:
        return duration(ms)
    return format_html('{} <span class="sync-quiet">{} ms</span>', duration(ms), f"{ms:,}")


def link(url: str | None) -> SafeString | str:
    """Return an http(s) URL as a link that sends no referrer; any other URL as text."""
    if not url:
        return NOTHING
    if not url.lower().startswith(("http://", "https://")):
        return format_html('<span class="sync-url">{}</span>', url)
    return format_html('<a class="sync-url" href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>', url)


def indented_json(value: Any) -> SafeString | str:
    """Return a JSON value spread over lines."""
    if value in (None, {}, []):
        return NOTHING
    return format_html('<pre class="sync-json">{}</pre>', json.dumps(value, ensure_ascii=False, indent=2))


def wrapped(text: str) -> SafeString:
    """Return text that may wrap; the other cells of the admin's tables do not."""
    return format_html('<span class="sync-wrap">{}</span>', text)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> SafeString | str:
    """Return rows as a small table."""
    lines = [(format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows]
    if not lines:
        return NOTHING
    return format_html(
        '<div class="sync-scroll"><table class="sync-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        format_html_join("", '<th scope="col">{}</th>', ((heading,) for heading in headings)),
        format_html_join("", "<tr>{}</tr>", lines),
    )
