"""The fields of the wire: each reads one value as strictly as the contract says and describes itself to the schema.

`read` is called for every field of every record of a batch, so it is a plain function of few steps: it returns what is
stored, raises `Wrong` with a sentence that never repeats the value, and tells the `Judgement` what it cut.
"""

import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sync import limits

REPLACEMENT = "\ufffd"
# What UTF-8, and so the database, cannot hold.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Digits in a row that may be a number past a double.
_LONG_RUN = b"0" * 309
_ALL_ZERO = bytes.maketrans(b"123456789", b"000000000")
_encode = msgspec.json.Encoder(order="sorted").encode


class Wrong(Exception):
    """A value the contract refuses; the text says what to send instead."""


class OutOfTime(Wrong):
    """An instant outside the limits, which a mended clock may put right."""


class Judgement:
    """What is found out about one record beside its values: which fields were cut; and the latest instant allowed."""

    __slots__ = ("clean", "latest", "trimmed")

    def __init__(self, latest: int, *, clean: bool = False) -> None:
        self.latest = latest
        # True when no text can hold NUL or a lone surrogate, because its JSON had no escapes that could spell them.
        self.clean = clean
        self.trimmed: list[str] = []


def storable(text: str) -> bool:
    """Tell whether the database can hold the text: no NUL and no lone surrogate."""
    if text.isascii():
        return "\x00" not in text
    return UNSTORABLE.search(text) is None


def whole(value: Any) -> int:
    """Return a JSON integer; raises Wrong for anything else. 1.0 is one, true and "1" are not."""
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise Wrong("Enter a whole number.")


