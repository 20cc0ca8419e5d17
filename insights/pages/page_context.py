"""What every page has in common: who looks, which days are asked for, and what leads to others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from insights import queries, reports
from insights.api.serializers import EARLIEST_DAY, LATEST_DAY, PeriodQuery
from insights.periods import Period, Unit, period_of, today

UNITS: dict[Unit, str] = {"day": "Day", "week": "Week", "month": "Month", "year": "Year"}
SILENT_DAYS = 7


def page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a view a page: read-only, for the person signed in, kept by no cache."""
    return require_safe(never_cache(login_required(view)))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, and when."""

    pk: int
    zone: ZoneInfo
    now: int

    @property
    def today(self) -> date:
        """The day it is for them."""
        return today(self.zone, self.now)


def visitor(request: HttpRequest) -> Visitor:
    """Return who asks for a page."""
    person: Any = request.user  # login_required let only people in
    return Visitor(person.pk, reports.zone_of(person.time_zone), reports.milliseconds_now())


def day_of(text: str) -> date:
    """Return the day a URL names, which may be a year, or a year and a month, alone; raises Http404."""
    try:
        day = date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError as error:
        raise Http404 from error
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise Http404
    return day


def period_url(period: Period) -> str:
    """Return the address of a period's page."""
    if period.unit == "range":
        asked = urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()})
        return f"{reverse('insights:range')}?{asked}"
    text = {"year": f"{period.first:%Y}", "month": f"{period.first:%Y-%m}"}.get(period.unit, period.first.isoformat())
    return reverse("insights:period", args=[period.unit, text])


def period_query(period: Period) -> str:
    """Return what says the same period to the other pages."""
    return urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()})


def period_name(period: Period, now_day: date) -> str:
    """Return what people call a period."""
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
class Step:
    """A link to another period."""

    name: str
    url: str
    is_current: bool = False


def period_links(who: Visitor, period: Period) -> dict[str, Any]:
    """Return what leads from one period to others."""
    anchor = who.today if period.first <= who.today <= period.last else period.first
    before, after = period.previous, period.following
    return {
        "units": [
            Step(name, period_url(period_of(who.zone, unit, anchor)), unit == period.unit)
            for unit, name in UNITS.items()
        ],
        "before": Step(period_name(before, who.today), period_url(before)) if before.first >= EARLIEST_DAY else None,
        "after": Step(period_name(after, who.today), period_url(after)) if after.first <= who.today else None,
        "now": None if period.first <= who.today <= period.last else reverse("insights:overview"),
        "name": period_name(period, who.today),
        "query": period_query(period),
    }


def site_spans(who: Visitor) -> list[Step]:
    """Return the stretches of days a site's page offers."""
    return [
        Step(name, "?" + period_query(Period(who.zone, who.today - timedelta(days=days - 1), who.today)))
        for days, name in ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year"))
    ]


def asked_period(who: Visitor, request: HttpRequest, fallback: Period) -> tuple[Period, dict[str, list[str]]]:
    """Return the period that ?from and ?to name, with what is wrong with them; the fallback if they are wrong."""
    sent = {name: value for name in ("from", "to") if (value := request.GET.get(name))}
    if not sent:
        return fallback, {}
    asked = PeriodQuery(data=sent, context={"zone": who.zone, "now": who.now})
    if not asked.is_valid():
        return fallback, {field: [str(text) for text in texts] for field, texts in asked.errors.items()}
    period: Period = asked.validated_data["period"]
    return period, {}


def silent_browsers(user_id: int) -> list[Any]:
    """Return the browsers that have not pushed for long, though they did in the last half year."""
    now = timezone.now()
    return [
        browser
        for browser in queries.browsers(user_id)
        if timedelta(days=SILENT_DAYS) < now - browser.last_push_at < timedelta(days=183)
    ]
