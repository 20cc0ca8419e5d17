"""Which of a person's visits a page shows: what the URL chose, its conditions on visits, and how links repeat it.

Weekdays and hours are those of the person's clock. A visit that reaches beyond a chosen hour counts with its share, as
it does at the end of a period.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Final, Literal

from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.lookups import In
from django.utils.crypto import salted_hmac

from insights.categories.conditions import condition as of_category
from insights.categories.resolver import Resolver
from insights.models import MAX_FILTER_KEY
from insights.numbers import Span, union
from insights.periods import EPOCH, HOUR_MS, Period
from sync.models import Browser

Pairs = Collection[tuple[str, str | None]]
Imports = Literal["", "without", "only"]
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK_HOURS: Final = 7 * 24
# Stands in a URL for visits without a category.
NO_CATEGORY: Final = "none"
# Extensions and people may call a category so too. It has this before it in a URL, once more than it has itself.
_ESCAPE: Final = "="
# The names under which URLs carry a filter, in the order of its chips.
NAMES: Final = ("browser", "imports", "category", "site", "weekdays", "hours")


def category_to_parameter(category: str) -> str:
    """Return how a URL names a category, "" being that of visits without one."""
    if not category:
        return NO_CATEGORY
    return _ESCAPE + category if category.lstrip(_ESCAPE) == NO_CATEGORY else category


def category_from_parameter(text: str) -> str:
    """Return the category that `category_to_parameter` names so."""
    if text == NO_CATEGORY:
        return ""
    return text.removeprefix(_ESCAPE) if text.lstrip(_ESCAPE) == NO_CATEGORY else text


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person chose to see; weekdays run from 1, Monday, to 7, and hours from 0 to 23."""

    browser: int | None = None
    imports: Imports = ""
    category: str | None = None
    site: str = ""
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()

    def parameters(self) -> dict[str, str]:
        """Return the parameters of a URL that choose the same."""
        values = {
            "browser": "" if self.browser is None else str(self.browser),
            "imports": self.imports,
            "category": "" if self.category is None else category_to_parameter(self.category),
            "site": self.site,
            "weekdays": ",".join(map(str, self.weekdays)),
            "hours": ",".join(map(str, self.hours)),
        }
        return {name: value for name, value in values.items() if value}

    def without(self, name: str) -> "Filter":
        """Return the filter without the choice of one name."""
        return replace(self, **{name: getattr(Filter(), name)})


def numbers_in_words(numbers: Sequence[int], names: Sequence[str]) -> str:
    """Return chosen numbers by their names, with consecutive ones as a span, such as “Monday to Friday”."""
    parts = []
    for _, run in groupby(enumerate(numbers), lambda placed: placed[1] - placed[0]):
        chosen = [number for _, number in run]
        first, last = names[chosen[0]], names[chosen[-1]]
        parts.append(first if len(chosen) == 1 else f"{first} to {last}")
    return ", ".join(parts)


def weekdays_in_words(weekdays: Sequence[int]) -> str:
    """Return weekdays by their names."""
    return numbers_in_words(weekdays, ("", *WEEKDAYS))


def hours_in_words(hours: Sequence[int]) -> str:
    """Return hours as spans of the clock, such as “09:00–11:00”."""
    spans = []
    for _, run in groupby(enumerate(hours), lambda placed: placed[1] - placed[0]):
        chosen = [number for _, number in run]
        spans.append(f"{chosen[0]:02}:00–{chosen[-1] + 1:02}:00")
    return ", ".join(spans)


def _no_pairs() -> Pairs:
    return ()


