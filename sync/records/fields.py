"""The kinds of value that records are made of: what is taken as it is, what is mended or cut, what is refused and why.

`type` is the rule for a value that is taken as it is. msgspec applies it to whole records at once, and to each value
by itself where a record has something to mend or to explain. The methods add only what a type cannot say.
"""

import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta
from rest_framework import serializers

from sync import limits
from sync.records.merge import encode_document
from sync.records.page_url import read_page_url

Described: TypeAlias = "serializers.Field[Any, Any, Any, Any]"

REPLACEMENT = "\ufffd"
# Neither UTF-8 nor, for NUL, PostgreSQL can hold these.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Wrong(Exception):
    """A value that the contract refuses; the text says what to send instead and never repeats the value."""


class WrongClock(Wrong):
    """An instant that is refused now and may be right once the sender's clock is."""


class Judgement:
    """What is known and found out while one record is judged."""

    __slots__ = ("clean", "latest", "site", "trimmed")

    def __init__(self, latest: int, *, clean: bool = True) -> None:
        self.latest = latest  # the last instant that is allowed, in ms
        self.clean = clean  # no text can hold NUL or a lone surrogate, since the JSON has no escape for them
        self.site: str | None = None  # of the record's URL, once that is read
        self.trimmed: list[str] = []  # the wire names of the fields that were mended or cut


def storable(text: str) -> bool:
    """Tell whether a database can hold the text: no NUL and no lone surrogate."""
    if text.isascii():
        return "\x00" not in text
    return UNSTORABLE.search(text) is None


class FieldType:
    """A kind of value. A subclass sets `type` and overrides what it has to add."""

    type: Any

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return a value of `type` in place of one that is not; raises Wrong."""
        raise NotImplementedError

    def clean(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the value without what a database cannot hold; raises Wrong. Only asked where that may occur."""
        return value

    def settle(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the stored form of a value of `type`; raises Wrong."""
        return value

    def read(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the stored form of one value that is not null; raises Wrong."""
        try:
            value = msgspec.convert(value, self.type)
        except msgspec.ValidationError:
            value = self.mend(value, name, judgement)
        if not judgement.clean:
            value = self.clean(value, name, judgement)
        return self.settle(value, name, judgement)

    def to_wire(self, value: Any) -> Any:
        """Return the wire form of a stored value."""
        return value

    def describe(self, **options: Any) -> Described:
        """Return the field of the API's description."""
        raise NotImplementedError


class Whole(FieldType):
    """An integer from 0 to `high`."""

    def __init__(self, high: int = limits.MAX_INTEGER) -> None:
        self.type = Annotated[int, Meta(ge=0, le=high)]
        self.high = high

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is not int:
            raise Wrong("Enter a whole number.")
        raise Wrong(f"Enter a whole number from 0 to {self.high}.")

    def describe(self, **options: Any) -> Described:
        return serializers.IntegerField(min_value=0, max_value=self.high, **options)


class Duration(Whole):
    """Milliseconds from 0 to ten years."""

    def __init__(self) -> None:
        super().__init__(limits.MAX_DURATION_MS)

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is not int:
            raise Wrong("Enter a whole number.")
        raise Wrong("Enter a duration in whole milliseconds, from 0 to ten years.")


class Seconds(FieldType):
    """Seconds, stored as milliseconds, rounded half up."""

    type = Annotated[float, Meta(ge=0, le=limits.MAX_DURATION_MS / 1000)]

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) not in (int, float):
            raise Wrong("Enter a number of seconds.")
        raise Wrong("Enter a duration in seconds, from 0 to ten years.")

    def settle(self, value: float, name: str, judgement: Judgement) -> int:
        return int((Decimal(repr(value)) * 1000).quantize(Decimal(1), ROUND_HALF_UP))

    def describe(self, **options: Any) -> Described:
        return serializers.FloatField(min_value=0, max_value=limits.MAX_DURATION_MS / 1000, **options)


