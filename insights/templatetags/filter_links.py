"""Tags for links that keep what the person chose, for links that choose, and for the chips that show it."""

from datetime import date
from typing import Any, Literal

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone

from insights.categories.names import BUILT_IN
from insights.categories.names import name_of as category_name
from insights.charts import BarValue
from insights.filter_query import (
    Chosen,
    browsers_of_page,
    chosen_of,
    narrowed_url,
    other_parameters,
    with_query,
)
from insights.filters import (
    NAMES,
    NO_CATEGORY,
    WEEKDAYS,
    Filter,
    category_to_parameter,
    hours_in_words,
    weekdays_in_words,
)
from insights.folded_text import readable_site
from insights.period_query import UTC, chosen_days, days_of, period_between, period_url
from insights.periods import Period, Unit, period_of
from sync.browsers import name_of
from sync.models import Browser

register = template.Library()
register.filter("category_parameter", category_to_parameter)
IMPORTS = {"without": "Without imports", "only": "Imports only"}
# The spans of weekdays that the form offers beside single days.
SPANS_OF_WEEKDAYS = [("1,2,3,4,5", "Monday to Friday"), ("6,7", "Saturday and Sunday")]


def _chosen(context: Context) -> Chosen:
    request = context.get("request")
    return chosen_of(request) if isinstance(request, HttpRequest) else Chosen()


@register.simple_tag(takes_context=True)
def with_filters(context: Context, name: str, *args: Any, days: Period | str | None = None, **query: Any) -> str:
    """Return the URL of a page by its name, or a URL that begins with “/” or “?”, with the filter of this page.

    `days` is the period that the page is to show; "" stands for the one that the URL of this page chose. Other keyword
    arguments are further parameters; an empty one takes a parameter out.
    """
    url = with_query(name, {}) if name.startswith(("/", "?")) else reverse(name, args=args)
    own = {key: "" if value is None else str(value) for key, value in query.items()}
    kept = _unless_set(url, _chosen(context).filter.parameters())
    if days == "":
        kept |= _chosen_days(context)
    elif isinstance(days, Period):
        kept |= days_of(days)
    return with_query(url, {**kept, **own})


def _chosen_days(context: Context) -> dict[str, str]:
    request = context.get("request")
    return chosen_days(request) if isinstance(request, HttpRequest) else {}


@register.simple_tag(takes_context=True)
def forget_url(context: Context, *, days: Period | None = None, **what: Any) -> str:
    """Return the URL of the page that forgets some days, or what the keyword arguments name, and leads back to here."""
    asked = days_of(days) if days else {name: str(value) for name, value in what.items()}
    return with_query(reverse("insights:forget"), {**asked, "next": context["request"].get_full_path()})


@register.simple_tag(takes_context=True)
def of_filter(context: Context) -> str:
    """Return the words by which a sentence about an empty page tells that the page has a filter; else no words."""
    return " that matches the filter" if _chosen(context).filter.parameters() else ""


@register.simple_tag(takes_context=True)
def kept_fields(context: Context) -> dict[str, str]:
    """Return the parameters that a form for other days of the same page sends along."""
    request = context["request"]
    kept = {**other_parameters(request), **chosen_of(request).filter.parameters()}
    return {name: value for name, value in kept.items() if name not in ("from", "to")}


@register.simple_tag(takes_context=True)
def bar_url(context: Context, unit: Unit | Literal["hour"], value: BarValue) -> str:
    """Return the URL of the time that a bar stands for: the timeline of an hour, or the page of a longer time."""
    if unit == "hour":
        return with_filters(context, "insights:timeline", value.day.isoformat(), hour=value.hour_of_day)
    return with_filters(context, period_url(period_of(UTC, unit, value.day)))


@register.simple_tag(takes_context=True)
def nav_url(context: Context, name: str) -> str:
    """Return the URL of a page of the navigation, with the days and the filter that this page was asked for."""
    days = _chosen_days(context)
    url = with_query(reverse(name), days)
    if name == "insights:overview" and days and days["from"] <= days["to"]:
        url = period_url(period_between(UTC, date.fromisoformat(days["from"]), date.fromisoformat(days["to"])))
    elif name == "insights:overview":
        url = reverse(name)
    elif name == "insights:timeline" and days:
        # The timeline shows one day: the last one that has begun.
        url = reverse(name, args=[min(days["to"], f"{timezone.localdate()}")])
    elif name == "insights:timeline":
        url = reverse(name)
    return with_filters(context, url)


def _unless_set(url: str, parameters: dict[str, str]) -> dict[str, str]:
    names = {part.partition("=")[0] for part in url.partition("?")[2].split("&")}
    return {name: value for name, value in parameters.items() if name not in names}


