"""Checks a document against the shape of its kind: what Azure ML's own tools refuse, in words that help.

Only what the SDK refuses is an error; what it takes but silently turns into something else is a warning. Of several
alternatives only the one that is meant speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desktop_app.api import Diagnostic, Fix, Severity, Value
from desktop_app.core.findings import Findings, nearest_key
from desktop_app.core.paths import Part, join_path
from desktop_app.documents import shape_keys
from desktop_app.documents.shape_scalars import check_scalar, kind_words, said, takes, wanted_words
from desktop_app.documents.shapes import Shape, branch, is_word, shape_of, type_names

_DEEPEST = 60
_MOST_NODES = 50_000
_MOST_FINDINGS = 200


def check_shape(kind: str, data: Value) -> list[Diagnostic]:
    """Return what is wrong with a document of a kind; nothing for a kind without a schema."""
    root = shape_of(kind)
    if root is None:
        return []
    check = _Check(data)
    check.node(root, data, ())
    return check.findings.made[:_MOST_FINDINGS]


class _Check:
    """One walk over one document."""

    def __init__(self, data: Value) -> None:
        self.findings = Findings()
        self._root = data
        self._nodes = 0
        self._owners: list[shape_keys.Owner] = []
        self._fits: dict[tuple[int, int], bool] = {}

    def node(self, shape: Shape, data: Value, path: tuple[Part, ...], union: Shape | None = None) -> None:
        """Check what stands at a path; `union` is the choice that the shape was picked from."""
        self._nodes += 1
        if len(path) > _DEEPEST or self._nodes > _MOST_NODES or len(self.findings.made) > _MOST_FINDINGS:
            return
        if shape.is_read_only or (isinstance(data, str) and "${{" in data and _takes_binding(shape)):
            return
        if shape.any_of:
            self._choice(shape, data, path)
        elif isinstance(data, dict) and takes(shape, "object"):
            self._mapping(shape, data, path, union)
        elif isinstance(data, list) and takes(shape, "array"):
            for at, each in enumerate(data if shape.items is not None else ()):
                self.node(shape.items or shape, each, (*path, at))
        else:
            check_scalar(self.findings, shape, data, path)

    def _choice(self, shape: Shape, data: Value, path: tuple[Part, ...]) -> None:
        meant = branch(shape, data)
        if not any(takes(each, *type_names(data)) for each in _leaves(shape)) and not _near(shape, data):
            self._no_such_type(shape, data, path)
        elif not self._wrong_tag(shape, data, path):
            before = len(self.findings.made)
            self.node(meant, data, path, shape)
            if _has_error(self.findings.made[before:]) and self._another_fits(shape, meant, data):
                del self.findings.made[before:]

    def _another_fits(self, shape: Shape, meant: Shape, data: Value) -> bool:
        """Whether an alternative takes the data as it is, though the one that was picked does not."""
        others = (each for each in _leaves(shape) if each is not meant and takes(each, *type_names(data)))
        return any(self._fit(each, data) for each in others)

    def _fit(self, shape: Shape, data: Value) -> bool:
        key = (id(shape), id(data))
        if key not in self._fits:
            trial = _Check(data)
            trial._fits = self._fits
            self._fits[key] = True
            trial.node(shape, data, ())
            self._nodes += trial._nodes
            self._fits[key] = not _has_error(trial.findings.made)
        return self._fits[key]

    def _no_such_type(self, shape: Shape, data: Value, path: tuple[Part, ...]) -> None:
        wanted = wanted_words(_leaves(shape))
        if self._as_tag(shape, data, path):
            return
        if data is None:
            message = f"Write {wanted} at {said(path)}, or remove the line: nothing stands there."
        else:
            message = f"Write {wanted} at {said(path)}, not {kind_words(data)}."
        self.findings.error("wrong-type", path, message)

    def _as_tag(self, shape: Shape, data: Value, path: tuple[Part, ...]) -> bool:
        """Say that the word of the tag alone was written: `distribution: pytorch` for its type."""
        if not shape.tag or not isinstance(data, str) or not path:
            return False
        leaves = [each.properties[shape.tag] for each in _leaves(shape) if shape.tag in each.properties]
        words = dict.fromkeys(str(word) for each in leaves for word in each.enum)
        meant = nearest_key(data, words)
        if meant is None:
            return False
        word = meant.lower()
        message = f"Write {shape.tag}: {word} below {said(path)}, on a line of its own."
        fix = Fix(f"Write {shape.tag}: {word} below it", {join_path(path): {shape.tag: word}})
        self.findings.error("wrong-type", path, message, fix)
        return True

    def _wrong_tag(self, shape: Shape, data: Value, path: tuple[Part, ...]) -> bool:
        """Say that the word that picks the alternative is none, or is not there."""
        if not shape.tag or not isinstance(data, dict):
            return False
        leaves = [each for each in _leaves(shape) if shape.tag in each.properties]
        tagged = [each.properties[shape.tag] for each in leaves]
        if not tagged or any(not each.enum for each in tagged):
            return False
        word = data.get(shape.tag)
        if word is None:
            return self._missing_tag(shape, data, path)
        if any(is_word(word, each) for each in tagged) or any(each.takes_binding for each in tagged):
            return False
        words = Shape(enum=tuple(dict.fromkeys(word for each in tagged for word in each.enum)), types=("string",))
        check_scalar(self.findings, words, word, (*path, shape.tag))
        return True

    def _missing_tag(self, shape: Shape, data: dict[str, Value], path: tuple[Part, ...]) -> bool:
        objects = [each for each in _leaves(shape) if takes(each, "object")]
        if not all(shape.tag in each.required for each in objects):
            return False
        words = dict.fromkeys(str(word) for each in objects for word in each.properties[shape.tag].enum)
        shape_keys.missing(self.findings, shape.tag, path, f"one of {', '.join(words)}")
        return True

    def _mapping(self, shape: Shape, data: dict[str, Value], path: tuple[Part, ...], union: Shape | None) -> None:
        self._owners.append((path, shape, data))
        shape_keys.check_keys(self.findings, self._owners, union)
        for key, value in data.items():
            below = shape.properties.get(key, shape.values) if shape.properties else shape.values
            if below is not None:
                self.node(below, value, (*path, str(key)))
        self._owners.pop()


def _leaves(shape: Shape) -> Iterator[Shape]:
    for each in shape.any_of:
        yield from _leaves(each) if each.any_of else (each,)


def _has_error(findings: Iterable[Diagnostic]) -> bool:
    return any(each.severity is Severity.ERROR for each in findings)


def _takes_binding(shape: Shape) -> bool:
    return shape.takes_binding or any(_takes_binding(each) for each in shape.any_of)


def _near(shape: Shape, data: Value) -> bool:
    """Whether an alternative takes the data once it is written a little differently: a number in quotes."""
    if not isinstance(data, str | int | float):
        return False
    return any(takes(each, "integer", "number", "string", "boolean") for each in _leaves(shape))
