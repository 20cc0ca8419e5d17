"""The days that a URL asks for, as pages and API calls read them."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from insights.periods import MAX_DAYS, Period, date_at

EARLIEST_DAY = date(2000, 1, 1)
LATEST_DAY = date(2099, 12, 31)


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
            raise serializers.ValidationError({"to": ["“To” must be the same day as “From” or later."]})
        if (last - first).days >= MAX_DAYS:
            raise serializers.ValidationError({"to": [f"Ask for at most {MAX_DAYS} days."]})
        return {**attrs, "period": period_between(zone, first, last)}


def period_between(zone: ZoneInfo, first: date, last: date) -> Period:
    """Return the period of these days; a whole month or year is compared with the month or year before."""
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        if (first.year, first.month) == (last.year, last.month):
            return Period(zone, first, last, "month")
        if first.month == 1 and last == date(first.year, 12, 31):
            return Period(zone, first, last, "year")
    return Period(zone, first, last)
