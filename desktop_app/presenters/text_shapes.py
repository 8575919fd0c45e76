"""Which shapes may stand at a place of a text that is not finished: all alternatives that nothing rules out yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desktop_app.api import Value
from desktop_app.core.paths import Part, value_at
from desktop_app.documents.shapes import Shape, branch, is_word, shape_of

_TEXT = Shape(types=("string",))
_DEEPEST = 8

_CONDA = Shape(
    types=("object",),
    required=("dependencies",),
    properties={
        "name": Shape(types=("string",), description="The environment's name; Azure ML gives its own."),
        "channels": Shape(types=("array",), items=_TEXT, description="Where conda looks for packages, in this order."),
        "dependencies": Shape(
            types=("array",), description="The packages; those of pip in a list below pip:.",
            items=Shape(any_of=(_TEXT, Shape(
                types=("object",),
                properties={"pip": Shape(types=("array",), items=_TEXT, description="Packages that pip installs.")},
            ))),
        ),
        "variables": Shape(types=("object",), values=_TEXT, description="Environment variables."),
    },
)  # fmt: skip
_CONFIG = Shape(
    types=("object",),
    required=("subscription_id", "resource_group", "workspace_name"),
    properties={
        "subscription_id": Shape(types=("string",), description="The Azure subscription's number."),
        "resource_group": Shape(types=("string",), description="The resource group that the workspace is in."),
        "workspace_name": Shape(types=("string",), description="The workspace's name."),
    },
)
_OWN = {"conda": _CONDA, "config": _CONFIG}


def root_shape(kind: str) -> Shape | None:
    """Return the shape of a kind of file, also of the few that Azure ML publishes no schema for."""
    return _OWN.get(kind) or shape_of(kind)


def shapes_at(root: Shape, data: Value, path: Sequence[Part]) -> list[Shape]:
    """Return all shapes that may stand at a path; words of a tag that are there already choose."""
    found = [root]
    for depth, part in enumerate(path):
        here = value_at(data, path[:depth])
        found = list(_below(alternatives(found, here), part))
        if not found:
            return []
    return alternatives(found, value_at(data, path))


def _below(shapes: Iterable[Shape], part: Part) -> Iterable[Shape]:
    for each in shapes:
        below = each.items if isinstance(part, int) else each.properties.get(part, each.values)
        if below is not None:
            yield below


def alternatives(shapes: Iterable[Shape], data: Value, depth: int = 0) -> list[Shape]:
    """Return the shapes without a choice in them; of those that a tag tells apart, what its word says."""
    made: list[Shape] = []
    for each in shapes:
        if each.any_of and depth < _DEEPEST:
            made += alternatives(_likely(each, data), data, depth + 1)
        else:
            made.append(each)
    return made


def _likely(shape: Shape, data: Value) -> list[Shape]:
    word = data.get(shape.tag) if shape.tag and isinstance(data, dict) else None
    fits = [each for each in shape.any_of if word is not None and _has_word(each, shape.tag, word)]
    if fits:
        return fits
    meant = branch(shape, data) if data is not None else None
    return sorted(shape.any_of, key=lambda each: each is not meant)


def _has_word(shape: Shape, tag: str, word: Value) -> bool:
    if shape.any_of:
        return any(_has_word(each, shape.tag or tag, word) for each in shape.any_of)
    known = shape.properties.get(tag)
    return known is not None and is_word(word, known)


def words_of(root: Shape, data: Value, path: Sequence[Part]) -> list[Value]:
    """Return the words that may stand at a path: of a tag, those of all alternatives."""
    made: list[Value] = []
    without = _without(data, path)
    for each in shapes_at(root, without, path):
        made += [word for word in each.enum if word not in made]
        if "boolean" in each.types:
            made += [word for word in (True, False) if not any(word is known for known in made)]
    return made


def _without(data: Value, path: Sequence[Part]) -> Value:
    """Return the data without what stands at a path: it is what is being chosen."""
    if not path or not isinstance(data, dict | list):
        return None if not path else data
    first = path[0]
    if isinstance(data, dict) and isinstance(first, str):
        rest = {key: each for key, each in data.items() if key != first}
        return rest if len(path) == 1 else {**rest, first: _without(data.get(first), path[1:])}
    if isinstance(data, list) and isinstance(first, int) and first < len(data) and len(path) > 1:
        return [_without(each, path[1:]) if at == first else each for at, each in enumerate(data)]
    return data


def type_word(shapes: Sequence[Shape]) -> str:
    """Return in a word what may stand somewhere: text, number, list, mapping."""
    names = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false",
             "array": "list", "object": "mapping"}  # fmt: skip
    found = dict.fromkeys(names[kind] for each in shapes for kind in each.types if kind in names)
    if any(each.enum for each in shapes) and set(found) <= {"text"}:
        return "word"
    return " or ".join(found)
