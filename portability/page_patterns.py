"""Patterns of pages that an import leaves out: a site with its subdomains, or a URL with `*` for any text."""

from collections.abc import Callable, Sequence

from sync.records.page_url import site_of_text

MOST = 200
LONGEST = 500


def matcher(patterns: Sequence[str]) -> Callable[[str, str], bool]:
    """Return a function of (URL, site) that tells whether one of the patterns matches."""
    sites, texts = set(), []
    for pattern in filter(None, (pattern.strip() for pattern in patterns)):
        if "/" in pattern or "*" in pattern.removeprefix("*."):
            texts.append([part.lower() for part in pattern.split("://", 1)[-1].split("*")])
        else:
            sites.add(site_of_text(pattern.removeprefix("*.")))

    def matches(url: str, site: str) -> bool:
        labels = site.split(".")
        if sites and any(".".join(labels[place:]) in sites for place in range(len(labels))):
            return True
        bare = url.split("://", 1)[-1].lower() if texts else ""
        return any(_fits(bare, parts) for parts in texts)

    return matches


def _fits(text: str, parts: Sequence[str]) -> bool:
    """Tell whether the parts stand in the text in this order, the first at its start and the last at its end.

    No regular expression: one of many stars takes a time that grows with a power of the length of the URL.
    """
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
