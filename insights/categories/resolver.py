"""The category of a visit, by a person's rules, by what the extension sent, and by the built-in table. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Final, NamedTuple

from insights.categories import well_known


class PathRule(NamedTuple):
    """A rule for the pages of a site at a path and below it."""

    site: str
    path: str
    category: str

    @property
    def url_pattern(self) -> str:
        """The regular expression, for Python and for both databases, that a URL of the site must match."""
        return rf"^https?://[^/?#]+{re.escape(self.path.removesuffix('/'))}([/?#]|$)"


def names_above(site: str) -> Iterator[str]:
    """Yield the site and each domain above it, the longest first: docs.example.org, example.org, org.

    The same without the port follow after those with a port.
    """
    host, _, port = site.rpartition(":")
    for whole in (site, host) if host and port.isdigit() else (site,):
        labels = whole.split(".")
        yield from (".".join(labels[place:]) for place in range(len(labels)) if whole)


@cache
def built_in_categories() -> dict[str, str]:
    """Return the category of each well-known site."""
    return well_known.categories_by_site()


@cache
def _built_in_text() -> str:
    return repr(sorted(built_in_categories().items()))


def _first(site: str, categories: dict[str, str]) -> str | None:
    return next((categories[name] for name in names_above(site) if name in categories), None)


def built_in_category(site: str) -> str:
    """Return the category of a site by the built-in table alone; "" for a site that it does not hold."""
    return _first(site, built_in_categories()) or ""


class Resolver:
    """Tells the category of visits: the person's longest rule that fits, else the one sent, else the built-in one.

    A rule for a path comes before all rules for whole sites. A rule for a site holds for its subdomains too.
    """

    def __init__(self, by_site: dict[str, str] | None = None, path_rules: Iterable[PathRule] = ()) -> None:
        self.by_site: Final = by_site or {}
        # The longest path first.
        self.path_rules: Final = tuple(sorted(path_rules, key=lambda rule: (-len(rule.path), rule.path, rule.site)))
        self._known: dict[tuple[str, str | None], str] = {}

    @cached_property
    def _patterns(self) -> dict[str, list[tuple[re.Pattern[str], PathRule]]]:
        found: dict[str, list[tuple[re.Pattern[str], PathRule]]] = {}
        for rule in self.path_rules:
            found.setdefault(rule.site, []).append((re.compile(rule.url_pattern), rule))
        return found

    @cached_property
    def fingerprint(self) -> int:
        """A number that changes with the rules and with the built-in table."""
        everything = sorted(self.by_site.items()), self.path_rules, _built_in_text()
        return int.from_bytes(hashlib.sha256(repr(everything).encode()).digest()[:6])

    def is_as_sent(self, category: str) -> bool:
        """Tell whether the visits for which this category was sent, and no others, have it; rules for paths apart."""
        return bool(category) and not self.by_site and category not in built_in_categories().values()

    def path_rule(self, site: str, url: str) -> PathRule | None:
        """Return the person's rule for the path of a URL; None without one."""
        return next((rule for pattern, rule in self._patterns.get(site, ()) if pattern.match(url)), None)

    def category(self, site: str, sent: str | None, url: str = "") -> str:
        """Return the category of a visit, "" for none; without a URL the rules for paths are left out."""
        rule = self.path_rule(site, url) if url else None
        if rule is not None:
            return rule.category
        found = self._known.get((site, sent))
        if found is None:
            found = _first(site, self.by_site) or sent or built_in_category(site)
            self._known[site, sent] = found
        return found
