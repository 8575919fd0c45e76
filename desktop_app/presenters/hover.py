"""What a word of a file means: a key by the schema, a size, environment or image by its facts, a placeholder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.paths import join_path, value_at
from desktop_app.documents.kinds import KINDS, kind_of
from desktop_app.documents.shapes import Shape
from desktop_app.presenters import known_words
from desktop_app.presenters.known_words import KnownName
from desktop_app.presenters.text_place import Slot, TextPlace, place_at
from desktop_app.presenters.text_shapes import root_shape, shapes_at, type_word, words_of
from desktop_app.presenters.text_tree import TextTree, read_tree
from desktop_app.services.catalogues import schema_source

_PLACEHOLDER = re.compile(r"\$\{\{\s*(?:parent\.)?(?P<kind>inputs|outputs|search_space)\.(?P<name>[\w-]+)[^{}]*\}\}")
_MOST_WORDS = 12
_WORD = re.compile(r"[^\s,\[\]{}\"']+")


@dataclass(frozen=True, slots=True)
class Explanation:
    """`title` is the word itself, `kind` what it is, `text` one sentence, `facts` a line each, `source` whence.

    `start` to `end` are the columns (from 0) of the word in its line.
    """

    title: str
    kind: str
    text: str
    facts: tuple[str, ...]
    source: str
    line: int
    start: int
    end: int


def explain(path: Path | None, text: str, line: int, column: int) -> Explanation | None:
    """Return what the word at a place (from 0) means; None where nothing is known of it. Takes milliseconds."""
    tree = read_tree(text)
    try:
        return _explained(path, tree, line, column) if line < len(tree.lines) else None
    finally:
        tree.let_go()


def _explained(path: Path | None, tree: TextTree, line: int, column: int) -> Explanation | None:
    data = tree.data
    found = _placeholder(tree, data, line, column)
    if found is not None:
        return found
    kind = kind_of(path, data if isinstance(data, dict) else None, tree.text)
    root = root_shape(kind)
    place = _place(tree, line, column)
    if root is None or place is None:
        return None
    if place.slot is Slot.KEY:
        return _key(root, data, place, tree, kind)
    return _value(root, data, place, tree, kind)


def _place(tree: TextTree, line: int, column: int) -> TextPlace | None:
    """Return the place of the word that a column is in; None between words."""
    text = tree.lines[line]
    word = next((each for each in _WORD.finditer(text) if each.start() <= column < each.end()), None)
    if word is None:
        return None
    at = min(column + 1, len(text))
    return place_at(tree, line, at)


def _placeholder(tree: TextTree, data: Value, line: int, column: int) -> Explanation | None:
    """Explain ${{inputs.lr}} by what the file declares."""
    for found in _PLACEHOLDER.finditer(tree.lines[line]):
        if found.start() <= column < found.end():
            there = _declared(data, found["kind"], found["name"], tree, line)
            noun = {"inputs": "input", "outputs": "output"}.get(found["kind"], "value of the search space")
            says = "" if there is None else _shown(there)
            text = f"The job's {noun} “{found['name']}”." if there is not None else f"No such {noun} is declared."
            return Explanation(found[0], "placeholder", text, tuple(_one(says)), "", line, found.start(), found.end())
    return None


def _declared(data: Value, kind: str, name: str, tree: TextTree, line: int) -> Value:
    """Return what is declared under this name, nearest to a line."""
    path = tree.node_at(line).path
    for end in range(len(path), -1, -1):
        there = value_at(data, (*path[:end], kind))
        if isinstance(there, dict) and name in there:
            found = there[name]
            return "" if found is None else found
    return None


def _shown(value: Value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items() if not isinstance(each, dict | list))
    return str(value)


def _key(root: Shape, data: Value, place: TextPlace, tree: TextTree, kind: str) -> Explanation | None:
    name = tree.lines[place.line][place.start : place.end].strip("\"' ")
    owners = [each for each in shapes_at(root, data, place.path) if name in each.properties]
    shapes = [each.properties[name] for each in owners]
    if not shapes:
        return None
    leaves = shapes_at(root, data, (*place.path, name))
    is_needed = all(name in each.required for each in owners)
    text = next((each.description for each in (*shapes, *leaves) if each.description), "")
    words = " · ".join(_one(type_word(leaves), "needed" if is_needed else "may be left out"))
    facts = tuple(_facts((*shapes, *leaves), words_of(root, data, (*place.path, name))))
    return Explanation(name, words, text, facts, _source(kind, place), place.line, place.start, place.end)


def _facts(shapes: Sequence[Shape], known: Sequence[Value]) -> Iterable[str]:
    words = [_word(each) for each in known if not isinstance(each, bool)]
    if words:
        more = f" and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
        yield f"One of: {', '.join(words[:_MOST_WORDS])}{more}"
    usual = next((each.default for each in shapes if each.default is not None), None)
    if usual is not None and not isinstance(usual, dict | list):
        yield f"Left out, it is: {_word(usual)}"
    least = next((each.minimum for each in shapes if each.minimum is not None), None)
    most = next((each.maximum for each in shapes if each.maximum is not None), None)
    if least is not None or most is not None:
        yield " ".join(_one(f"At least {least:g}" if least is not None else "", f"at most {most:g}" if most else ""))
    if any(each.is_reference for each in shapes):
        yield "Takes azureml:NAME:VERSION or azureml:NAME@latest"
    if any(each.is_file for each in shapes):
        yield "A path relative to this file"
    if any(each.takes_binding for each in shapes):
        yield "Takes ${{parent.inputs.NAME}}"
    if any(each.is_preview for each in shapes):
        yield "In preview: Azure ML may change it"


def _value(root: Shape, data: Value, place: TextPlace, tree: TextTree, kind: str) -> Explanation | None:
    """Explain a value by its facts; else by its key, for a word of the schema."""
    word = tree.lines[place.line][place.start : place.end].strip("\"' ")
    key = next((each for each in reversed(place.path) if isinstance(each, str)), "")
    found = _known(key, word)
    if found is not None:
        name, what = found
        facts, source = name.facts[:-1], name.facts[-1]
        return Explanation(name.text, what, "", facts, source, place.line, place.start, place.end)
    shapes = shapes_at(root, data, place.path)
    if place.slot is Slot.TEXT or not any(each.enum for each in shapes):
        return None
    text = next((each.description for each in shapes if each.description), "")
    facts = tuple(_facts(shapes, words_of(root, data, place.path)))
    return Explanation(word, f"value of {key}", text, facts, _source(kind, place), place.line, place.start, place.end)


def _known(key: str, word: str) -> tuple[KnownName, str] | None:
    if key == "image" and (image := known_words.image_named(word)):
        return image, "base image"
    if key == "environment" and (environment := known_words.environment_named(word)):
        return environment, "curated environment"
    if key in {"size", "instance_type", "vm_size"} and (size := known_words.size_named(word)):
        return size, "VM size"
    return None


def _source(kind: str, place: TextPlace) -> str:
    info = KINDS.get(kind)
    title = info.title if info is not None else kind
    where = f"{title}, {join_path(place.path)}" if place.path else title
    return " · ".join(_one(where, schema_source() if kind not in {"conda", "config"} else ""))


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one(*parts: str) -> list[str]:
    return [each for each in parts if each]