class WireField(serializers.Field):  # type: ignore[type-arg]  # the stubs' four parameters say nothing here
    """A field that is read by `read`, alone or in a batch."""

    def read(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the stored form of a value that is not null; raises Wrong."""
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> Any:
        """Read one value by itself, as DRF asks for it."""
        try:
            return self.read(data, self.field_name or "", Judgement(limits.MAX_INTEGER))
        except Wrong as wrong:
            raise serializers.ValidationError(str(wrong)) from wrong

    def to_representation(self, value: Any) -> Any:
        """Return the value as it is: rows hold wire values."""
        return value


class Whole(WireField, serializers.IntegerField):
    """An integer between `min_value` and `max_value`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", limits.MAX_INTEGER)
        super().__init__(**kwargs)
        self.low: int = kwargs["min_value"]
        self.high: int = kwargs["max_value"]

    def read(self, value: Any, name: str, judgement: Judgement) -> int:
        """Return the integer within its limits."""
        number = value if type(value) is int else whole(value)
        if self.low <= number <= self.high:
            return number
        raise Wrong(f"Enter a whole number from {self.low} to {self.high}.")


class Instant(WireField, serializers.IntegerField):
    """Milliseconds since the epoch, from 2000-01-01 to 24 hours past the server's clock."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=limits.EARLIEST_MS, **kwargs)

    def read(self, value: Any, name: str, judgement: Judgement) -> int:
        """Return the instant; raises OutOfTime outside the limits."""
        number = value if type(value) is int else whole(value)
        if limits.EARLIEST_MS <= number <= judgement.latest:
            return number
        raise OutOfTime(
            "Send milliseconds since the epoch, not before the year 2000 "
            "and not more than 24 hours ahead of the server's clock."
        )


class Duration(Whole):
    """Milliseconds from 0 to ten years."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_value=limits.MAX_DURATION_MS, **kwargs)

    def read(self, value: Any, name: str, judgement: Judgement) -> int:
        """Return the duration within its limits."""
        number = value if type(value) is int else whole(value)
        if 0 <= number <= limits.MAX_DURATION_MS:
            return number
        raise Wrong("Enter a duration in whole milliseconds, from 0 to ten years.")


class Seconds(WireField, serializers.FloatField):
    """Seconds, stored as milliseconds, rounded half up."""

    def read(self, value: Any, name: str, judgement: Judgement) -> int:
        """Return milliseconds; exact where the decimal number sent is."""
        if type(value) not in (int, float):
            raise Wrong("Enter a number of seconds.")
        if not 0 <= value <= limits.MAX_DURATION_MS / 1000:
            raise Wrong("Enter a duration in seconds, from 0 to ten years.")
        return int((Decimal(repr(value)) * 1000).quantize(Decimal(1), ROUND_HALF_UP))


class Flag(WireField, serializers.BooleanField):
    """A JSON boolean."""

    def read(self, value: Any, name: str, judgement: Judgement) -> bool:
        """Return the boolean."""
        if type(value) is bool:
            return value
        raise Wrong("Enter true or false.")


class Share(WireField, serializers.FloatField):
    """A number from 0 to 1; with `cut`, a larger one becomes 1."""

    def __init__(self, *, cut: bool = False, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=None if cut else 1, **kwargs)
        self.cut = cut

    def read(self, value: Any, name: str, judgement: Judgement) -> float:
        """Return the share as a float."""
        if type(value) is not float and type(value) is not int:
            raise Wrong("Enter a number from 0 to 1.")
        if 0 <= value <= 1:
            return float(value)
        if self.cut and 1 < value <= sys.float_info.max:
            judgement.trimmed.append(name)
            return 1.0
        raise Wrong("Enter a number from 0 to 1.")


class Text(WireField, serializers.CharField):
    """A string, never trimmed of blanks; longer than `max_length` is refused, as is what cannot be stored."""

    def __init__(self, *, max_length: int, allow_blank: bool = True, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, allow_blank=allow_blank, trim_whitespace=False, **kwargs)
        self.most = max_length

    def read(self, value: Any, name: str, judgement: Judgement) -> str:
        """Return the string as sent."""
        if type(value) is not str:
            raise Wrong("Enter a string.")
        if len(value) > self.most:
            raise Wrong(f"Enter at most {self.most} characters.")
        if not value and not self.allow_blank:
            raise Wrong("Enter at least 1 character.")
        if not (judgement.clean or storable(value)):
            raise Wrong("Remove NUL characters and lone surrogates.")
        return value


class CutText(WireField, serializers.CharField):
    """A string that is cut to `most` characters; what cannot be stored becomes U+FFFD. Both are listed in `trimmed`."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)
        self.most = most

    def read(self, value: Any, name: str, judgement: Judgement) -> str:
        """Return the string, mended and cut."""
        if type(value) is not str:
            raise Wrong("Enter a string.")
        text = value if judgement.clean or storable(value) else UNSTORABLE.sub(REPLACEMENT, value)
        text = text[: self.most]
        if text is not value and text != value:
            judgement.trimmed.append(name)
        return text


class DomainName(Text):
    """A host name, stored in lower case and without a leading `www.`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=limits.MAX_DOMAIN, **kwargs)

    def read(self, value: Any, name: str, judgement: Judgement) -> str:
        """Return the normalised name."""
        return bare_domain(super().read(value, name, judgement))


NOT_A_URL = "Enter an absolute http or https URL."
_PLAIN_URL = re.compile(r"[hH][tT][tT][pP][sS]?://([A-Za-z0-9._-]{1,253})(?=[/?#]|\Z)")
_URL = re.compile(r"(https?://)([^/?#\\]*)(.*)\Z", re.IGNORECASE | re.DOTALL)
_IPV6_AND_PORT = re.compile(r"\[[0-9A-Fa-f:.]+\](:[0-9]*)?\Z")
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}]")


def bare_domain(host: str) -> str:
    """Return a host in lower case without a leading `www.`, cut to what the column holds."""
    host = host.lower()
    return (host[4:] if host.startswith("www.") and len(host) > 4 else host)[: limits.MAX_DOMAIN]


