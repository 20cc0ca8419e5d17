"""The context that all pages share: the person who looks, the days of the URL, and links to other periods."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from insights import reports
from insights.categories.resolver import Resolver
from insights.filter_query import browsers_of_page, chosen_of, narrowed_url, with_query
from insights.filters import Selection
from insights.period_query import EARLIEST_DAY, PeriodQuery, day_from_text, days_of, period_url
from insights.periods import Period, Unit, date_at, period_of
from instants import now_ms
from sync.browsers import is_silent
from sync.models import Browser

UNITS: dict[Unit, str] = {"day": "Day", "week": "Week", "month": "Month", "year": "Year"}


def page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a view a page: GET and HEAD only, signed in only, kept by no cache."""
    return require_safe(never_cache(login_required(view)))


def form_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a view a page with a form: as `page`, and POST too."""
    return require_http_methods(["GET", "HEAD", "POST"])(never_cache(login_required(view)))


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who looks at a page, their time zone, and the present instant."""

    pk: int
    zone: ZoneInfo
    now: int

    @property
    def today(self) -> date:
        """The present day in their time zone."""
        return date_at(self.zone, self.now)


def viewer_of(request: HttpRequest) -> Viewer:
    """Return the person who asks for a page."""
    person: Any = request.user  # never anonymous: login_required has run
    return Viewer(person.pk, reports.zone_of(person.time_zone), now_ms())


def day_of(text: str) -> date:
    """Return the day of a URL, the first day where it is a month or a year; raises Http404."""
    try:
        return day_from_text(text)
    except ValueError as error:
        raise Http404 from error


def period_query(period: Period) -> str:
    """Return the query string that selects a period on other pages."""
    return urlencode(days_of(period))


def period_name(period: Period, now_day: date) -> str:
    """Return the name of a period for people."""
    first, last = period.first, period.last
    if period.unit == "day" or first == last:
        name = f"{first:%A}, {first.day} {first:%B %Y}"
        return f"Today, {name}" if first == now_day else name
    if period.unit == "month":
        return f"{first:%B %Y}"
    if period.unit == "year":
        return f"{first:%Y}"
    start = f"{first.day} {first:%B}" + (f" {first:%Y}" if first.year != last.year else "")
    return f"{start} – {last.day} {last:%B %Y}"


@dataclass(frozen=True, slots=True)
class PeriodLink:
    """A link to another period."""

    name: str
    url: str
    is_current: bool = False


def period_links(request: HttpRequest, viewer: Viewer, period: Period) -> dict[str, Any]:
    """Return the name of a period and its links to other periods, which keep the filter."""
    anchor = viewer.today if period.first <= viewer.today <= period.last else period.first
    before, after = period.previous, period.following

    def link(name: str, to: Period, *, is_current: bool = False) -> PeriodLink:
        return PeriodLink(name, with_query(period_url(to), chosen_of(request).filter.parameters()), is_current)

    return {
        "units": [
            link(name, period_of(viewer.zone, unit, anchor), is_current=unit == period.unit)
            for unit, name in UNITS.items()
        ],
        "before": link(period_name(before, viewer.today), before) if before.first >= EARLIEST_DAY else None,
        "after": link(period_name(after, viewer.today), after) if after.first <= viewer.today else None,
        "now": None if period.first <= viewer.today <= period.last else reverse("insights:overview"),
        "name": period_name(period, viewer.today),
        "query": period_query(period),
    }


def latest_days_links(request: HttpRequest, viewer: Viewer, current: Period) -> list[PeriodLink]:
    """Return links to the latest 7, 30, 90 and 365 days."""
    links = []
    for days, name in ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year")):
        period = Period(viewer.zone, viewer.today - timedelta(days=days - 1), viewer.today)
        is_current = (period.first, period.last) == (current.first, current.last)
        links.append(PeriodLink(name, narrowed_url(request, days_of(period)), is_current))
    return links


def selection(
    request: HttpRequest, viewer: Viewer, period: Period, resolver: Resolver | None = None, *, site: str | None = None
) -> Selection:
    """Return the visits that the filter of a page selects in a period; `site` stands for the site of the filter."""
    chosen = chosen_of(request).filter
    if site is not None:
        chosen = replace(chosen, site=site)
    return reports.selection(viewer.pk, chosen, browsers_of_page(request), period, resolver)


def period_from_url(viewer: Viewer, request: HttpRequest, fallback: Period) -> tuple[Period, dict[str, list[str]]]:
    """Return the period of ?from and ?to, and their errors; the fallback where they are absent or wrong."""
    given = {name: value for name in ("from", "to") if (value := request.GET.get(name))}
    if not given:
        return fallback, {}
    query = PeriodQuery(data=given, context={"zone": viewer.zone, "now": viewer.now})
    if not query.is_valid():
        return fallback, {field: [str(text) for text in texts] for field, texts in query.errors.items()}
    period: Period = query.validated_data["period"]
    return period, {}


def silent_browsers(browsers: Iterable[Browser]) -> list[Browser]:
    """Return the browsers that are silent, as sync.browsers tells it."""
    now = timezone.now()
    return [browser for browser in browsers if is_silent(browser, now)]