@dataclass(frozen=True)
class Selection:
    """The visits that a filter selects for one person; `browsers` is None where all of the person's are chosen.

    `condition` is about the columns of page visits, and `tab_condition` about those of tab aggregates. Neither tells of
    weekdays and hours: `spans` and `began` do. `pairs` returns those of site and category sent of the visits that are
    looked at. They are read where a condition needs them, since a year of them takes long.
    """

    browsers: tuple[int, ...] | None = None
    category: str | None = None
    site: str = ""
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    resolver: Resolver = field(default_factory=Resolver, compare=False)
    pairs: Callable[[], Pairs] = field(default=_no_pairs, compare=False)

    @property
    def is_everything(self) -> bool:
        """True if no visit is left out."""
        return self == EVERYTHING

    @property
    def key(self) -> str:
        """A short text that stands for the selection in stored tallies; "" for everything.

        The rules for categories are left out: a tally tells by itself whether it was made with the present ones. The
        hash is keyed, because it may outlive the visits to a site that the person erases.
        """
        if self.is_everything:
            return ""
        values = json.dumps([self.browsers, self.category, self.site, self.weekdays, self.hours])
        return salted_hmac("insights.filters", values, algorithm="sha256").hexdigest()[:MAX_FILTER_KEY]

    @cached_property
    def _pairs(self) -> Pairs:
        return self.pairs()

    @cached_property
    def condition(self) -> Q:
        """The condition on page visits."""
        found = self._on_browsers()
        if self.category is not None:
            found &= of_category(self.resolver, self.category, lambda: self._pairs)
        return found & Q(domain=self.site) if self.site else found

    @cached_property
    def tab_condition(self) -> Q:
        """The condition on tab aggregates."""
        found = self._on_browsers()
        if self.category is not None:
            # The totals of a tab tell no category, so a tab has that of its site.
            sites = {site for site, sent in self._pairs if self.resolver.category(site, sent) == self.category}
            found &= Q(current_domain__in=sorted(sites))
        return found & Q(current_domain=self.site) if self.site else found

    def _on_browsers(self) -> Q:
        # A sum, since no index holds it. PostgreSQL estimates the visits of a browser low, and read all of them by key,
        # where an index by time has the few of the period.
        return Q() if self.browsers is None else Q(In(F("browser_id") + 0, self.browsers))

    def spans(self, period: Period) -> list[Span]:
        """Return the disjoint spans of a period that the weekdays and hours leave, in order."""
        if not (self.weekdays or self.hours):
            return [(period.starts_at, period.ends_at)]
        if not self.hours:
            bounds = zip(period.dates, period.midnights[:-1], period.midnights[1:], strict=True)
            return union((low, high) for day, low, high in bounds if day.isoweekday() in self.weekdays)
        starts, labels = period.hours
        stops = [*starts, period.ends_at][1:]
        return union(
            (low, high) for low, high, label in zip(starts, stops, labels, strict=True) if self._has_hour(label)
        )

    def _has_hour(self, label: int) -> bool:
        # The first day of 1970 was a Thursday.
        weekday = (label // 24 + EPOCH.weekday()) % 7 + 1
        return (not self.weekdays or weekday in self.weekdays) and label % 24 in self.hours

    @property
    def _week_hours(self) -> set[int]:
        """The chosen hours of a week, which run from 0 on Monday to 167."""
        weekdays = self.weekdays or range(1, 8)
        return {24 * (weekday - 1) + hour for weekday in weekdays for hour in self.hours or range(24)}

    def began(self, period: Period) -> Q:
        """Return the condition that a record of the period began on one of the weekdays and in one of the hours."""
        if not (self.weekdays or self.hours):
            return Q()
        return _began_in(period, self._week_hours)

    def reaching(self, period: Period) -> Q:
        """Return a condition that every visit meets which lies in the spans of a period; others may meet it too.

        Without it, all visits of a year would be read for the hours of one weekday.
        """
        if not (self.weekdays or self.hours):
            return Q()
        # A visit of up to an hour began in the hour before at most, by a clock that may have changed since.
        near = {(hour - back) % WEEK_HOURS for hour in self._week_hours for back in (0, 1, 2)}
        longer = Q(ended_at__gt=F("started_at") + HOUR_MS) | Q(last_heartbeat_at__gt=F("started_at") + HOUR_MS)
        return _began_in(period, near) | longer | Q(duration_ms__gt=HOUR_MS)


EVERYTHING: Final = Selection()


def _began_in(period: Period, week_hours: Collection[int]) -> Q:
    """Return the condition that a record of the period began in one of these hours of a week."""
    # Divisions of whole numbers round down on both databases; instants before 1970 are not stored.
    hour = (F("started_at") + _shift(period)) / Value(HOUR_MS) + Value(24 * EPOCH.weekday())
    return Q(In(hour % Value(WEEK_HOURS), sorted(week_hours)))


def _shift(period: Period) -> Combinable:
    """Return the expression for how far the person's clock is ahead of UTC at the start of a record."""
    *earlier, last = period.offset_spans
    if not earlier:
        return Value(last.shift_ms, output_field=BigIntegerField())
    cases = (When(started_at__lt=span.end, then=Value(span.shift_ms)) for span in earlier)
    return Case(*cases, default=Value(last.shift_ms), output_field=BigIntegerField())


def selection_of(
    chosen: Filter, browsers: Sequence[Browser], resolver: Resolver, pairs: Callable[[], Pairs] = _no_pairs
) -> Selection:
    """Return what a filter selects for the person who has these browsers and these rules for categories.

    `pairs` is called for a category alone.
    """
    return Selection(
        _browsers(chosen, browsers), chosen.category, chosen.site, chosen.weekdays, chosen.hours, resolver, pairs
    )


def _browsers(chosen: Filter, browsers: Sequence[Browser]) -> tuple[int, ...] | None:
    """Return the ids of the chosen browsers, in order; None where these are all of the person's."""
    known = {browser.pk for browser in browsers}
    imports = {browser.pk for browser in browsers if browser.kind == Browser.Kind.IMPORT}
    left = {"": known, "without": known - imports, "only": imports}[chosen.imports]
    if chosen.browser is not None:
        left = left & {chosen.browser}
    return None if left == known else tuple(sorted(left))
