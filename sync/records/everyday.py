"""A short cut for the page visits nearly all of a batch are: those with nothing to mend, to cut or to refuse.

msgspec decodes the JSON of such a visit straight into its columns and checks types and limits on the way, which takes
a third of the time of parsing first and judging then. Whatever it does not take, whyever, is left to the serializer,
so the short cut may be narrower than the contract but never wider; tests/sync/test_everyday.py holds the two together.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sync import limits
from sync.records import fields
from sync.records.merge import encode_document

_URL = re.compile(r"https?://(?:www\.(?=.))?([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::[0-9]{1,4})?(?:[/?#]|\Z)")
_MAX_HOST = limits.MAX_DOMAIN - len("www.")
_INFINITY = float("inf")
# A whole number of fewer digits than this is a double.
_MANY = 309
_DIGITS = b"0123456789"
_NO_DIGIT_AS_BLANK = bytes(each if each in _DIGITS else 32 for each in range(256))


class EverydayVisit(msgspec.Struct, kw_only=True, gc=False):
    """A page visit by column: those that are looked at together; the others come from the declared fields."""

    visit_id: str
    url: str
    domain: str
    started_at: int
    ended_at: int | None
    duration_ms: int
    last_heartbeat_at: int | None
    closed_at: int | None
    engagement_rate: float
    category_confidence: float | None
    idle_periods: Any
    metadata: Any


class IdlePeriod(msgspec.Struct, gc=False):
    """An idle period with nothing to mend."""

    start: Annotated[int, Meta(ge=limits.EARLIEST_MS)]
    reason: Annotated[str, Meta(max_length=limits.MAX_IDLE_REASON)]
    end: Annotated[int, Meta(ge=limits.EARLIEST_MS)] | None = None
    durationMs: Annotated[int, Meta(ge=0, le=limits.MAX_DURATION_MS)] | None = None
    resumeReason: Annotated[str, Meta(max_length=limits.MAX_IDLE_REASON)] | None = None


def _type_of(field: Any) -> Any:
    """Return the type of what a field takes as it is."""
    match field:
        case fields.Instant():
            return Annotated[int, Meta(ge=field.min_value)]
        case fields.Whole():
            return Annotated[int, Meta(ge=field.min_value, le=field.max_value)]
        case fields.Share():
            return Annotated[float, Meta(ge=0, le=1)]
        case fields.Flag():
            return bool
        case fields.Text():
            return Annotated[str, Meta(min_length=0 if field.allow_blank else 1, max_length=field.max_length)]
        case fields.CutText():
            return Annotated[str, Meta(max_length=field.most)]
        case fields.Url():
            return Annotated[str, Meta(max_length=limits.MAX_URL)]
        case fields.IdlePeriods():
            return Annotated[list[IdlePeriod], Meta(max_length=limits.MAX_IDLE_PERIODS)]
        case fields.Metadata():
            return dict[str, Any]
    raise TypeError(f"{type(field).__name__} has no short cut")


def _number(text: str) -> int | float:
    """Return a whole number as int, as everywhere; one past a double makes the decoder refuse the record."""
    number = float(text)
    if number in (_INFINITY, -_INFINITY):
        raise ValueError
    return int(number) if number.is_integer() else number


def _holds_many_digits(text: bytes) -> bool:
    """Tell whether there are so many digits in a row, which cover one of the places looked at first."""
    places = text[_MANY - 1 :: _MANY]
    return len(places.translate(None, _DIGITS)) != len(places) and any(
        len(digits) >= _MANY for digits in text.translate(_NO_DIGIT_AS_BLANK).split()
    )


class EverydayVisits:
    """Reads page visits as `declared` has their fields; `kind` is the type of what it returns, with columns by name."""

    def __init__(self, declared: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
        columns: list[Any] = []
        names = {}
        for name, field in declared.items():
            if name in aliases.values():
                continue
            names[field.source] = name
            default = None if field.required else field.get_default()
            if field.required or name in aliases:  # absent, another name may stand in for it
                columns.append((field.source, _type_of(field)))
            elif default is None:
                columns.append((field.source, _type_of(field) | None, None))
            else:
                columns.append((field.source, _type_of(field), default))
        self.kind = msgspec.defstruct(
            "EverydayVisit", columns, bases=(EverydayVisit,), rename=names, kw_only=True, gc=False
        )
        decoder: msgspec.json.Decoder[EverydayVisit] = msgspec.json.Decoder(self.kind, float_hook=_number)
        self._decode = decoder.decode

    def read(self, data: bytes, latest: int) -> EverydayVisit | None:
        """Return the visit in this JSON, its documents as compact JSON, or None if it is not of the everyday."""
        # Nearly all have no backslash at all, which is told sooner than that there is no escape of this kind.
        if len(data) > limits.MAX_RECORD_BYTES or (b"\\" in data and b"\\u" in data):
            return None
        try:
            visit = self._decode(data)
            metadata = encode_document(visit.metadata)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        started, ended, domain = visit.started_at, visit.ended_at, visit.domain
        url = _URL.match(visit.url)
        if (
            url is None
            or len(url[1]) > _MAX_HOST
            or started + visit.duration_ms > latest
            or (ended is not None and not started <= ended <= latest)
            or (visit.last_heartbeat_at or 0) > latest
            or (visit.closed_at or 0) > latest
            or domain != domain.lower()
            or domain.startswith("www.")
            or len(metadata) > limits.MAX_METADATA_BYTES
            or _holds_many_digits(metadata)
        ):
            return None
        for period in visit.idle_periods:
            if period.start > latest or (period.end is not None and not period.start <= period.end <= latest):
                return None
        # Minus nought is nought, as the parser has it for numbers of no declared type.
        visit.engagement_rate += 0.0
        if visit.category_confidence is not None:
            visit.category_confidence += 0.0
        if not domain:
            visit.domain = url[1]
        visit.metadata = metadata
        visit.idle_periods = encode_document(visit.idle_periods) if visit.idle_periods else b"[]"
        return visit
