"""The words of a search: `green "rose garden" -work site:example.org category:news after:2025-03 before:2025-06-15`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from insights.folded_text import fold, readable_url, without_percents
from insights.period_query import EARLIEST_DAY, LATEST_DAY
from sync.records.page_url import site_of_text

MAX_QUERY: Final = 1_000
HELP: Final = (
    "Words in title or URL, in any order, case and accents. \"…\" is a phrase, and - before a word leaves pages with "
    "it out. site:example.org, category:news, before:2025-06-15 (earlier than this day) and after:2025-03 (this "
    "month and later) narrow the search; a day, a month or a year may stand there."
)  # fmt: skip
# Phones type curly quotation marks.
_QUOTES: Final = '"“”„‟'
_PART: Final = re.compile(
    rf"(?P<minus>-)?(?:(?P<name>site|category|before|after):)?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]?|(?P<word>\S*))",
    re.IGNORECASE,
)
_DAY: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


@dataclass(frozen=True, slots=True)
class Words:
    """A word or phrase to look for, folded: as it stands in titles, and as it stands in readable URLs."""

    in_title: str
    in_url: str

    def stand_in(self, title: str, url: str, raw_url: str) -> bool:
        """Tell whether they stand in a folded title, in a folded, readable URL, or in the URL as it is stored.

        A URL writes the blanks of a phrase as `_`, `-` or `+`. A word that is itself encoded may be a part of a code.
        """
        if self.in_title in title or self.in_url in url:
            return True
        if " " in self.in_url and self.in_url.translate(_BLANKS) in url.translate(_BLANKS):
            return True
        return ("%" in self.in_title or "xn--" in self.in_title) and self.in_title in raw_url.lower()


_BLANKS: Final = str.maketrans("_-+", "   ")


@dataclass(frozen=True, slots=True)
class Choice:
    """Sites or categories of which one must be met, and those that must not be met."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What a search asks for; `after` is its first day and `before` the first day after it.

    `errors` says in sentences which parts cannot be searched for.
    """

    wanted: tuple[Words, ...] = ()
    unwanted: tuple[Words, ...] = ()
    sites: Choice = Choice()
    categories: Choice = Choice()
    after: date | None = None
    before: date | None = None
    errors: tuple[str, ...] = ()

    @property
    def reads_text(self) -> bool:
        """True if titles and URLs must be read to tell whether a visit matches."""
        return bool(self.wanted or self.unwanted)


class _Unusable(ValueError):
    """A part that cannot be searched for; the text is a sentence for people."""


def search_words(text: str) -> SearchWords:
    """Return what a search asks for. Every part of the text is in the result, be it in `errors`."""
    if len(text) > MAX_QUERY:
        return SearchWords(errors=(f"A search has at most {MAX_QUERY:,} characters.",))
    wanted: dict[str, list[Words]] = {"": [], "-": []}
    chosen: dict[str, list[str]] = {"site": [], "-site": [], "category": [], "-category": []}
    days: dict[str, list[date]] = {"before": [], "after": []}
    errors = []
    for part in parts_of(text):
        try:
            if part.name in days:
                days[part.name].append(_day(part))
            elif part.name:
                chosen[part.minus + part.name].append(_READ[part.name](part))
            else:
                wanted[part.minus].append(_words(part))
        except _Unusable as error:
            errors.append(str(error))
    return SearchWords(
        wanted=tuple(dict.fromkeys(wanted[""])),
        unwanted=tuple(dict.fromkeys(wanted["-"])),
        sites=Choice(tuple(chosen["site"]), tuple(chosen["-site"])),
        categories=Choice(tuple(chosen["category"]), tuple(chosen["-category"])),
        after=max(days["after"], default=None),
        before=min(days["before"], default=None),
        errors=tuple(errors),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a search as it was typed: `-site:"x y"` has the minus "-", the name "site" and the value "x y"."""

    text: str
    minus: str
    name: str
    value: str


def parts_of(text: str) -> list[Part]:
    """Return the parts of a search; a sign that stands alone is a word."""
    parts = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _PART.match(text, at)
        assert found, "the expression matches any text, also none"  # noqa: S101  # for the reader and mypy
        minus, name = found["minus"] or "", (found["name"] or "").lower()
        is_phrase = found["phrase"] is not None
        value = found["phrase"] if is_phrase else found["word"]
        if not (value or name or is_phrase):
            minus, value = "", found[0]
        parts.append(Part(found[0], minus, name, value))
        at = found.end()
    return parts


# A URL or a host as typed: before the host, the host, its port.
_TYPED_URL: Final = re.compile(r"(?P<before>https?://(?:www\.)?|www\.)(?=[^/\s])|(?=\S*xn--)", re.IGNORECASE)
_USUAL_PORT: Final = re.compile(r"^([^/?#]+):(?:80|443)(?=[/?#]|$)")


def _words(part: Part) -> Words:
    words = Words(fold(part.value), fold(_in_readable_url(part.value)))
    if not (words.in_title and words.in_url):
        raise _Unusable(f"“{part.text}” has no letters to look for.")
    return words


def _in_readable_url(text: str) -> str:
    """Return a word as readable URLs have it: a whole URL without scheme, `www.` and the usual port."""
    found = _TYPED_URL.match(text.strip())
    if found is None:
        return without_percents(text)
    rest = _USUAL_PORT.sub(r"\1", text.strip()[found.end() :])
    host, slash, path = rest.partition("/")
    return readable_url(f"http://{host}{slash if path else ''}{path}").removeprefix("http://")


def _day(part: Part) -> date:
    if part.minus:
        raise _Unusable(f"“{part.text}” cannot have a minus. Use {_OTHER[part.name]}: instead.")
    if _DAY.fullmatch(part.value):
        try:
            day = date.fromisoformat(part.value + {4: "-01-01", 7: "-01"}.get(len(part.value), ""))
        except ValueError:
            day = None
        if day and EARLIEST_DAY <= day <= LATEST_DAY:
            return day
    raise _Unusable(
        f"“{part.text}” names no day. Write it as {part.name}:2025-11-03, {part.name}:2025-11 or {part.name}:2025, or "
        "in quotation marks to look for these letters."
    )


_OTHER: Final = {"before": "after", "after": "before"}


def _site(part: Part) -> str:
    text = part.value.strip().removeprefix("*").removeprefix(".")
    if not text:
        raise _Unusable(f"“{part.text}” names no site. Write it as site:example.org.")
    return site_of_text(text)


def _category(part: Part) -> str:
    if not part.value.strip():
        raise _Unusable(f"“{part.text}” names no category. Write it as category:news.")
    return part.value.strip()


_READ: Final[dict[str, Callable[[Part], str]]] = {"site": _site, "category": _category}
