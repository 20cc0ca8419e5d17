"""What the insights calls are asked and what they answer, on the wire."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from id_numbers import ID_PATTERN
from insights.numbers import DEFINITIONS
from insights.periods import MAX_DAYS, Period, today

EARLIEST_DAY = date(2000, 1, 1)
LATEST_DAY = date(2099, 12, 31)
MAX_PAGE = 200


class Day(serializers.DateField):
    """A day as YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> date:
        """Return the day; raises ValidationError outside the years that records may lie in."""
        day = super().to_internal_value(value)
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise serializers.ValidationError(f"Enter a day from {EARLIEST_DAY} to {LATEST_DAY}.")
        return day


class PeriodQuery(serializers.Serializer[Any]):
    """The days a call is about."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is no name that Python lets a class have."""
        first = Day(required=False, help_text="First day, in your time zone; today if absent.")
        last = Day(required=False, help_text="Last day, included; the first if absent.")
        return {"from": first, "to": last, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the days that were not given; refuse a period that is backward or too long."""
        zone, now = self.context["zone"], self.context["now"]
        first = attrs.get("from") or attrs.get("to") or today(zone, now)
        last = attrs.get("to") or max(first, attrs.get("from") or first)
        if last < first:
            raise serializers.ValidationError({"to": ["The last day is not before the first."]})
        if (last - first).days >= MAX_DAYS:
            raise serializers.ValidationError({"to": [f"Ask for at most {MAX_DAYS} days."]})
        return {**attrs, "period": period_between(zone, first, last)}


def period_between(zone: ZoneInfo, first: date, last: date) -> Period:
    """Return the period of these days; a whole month or year is known as one, for what it is compared with."""
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        if (first.year, first.month) == (last.year, last.month):
            return Period(zone, first, last, "month")
        if first.month == 1 and last == date(first.year, 12, 31):
            return Period(zone, first, last, "year")
    return Period(zone, first, last)


class SitesQuery(PeriodQuery):
    """The days, and how many sites."""

    limit = serializers.IntegerField(default=20, min_value=1, max_value=1_000, help_text="How many, most active first.")


class DayQuery(serializers.Serializer[Any]):
    """One day."""

    date = Day(required=False, help_text="The day, in your time zone; today if absent.")


class SearchQuery(serializers.Serializer[Any]):
    """What is looked for; everything given must hold."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is no name that Python lets a class have."""
        first = Day(required=False, help_text="First day, in your time zone.")
        last = Day(required=False, help_text="Last day, included.")
        return {**super().get_fields(), "from": first, "to": last}

    q = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Words in title or URL, in any order and case."
    )
    site = serializers.CharField(required=False, allow_blank=True, max_length=253, help_text="A domain.")
    browser = serializers.RegexField(ID_PATTERN, required=False, help_text="A browser's id, from a result.")
    category = serializers.CharField(required=False, allow_blank=True, max_length=64)
    cursor = serializers.CharField(required=False, max_length=600, help_text="`next` of the page before.")
    limit = serializers.IntegerField(default=50, min_value=1, max_value=MAX_PAGE, help_text="How many visits.")


