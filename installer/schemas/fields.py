"""Turns a marshmallow field of azure-ai-ml into a node of JSON Schema: what the field accepts when it loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azure.ai.ml._schema.component.component import ComponentYamlRefField
from azure.ai.ml._schema.core import fields as own
from azure.ai.ml._schema.core.schema import YamlFileSchema
from azure.ai.ml._schema.pipeline.pipeline_job_io import OutputBindingStr
from marshmallow import fields, validate
from marshmallow.fields import Field

from installer.schemas.nodes import FILE, Node, union, with_null

Nested = Callable[[Any, Any], Node]
REFERENCE: Node = {"type": "string", "pattern": "^azureml:", "x-reference": True}
REGISTRY: Node = {"type": "string", "pattern": "^azureml://registries/", "x-reference": True}
ADDRESS = r"^[A-Za-z][A-Za-z0-9.+-]*://\S+$"
LOCAL: Node = {"type": "string", "x-file": True}


def node_of(field: Field, nested: Nested) -> Node:
    """Return the node of a field. `nested` makes the node of a schema, given it and what to do with unknown keys."""
    node = _limited(_bare(field, nested), field)
    if field.allow_none:
        node = with_null(node)
    if isinstance(field, own.ExperimentalField):
        node = {**node, "x-preview": True}
    description = field.metadata.get("description")
    return {**node, "description": " ".join(description.split())} if description else node


def _bare(field: Field, nested: Nested) -> Node:
    if isinstance(field, own.ExperimentalField):
        return node_of(field.experimental_field, nested)
    if isinstance(field, own.UnionField):
        return union([node_of(each, nested) for each in field.union_fields])
    if isinstance(field, fields.Nested):
        return _nested(field, nested)
    if isinstance(field, fields.Dict):
        values = {} if field.value_field is None else node_of(field.value_field, nested)
        return {"type": "object", "additionalProperties": values or True}
    if isinstance(field, (fields.List, fields.Tuple)):
        inner = node_of(field.inner, nested) if isinstance(field, fields.List) else {}
        return {"type": "array", **({"items": inner} if inner else {})}
    return _scalar(field)


def _nested(field: fields.Nested, nested: Nested) -> Node:
    try:
        schema = field.schema
    except ValueError:  # azure-ai-ml nests a class that is no schema in MonitorInputData: nothing can be said of it
        return {}
    node = nested(schema, field.unknown)
    if field.many:
        node = {"type": "array", "items": node}
    if isinstance(schema, YamlFileSchema):
        return {"anyOf": [node, {"type": "string", "pattern": FILE, "x-file": True}]}
    return node


def _scalar(field: Field) -> Node:
    if isinstance(field, own.StringTransformedEnum):
        words = list(dict.fromkeys(field.allowed_values))
        cased = isinstance(field, own.DumpableEnumField) or field.casing_transform("aB") == "aB"
        return {"type": "string", "enum": words, **({} if cased else {"x-any-case": True})}
    for kind, node in _SCALARS:
        if isinstance(field, kind):
            return {**node, **({"x-strict": True} if getattr(field, "strict", False) else {})}
    if type(field) in (fields.Field, fields.Raw):
        return {}
    raise TypeError(f"{type(field).__name__} is a new kind of field: say in fields.py what it accepts.")


_SCALARS: tuple[tuple[type[Field], Node], ...] = (
    (own.DataBindingStr, {"type": "string", "x-binding": True}),
    (own.LocalPathField, LOCAL),
    (own.FileRefField, LOCAL),
    (own.RefField, LOCAL),
    (own.RegistryStr, REGISTRY),
    (own.ArmStr, REFERENCE),
    (OutputBindingStr, {"type": "string", "x-binding": True}),
    (ComponentYamlRefField, LOCAL),
    (own.PythonFuncNameStr, {"type": "string", "pattern": r"^[a-z][a-z\d_]*$"}),
    (own.GitStr, {"type": "string", "pattern": "^git\\+"}),
    (own.VersionField, {"type": ["string", "number"]}),
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Number, {"type": "number"}),
    (fields.String, {"type": "string"}),
    (fields.DateTime, {"type": "string"}),
    (fields.UUID, {"type": "string"}),
    (fields.Constant, {}),
)


def _limited(node: Node, field: Field) -> Node:
    for each in field.validators:
        if isinstance(each, validate.OneOf):
            node = {**node, "enum": list(each.choices)}
        elif isinstance(each, validate.Range):
            node = {**node, **_bounds(each)}
        elif isinstance(each, validate.Regexp):
            node = {**node, "pattern": each.regex.pattern}
        elif isinstance(each, validate.URL):
            node = {**node, "pattern": ADDRESS}
    return node


def _bounds(limits: validate.Range) -> Node:
    bounds = {"minimum": limits.min, "maximum": limits.max}
    return {name: value for name, value in bounds.items() if value is not None}
