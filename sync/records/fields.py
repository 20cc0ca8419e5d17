"""The kinds of value that records are made of. Each takes a value as it is, mends or cuts it, or refuses it.

`type` is the rule for a value that is taken as it is. msgspec applies it to whole records at once, and to each value
by itself where a record has something to mend or to explain. The methods add the rules that no type can state.
"""

import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from strict_json.numbers import may_hold_past_double
from strict_json.parsing import parse_checked
from sync import limits
from sync.records.merge import encode_document
from sync.records.page_url import read_page_url

REPLACEMENT = "\ufffd"
# UTF-8 has no lone surrogates, and PostgreSQL stores no NUL in text.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Wrong(Exception):
    """A value that the contract refuses; the text names the values that are allowed and never repeats the sent one."""


class WrongClock(Wrong):
    """An instant that a wrong clock of the sender may explain; the record may be sent again later."""


class Judgement(msgspec.Struct, gc=False):
    """The limits by which one record is judged, and the findings about it; each one has lists of its own."""

    latest: int  # the last instant that is allowed, in ms
    clean: bool = True  # no text can hold NUL or a lone surrogate, since the JSON has no escape for them
    site: str | None = None  # of the record's URL, once that is read
    trimmed: list[str] = []  # the wire names of the fields that were mended or cut
    aliases: dict[str, str] = {}  # the second names under which fields came, by wire name

    def is_of_wrong_clock(self, instant: int) -> bool:
        """Tell whether a wrong clock of the sender may explain an instant after the latest."""
        return instant <= self.latest - limits.CLOCK_LEEWAY_MS + limits.WRONG_CLOCK_MS


def storable(text: str) -> bool:
    """Tell whether a database can hold the text: no NUL and no lone surrogate."""
    if text.isascii():
        return "\x00" not in text
    return UNSTORABLE.search(text) is None


def _replaced(value: Any) -> Any:
    """Return a JSON value with U+FFFD for each NUL and lone surrogate."""
    if type(value) is str:
        return value if storable(value) else UNSTORABLE.sub(REPLACEMENT, value)
    if type(value) is dict:
        return {_replaced(key): _replaced(item) for key, item in value.items()}
    return [_replaced(item) for item in value] if type(value) is list else value


def _noted(kept: Any, sent: Any, name: str, judgement: Judgement) -> Any:
    """Return the value that is kept, and list the field as trimmed where it is not the one sent."""
    if kept != sent:
        judgement.trimmed.append(name)
    return kept


