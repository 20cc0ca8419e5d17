"""Filters and tags of the pages: durations, instants and shares as text, safe links, definitions of numbers."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from insights import folded_text, highlighting, number_format, numbers
from insights.categories import names
from insights.categories.rule_text import path_of_url
from insights.charts import Bar
from insights.direction_marks import without_direction_marks
from insights.numbers import DEFINITIONS, Hour, Visit
from insights.search_words import Words
from insights.templatetags.filter_links import with_filters
from insights.visit_tallies import OTHER_SITES
from instants import from_milliseconds
from sync import browsers

register = template.Library()
register.filter("duration", number_format.duration)
register.filter("active_duration", number_format.active_duration)
register.filter("exact_duration", number_format.exact_duration)
register.filter("scale_label", number_format.scale_label)
register.filter("percent", number_format.percent)
register.filter("category_name", names.name_of)
register.filter("category_color", names.color_of)
register.filter("browser_name", browsers.name_of)
register.filter("readable_url", folded_text.readable_url)
register.filter("readable_site", folded_text.readable_site)
ICON_COLORS = 8
# Categories that the text of a bar names.
CATEGORIES_OF_A_BAR = 3
# Letters that are drawn as nothing: fillers of Hangul, and the blank of Braille.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


@register.filter
def local_time(ms: int) -> datetime:
    """Return an instant as a datetime in the time zone of the person."""
    return timezone.localtime(from_milliseconds(ms))


@register.filter
def in_browsers(browsers: Collection[int]) -> str:
    """Return “ in 2 browsers” where there are several, so that more than an hour in an hour explains itself."""
    return f" in {len(browsers)} browsers" if len(browsers) > 1 else ""


@register.filter
def clock_times(visit: Visit) -> str:
    """Return start and end of a visit, such as 09:00–09:10; the start alone where the end is unknown."""
    instants = [visit.started_at] if visit.ended_at is None else [visit.started_at, visit.ended_at]
    return "–".join(f"{local_time(instant):%H:%M}" for instant in instants)


@register.filter
def duration_element(ms: int | None) -> str:
    """Return a duration as an HTML `time` element; a dash where it is unknown."""
    if ms is None:
        return number_format.UNKNOWN
    return format_html('<time datetime="{}">{}</time>', number_format.machine_duration(ms), number_format.duration(ms))


@register.filter
def safe_url(url: str | None) -> str:
    """Return an http(s) URL as it is, and "" for any other, which must not become a link."""
    try:
        return url if url and urlsplit(url).scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


@register.filter
def shown_title(title: str, url: str) -> str:
    """Return a title without marks that turn the direction of a line; the readable URL where it shows nothing."""
    visible = without_direction_marks(title).strip()
    # A title of spaces and invisible letters would leave a link without anything to click.
    is_blank = all(unicodedata.category(letter)[0] in "CZ" or letter in BLANKS for letter in visible)
    return short_url(folded_text.readable_url(url)) if is_blank else visible


@register.filter
def short_url(url: str) -> str:
    """Return a URL without its scheme and without a bare slash at the end."""
    return url.split("://", 1)[-1].removesuffix("/")


@register.filter
def url_path(url: str) -> str:
    """Return the part of a URL after the host; "" for a bare slash."""
    return short_url(url).partition("/")[1] + short_url(url).partition("/")[2]


@register.filter
def rule_path(url: str) -> str:
    """Return the first two steps of a URL's path, for which a rule may be made; "" without any."""
    return "/".join(path_of_url(url).split("/")[:3])


@register.filter
def bar_in_words(bar: Bar, before_name: str) -> str:
    """Return the label of a bar, its active time and visits, and on further lines categories and the period before."""
    hour = bar.value.hour
    active = f"{number_format.active_duration(hour.active_ms)}{in_browsers(hour.browsers)}"
    first = f"{bar.value.label}: {active}, {visits_in_words(hour.visits)}"
    ranked = sorted((item for item in hour.categories.items() if item[1]), key=lambda item: (-item[1], item[0]))
    further = [(names.name_of(name), value) for name, value in ranked[:CATEGORIES_OF_A_BAR]]
    further += [(before_name, bar.before_ms)] if bar.before_ms else []
    return "\n".join([first, *(f"{name}: {number_format.duration(value)}" for name, value in further)])


