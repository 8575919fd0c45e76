"""Makes the JSON Schema of each kind out of the marshmallow classes that read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azure.ai.ml._schema._utils.data_binding_expression import DATA_BINDING_SUPPORTED_KEY
from azure.ai.ml._schema.core.schema import PathAwareSchema
from azure.ai.ml.constants._common import BASE_PATH_CONTEXT_KEY
from marshmallow import RAISE, Schema

from installer.schemas.fields import node_of
from installer.schemas.kinds import classes
from installer.schemas.nodes import Node

_PATH: Node = {"type": "string"}


def schema_of(kind: str) -> Node:
    """Return the JSON Schema of a kind of file."""
    builder = Builder()
    found = [builder.reference(_instance(each), None) for each in classes(kind)]
    root = found[0] if len(found) == 1 else {"anyOf": found, "x-tag": "type"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind,
        **root,
        "$defs": dict(sorted(builder.definitions.items())),
    }


def _instance(schema: type) -> Schema:
    made: Schema = schema(context={BASE_PATH_CONTEXT_KEY: Path()}) if issubclass(schema, PathAwareSchema) else schema()
    return made


class Builder:
    """Collects the definitions of one file, each schema class once for each form in which it is used."""

    def __init__(self) -> None:
        self.definitions: dict[str, Node] = {}
        self._names: dict[tuple[Any, ...], str] = {}

    def reference(self, schema: Schema, unknown: str | None) -> Node:
        """Return a reference to the definition of a schema, which is made if it is new."""
        refuses = (unknown or schema.unknown) == RAISE
        key = (type(schema), refuses, _signature(schema))
        if key not in self._names:
            name = self._names[key] = self._free(type(schema).__name__.removesuffix("Schema"))
            self.definitions[name] = {}
            self.definitions[name] = self._object(schema, refuses=refuses)
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def _free(self, name: str) -> str:
        taken = sum(1 for each in self._names.values() if each.rstrip("0123456789") == name)
        return f"{name}{taken + 1}" if taken else name

    def _object(self, schema: Schema, *, refuses: bool) -> Node:
        accepted = {field.data_key or name: field for name, field in schema.load_fields.items() if not field.dump_only}
        node: Node = {"type": "object", "properties": {}}
        if isinstance(schema, PathAwareSchema):
            node["properties"]["$schema"] = dict(_PATH)
        node["properties"] |= {name: node_of(field, self.reference) for name, field in accepted.items()}
        if required := [name for name, field in accepted.items() if field.required]:
            node["required"] = required
        node["additionalProperties"] = not refuses
        return node


def _signature(schema: Schema) -> tuple[Any, ...]:
    """Return what tells apart the forms of one class: bindings that were let in, keys that were left out."""
    fields = tuple((name, type(field).__name__) for name, field in sorted(schema.load_fields.items()))
    return (getattr(schema, DATA_BINDING_SUPPORTED_KEY, False), fields)