class Value:
    """A kind of value: the msgspec type that is taken as it is, and the error text for every other value."""

    def __init__(self, type_: Any, wanted: str, *, described: Any = None) -> None:
        self.type = type_
        self.wanted = wanted
        self.described = described or type_  # for the API's description, where more is taken than `type` says
        # msgspec prepares the checks of a Struct once, and those of any other type at each call (0.1 µs, not 0.4).
        self._one: Any = msgspec.defstruct("One", [("value", type_)], array_like=True, gc=False)

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return a value of `type` in place of one that is not; raises Wrong."""
        raise Wrong(self.wanted)

    def clean(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the value without NUL and lone surrogates; called only if the JSON may hold some; raises Wrong."""
        return _noted(_replaced(value), value, name, judgement)

    def settle(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the stored form of a value of `type`; raises Wrong."""
        return value

    def read(self, value: Any, name: str, judgement: Judgement) -> Any:
        """Return the stored form of a value that is not null; raises Wrong."""
        try:
            value = msgspec.convert((value,), self._one).value
        except msgspec.ValidationError:
            value = self.mend(value, name, judgement)
        if not judgement.clean:
            value = self.clean(value, name, judgement)
        return self.settle(value, name, judgement)

    def to_wire(self, value: Any) -> Any:
        """Return the wire form of a stored value; a value of a JSON column comes as the text of its JSON."""
        return value


class Flag(Value):
    """True or false; SQLite keeps 1 or 0."""

    def __init__(self) -> None:
        super().__init__(bool, "Enter true or false.")

    def to_wire(self, value: Any) -> bool:
        return bool(value)


class Document(Value):
    """A value of a JSON column."""

    def to_wire(self, value: str) -> Any:
        return msgspec.Raw(value)


def whole(high: int = limits.MAX_INTEGER) -> Value:
    """Return the kind of integers from 0 to `high`."""
    return Value(Annotated[int, Meta(ge=0, le=high)], f"Enter a whole number from 0 to {high}.")


# A sent site is ignored: the kind's `complete` sets the one of the record's URL.
SITE = Value(Any, "", described=str)
DURATION = Value(
    Annotated[int, Meta(ge=0, le=limits.MAX_DURATION_MS)],
    "Enter a duration in whole milliseconds, from 0 to ten years.",
)


class Seconds(Value):
    """Seconds, stored as milliseconds, rounded half up."""

    def __init__(self) -> None:
        longest = limits.MAX_DURATION_MS / 1000
        super().__init__(Annotated[float, Meta(ge=0, le=longest)], "Enter a duration in seconds, from 0 to ten years.")

    def settle(self, value: float, name: str, judgement: Judgement) -> int:
        return int((Decimal(repr(value)) * 1000).quantize(Decimal(1), ROUND_HALF_UP))


class Instant(Value):
    """Milliseconds since the epoch, from 2000-01-01 to 24 hours past the server's clock."""

    def __init__(self) -> None:
        super().__init__(
            Annotated[int, Meta(ge=limits.EARLIEST_MS)],
            "Send milliseconds since the epoch, from the year 2000 to 24 hours ahead of the server's clock.",
        )

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        for unit, a_second in (("seconds", 1), ("microseconds", 10**6), ("nanoseconds", 10**9)):
            if type(value) in (int, float) and (
                limits.EARLIEST_MS * a_second <= value * 1000 <= judgement.latest * a_second
            ):
                raise Wrong(f"This is in {unit}. Send milliseconds since the epoch.")
        raise Wrong(self.wanted)

    def settle(self, value: int, name: str, judgement: Judgement) -> Any:
        if value <= judgement.latest:
            return value
        if judgement.is_of_wrong_clock(value):
            raise WrongClock("This is more than 24 hours ahead of the server's clock. Check the clock of the sender.")
        return self.mend(value, name, judgement)


class Share(Value):
    """A number from 0 to 1; with `cut`, a larger one becomes 1."""

    def __init__(self, *, cut: bool = False) -> None:
        described = Annotated[float, Meta(ge=0)] if cut else None
        super().__init__(Annotated[float, Meta(ge=0, le=1)], "Enter a number from 0 to 1.", described=described)
        self.cut = cut

    def mend(self, value: Any, name: str, judgement: Judgement) -> float:
        if self.cut and type(value) in (int, float) and 1 < value <= sys.float_info.max:
            judgement.trimmed.append(name)
            return 1.0
        raise Wrong(self.wanted)

    def settle(self, value: float, name: str, judgement: Judgement) -> float:
        return value + 0.0  # -0.0 and 0.0 are one value and must have one spelling


class Text(Value):
    """A string of `low` to `high` characters, never trimmed of blanks."""

    def __init__(self, high: int, *, low: int = 0) -> None:
        wanted = f"Enter a string of {f'{low} to' if low else 'at most'} {high} characters."
        super().__init__(Annotated[str, Meta(min_length=low, max_length=high)], wanted)

    def clean(self, value: str, name: str, judgement: Judgement) -> str:
        if storable(value):
            return value
        raise Wrong("Remove NUL characters and lone surrogates.")


class CutText(Value):
    """A string that is cut to `high` characters, with U+FFFD for each NUL and lone surrogate."""

    def __init__(self, high: int) -> None:
        super().__init__(Annotated[str, Meta(max_length=high)], "Enter a string.", described=str)
        self.high = high

    def mend(self, value: Any, name: str, judgement: Judgement) -> str:
        if type(value) is not str:
            raise Wrong(self.wanted)
        judgement.trimmed.append(name)
        return value[: self.high]


class Url(Value):
    """An absolute http(s) URL as the browser has it, without credentials, cut to 8,192 characters.

    With `lenient` null is stored for a value that is no such URL. Otherwise the value is refused.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        super().__init__(str, "Enter an absolute http or https URL.")
        self.lenient = lenient

    def mend(self, value: Any, name: str, judgement: Judgement) -> str:
        return ""  # which is no URL

    def clean(self, value: str, name: str, judgement: Judgement) -> str:
        return value if storable(value) else ""

    def settle(self, value: str, name: str, judgement: Judgement) -> Any:
        found = read_page_url(value)
        if found is None and not self.lenient:
            raise Wrong(self.wanted)
        url, judgement.site = found or (None, None)
        return _noted(url and url[: limits.MAX_URL], value, name, judgement)


class Metadata(Document):
    """A free object of up to 32 KiB as compact JSON; over that it becomes empty."""

    def __init__(self) -> None:
        super().__init__(dict[str, Any], "Enter an object.")

    def settle(self, value: dict[str, Any], name: str, judgement: Judgement) -> Any:
        if not value:
            return b"{}"
        try:
            document = encode_document(value)
            if may_hold_past_double(document):
                document = encode_document(parse_checked(document))
        except TypeError:
            raise Wrong("Remove numbers that are past a double, such as 1e400.") from None
        if len(document) <= limits.MAX_METADATA_BYTES:
            return document
        return _noted(b"{}", document, name, judgement)


class SiteDurations(Document):
    """Milliseconds by site; the largest 1,000 are kept, ties by name."""

    def __init__(self) -> None:
        site = Text(limits.MAX_DOMAIN)
        wanted = (
            f"Enter an object of durations by domain: each domain has at most {limits.MAX_DOMAIN} characters, none of "
            "them NUL or a lone surrogate, and each duration is in whole milliseconds, from 0 to ten years."
        )
        super().__init__(dict[site.type, DURATION.type], wanted)  # type: ignore[name-defined]  # made at run time

    def clean(self, value: dict[str, int], name: str, judgement: Judgement) -> Any:
        if all(map(storable, value)):
            return value
        raise Wrong(self.wanted)

    def settle(self, value: dict[str, int], name: str, judgement: Judgement) -> bytes:
        if len(value) > limits.MAX_DOMAIN_DURATIONS:
            judgement.trimmed.append(name)
            largest = sorted(value.items(), key=lambda item: (-item[1], item[0]))
            value = dict(largest[: limits.MAX_DOMAIN_DURATIONS])
        return encode_document(value)


class Members(Document):
    """An object of named values; the `optional` ones may be null or absent."""

    def __init__(self, name: str, required: dict[str, Value], optional: dict[str, Value]) -> None:
        self.values = {**required, **optional}
        members: list[Any] = [(member, value.type) for member, value in required.items()]
        members += [(member, value.type | None, None) for member, value in optional.items()]
        super().__init__(msgspec.defstruct(name, members, gc=False), "Enter an object.")

    def mend(self, value: Any, name: str, judgement: Judgement) -> Any:
        if type(value) is dict:
            self._check(value, judgement)
        raise Wrong(self.wanted)

    def clean(self, value: Any, name: str, judgement: Judgement) -> Any:
        self._check(msgspec.structs.asdict(value), judgement)
        return value

    def _check(self, members: dict[str, Any], judgement: Judgement) -> None:
        """Raise Wrong with the name of the first member that is wrong."""
        for member, kind in self.values.items():
            try:
                if members.get(member) is not None:
                    kind.read(members[member], member, judgement)
            except Wrong as wrong:
                raise Wrong(f"{member}: {wrong}") from wrong

    def settle(self, value: Any, name: str, judgement: Judgement) -> bytes:
        return encode_document(value)

    def to_wire(self, value: str) -> Any:
        return None if value == "{}" else super().to_wire(value)  # sending {} back would store nulls


class IdlePeriods(Document):
    """Idle periods in the order sent: malformed ones are dropped, the latest 1,000 are kept."""

    def __init__(self) -> None:
        instant, reason = Instant(), Text(limits.MAX_IDLE_REASON)
        self.period = Members(
            "IdlePeriod",
            {"start": instant, "reason": reason},
            {"end": instant, "durationMs": DURATION, "resumeReason": reason},
        )
        super().__init__(list[self.period.type], "Enter a list.")  # type: ignore[name-defined]  # made at run time

    def mend(self, value: Any, name: str, judgement: Judgement) -> list[Any]:
        if type(value) is not list:
            raise Wrong(self.wanted)
        judgement.trimmed.append(name)
        periods = []
        for period in value:
            try:
                periods.append(msgspec.convert(period, self.period.type))
            except msgspec.ValidationError:
                continue
        return periods

    def clean(self, value: list[Any], name: str, judgement: Judgement) -> Any:
        kept = [period for period in value if storable(period.reason) and storable(period.resumeReason or "")]
        return _noted(kept, value, name, judgement)

    def settle(self, value: list[Any], name: str, judgement: Judgement) -> bytes:
        if not value:
            return b"[]"
        periods = [
            period
            for period in value
            if period.start <= (period.start if period.end is None else period.end) <= judgement.latest
        ]
        if len(periods) > limits.MAX_IDLE_PERIODS:
            by_start = sorted(range(len(periods)), key=lambda i: (periods[i].start, i))
            periods = [periods[i] for i in sorted(by_start[-limits.MAX_IDLE_PERIODS :])]
        if len(periods) != len(value):
            judgement.trimmed.append(name)
        return encode_document(periods)