@register.filter
def time_or_visits(hour: Hour) -> str:
    """Return the active time of an hour or a longer time, or its visits where no active time is known."""
    return visits_in_words(hour.visits) if hour.active_ms is None else number_format.duration(hour.active_ms)


def visits_in_words(count: int) -> str:
    """Return a number of visits, such as “1 visit” and “1,200 visits”."""
    return f"{count:,} visit{'' if count == 1 else 's'}"


@register.filter
def break_at_dots(domain: str) -> SafeString:
    """Return a domain with a possible line break before each dot."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in re.split(r"(?=\.)", domain)))


@register.simple_tag
def found_title(title: str, url: str, words: tuple[Words, ...] | str) -> SafeString:
    """Return the title of a visit, or its readable URL where the title shows nothing, with the words of a search."""
    shown = shown_title(title, "")
    if shown:
        return _marked(shown, [each.in_title for each in words or () if isinstance(each, Words)])
    return highlight_url(short_url(folded_text.readable_url(url)), words)


@register.filter
def highlight_url(text: str, words: tuple[Words, ...] | str) -> SafeString:
    """Return a part of a readable URL with the words of a search marked."""
    return _marked(text, [each.in_url for each in words or () if isinstance(each, Words)])


def _marked(text: str, words: list[str]) -> SafeString:
    pieces = highlighting.split_at_words(text, words)
    marked = ((format_html("<mark>{}</mark>", piece) if is_match else piece,) for piece, is_match in pieces)
    return format_html_join("", "{}", marked)


@register.filter
def site_letter(domain: str) -> str:
    """Return the letter of a site's icon."""
    names = folded_text.readable_site(domain).split(".")
    # The letters of en.wikipedia.org and news.example.co.uk are W and E.
    name = max(names[:-1], key=len) if len(names) > 1 else names[0]
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


@register.filter
def site_color(domain: str) -> int:
    """Return the number of the colour of a site's icon; the same for every call."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(domain)) % ICON_COLORS


@register.filter
def tab_name(tab_id: int | None) -> str:
    """Return the name of a tab, short enough to stand beside its axis."""
    if tab_id is None:
        return "Other"
    return f"Tab {tab_id}" if tab_id < 1000 else Truncator(str(tab_id)).chars(7)


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with its thousands separated."""
    return f"{number:,}"


@register.filter
def lookup(values: Mapping[Any, Any], key: Any) -> Any:
    """Return the value of a key held in a template variable; None without it."""
    return values.get(key)


@register.inclusion_tag("insights/_definition.html")
def definition(name: str) -> dict[str, str]:
    """Render a button that shows the definition of a number."""
    return {"name": name, "title": DEFINITIONS[name].split(":")[0], "sentence": DEFINITIONS[name]}


@register.inclusion_tag("insights/_change.html")
def change(now: int | None, before: int | None) -> dict[str, str]:
    """Render the growth of a number; nothing where it is unknown."""
    share = numbers.change(now, before)
    return {"text": number_format.change(share), "words": number_format.change_in_words(share)}


@register.filter
def is_site(domain: str) -> bool:
    """Tell whether numbers are those of one site, which has a page and a category."""
    return bool(domain) and domain != OTHER_SITES


@register.inclusion_tag("insights/_site_link.html", takes_context=True)
def site_link(context: Context, domain: str) -> dict[str, str]:
    """Render a site with its icon, as a link to its page that keeps the period and the filter."""
    url = with_filters(context, "insights:site", domain, days=context.get("period", "")) if is_site(domain) else ""
    return {"domain": domain, "url": url}
