"""The history of Chrome in Google Takeout: an array of visits under a name that Google has changed and translated."""

from typing import IO, Any

from portability.importers.found import FoundVisit, LeftOut, Reading, Reason, is_page
from portability.importers.json_members import ARRAY, Path, members

NAMES = {("Browser History",), ("BrowserHistory",)}
_REASONS: dict[str, Reason] = {
    "RELOAD": "reload",
    "AUTO_SUBFRAME": "subframe",
    "MANUAL_SUBFRAME": "subframe",
    "KEYWORD_GENERATED": "subframe",
}


def is_visit(path: Path, value: Any) -> bool:
    """Tell whether a member of a JSON file is a visit of Takeout."""
    return len(path) == 1 and isinstance(value, dict) and "time_usec" in value and "url" in value


def read(file: IO[bytes]) -> Reading:
    """Yield a result for each visit."""
    for path, value in members(file):
        if value is ARRAY:
            continue
        if path in NAMES or is_visit(path, value):
            yield _found(value)


def _found(visit: Any) -> FoundVisit | LeftOut:
    if not isinstance(visit, dict):
        return LeftOut("unreadable")
    url, time_us = visit.get("url"), visit.get("time_usec")
    if type(url) is not str or type(time_us) is not int:
        return LeftOut("unreadable")
    if not is_page(url):
        return LeftOut("otherScheme")
    transition = visit.get("page_transition")
    if isinstance(transition, str) and transition.upper() in _REASONS:
        return LeftOut(_REASONS[transition.upper()], time_us, url)
    if time_us <= 0:
        return LeftOut("outOfRange")
    title = visit.get("title")
    return FoundVisit(time_us, url, title if type(title) is str else "")
