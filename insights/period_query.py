"""The days that a URL asks for, as pages and API calls read them."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers

from insights.asked_page import asked_page
from insights.periods import MAX_DAYS, Period, Unit, date_at, period_of

# Records begin in 2000 by UTC, which is 1999 in some zones. This day is a Monday too, so that each link to the week,
# month or year of a record's day leads to a page.
EARLIEST_DAY = date(1996, 1, 1)
LATEST_DAY = date(2099, 12, 31)
UTC = ZoneInfo("UTC")
BACKWARD = "“To” must be the same day as “From” or later."


class DayField(serializers.DateField):
    """A day as YYYY-MM-DD, from EARLIEST_DAY to LATEST_DAY."""

    def to_internal_value(self, value: Any) -> date:
        """Return the day; raises ValidationError."""
        day = super().to_internal_value(value)
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise serializers.ValidationError(f"Enter a day from {EARLIEST_DAY} to {LATEST_DAY}.")
        return day


class PeriodQuery(serializers.Serializer[Any]):
    """The first and the last day; the context holds the person's `zone` and the instant `now`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is a Python keyword and cannot be a class attribute."""
        first = DayField(required=False, help_text="First day, in your time zone; today if absent.")
        last = DayField(required=False, help_text="Last day, included; the first if absent.")
        return {"from": first, "to": last, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add `period`, with absent days filled in; raises ValidationError for one that is backward or too long."""
        zone, now = self.context["zone"], self.context["now"]
        first = attrs.get("from") or attrs.get("to") or date_at(zone, now)
        last = attrs.get("to") or first
        if last < first:
            raise serializers.ValidationError({"to": [BACKWARD]})
        if (last - first).days >= MAX_DAYS:
            raise serializers.ValidationError({"to": [f"Ask for at most {MAX_DAYS} days."]})
        return {**attrs, "period": period_between(zone, first, last)}


def period_between(zone: ZoneInfo, first: date, last: date) -> Period:
    """Return the period of these days; a whole month or year is compared with the month or year before."""
    units: tuple[Unit, ...] = ("day", "week", "month", "year")
    for unit in units:
        period = period_of(zone, unit, first)
        if (period.first, period.last) == (first, last):
            return period
    return Period(zone, first, last)


def period_url(period: Period) -> str:
    """Return the URL of a period's page."""
    if period.unit == "range":
        return f"{reverse('insights:range')}?{urlencode(days_of(period))}"
    text = {"year": f"{period.first:%Y}", "month": f"{period.first:%Y-%m}"}.get(period.unit, period.first.isoformat())
    return reverse("insights:period", args=[period.unit, text])


def days_of(period: Period) -> dict[str, str]:
    """Return the parameters that choose a period on any page."""
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def day_from_text(text: str) -> date:
    """Return the day of a URL, the first day where it is a month or a year; raises ValueError."""
    day = date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise ValueError
    return day


def chosen_days(request: HttpRequest) -> dict[str, str]:
    """Return ?from and ?to of the days that the URL of a page chose; empty where it chose none, or a last day alone."""
    known: dict[str, str] | None = getattr(request, "chosen_days", None)
    if known is not None:
        return known
    match, parameters = asked_page(request)
    try:
        if match and match.kwargs.get("year"):
            return days_of(period_of(UTC, "year", day_from_text(str(match.kwargs["year"]))))
        if match and match.kwargs.get("day"):
            unit: Unit = match.kwargs.get("unit", "day")
            return days_of(period_of(UTC, unit, day_from_text(match.kwargs["day"])))
        first = day_from_text(parameters.get("from", ""))
        last = day_from_text(parameters.get("to") or f"{max(first, timezone.localdate())}")
        return {"from": first.isoformat(), "to": last.isoformat()}
    except ValueError:
        return {}
