"""Parameters and answers of the insights calls, in wire names. Null stands for an unknown number, which is not 0."""

from typing import Any

from rest_framework import serializers

from id_numbers import ID_PATTERN
from insights.filter_query import CATEGORY_HELP, FilterQuery
from insights.numbers import DEFINITIONS
from insights.period_query import BACKWARD, DayField, PeriodQuery
from insights.search_words import HELP, MAX_QUERY
from sync.limits import MAX_CATEGORY

MAX_VISITS = 200
# The visits that one step of a search for pages looks for. A page that was opened again and again fills no step.
MAX_PAGE_VISITS = 500
NULL = " Null where there are visits and it is unknown for all of them."


class FilteredPeriodQuery(FilterQuery, PeriodQuery):
    """The days, and which visits to take."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add `filter` and `period`."""
        return PeriodQuery.validate(self, super().validate(attrs))


class SitesQuery(FilteredPeriodQuery):
    """The days, and the number of sites."""

    limit = serializers.IntegerField(
        default=20, min_value=1, max_value=1_000, help_text="The most sites to return, most active first."
    )


class DayQuery(FilterQuery):
    """One day, and which visits to take."""

    date = DayField(required=False, help_text="The day, in your time zone; today if absent.")


class SearchQuery(serializers.Serializer[Any]):
    """The conditions of a search, all of which must hold."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is a Python keyword and cannot be a class attribute."""
        first = DayField(required=False, help_text="First day, in your time zone.")
        last = DayField(required=False, help_text="Last day, included.")
        return {**super().get_fields(), "from": first, "to": last}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the conditions; raises ValidationError for days in the wrong order."""
        if "from" in attrs and "to" in attrs and attrs["to"] < attrs["from"]:
            raise serializers.ValidationError({"to": [BACKWARD]})
        return attrs

    q = serializers.CharField(required=False, allow_blank=True, max_length=MAX_QUERY, help_text=HELP)
    site = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=2_000,
        help_text="One site, as a domain or a URL, without those below it.",
    )
    browser = serializers.RegexField(ID_PATTERN, required=False, help_text="A browser's id, from a result.")
    category = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_CATEGORY,
        trim_whitespace=False,
        help_text=CATEGORY_HELP,
    )
    # A visit's id may have 128 characters of any script, and stands in the cursor as JSON in base64.
    cursor = serializers.CharField(required=False, max_length=3_000, help_text="The `next` of the step before.")
    limit = serializers.IntegerField(
        default=50, min_value=1, max_value=MAX_VISITS, help_text="The most visits to return."
    )


class FoundPagesQuery(SearchQuery):
    """The conditions of a search for pages."""

    limit = serializers.IntegerField(
        default=50, min_value=1, max_value=MAX_VISITS, help_text="The most pages to return."
    )


class PeriodAnswer(serializers.Serializer[Any]):
    """The period of an answer."""

    timeZone = serializers.CharField(help_text="Days begin at midnight in this zone, the person's.")
    start = serializers.IntegerField(help_text="The first instant of the period, in milliseconds since the epoch.")
    end = serializers.IntegerField(help_text="The first instant after the period.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields; `from` is a Python keyword and cannot be a class attribute."""
        return {
            "from": serializers.DateField(help_text="First day."),
            "to": serializers.DateField(help_text="Last day, included."),
            **super().get_fields(),
        }


class TimesSerializer(serializers.Serializer[Any]):
    """Durations in milliseconds, null where there are visits and none has a known one, and the number of visits."""

    activeMs = serializers.IntegerField(allow_null=True, help_text=DEFINITIONS["active"] + NULL)
    timeMs = serializers.IntegerField(allow_null=True, help_text=DEFINITIONS["time"] + NULL)
    clockMs = serializers.IntegerField(allow_null=True, help_text=DEFINITIONS["clock"] + NULL)
    visits = serializers.IntegerField(help_text=DEFINITIONS["visits"])


class LongestStaySerializer(serializers.Serializer[Any]):
    """The visit with the most active time."""

    activeMs = serializers.IntegerField(help_text=DEFINITIONS["longest"])
    domain = serializers.CharField()


class TotalsSerializer(TimesSerializer):
    """The numbers of a period."""

    sites = serializers.IntegerField(help_text=DEFINITIONS["sites"])
    focus = serializers.FloatField(allow_null=True, help_text=DEFINITIONS["focus"])
    browsers = serializers.IntegerField(help_text=DEFINITIONS["browsers"])
    longestStay = LongestStaySerializer(allow_null=True)


class SummarySerializer(PeriodAnswer, TotalsSerializer):
    """The numbers of a period, and of the period before."""

    previous = TotalsSerializer(
        allow_null=True, help_text=DEFINITIONS["change"] + " Null where your records begin later."
    )


class DayTimesSerializer(TimesSerializer):
    """The numbers of a day."""

    date = serializers.DateField()


