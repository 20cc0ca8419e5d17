"""The TSV files of History Trends Unlimited, which keeps Chromium's visits beyond 90 days."""

import re
from decimal import Decimal, InvalidOperation
from typing import IO

from portability.importers.chromium import EPOCH_US, reason_of
from portability.importers.found import FoundVisit, LeftOut, Reading, Reason, is_page

LONGEST_LINE = 65_536
_UNIX_MS = re.compile(r"U(\d{12,14}(?:\.\d{1,6})?)")
_UNIX_MS_PLAIN = re.compile(r"\d{12,14}(?:\.\d{1,6})?")
_WINDOWS_US = re.compile(r"\d{17}")
_TRANSITION = re.compile(r"-?\d{1,10}")
_WORDS: dict[str, Reason] = {
    "reload": "reload",
    "auto_subframe": "subframe",
    "manual_subframe": "subframe",
    "keyword_generated": "subframe",
}
HOPS_UNKNOWN = "This analysis export does not tell redirects from pages, so pages that only redirected are among them."


def kind_of(line: str) -> str | None:
    """Return "archive" or "analysis" for the first line of such a file, None for any other line."""
    parts = line.rstrip("\r\n").split("\t")
    if len(parts) in {3, 4} and ":" in parts[0] and _start_us(parts[1]) and _TRANSITION.fullmatch(parts[2]):
        return "archive"
    if len(parts) in {7, 8} and ":" in parts[0] and _UNIX_MS_PLAIN.fullmatch(parts[3].removeprefix("U")):
        return "analysis"
    return None


def read(file: IO[bytes]) -> Reading:
    """Yield a result for each line."""
    while raw := file.readline(LONGEST_LINE):
        line = raw.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        if not raw.endswith(b"\n") and len(raw) == LONGEST_LINE:
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield LeftOut("unreadable")
        elif line:
            yield _found(line.split("\t"))


def _found(parts: list[str]) -> FoundVisit | LeftOut:
    reason: Reason | None
    if len(parts) in {3, 4}:
        start_us, transition = _start_us(parts[1]), parts[2]
        if not _TRANSITION.fullmatch(transition):
            return LeftOut("unreadable")
        reason = reason_of(int(transition) & 0xFFFFFFFF)
        title = parts[3] if len(parts) == 4 else ""
    elif len(parts) in {7, 8}:
        start_us, reason = _start_us("U" + parts[3].removeprefix("U")), _WORDS.get(parts[6].strip().lower())
        title = parts[7] if len(parts) == 8 else ""
    else:
        return LeftOut("unreadable")
    if start_us is None:
        return LeftOut("unreadable")
    if not is_page(parts[0]):
        return LeftOut("otherScheme")
    return LeftOut(reason, start_us, parts[0]) if reason else FoundVisit(start_us, parts[0], title)


def _start_us(text: str) -> int | None:
    if found := _UNIX_MS.fullmatch(text):
        try:
            return int(Decimal(found[1]) * 1000)
        except InvalidOperation:
            return None
    return int(text) - EPOCH_US if _WINDOWS_US.fullmatch(text) else None
