"""Makes the JSON Schema of each kind out of the marshmallow classes that read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azure.ai.ml._schema._utils.data_binding_expression import DATA_BINDING_SUPPORTED_KEY
from azure.ai.ml._schema.core.schema import PathAwareSchema
from azure.ai.ml.constants._common import BASE_PATH_CONTEXT_KEY
from marshmallow import RAISE, Schema

from installer.schemas.fields import node_of
from installer.schemas.hidden import hidden_keys
from installer.schemas.kinds import KINDS, Kind
from installer.schemas.nodes import Node
from installer.schemas.tags import with_tags
from installer.schemas.words import Words

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ADDRESS: Node = {"type": "string", "description": "The address of the schema of this kind of file, for editors."}
_CLOSED = frozenset({"PipelineParallelJobSchema"})
"""These let unknown keys in, and then the class that they fill refuses them."""


def schema_of(name: str, words: Words) -> Node:
    """Return the JSON Schema of a kind of file."""
    kind = KINDS[name]
    builder = Builder(words)
    found = [builder.root(_instance(each), kind) for each in kind.found()]
    root: Node = found[0] if len(found) == 1 else {"anyOf": found}
    if kind.tag and len(found) > 1:
        root["x-tag"] = kind.tag
    definitions = dict(sorted(builder.definitions.items()))
    return {"$schema": _DIALECT, "title": name, **root, "$defs": with_tags(definitions)}


def _instance(schema: type) -> Schema:
    made: Schema = schema(context={BASE_PATH_CONTEXT_KEY: Path()}) if issubclass(schema, PathAwareSchema) else schema()
    return made


class Builder:
    """Collects the definitions of one file, each schema class once for each form in which it is used."""

    def __init__(self, words: Words) -> None:
        self.definitions: dict[str, Node] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        self._words = words

    def root(self, schema: Schema, kind: Kind) -> Node:
        """Return a reference to the definition of a whole file."""
        name = self._free(schema)
        node = self.definitions[name] = self._object(schema, refuses=not kind.is_open and schema.unknown == RAISE)
        tag = node["properties"].get(kind.tag, {})
        for key in dict.fromkeys(("type", kind.tag)):
            if kind.exact:
                node["properties"].get(key, {}).pop("x-any-case", None)
            if kind.needs_tag and key in node["properties"] and key not in node.get("required", ()):
                node["required"] = [*node.get("required", ()), key]
        assert not kind.tag or tag, f"{name} has no key {kind.tag}"
        self._names[(name,)] = name
        return {"$ref": f"#/$defs/{name}"}

    def reference(self, schema: Schema, unknown: str | None) -> Node:
        """Return a reference to the definition of a schema, which is made if it is new."""
        refuses = (unknown or schema.unknown) == RAISE or type(schema).__name__ in _CLOSED
        key = (type(schema), refuses, _signature(schema))
        if key not in self._names:
            name = self._names[key] = self._free(schema)
            self.definitions[name] = {}
            self.definitions[name] = self._object(schema, refuses=refuses)
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def _free(self, schema: Schema) -> str:
        name = type(schema).__name__.removesuffix("Schema").lstrip("_")
        number = 1
        while (free := f"{name}{number if number > 1 else ''}") in self.definitions:
            number += 1
        return free

    def _object(self, schema: Schema, *, refuses: bool) -> Node:
        accepted = {field.data_key or name: field for name, field in schema.load_fields.items() if not field.dump_only}
        name = type(schema).__name__.removesuffix("Schema").lstrip("_")
        keys: dict[str, Node] = {"$schema": dict(_ADDRESS)} if isinstance(schema, PathAwareSchema) else {}
        for key, field in accepted.items():
            node = node_of(field, self.reference)
            text = self._words.of(name, key)
            keys[key] = {**node, "description": text} if text else node
        keys |= {key: node for key, node in hidden_keys(schema).items() if key not in keys}
        node = {"type": "object", "properties": keys}
        if required := [key for key, field in accepted.items() if field.required]:
            node["required"] = required
        return {**node, "additionalProperties": not refuses}


def _signature(schema: Schema) -> tuple[Any, ...]:
    """Return what tells apart the forms of one class: bindings that were let in, keys that were left out."""
    fields = tuple((name, type(field).__name__) for name, field in sorted(schema.load_fields.items()))
    return (getattr(schema, DATA_BINDING_SUPPORTED_KEY, False), fields)