class DaysSerializer(PeriodAnswer):
    """The days of a period, in order."""

    days = DayTimesSerializer(many=True)


class CategoryTimeSerializer(serializers.Serializer[Any]):
    """The active time of a category."""

    category = serializers.CharField(allow_null=True, help_text="Null for visits without one.")
    name = serializers.CharField(help_text="Its name for people.")
    color = serializers.IntegerField(help_text="The number of its colour on the pages, 0 to 15.")
    activeMs = serializers.IntegerField(help_text=DEFINITIONS["active"])


class HourTimesSerializer(TimesSerializer):
    """The numbers of one hour of one weekday, added up over the period."""

    weekday = serializers.IntegerField(help_text="1 is Monday, 7 is Sunday.")
    hour = serializers.IntegerField(help_text="0 to 23, by the person's clock.")
    categories = CategoryTimeSerializer(many=True, help_text="Those with active time, in the order of legends.")


class HoursSerializer(PeriodAnswer):
    """All 168 hours of the week."""

    hours = HourTimesSerializer(many=True)


class SiteSerializer(serializers.Serializer[Any]):
    """The numbers of a site."""

    domain = serializers.CharField()
    category = serializers.CharField(allow_null=True, help_text="The category with the most active time.")
    activeMs = serializers.IntegerField(allow_null=True, help_text=DEFINITIONS["active"] + NULL)
    timeMs = serializers.IntegerField(allow_null=True, help_text=DEFINITIONS["time"] + NULL)
    visits = serializers.IntegerField(help_text=DEFINITIONS["visits"])
    share = serializers.FloatField(allow_null=True, help_text=DEFINITIONS["share"])


class SitesSerializer(PeriodAnswer):
    """The sites of a period, most active time first."""

    total = serializers.IntegerField(help_text=DEFINITIONS["sites"])
    sites = SiteSerializer(many=True)


class SpanSerializer(serializers.Serializer[Any]):
    """The instants from `start` to `end`."""

    start = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    end = serializers.IntegerField()


class VisitSerializer(serializers.Serializer[Any]):
    """A page visit."""

    id = serializers.CharField(help_text="Unique within its browser.")
    browser = serializers.CharField(help_text="The browser's id on this server.")
    tabId = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()
    domain = serializers.CharField()
    title = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    start = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    end = serializers.IntegerField(
        allow_null=True, help_text=DEFINITIONS["duration"] + " Null where the duration is unknown."
    )
    open = serializers.BooleanField(help_text=DEFINITIONS["open"])
    activeMs = serializers.IntegerField(
        allow_null=True, help_text=DEFINITIONS["active"] + " Null where the browser sent none."
    )
    away = SpanSerializer(many=True, help_text=DEFINITIONS["idle"])


class TabVisitsSerializer(serializers.Serializer[Any]):
    """A tab and its visits."""

    tabId = serializers.IntegerField(allow_null=True)
    visits = VisitSerializer(many=True)


class BrowserVisitsSerializer(serializers.Serializer[Any]):
    """A browser and its tabs."""

    id = serializers.CharField()
    name = serializers.CharField()
    tabs = TabVisitsSerializer(many=True)


class TimelineSerializer(PeriodAnswer):
    """A day, visit by visit."""

    browsers = BrowserVisitsSerializer(many=True)
    gaps = SpanSerializer(many=True, help_text=DEFINITIONS["gap"])
    complete = serializers.BooleanField(
        help_text="False when the day has more visits than one call lists: these are the first. The search has all."
    )


class SearchStepSerializer(serializers.Serializer[Any]):
    """How far a search is."""

    found = serializers.IntegerField(
        help_text="The visits found so far, those of earlier steps included; all that match where `next` is null."
    )
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for older visits; null at the end.")
    complete = serializers.BooleanField(
        help_text="False when the time for one step was up before the answer was full; older visits may match."
    )


class SearchPageSerializer(SearchStepSerializer):
    """A step of a search, newest visit first."""

    visits = VisitSerializer(many=True)


class FoundPageSerializer(serializers.Serializer[Any]):
    """The visits of one URL in a step of a search; an older step may have more of them."""

    url = serializers.CharField()
    domain = serializers.CharField()
    title = serializers.CharField(help_text="The latest one that is not empty.")
    category = serializers.CharField(allow_null=True, help_text="The category of the latest visit.")
    visits = serializers.IntegerField(help_text="How many visits of this step have this URL.")
    activeMs = serializers.IntegerField(allow_null=True, help_text="Their active time; null where none is known.")
    firstStart = serializers.IntegerField(help_text="The start of the earliest, in milliseconds since the epoch.")
    lastStart = serializers.IntegerField(help_text="The start of the latest.")


class FoundPagesSerializer(SearchStepSerializer):
    """A step of a search, the pages with the latest visits first."""

    pages = FoundPageSerializer(many=True)