def split_url(url: str) -> tuple[str, str]:
    """Return (the URL without credentials, its host); raises Wrong for what is no absolute http(s) URL.

    Only the part between `//` and the path is judged: after it, browsers have raw `|`, blanks and a second `#`.
    """
    if plain := _PLAIN_URL.match(url):
        return url, plain[1]
    parts = _URL.match(url)
    if parts is None:
        raise Wrong(NOT_A_URL)
    scheme, authority, rest = parts.groups()
    authority = authority.rpartition("@")[2]
    try:
        split = urlsplit(f"{scheme}{authority}")
        host = split.hostname or ""
        _ = split.port  # reading it judges it
    except ValueError:  # whose words repeat the value
        raise Wrong(NOT_A_URL) from None
    if authority.startswith("["):
        if not _IPV6_AND_PORT.match(authority):
            raise Wrong(NOT_A_URL)
        host = f"[{host}]"
    elif not host or len(host) > limits.MAX_DOMAIN or _FORBIDDEN_IN_HOST.search(host):
        raise Wrong(NOT_A_URL)
    return f"{scheme}{authority}{rest}", host


class Url(WireField, serializers.CharField):
    """An absolute http(s) URL as the browser has it, cut to 8,192 characters; credentials are taken out."""

    def read(self, value: Any, name: str, judgement: Judgement) -> str:
        """Return the URL without credentials, cut."""
        if type(value) is not str:
            raise Wrong(NOT_A_URL)
        if not (judgement.clean or storable(value)):
            raise Wrong("Remove NUL characters and lone surrogates from the URL.")
        url = split_url(value)[0]
        if len(url) > limits.MAX_URL:
            url = url[: limits.MAX_URL]
        if url is not value and url != value:
            judgement.trimmed.append(name)
        return url


