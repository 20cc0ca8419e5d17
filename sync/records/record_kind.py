"""The declaration of a kind of record, and the two ways of reading records that follow from it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from strict_json.numbers import parse_fraction
from strict_json.parsing import parse_checked
from sync import limits
from sync.models import SyncBatch, SyncRecord
from sync.records import merge
from sync.records.fields import Instant, Judgement, Text, Value, Wrong, WrongClock, whole

# A record that was read: its columns as attributes, JSON columns as the bytes that are stored, and `client_id`.
Content = Any
CLIENT_ID = "client_id"
# The column of a record's id on the wire; tab aggregates have none.
ID_COLUMN = "visit_id"


def id_of(content: Content) -> str | None:
    """Return the id of a record on the wire, None where its kind has none."""
    return getattr(content, ID_COLUMN, None)


class Rejected(Exception):
    """A record that is not stored: errors by wire field as sent, and its id if that is valid.

    `retry` is true if a mended clock may put it right.
    """

    def __init__(self, errors: dict[str, list[str]], *, retry: bool = False, record_id: str | None = None) -> None:
        super().__init__()
        self.errors = errors
        self.retry = retry
        self.record_id = record_id


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


@dataclass(eq=False)
class RecordKind:
    """The declaration of a kind of record, and everything that follows from it."""

    batch_kind: SyncBatch.Kind
    model: type[SyncRecord]
    list_name: str
    key: tuple[str, ...]
    # Raise it when a column comes, goes or is encoded otherwise: rows of another format are then compared by their
    # fields, so that an upgrade rewrites nothing.
    format_number: int
    fields: tuple[Field, ...]
    # Its parameters are the columns it compares by.
    rank: Callable[..., merge.Rank]
    # Sets derived columns, and checks the rules that concern several fields; raises Rejected.
    complete: Callable[[Content, Judgement], None]

    def __post_init__(self) -> None:
        self.rank_columns = tuple(inspect.signature(self.rank).parameters)
        of_row = [field for field in self.fields if field.column != CLIENT_ID]
        of_content = sorted((field for field in of_row if not field.derived), key=lambda field: field.column)
        self.scalars = tuple(field.column for field in of_content if not isinstance(field.default, bytes))
        self.documents = tuple(field.column for field in of_content if isinstance(field.default, bytes))
        self.derived = tuple(field.column for field in of_row if field.derived)
        self.columns = (*self.scalars, *self.documents, *self.derived)
        start, end = len(self.scalars), len(self.scalars) + len(self.documents)
        # The places of scalars, documents and derived columns among the columns.
        self.parts = (slice(start), slice(start, end), slice(end, None))
        self._struct = self._make_struct()
        self._decode = msgspec.json.Decoder(self._struct, float_hook=parse_fraction).decode
        # A value of any other field is stored as its type takes it. All instants are compared with the latest at once.
        instants = [field.column for field in of_row if isinstance(field.value, Instant)]
        settled = [
            field for field in of_row if type(field.value).settle is not Value.settle and field.column not in instants
        ]
        self._settled = [(field.column, field.wire, field.default, field.value.settle) for field in settled]
        self._instants_of = attrgetter(*instants)
        # A required field that comes under its second name is missing under its first, so decoding fails anyway.
        self._second_names = [
            (field.column, f'"{field.alias}"'.encode()) for field in of_row if field.alias and not field.required
        ]
        self._rank_of = attrgetter(*self.rank_columns)
        self._key_of = attrgetter(*self.key)
        # The columns from which the wire form of a row is made, in the order of the declaration.
        self.wire_columns = tuple(field.column for field in of_row)
        self._to_wire = [
            (place, field.value.to_wire)
            for place, field in enumerate(of_row)
            if type(field.value).to_wire is not Value.to_wire
        ]
        wire_names = (*(field.wire for field in of_row), CLIENT_ID_FIELD.wire)
        self._wire = msgspec.defstruct(self.model.__name__ + "Wire", [(name, Any) for name in wire_names], gc=False)

    def _make_struct(self) -> Any:
        """Return the class of records of this kind, whose attributes are the columns in the order of `columns`."""
        by_column = {field.column: field for field in self.fields}
        members: list[Any] = []
        for field in map(by_column.__getitem__, (*self.columns, CLIENT_ID)):
            type_ = Any if field.derived else field.value.type
            if field.required:
                members.append((field.column, type_))
            else:
                members.append((field.column, type_ | None if field.default is None else type_, field.default))
        names = {field.column: field.wire for field in self.fields}
        return msgspec.defstruct(self.model.__name__ + "Content", members, rename=names, kw_only=True, gc=False)

    def read(self, text: bytes, latest: int, client_id: str) -> tuple[Content, list[str]]:
        """Return the content of one record, and the wire names of the fields mended or cut; raises Rejected.

        `text` is JSON without lone surrogates, as `sync.push.batch.split` returns it. `latest` is the last instant
        allowed, in ms. `client_id` is the browser of a record that names none.
        """
        if len(text) > limits.MAX_RECORD_BYTES:
            too_large = f"A record holds at most {limits.MAX_RECORD_BYTES} bytes as sent."
            raise Rejected({"record": [too_large]}, record_id=self._id_in(text))
        # An escaped NUL may stand for a lone surrogate, since `batch` replaced those. No other escape spells NUL.
        judgement = Judgement(latest, clean=b"\\" not in text or b"\\u0000" not in text)
        content = self._read_at_once(text, judgement) or self._read_by_field(text, judgement)
        if content.client_id is None:
            content.client_id = client_id
        try:
            self.complete(content, judgement)
        except Rejected as rejected:
            rejected.record_id = id_of(content)
            raise
        return content, judgement.trimmed

    def _read_at_once(self, text: bytes, judgement: Judgement) -> Content | None:
        """Return the content of a record without faults, or None, in a third of the time of `_read_by_field`."""
        if not judgement.clean:
            return None
        try:
            content = self._decode(text)
            for column, second_name in self._second_names:
                if getattr(content, column) is None and second_name in text:
                    return None
            if max(filter(None, self._instants_of(content))) > judgement.latest:
                return None
            for column, wire, default, settle in self._settled:
                value = getattr(content, column)
                if value is not default:
                    setattr(content, column, settle(value, wire, judgement))
        except (msgspec.DecodeError, Wrong):
            return None
        return content

    def _read_by_field(self, text: bytes, judgement: Judgement) -> Content:
        """Return the content of a record, each field by itself; raises Rejected with every error there is."""
        judgement.trimmed.clear()
        sent = parse_checked(text)
        if type(sent) is not dict:
            raise Rejected({"record": ["Send each record as an object."]})
        values: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        wrong_clocks = 0
        for field in self.fields:
            name, kind, value = field.wire, field.value, sent.get(field.wire)
            if value is None and field.alias and (value := sent.get(field.alias)) is not None:
                name, kind = field.alias, field.alias_value or kind
                judgement.aliases[field.wire] = name
            try:
                if value is not None and not field.derived:
                    values[field.column] = kind.read(value, name, judgement)
                elif field.required:
                    errors[name] = ["This field is required."]
            except Wrong as wrong:
                errors[name] = [str(wrong)]
                wrong_clocks += isinstance(wrong, WrongClock)
        if errors:
            raise Rejected(errors, retry=wrong_clocks == len(errors), record_id=values.get(ID_COLUMN))
        return self._struct(**values)

    def content_of(self, row: Mapping[str, Any]) -> Content:
        """Return the content made of columns, with values instead of JSON in JSON columns; nothing is checked."""
        documents = {column: merge.encode_document(row[column]) for column in self.documents}
        return self._struct(**{column: row.get(column) for column in (*self.columns, CLIENT_ID)} | documents)

    def _id_in(self, text: bytes) -> str | None:
        """Return the id of a record that is too large to be read, or None where it has none that is valid."""
        field = self.fields[0]
        if field.column != ID_COLUMN:
            return None
        with suppress(msgspec.DecodeError, Wrong):
            ids = map(bytes, msgspec.structs.astuple(_decode_ids(text)))
            sent = next((sent for sent in ids if sent != b"null"), b"null")
            # Each character takes at most six bytes; a longer id is not worth reading.
            if len(sent) <= 6 * limits.MAX_ID + 2:
                return str(field.value.read(parse_checked(sent), "id", Judgement(0, clean=False)))
        return None

    def rank_of(self, content: Content) -> merge.Rank:
        """Return the steps of the order before the digest."""
        return self.rank(*self._rank_of(content))

    def stored_form(self, content: Content) -> tuple[tuple[Any, ...], tuple[Any, ...], bytes]:
        """Return the values of the key within a browser, the values in the order of `columns`, and their digest."""
        key = self._key_of(content) if len(self.key) > 1 else (self._key_of(content),)
        values = msgspec.structs.astuple(content)[: len(self.columns)]
        scalars, documents, derived = self.parts
        return key, values, merge.digest(self.format_number, values[scalars], values[documents], values[derived])

    def digest_of_row(self, row: Mapping[str, Any]) -> bytes:
        """Return the digest of a stored row, given by column."""
        return self.stored_form(self.content_of(row))[2]

    def to_wire(self, row: Sequence[Any], client_id: str) -> msgspec.Struct:
        """Return the wire form of a stored record, given by `wire_columns` as the database driver returns them.

        msgspec encodes it. Sent back, it is `unchanged`. The exception is a row of an older version whose URL a browser
        refuses, such as http://xn--/.
        """
        values = list(row)
        for place, to_wire in self._to_wire:
            values[place] = to_wire(values[place])
        return self._wire(*values, client_id)


class _Ids(msgspec.Struct, gc=False):
    id: msgspec.Raw = msgspec.Raw(b"null")
    visitId: msgspec.Raw = msgspec.Raw(b"null")


_decode_ids = msgspec.json.Decoder(_Ids).decode

CLIENT_ID_FIELD = Field(
    "anonymousClientId",
    CLIENT_ID,
    Text(limits.MAX_CLIENT_ID),
    help="The browser; when absent, the one at the top of the body, then the empty string.",
)
SHARED_FIELDS = (
    Field("closedAt", "closed_at", Instant(), help="When its tab was closed, if it was."),
    CLIENT_ID_FIELD,
    Field(
        "revision",
        "revision",
        whole(limits.MAX_REVISION),
        default=0,
        help="Raised by the extension at every change of the record; the larger wins.",
    ),
)
