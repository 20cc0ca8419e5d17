"""Plain words for the counts of an import."""

from collections.abc import Mapping

REASONS = {
    "kept": "visits found",
    "reload": "reloads of a page",
    "redirectHop": "redirects, which only led on to another page",
    "subframe": "parts of pages, downloads, and pages that did not load",
    "otherScheme": "pages that are not on the web, such as settings and files",
    "private": "visits in private windows, and visits that your rules keep off the server",
    "notAPerson": "pages that a program opened, not you",
    "outOfRange": "visits without a time, or with an impossible one",
    "unreadable": "rows that cannot be read",
}
FATES = {
    "created": "visits added",
    "updated": "visits brought up to date",
    "unchanged": "visits that were here already",
    "alreadyRecorded": "visits that a browser of yours has recorded itself",
    "leftOut": "visits left out by your patterns",
    "erased": "visits that you erased before",
    "rejected": "visits that cannot be stored",
}


def _in_words(counts: Mapping[str, int], words: Mapping[str, str]) -> list[tuple[int, str]]:
    return [(counts[name], text) for name, text in words.items() if counts.get(name)]


def reasons_in_words(counts: Mapping[str, int]) -> list[tuple[int, str]]:
    """Return (number, words) of each reason that occurs in a file."""
    return _in_words(counts, REASONS)


def fates_in_words(stored: Mapping[str, int]) -> list[tuple[int, str]]:
    """Return (number, words) of each fate of kept visits that occurs."""
    return _in_words(stored, FATES)