class LenientUrl(Url):
    """A URL that is never fatal: what is none becomes null and is listed in `trimmed`."""

    def read(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the URL, or None."""
        try:
            return super().read(value, name, judgement)
        except Wrong:
            judgement.trimmed.append(name)
            return None


class LenientDomainName(DomainName):
    """A host name that is never fatal: what is none becomes null and is listed in `trimmed`."""

    def read(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the normalised name, or None."""
        try:
            return super().read(value, name, judgement)
        except Wrong:
            judgement.trimmed.append(name)
            return None


def mend(value: Any) -> Any:
    """Return a JSON value with U+FFFD for what cannot be stored; raises Wrong for a number past a double."""
    if type(value) is str:
        return value if storable(value) else UNSTORABLE.sub(REPLACEMENT, value)
    if type(value) is dict:
        return {mend(key): mend(item) for key, item in value.items()}
    if type(value) is list:
        return [mend(item) for item in value]
    if value is None or type(value) in (bool, float) or (type(value) is int and abs(value) <= sys.float_info.max):
        return value
    raise Wrong("Remove numbers that are past a double, such as 1e400.")


@extend_schema_field({"type": "object", "additionalProperties": True})
class Metadata(WireField, serializers.DictField):
    """A free object of up to 32 KiB as compact JSON; over that it becomes empty."""

    def read(self, value: Any, name: str, judgement: Judgement) -> dict[str, Any]:
        """Return the object, mended, or {} over the budget."""
        if type(value) is not dict:
            raise Wrong("Enter an object.")
        if not value:
            return value
        try:
            compact = _encode(value)
            suspect = (not judgement.clean and b"\\u0000" in compact) or _LONG_RUN in compact.translate(_ALL_ZERO)
        except (UnicodeEncodeError, TypeError):  # a lone surrogate, a number past a double
            suspect = True
        kept = value
        if suspect:
            kept = mend(value)
            compact = _encode(kept)
        if len(compact) > limits.MAX_METADATA_BYTES:
            kept = {}
        if kept is not value and kept != value:
            judgement.trimmed.append(name)
        return kept


class IdlePeriodSerializer(serializers.Serializer[Any]):
    """A stretch of a visit in which the person was away."""

    start = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    end = serializers.IntegerField(allow_null=True, required=False)
    reason = serializers.CharField(max_length=limits.MAX_IDLE_REASON, help_text="Such as idle, locked or blurred.")
    durationMs = serializers.IntegerField(allow_null=True, required=False)
    resumeReason = serializers.CharField(max_length=limits.MAX_IDLE_REASON, allow_null=True, required=False)


_idle_start = Instant()
_idle_duration = Duration()
_idle_reason = Text(max_length=limits.MAX_IDLE_REASON)


def read_idle_period(period: Any, judgement: Judgement) -> dict[str, Any]:
    """Return one idle period in its stored form; raises Wrong for a malformed one."""
    if type(period) is not dict:
        raise Wrong("Enter an object.")
    start, reason = period.get("start"), period.get("reason")
    if start is None or reason is None:
        raise Wrong("An idle period has a start and a reason.")
    end, duration, resumed = period.get("end"), period.get("durationMs"), period.get("resumeReason")
    stored: dict[str, Any] = {
        "start": _idle_start.read(start, "start", judgement),
        "end": None if end is None else _idle_start.read(end, "end", judgement),
        "reason": _idle_reason.read(reason, "reason", judgement),
        "durationMs": None if duration is None else _idle_duration.read(duration, "durationMs", judgement),
        "resumeReason": None if resumed is None else _idle_reason.read(resumed, "resumeReason", judgement),
    }
    if stored["end"] is not None and stored["end"] < stored["start"]:
        raise Wrong("An idle period ends after it starts.")
    return stored


@extend_schema_field(IdlePeriodSerializer(many=True))
class IdlePeriods(WireField, serializers.ListField):
    """Idle periods: malformed ones are dropped, the latest 1,000 kept; both are listed in `trimmed`."""

    def read(self, value: Any, name: str, judgement: Judgement) -> list[dict[str, Any]]:
        """Return the good periods, in the order sent."""
        if type(value) is not list:
            raise Wrong("Enter a list.")
        periods = []
        for period in value:
            try:
                periods.append(read_idle_period(period, judgement))
            except Wrong:
                continue
        if len(periods) > limits.MAX_IDLE_PERIODS:
            latest = sorted(range(len(periods)), key=lambda i: (periods[i]["start"], i))[-limits.MAX_IDLE_PERIODS :]
            periods = [periods[i] for i in sorted(latest)]
        if len(periods) != len(value):
            judgement.trimmed.append(name)
        return periods


@extend_schema_field({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}})
class DomainDurations(WireField, serializers.DictField):
    """Milliseconds by domain; the largest 1,000 are kept, ties by name."""

    def read(self, value: Any, name: str, judgement: Judgement) -> dict[str, int]:
        """Return the durations by domain, as sent."""
        if type(value) is not dict:
            raise Wrong("Enter an object of durations by domain.")
        durations: dict[str, int] = {}
        for domain, duration in value.items():
            if not storable(domain) or len(domain) > limits.MAX_DOMAIN:
                raise Wrong(
                    f"Each domain has at most {limits.MAX_DOMAIN} characters, none of them NUL or a lone surrogate."
                )
            durations[domain] = _idle_duration.read(duration, name, judgement)
        if len(durations) > limits.MAX_DOMAIN_DURATIONS:
            largest = sorted(durations.items(), key=lambda item: (-item[1], item[0]))
            durations = dict(largest[: limits.MAX_DOMAIN_DURATIONS])
            judgement.trimmed.append(name)
        return durations


class StatisticsSerializer(serializers.Serializer[Any]):
    """What an extension worked out about a tab."""

    mostVisitedDomain = serializers.CharField(max_length=limits.MAX_DOMAIN, allow_null=True, required=False)
    averagePageDuration = serializers.IntegerField(min_value=0, allow_null=True, required=False)


_most_visited = Text(max_length=limits.MAX_DOMAIN)


@extend_schema_field(StatisticsSerializer)
class Statistics(WireField, serializers.DictField):
    """The most visited domain and the average time on a page."""

    parts = (("mostVisitedDomain", _most_visited), ("averagePageDuration", _idle_duration))

    def read(self, value: Any, name: str, judgement: Judgement) -> dict[str, Any]:
        """Return both values, null where absent."""
        if type(value) is not dict:
            raise Wrong("Enter an object.")
        stored: dict[str, Any] = {}
        for part, field in self.parts:
            sent = value.get(part)
            try:
                stored[part] = None if sent is None else field.read(sent, part, judgement)
            except Wrong as wrong:
                raise Wrong(f"{part}: {wrong}") from wrong
        return stored
