"""The fields of the API's description of records, made from their declarations in sync/records/."""

from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from sync.records.fields import Value
from sync.records.record_kind import Field, RecordKind


class DeclaredField(serializers.Field):  # type: ignore[type-arg]  # of any value
    """A field that is read by the declaration of its kind of record; DRF only describes it."""

    def __init__(self, value: Value, **options: Any) -> None:
        super().__init__(**options)
        self.value = value


class DeclaredFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # as the library has it
    """Describes a declared field by the msgspec type that reads it."""

    target_class = DeclaredField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Return the schema of the field's values."""
        (schema,), members = msgspec.json.schema_components([self.target.value.described], ref_template="{name}")
        described: dict[str, Any] = _inlined(schema, members)
        return described


def _inlined(schema: Any, members: dict[str, Any]) -> Any:
    """Return a schema without references, and with OpenAPI 3.0's word for a value that may be null."""
    if isinstance(schema, list):
        return [_inlined(item, members) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(members[schema["$ref"]], members)
    if "anyOf" in schema:
        (some,) = [item for item in schema["anyOf"] if item != {"type": "null"}]
        return {**_inlined(some, members), "nullable": True}
    return {name: _inlined(item, members) for name, item in schema.items() if name not in ("title", "default")}


def described_fields(kind: RecordKind) -> dict[str, Any]:
    """Return the fields of a kind by wire name, second names included."""
    fields: dict[str, Any] = {}
    for field in kind.fields:
        fields[field.wire] = DeclaredField(field.value, help_text=field.help, **_absence(field))
        if field.alias:
            fields[field.alias] = DeclaredField(
                field.alias_value or field.value, required=False, allow_null=True,
                help_text=f"Another name of `{field.wire}`, which wins.",
            )  # fmt: skip
    return fields


def _absence(field: Field) -> dict[str, Any]:
    if field.required:
        return {}
    default = msgspec.json.decode(field.default) if isinstance(field.default, bytes) else field.default
    return {"required": False, "allow_null": True, **({} if default is None else {"default": default})}
