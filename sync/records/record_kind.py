"""What both kinds of record have in common: a declaration, and the two ways of reading records that follow from it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from strict_json.numbers import may_hold_past_double, parse_fraction
from strict_json.parsing import parse_checked
from sync import limits
from sync.models import SyncBatch, SyncRecord
from sync.records import merge
from sync.records.fields import Instant, Judgement, Text, Value, Wrong, WrongClock, whole

# A record that was read: its columns as attributes, JSON columns as the bytes that are stored, and `client_id`.
Content = Any
CLIENT_ID = "client_id"


class Rejected(Exception):
    """A record that is not stored: errors by wire field as sent; `retry` if a mended clock may put it right."""

    def __init__(self, errors: dict[str, list[str]], *, retry: bool = False) -> None:
        super().__init__()
        self.errors = errors
        self.retry = retry


@dataclass(frozen=True)
class Field:
    """One field of a record: its wire name, its column, its kind of value and its value where it is absent or null."""

    wire: str
    column: str
    value: Value
    required: bool = False
    default: Any = None
    # Another wire name that is read where the field's own name is absent or null; its values may be of another kind.
    alias: str | None = None
    alias_value: Value | None = None
    # Made from other fields by `complete`, so not read from the wire and no part of the content that is compared.
    derived: bool = False
    help: str = ""


class RecordKind:
    """The declaration of a kind of record, and everything that follows from it.

    `rank` takes the columns it compares by as its parameters. `complete` sets derived columns and judges what only
    several fields together can tell; it raises Rejected. Raise `format_number` when a column comes, goes or is encoded
    otherwise: rows with another number are then compared by their fields, so that an upgrade rewrites nothing.
    """

    def __init__(
        self,
        batch_kind: SyncBatch.Kind,
        model: type[SyncRecord],
        *,
        list_name: str,
        key: tuple[str, ...],
        format_number: int,
        fields: Sequence[Field],
        rank: Callable[..., merge.Rank],
        complete: Callable[[Content, Judgement, Mapping[str, str]], None],
    ) -> None:
        self.batch_kind = batch_kind
        self.model = model
        self.list_name = list_name
        self.key = key
        self.format_number = format_number
        self.fields = tuple(fields)
        self.rank = rank
        self.rank_columns = tuple(inspect.signature(rank).parameters)
        self._complete = complete
        of_content = sorted(
            (field for field in self.fields if field.column != CLIENT_ID and not field.derived),
            key=lambda field: field.column,
        )
        self.scalars = tuple(field.column for field in of_content if not isinstance(field.default, bytes))
        self.documents = tuple(field.column for field in of_content if isinstance(field.default, bytes))
        self.derived = tuple(field.column for field in self.fields if field.derived)
        self.columns = (*self.scalars, *self.documents, *self.derived)
        self._struct = self._make_struct()
        self._decode = msgspec.json.Decoder(self._struct, float_hook=parse_fraction).decode
        # A value of any other field is stored as its type takes it.
        self._settled = tuple(
            (field.column, field.wire, field.default, field.value.settle)
            for field in self.fields
            if type(field.value).settle is not Value.settle and not isinstance(field.value, Instant)
        )
        self._instants_of = attrgetter(*(field.column for field in self.fields if isinstance(field.value, Instant)))
        # A required field under its second name is missing from the first, which is noticed anyhow.
        self._second_names = [
            f'"{field.alias}"'.encode() for field in self.fields if field.alias and not field.required
        ]
        self._rank_of = attrgetter(*self.rank_columns)
        self._key_of = attrgetter(*key)

    def _make_struct(self) -> Any:
        """Return the class of records of this kind, whose attributes are the columns in the order of `columns`."""
        by_column = {field.column: field for field in self.fields}
        members: list[Any] = []
        for column in (*self.columns, CLIENT_ID):
            field = by_column[column]
            if field.derived:
                members.append((column, Any, None))
            elif field.required:
                members.append((column, field.value.type))
            elif field.default is None:
                members.append((column, field.value.type | None, None))
            else:
                members.append((column, field.value.type, field.default))
        names = {field.column: field.wire for field in self.fields}
        return msgspec.defstruct(self.model.__name__ + "Content", members, rename=names, kw_only=True, gc=False)

    def read(self, text: bytes, latest: int, client_id: str) -> tuple[Content, list[str]]:
        """Return the content of one record as sent, and the wire names of what was mended or cut; raises Rejected.

        `text` is JSON, `latest` the last instant allowed in ms, `client_id` the browser of a record that names none.
        """
        if len(text) > limits.MAX_RECORD_BYTES:
            raise Rejected({"record": [f"A record holds at most {limits.MAX_RECORD_BYTES} bytes as sent."]})
        judgement = Judgement(latest, clean=b"\\u" not in text)
        content = self._read_at_once(text, judgement)
        sent_as: dict[str, str] = {}
        if content is None:
            judgement.trimmed.clear()
            content = self._read_by_field(parse_checked(text), judgement, sent_as)
        if content.client_id is None:
            content.client_id = client_id
        self._complete(content, judgement, sent_as)
        return content, judgement.trimmed

    def _read_at_once(self, text: bytes, judgement: Judgement) -> Content | None:
        """Return the content of a record that needs no explaining, or None; takes a third of the time."""
        if not judgement.clean or may_hold_past_double(text) or any(name in text for name in self._second_names):
            return None
        try:
            content = self._decode(text)
            if max(filter(None, self._instants_of(content))) > judgement.latest:
                return None
            for column, wire, default, settle in self._settled:
                value = getattr(content, column)
                if value is not default:
                    setattr(content, column, settle(value, wire, judgement))
        except (msgspec.DecodeError, Wrong):
            return None
        return content

    def _read_by_field(self, record: Any, judgement: Judgement, sent_as: dict[str, str]) -> Content:
        """Return the content of a record, each field by itself; raises Rejected with every error there is."""
        if type(record) is not dict:
            raise Rejected({"record": ["Send each record as an object."]})
        values: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        wrong_clocks = 0
        for field in self.fields:
            name, kind, value = field.wire, field.value, record.get(field.wire)
            if value is None and field.alias and record.get(field.alias) is not None:
                name, kind, value = field.alias, field.alias_value or kind, record[field.alias]
                sent_as[field.wire] = name
            if value is None or field.derived:
                if field.required:
                    errors[name] = ["This field is required."]
                values[field.column] = field.default
                continue
            try:
                values[field.column] = kind.read(value, name, judgement)
            except Wrong as wrong:
                errors[name] = [str(wrong)]
                wrong_clocks += isinstance(wrong, WrongClock)
        if errors:
            raise Rejected(errors, retry=wrong_clocks == len(errors))
        return self._struct(**values)

    def content_of(self, columns: Mapping[str, Any]) -> Content:
        """Return the content made of columns, `client_id` among them, with values instead of JSON in JSON columns."""
        documents = {column: merge.encode_document(columns[column]) for column in self.documents}
        return self._struct(**{**columns, **documents})

    def id_of(self, text: bytes) -> str | None:
        """Return the id of a record as sent, or None where it has none that is valid."""
        field = self.fields[0]
        if field.wire != "id":
            return None
        try:
            for sent in msgspec.structs.astuple(_decode_ids(text)):
                if bytes(sent) != b"null":
                    # Each character takes at most six bytes; a longer one is not worth reading.
                    short = len(bytes(sent)) <= 6 * limits.MAX_ID + 2
                    return str(field.value.read(parse_checked(bytes(sent)), "id", _UNCLEAN)) if short else None
        except (msgspec.DecodeError, Wrong):
            pass
        return None

    def key_of(self, content: Content) -> tuple[Any, ...]:
        """Return the values of the key within a browser."""
        return self._key_of(content) if len(self.key) > 1 else (self._key_of(content),)

    def rank_of(self, content: Content) -> merge.Rank:
        """Return the steps of the order before the digest."""
        return self.rank(*self._rank_of(content))

    def values_of(self, content: Content) -> tuple[Any, ...]:
        """Return the values of a content in the order of `columns`."""
        return msgspec.structs.astuple(content)[: len(self.columns)]

    def digest_of(self, values: Sequence[Any]) -> bytes:
        """Return the digest of values in the order of `columns`."""
        start = len(self.scalars)
        end = start + len(self.documents)
        return merge.digest(self.format_number, values[:start], values[start:end], values[end:])

    def digest_of_row(self, row: Mapping[str, Any]) -> bytes:
        """Return the digest of what a row of the table holds, by column."""
        documents = [merge.encode_document(row[column]) for column in self.documents]
        return self.digest_of((*map(row.get, self.scalars), *documents, *map(row.get, self.derived)))

    def to_wire(self, row: SyncRecord, client_id: str) -> dict[str, Any]:
        """Return a stored record as the wire has it: sent back, it is `unchanged`."""
        record = {
            field.wire: field.value.to_wire(getattr(row, field.column))
            for field in self.fields
            if field.column != CLIENT_ID
        }
        return record | {CLIENT_ID_FIELD.wire: client_id}


class _Ids(msgspec.Struct, gc=False):
    id: msgspec.Raw = msgspec.Raw(b"null")
    visitId: msgspec.Raw = msgspec.Raw(b"null")


_decode_ids = msgspec.json.Decoder(_Ids).decode
_UNCLEAN = Judgement(0, clean=False)

CLOSED_AT_FIELD = Field("closedAt", "closed_at", Instant(), help="When its tab was closed, if it was.")
CLIENT_ID_FIELD = Field(
    "anonymousClientId",
    CLIENT_ID,
    Text(limits.MAX_CLIENT_ID),
    help="The browser; when absent, the one at the top of the body, then the empty string.",
)
REVISION_FIELD = Field(
    "revision",
    "revision",
    whole(limits.MAX_REVISION),
    default=0,
    help="Raised by the extension at every change of the record; the larger wins.",
)