class Instant(FieldType):
    """Milliseconds since the epoch, from 2000-01-01 to 24 hours past the server's clock."""

    type = Annotated[int, Meta(ge=limits.EARLIEST_MS)]

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is not int:
            raise Wrong("Enter a whole number.")
        if limits.EARLIEST_MS <= value * 1000 <= judgement.latest:
            raise Wrong("This is in seconds. Send milliseconds since the epoch.")
        raise Wrong("Send milliseconds since the epoch, not before the year 2000.")

    def settle(self, value: int, name: str, judgement: Judgement) -> int:
        if value <= judgement.latest:
            return value
        check_not_late(value, judgement)
        for unit, in_a_millisecond in (("microseconds", 1_000), ("nanoseconds", 1_000_000)):
            if limits.EARLIEST_MS * in_a_millisecond <= value <= judgement.latest * in_a_millisecond:
                raise Wrong(f"This is in {unit}. Send milliseconds since the epoch.")
        raise Wrong("Send milliseconds since the epoch, not more than 24 hours ahead of the server's clock.")

    def describe(self, **options: Any) -> Described:
        return serializers.IntegerField(min_value=limits.EARLIEST_MS, **options)


def check_not_late(instant: int, judgement: Judgement) -> None:
    """Raise WrongClock for an instant in the future that a wrong clock may explain."""
    if judgement.latest < instant <= judgement.latest - limits.CLOCK_LEEWAY_MS + limits.WRONG_CLOCK_MS:
        raise WrongClock("This is more than 24 hours ahead of the server's clock. Check the clock of the sender.")


class Flag(FieldType):
    """A JSON boolean."""

    type = bool

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        raise Wrong("Enter true or false.")

    def describe(self, **options: Any) -> Described:
        return serializers.BooleanField(**options)


class Share(FieldType):
    """A number from 0 to 1; with `cut`, a larger one becomes 1."""

    type = Annotated[float, Meta(ge=0, le=1)]

    def __init__(self, *, cut: bool = False) -> None:
        self.cut = cut

    def mend(self, value: Any, name: str, judgement: Judgement) -> float:
        if self.cut and type(value) in (int, float) and 1 < value <= sys.float_info.max:
            judgement.trimmed.append(name)
            return 1.0
        raise Wrong("Enter a number from 0 to 1.")

    def settle(self, value: float, name: str, judgement: Judgement) -> float:
        return value + 0.0  # -0.0 and 0.0 are one value and must have one spelling

    def describe(self, **options: Any) -> Described:
        return serializers.FloatField(min_value=0, max_value=None if self.cut else 1, **options)


class Text(FieldType):
    """A string of at most `high` characters, never trimmed of blanks; a longer one is refused."""

    def __init__(self, high: int, *, low: int = 0) -> None:
        self.type = Annotated[str, Meta(min_length=low, max_length=high)]
        self.low, self.high = low, high

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is not str:
            raise Wrong("Enter a string.")
        raise Wrong(f"Enter at most {self.high} characters." if value else "Enter at least 1 character.")

    def clean(self, value: str, name: str, judgement: Judgement) -> str:
        if storable(value):
            return value
        raise Wrong("Remove NUL characters and lone surrogates.")

    def describe(self, **options: Any) -> Described:
        return serializers.CharField(max_length=self.high, allow_blank=not self.low, **options)


class CutText(FieldType):
    """A string that is cut to `high` characters, with U+FFFD for what a database cannot hold."""

    def __init__(self, high: int) -> None:
        self.type = Annotated[str, Meta(max_length=high)]
        self.high = high

    def mend(self, value: Any, name: str, judgement: Judgement) -> str:
        if type(value) is not str:
            raise Wrong("Enter a string.")
        judgement.trimmed.append(name)
        return value[: self.high]

    def clean(self, value: str, name: str, judgement: Judgement) -> str:
        if storable(value):
            return value
        judgement.trimmed.append(name)
        return UNSTORABLE.sub(REPLACEMENT, value)

    def describe(self, **options: Any) -> Described:
        return serializers.CharField(allow_blank=True, **options)


