"""Numbers and names as text for people; a dash stands for an unknown number."""

MINUTE_MS = 60_000
UNKNOWN = "–"


def duration(ms: int | None) -> str:
    """Return a duration in hours and minutes, such as 3 h 20 min; under a minute in seconds."""
    if ms is None:
        return UNKNOWN
    if ms < MINUTE_MS:
        return f"{ms // 1000} s" if ms >= 1000 or ms == 0 else "under 1 s"
    minutes = ms // MINUTE_MS
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours >= 100:
        return f"{hours:,} h"
    return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"


def active_duration(ms: int | None) -> str:
    """Return an active time for a sentence, such as "8 min active"."""
    return "active time unknown" if ms is None else f"{duration(ms)} active"


def exact_duration(ms: int | None) -> str:
    """Return a duration to the second, such as 3 h 20 min 5 s."""
    if ms is None:
        return "unknown"
    if ms < MINUTE_MS:
        return duration(ms)
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number:,} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if number]
    return " ".join(parts)


def scale_label(ms: int) -> str:
    """Return the label of a line of a scale, such as 15 min, 1½ h, 4 h."""
    hours, rest = divmod(ms, 60 * MINUTE_MS)
    return f"{hours}½ h" if hours and rest == 30 * MINUTE_MS else duration(ms)


def machine_duration(ms: int) -> str:
    """Return a duration as HTML's `time` element reads it."""
    return f"PT{ms / 1000:g}S"


def percent(share: float | None) -> str:
    """Return a share in whole percent."""
    if share is None:
        return UNKNOWN
    if 0 < share < 0.005:
        return "<1 %"
    return f"{share * 100:.0f} %"


def change(share: float | None) -> str:
    """Return the growth of a number, such as ▲ 12 %; "" where it is unknown or under half a percent."""
    return "" if share is None or abs(share) < 0.005 else f"{'▲' if share > 0 else '▼'} {abs(share) * 100:,.0f} %"


def change_in_words(share: float | None) -> str:
    """Return the growth of a number for screen readers, such as "12 % more than before"."""
    return f"{change(share)[2:]} {'more' if share > 0 else 'less'} than before" if share and change(share) else ""
