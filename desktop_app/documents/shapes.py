"""What may stand where in each kind of Azure ML file, read from the JSON Schema files in `resources/schemas`.

The files are made by `python -m installer.schemas` out of the SDK's own classes. A shape is one node of them; what its
`$ref`s and `properties` lead to is made when it is first asked for, so that loading one kind takes milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from desktop_app.api import Value
from desktop_app.core.paths import Part
from desktop_app.places import shipped

_NODE = dict[str, Any]
_REFERENCE = "#/$defs/"
_FAMILIES = MappingProxyType({
    "amlCompute": "compute", "computeInstance": "compute", "vmCompute": "compute", "kubernetesCompute": "compute",
    "azureBlob": "datastore", "azureFile": "datastore", "azureDataLakeGen1": "datastore",
    "azureDataLakeGen2": "datastore", "oneLake": "datastore", "commandComponent": "component",
    "pipelineComponent": "component", "parallelComponent": "component", "sparkComponent": "component",
    "importComponent": "component", "asset": "data",
})  # fmt: skip
"""Kinds that Azure ML publishes under names of their own, and the file that tells them apart by `type`."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What may stand in one place.

    No `types` means anything. Of `any_of` one alternative has to fit, and then only `name`, `description`, `default`
    and `tag` of the shape itself count. `tag` is the key whose word picks among them ("type"), or "".
    """

    name: str = ""
    description: str = ""
    types: tuple[str, ...] = ()
    enum: tuple[Value, ...] = ()
    any_case: bool = False
    default: Value = None
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    properties: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    values: Shape | None = None
    """Of a mapping with free keys, such as inputs or tags."""
    items: Shape | None = None
    any_of: tuple[Shape, ...] = ()
    tag: str = ""
    is_reference: bool = False
    """It takes azureml:NAME:VERSION, azureml:NAME@LABEL, azureml://… and the like."""
    is_open: bool = False
    """Keys beside `properties` are accepted."""
    is_file: bool = False
    """It takes the path of a local file or folder, relative to this file."""
    is_preview: bool = False
    """Azure ML calls it experimental: it may change."""
    takes_binding: bool = False
    """It takes ${{parent.inputs.NAME}} and the like in the place of a value of its types."""
    is_read_only: bool = False
    """Azure ML writes it and ignores it in a file: not worth offering."""
    is_strict: bool = False
    """A number is taken only as a number, not as the text "4"."""


def shape_of(kind: str) -> Shape | None:
    """Return the shape of a whole file of a kind; None for a kind without a schema."""
    name = _FAMILIES.get(kind, kind)
    return _loaded(name) if name in kinds() else None


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds that have a schema."""
    folder = shipped("resources") / "schemas"
    return tuple(sorted(each.name.removesuffix(".schema.json") for each in folder.glob("*.schema.json")))


@cache
def _loaded(kind: str) -> Shape:
    path = shipped("resources") / "schemas" / f"{kind}.schema.json"
    document: _NODE = json.loads(path.read_bytes())
    return _Reader(document.get("$defs", {})).shape(document)


class _Reader:
    """Makes the shapes of one schema file, each node of `$defs` once."""

    def __init__(self, definitions: Mapping[str, _NODE]) -> None:
        self._definitions = definitions
        self._made: dict[str, Shape] = {}

    def shape(self, node: _NODE, name: str = "") -> Shape:
        """Return the shape of a node; a node beside a `$ref` adds its own description and default."""
        reference = node.get("$ref")
        if reference is None:
            return self._make(node, name)
        key = reference.removeprefix(_REFERENCE)
        if len(node) == 1:
            if key not in self._made:
                self._made[key] = self._make(self._definitions[key], key)
            return self._made[key]
        return self._make({**self._definitions[key], **node}, key)

    def _make(self, node: _NODE, name: str) -> Shape:
        types = node.get("type", ())
        further = node.get("additionalProperties")
        items = node.get("items")
        return Shape(
            name=node.get("title", name),
            description=node.get("description", ""),
            types=(types,) if isinstance(types, str) else tuple(types),
            enum=tuple(node.get("enum", ())),
            any_case=node.get("x-any-case", False),
            default=node.get("default"),
            pattern=node.get("pattern", ""),
            minimum=node.get("minimum"),
            maximum=node.get("maximum"),
            properties=_Properties(self, node["properties"]) if "properties" in node else {},
            required=tuple(node.get("required", ())),
            values=self.shape(further) if isinstance(further, dict) else None,
            items=self.shape(items) if items is not None else None,
            any_of=tuple(self.shape(each) for each in node.get("anyOf", ())),
            tag=node.get("x-tag", ""),
            is_reference=node.get("x-reference", False),
            is_open=further is True,
            is_file=node.get("x-file", False),
            is_preview=node.get("x-preview", False),
            takes_binding=node.get("x-binding", False),
            is_read_only=node.get("readOnly", False),
            is_strict=node.get("x-strict", False),
        )


class _Properties(Mapping[str, Shape]):
    """The shapes of an object's keys, each made when it is asked for: schemas may hold themselves."""

    __slots__ = ("_made", "_nodes", "_reader")

    def __init__(self, reader: _Reader, nodes: Mapping[str, _NODE]) -> None:
        self._reader = reader
        self._nodes = nodes
        self._made: dict[str, Shape] = {}

    def __getitem__(self, key: str) -> Shape:
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._reader.shape(self._nodes[key])
        return made

    def __contains__(self, key: object) -> bool:
        return key in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