@register.simple_tag(takes_context=True)
def narrowed(context: Context, **changes: Any) -> str:
    """Return the URL of this page with another value of some filters; an empty value takes one out."""
    request = context["request"]
    url = narrowed_url(request, {name: str(value) for name, value in changes.items()})
    # Without its path, which a page would repeat hundreds of times.
    return url.removeprefix(request.path) or url


@register.simple_tag(takes_context=True)
def visit_url(context: Context, browser_id: int, visit_id: str) -> str:
    """Return the URL of the page of a visit, with the days of a list. A visit of one day tells its day itself."""
    days = {name: context["request"].GET.get(name, "") for name in ("from", "to")}
    return with_filters(context, "insights:visit", of=browser_id, id=visit_id, **days)


UNITS: dict[str, tuple[str, Unit]] = {
    "D": ("Day", "day"),
    "W": ("Week", "week"),
    "M": ("Month", "month"),
    "Y": ("Year", "year"),
}


@register.inclusion_tag("insights/_keys.html", takes_context=True)
def key_help(context: Context) -> dict[str, Any]:
    """Render the help for the keyboard; its links are those that keys follow on every page."""
    days, today = _chosen_days(context), timezone.localdate()
    first, last = (date.fromisoformat(days[name]) if days else today for name in ("from", "to"))
    anchor = today if first <= today <= last else first
    units = [
        (key, name, with_filters(context, period_url(period_of(UTC, unit, anchor))))
        for key, (name, unit) in UNITS.items()
    ]
    now = with_filters(context, "insights:overview")
    search = f"{with_filters(context, 'insights:history')}#q"
    return {"keys": [*units, ("T", "Today", now), ("/", "Search", search)]}


@register.simple_tag(takes_context=True)
def cell_url(context: Context, period: Period, weekday: int, hour: int) -> str:
    """Return the URL of an hour of a weekday: its timeline within one week, else the same page with this hour alone."""
    if (period.last - period.first).days < 7:
        day = next((day for day in period.dates if day.isoweekday() == weekday), period.first)
        return with_filters(context, "insights:timeline", day.isoformat(), hour=hour)
    return narrowed(context, weekdays=weekday, hours=hour)


@register.inclusion_tag("insights/_filters.html", takes_context=True)
def filter_bar(context: Context, *, with_form: bool = True) -> dict[str, Any]:
    """Render the chips of the filter, and a form to choose another one."""
    request = context["request"]
    chosen = chosen_of(request)
    browsers = browsers_of_page(request)
    weekdays = [*((str(number), name) for number, name in enumerate(WEEKDAYS, 1)), *SPANS_OF_WEEKDAYS]
    hours = [(str(hour), hours_in_words([hour])) for hour in range(24)]
    return {
        "chips": chips(request, chosen.filter, browsers),
        "clear": narrowed_url(request, dict.fromkeys(NAMES, "")),
        "errors": [text for texts in chosen.errors.values() for text in texts],
        "with_form": with_form,
        "action": request.path,
        "kept": other_parameters(request),
        "asked": chosen.filter.parameters(),
        "categories": [*BUILT_IN.items(), (NO_CATEGORY, category_name(""))],
        "category_name": category_name(chosen.filter.category or ""),
        "offered_categories": {*BUILT_IN, NO_CATEGORY},
        "browsers": [(str(browser.pk), name_of(browser)) for browser in browsers],
        "has_imports": any(browser.kind == Browser.Kind.IMPORT for browser in browsers),
        "imports": IMPORTS.items(),
        "weekdays": weekdays,
        "offered_weekdays": dict(weekdays),
        "weekdays_name": weekdays_in_words(chosen.filter.weekdays),
        "hours": hours,
        "single_hours": dict(hours),
        "hours_name": hours_in_words(chosen.filter.hours),
    }


def chips(request: HttpRequest, chosen: Filter, browsers: list[Browser]) -> list[tuple[str, str, str]]:
    """Return name, value and URL without it of each filter that is chosen."""
    names = {browser.pk: name_of(browser) for browser in browsers}
    texts = {
        "browser": ("Browser", names.get(chosen.browser or 0, "none of yours")),
        "imports": ("Imports", "left out" if chosen.imports == "without" else "alone"),
        "category": ("Category", category_name(chosen.category or "")),
        "site": ("Site", readable_site(chosen.site)),
        "weekdays": ("Days", weekdays_in_words(chosen.weekdays)),
        "hours": ("Hours", hours_in_words(chosen.hours)),
    }
    return [(*texts[name], narrowed_url(request, {name: ""})) for name in chosen.parameters()]