class PeriodAnswer(serializers.Serializer[Any]):
    """The days an answer is about."""

    timeZone = serializers.CharField(help_text="The person's zone: days begin at its midnight.")
    start = serializers.IntegerField(help_text="When the period begins, in milliseconds since the epoch.")
    end = serializers.IntegerField(help_text="When it is over.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is no name that Python lets a class have."""
        return {
            "from": serializers.DateField(help_text="First day."),
            "to": serializers.DateField(help_text="Last day, included."),
            **super().get_fields(),
        }


class TimesSerializer(serializers.Serializer[Any]):
    """Durations of a stretch of time, in milliseconds, and its visits."""

    activeMs = serializers.IntegerField(help_text=DEFINITIONS["active"])
    timeMs = serializers.IntegerField(help_text=DEFINITIONS["time"])
    clockMs = serializers.IntegerField(help_text=DEFINITIONS["clock"])
    visits = serializers.IntegerField(help_text=DEFINITIONS["visits"])


class LongestSerializer(serializers.Serializer[Any]):
    """The longest stay."""

    activeMs = serializers.IntegerField(help_text=DEFINITIONS["longest"])
    domain = serializers.CharField()


class TotalsSerializer(TimesSerializer):
    """The numbers of a period."""

    sites = serializers.IntegerField(help_text=DEFINITIONS["sites"])
    focus = serializers.FloatField(allow_null=True, help_text=DEFINITIONS["focus"])
    longestStay = LongestSerializer(allow_null=True)


class SummarySerializer(PeriodAnswer, TotalsSerializer):
    """The numbers of a period, and of the one before it."""

    previous = TotalsSerializer(help_text=DEFINITIONS["change"])


class DayTimesSerializer(TimesSerializer):
    """The numbers of a day."""

    date = serializers.DateField()


class DaysSerializer(PeriodAnswer):
    """Every day of a period, in order."""

    days = DayTimesSerializer(many=True)


class HourTimesSerializer(TimesSerializer):
    """The numbers of one hour of one weekday, added up over the period."""

    weekday = serializers.IntegerField(help_text="1 is Monday, 7 is Sunday.")
    hour = serializers.IntegerField(help_text="0 to 23, by the person's clock.")


class HoursSerializer(PeriodAnswer):
    """All 168 hours of the week."""

    hours = HourTimesSerializer(many=True)


class SiteSerializer(serializers.Serializer[Any]):
    """The numbers of a site."""

    domain = serializers.CharField()
    category = serializers.CharField(allow_null=True, help_text="The one with most active time, if any was sent.")
    activeMs = serializers.IntegerField(help_text=DEFINITIONS["active"])
    timeMs = serializers.IntegerField(help_text=DEFINITIONS["time"])
    visits = serializers.IntegerField(help_text=DEFINITIONS["visits"])
    share = serializers.FloatField(allow_null=True, help_text=DEFINITIONS["share"])


class SitesSerializer(PeriodAnswer):
    """The sites of a period, most active time first."""

    total = serializers.IntegerField(help_text=DEFINITIONS["sites"])
    sites = SiteSerializer(many=True)


class AwaySerializer(serializers.Serializer[Any]):
    """A part of a visit in which the person was away."""

    start = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    end = serializers.IntegerField()


class StaySerializer(serializers.Serializer[Any]):
    """A page visit."""

    id = serializers.CharField(help_text="Unique within its browser.")
    browser = serializers.CharField(help_text="The browser's id here.")
    tabId = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()
    domain = serializers.CharField()
    title = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    start = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    end = serializers.IntegerField(help_text=DEFINITIONS["duration"])
    open = serializers.BooleanField(help_text="Whether the visit has no end yet.")
    activeMs = serializers.IntegerField(help_text=DEFINITIONS["active"])
    away = AwaySerializer(many=True, help_text=DEFINITIONS["idle"])


class LaneSerializer(serializers.Serializer[Any]):
    """A tab and its visits."""

    tabId = serializers.IntegerField(allow_null=True)
    visits = StaySerializer(many=True)


class BrowserLanesSerializer(serializers.Serializer[Any]):
    """A browser and its tabs."""

    id = serializers.CharField()
    name = serializers.CharField()
    tabs = LaneSerializer(many=True)


class TimelineSerializer(PeriodAnswer):
    """A day, visit by visit."""

    browsers = BrowserLanesSerializer(many=True)
    gaps = AwaySerializer(many=True, help_text=DEFINITIONS["gap"])


class FoundSerializer(serializers.Serializer[Any]):
    """A page of the history, newest first."""

    visits = StaySerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for older ones; null at the end.")
    complete = serializers.BooleanField(
        help_text="False when the time for one search was used up before the page was full: older ones may match."
    )