def shape_at(root: Shape, data: Value, path: Sequence[Part]) -> Shape | None:
    """Return what may stand at a path; on the way the data picks among alternatives.

    The last one is not picked: it may still be a choice, and `branch` says which of it the data there means.
    """
    shape = root
    for part in path:
        meant = branch(shape, data)
        found = meant.items if isinstance(part, int) else meant.properties.get(part, meant.values)
        if found is None:
            return None
        shape, data = found, _below(data, part)
    return shape


def _below(data: Value, part: Part) -> Value:
    if isinstance(data, dict):
        return data.get(part) if isinstance(part, str) else None
    if isinstance(data, list) and isinstance(part, int) and -len(data) <= part < len(data):
        return data[part]
    return None


def branch(shape: Shape, data: Value) -> Shape:
    """Return the alternative that the data means: by its tag, else by its type, else by the keys that fit best."""
    seen = 0
    while shape.any_of and seen < 20:
        shape = _best(shape, data)
        seen += 1
    return shape


def _best(shape: Shape, data: Value) -> Shape:
    if isinstance(data, dict):
        fits = [_tag_fit(shape.tag, each, data) for each in shape.any_of] if shape.tag else []
        likely = [each for each, fit in zip(shape.any_of, fits, strict=False) if fit == max(fits)] or shape.any_of
        return likely[0] if len(likely) == 1 else max(likely, key=lambda each: _object_fit(shape.tag, each, data))
    found = type_names(data)
    return max(shape.any_of, key=lambda each: _plain_fit(each, found, data))


def _object_fit(tag: str, shape: Shape, data: dict[str, Value]) -> tuple[int, ...]:
    if shape.any_of:
        return max(_object_fit(shape.tag, each, data) for each in shape.any_of)
    if shape.types and "object" not in shape.types:
        return (-1, 0, 0, 0)
    known = sum(1 for key in data if key in shape.properties) if shape.properties else 0
    missing = sum(1 for key in shape.required if key not in data)
    unknown = 0 if shape.is_open or shape.values is not None else len(data) - known
    return (0, _tag_fit(tag, shape, data), -unknown, known - missing)


def _tag_fit(tag: str, shape: Shape, data: dict[str, Value]) -> int:
    if shape.any_of:
        return max(_tag_fit(tag, each, data) for each in shape.any_of)
    words = shape.properties.get(tag, _ANY).enum if tag else ()
    if not words:
        return 0
    word = data.get(tag)
    if word is None:
        return 0 if tag in shape.required else 1
    return 2 if is_word(word, shape.properties[tag]) else -1


def is_word(value: Value, shape: Shape) -> bool:
    """Whether a value is one of the words of a shape."""
    if value in shape.enum:
        return True
    return shape.any_case and isinstance(value, str) and plain(value) in {plain(str(each)) for each in shape.enum}


def plain(word: str) -> str:
    """Return a word as Azure ML compares it where case does not matter: UriFolder and uri_folder are one."""
    return word.replace("_", "").lower()


def _plain_fit(shape: Shape, found: tuple[str, ...], data: Value) -> tuple[int, int]:
    if shape.any_of:
        return max(_plain_fit(each, found, data) for each in shape.any_of)
    if not shape.types:
        return (1, 0)
    if not any(each in shape.types for each in found):
        return (0, 0)
    if shape.enum:
        return (2, 2) if is_word(data, shape) else (1, -1)
    is_reference = isinstance(data, str) and data.startswith("azureml:")
    return (2, 1 if is_reference == shape.is_reference else 0)


def type_names(data: Value) -> tuple[str, ...]:
    """Return the names that JSON Schema has for the type of a value: an integer is also a number."""
    for python, names in _TYPES:
        if isinstance(data, python):
            return names
    return ("null",) if data is None else ("string",)


_TYPES: tuple[tuple[type, tuple[str, ...]], ...] = (
    (bool, ("boolean",)),
    (int, ("integer", "number")),
    (float, ("number",)),
    (str, ("string",)),
    (dict, ("object",)),
    (list, ("array",)),
)
_ANY = Shape()