class Url(FieldType):
    """An absolute http(s) URL as the browser has it, without credentials, cut to 8,192 characters."""

    type = str

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        raise Wrong("Enter an absolute http or https URL.")

    def clean(self, value: str, name: str, judgement: Judgement) -> str:
        if storable(value):
            return value
        raise Wrong("Remove NUL characters and lone surrogates from the URL.")

    def settle(self, value: str, name: str, judgement: Judgement) -> str | None:
        found = read_page_url(value)
        if found is None:
            raise Wrong("Enter an absolute http or https URL.")
        url, judgement.site = found
        if url is value and len(url) <= limits.MAX_URL:
            return url
        judgement.trimmed.append(name)
        return url[: limits.MAX_URL]

    def describe(self, **options: Any) -> Described:
        return serializers.CharField(**options)


class LenientUrl(Url):
    """A URL that never refuses the record: null is stored for what is no URL."""

    def read(self, value: Any, name: str, judgement: Judgement) -> str | None:
        try:
            return super().read(value, name, judgement)  # type: ignore[no-any-return]  # settle says what
        except Wrong:
            judgement.trimmed.append(name)
            return None

    def settle(self, value: str, name: str, judgement: Judgement) -> str | None:
        try:
            return super().settle(value, name, judgement)
        except Wrong:
            judgement.trimmed.append(name)
            return None


class Site(FieldType):
    """The site of the record's URL. A sent one is ignored: `complete` of the kind sets it."""

    type = Any

    def describe(self, **options: Any) -> Described:
        return serializers.CharField(**options)


class Metadata(FieldType):
    """A free object of up to 32 KiB as compact JSON; over that it becomes empty."""

    type = dict[str, Any]

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        raise Wrong("Enter an object.")

    def clean(self, value: dict[str, Any], name: str, judgement: Judgement) -> Any:
        cleaned = _replaced(value)
        if cleaned != value:
            judgement.trimmed.append(name)
        return cleaned

    def settle(self, value: dict[str, Any], name: str, judgement: Judgement) -> bytes:
        try:
            document = encode_document(value)
        except TypeError:
            raise Wrong("Remove numbers that are past a double, such as 1e400.") from None
        if len(document) <= limits.MAX_METADATA_BYTES:
            return document
        judgement.trimmed.append(name)
        return b"{}"

    def describe(self, **options: Any) -> Described:
        return serializers.DictField(**options)


def _replaced(value: Any) -> Any:
    """Return a JSON value with U+FFFD for what a database cannot hold."""
    if type(value) is str:
        return value if storable(value) else UNSTORABLE.sub(REPLACEMENT, value)
    if type(value) is dict:
        return {_replaced(key): _replaced(item) for key, item in value.items()}
    if type(value) is list:
        return [_replaced(item) for item in value]
    return value


_instant, _duration, _reason = Instant(), Duration(), Text(limits.MAX_IDLE_REASON)


IdlePeriod = msgspec.defstruct(
    "IdlePeriod",
    [
        ("start", _instant.type),
        ("reason", _reason.type),
        ("end", _instant.type | None, None),
        ("durationMs", _duration.type | None, None),
        ("resumeReason", _reason.type | None, None),
    ],
    gc=False,
)


class IdlePeriodSerializer(serializers.Serializer[Any]):
    """A stretch of a visit in which the person was away."""

    start = _instant.describe(help_text="Milliseconds since the epoch.")
    end = _instant.describe(allow_null=True, required=False)
    reason = _reason.describe(help_text="Such as idle, locked or blurred.")
    durationMs = _duration.describe(allow_null=True, required=False)
    resumeReason = _reason.describe(allow_null=True, required=False)


class IdlePeriods(FieldType):
    """Idle periods in the order sent: malformed ones are dropped, the latest 1,000 are kept."""

    type = list[IdlePeriod]  # type: ignore[valid-type]  # a class made at run time

    def mend(self, value: Any, name: str, judgement: Judgement) -> list[Any]:
        if type(value) is not list:
            raise Wrong("Enter a list.")
        periods = []
        for period in value:
            try:
                periods.append(msgspec.convert(period, IdlePeriod))
            except msgspec.ValidationError:
                continue
        judgement.trimmed.append(name)
        return periods

    @staticmethod
    def _is_whole(period: Any, judgement: Judgement) -> bool:
        end = period.start if period.end is None else period.end
        return period.start <= end <= judgement.latest and (
            judgement.clean or (storable(period.reason) and storable(period.resumeReason or ""))
        )

    def settle(self, value: list[Any], name: str, judgement: Judgement) -> bytes:
        periods = [period for period in value if self._is_whole(period, judgement)]
        if len(periods) > limits.MAX_IDLE_PERIODS:
            by_start = sorted(range(len(periods)), key=lambda i: (periods[i].start, i))
            periods = [periods[i] for i in sorted(by_start[-limits.MAX_IDLE_PERIODS :])]
        if len(periods) != len(value):
            judgement.trimmed.append(name)
        return encode_document(periods)

    def describe(self, **options: Any) -> Described:
        return IdlePeriodSerializer(many=True, **options)


class SiteDurations(FieldType):
    """Milliseconds by site; the largest 1,000 are kept, ties by name."""

    type = dict[Annotated[str, Meta(max_length=limits.MAX_DOMAIN)], _duration.type]  # type: ignore[name-defined]  # a type made at run time

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is not dict:
            raise Wrong("Enter an object of durations by domain.")
        self._check_names(value)
        for duration in value.values():
            _duration.read(duration, name, judgement)
        raise Wrong("Enter an object of durations by domain.")

    def clean(self, value: dict[str, int], name: str, judgement: Judgement) -> Any:
        self._check_names(value)
        return value

    @staticmethod
    def _check_names(value: dict[str, Any]) -> None:
        if not all(storable(site) and len(site) <= limits.MAX_DOMAIN for site in value):
            raise Wrong(
                f"Each domain has at most {limits.MAX_DOMAIN} characters, none of them NUL or a lone surrogate."
            )

    def settle(self, value: dict[str, int], name: str, judgement: Judgement) -> bytes:
        if len(value) > limits.MAX_DOMAIN_DURATIONS:
            largest = sorted(value.items(), key=lambda item: (-item[1], item[0]))
            value = dict(largest[: limits.MAX_DOMAIN_DURATIONS])
            judgement.trimmed.append(name)
        return encode_document(value)

    def describe(self, **options: Any) -> Described:
        return serializers.DictField(child=_duration.describe(), **options)


_site = Text(limits.MAX_DOMAIN)


_STATISTICS: tuple[tuple[str, FieldType], ...] = (("mostVisitedDomain", _site), ("averagePageDuration", _duration))
StatisticsOfTab = msgspec.defstruct(
    "StatisticsOfTab", [(part, field.type | None, None) for part, field in _STATISTICS], gc=False
)


class StatisticsSerializer(serializers.Serializer[Any]):
    """What an extension worked out about a tab."""

    mostVisitedDomain = _site.describe(allow_null=True, required=False)
    averagePageDuration = _duration.describe(allow_null=True, required=False)


class Statistics(FieldType):
    """The most visited site and the average time on a page, null where absent."""

    type = StatisticsOfTab

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is not dict:
            raise Wrong("Enter an object.")
        for part, field in _STATISTICS:
            try:
                if value.get(part) is not None:
                    field.read(value[part], part, judgement)
            except Wrong as wrong:
                raise Wrong(f"{part}: {wrong}") from wrong
        raise Wrong("Enter an object.")

    def clean(self, value: Any, name: str, judgement: Judgement) -> Any:
        if not storable(value.mostVisitedDomain or ""):
            raise Wrong("mostVisitedDomain: Remove NUL characters and lone surrogates.")
        return value

    def settle(self, value: Any, name: str, judgement: Judgement) -> bytes:
        return encode_document(value)

    def to_wire(self, value: dict[str, Any]) -> dict[str, Any] | None:
        return value or None  # {} is stored where none were sent, and sending {} would store two nulls

    def describe(self, **options: Any) -> Described:
        return StatisticsSerializer(**options)
