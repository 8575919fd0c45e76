"""What may be written where the cursor stands: keys, words, names and placeholders, each with a word on it.

Works by the indents around the cursor, so that a line half typed, or a text that is no YAML just now, is no hindrance.
Looks at the disk for names and files: a window asks for it off its own thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.paths import value_at
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.shapes import Shape
from desktop_app.presenters.completion_values import Suggestion, placeholders, texts, values
from desktop_app.presenters.palette import fit_letters
from desktop_app.presenters.text_place import Slot, TextPlace, place_at
from desktop_app.presenters.text_shapes import alternatives, root_shape, shapes_at, type_word
from desktop_app.presenters.text_tree import TextTree, read_tree

_PREFIX = 1000.0
_FAR_FETCHED = 2  # letters: so few say nothing in the middle of a word
_AT_A_WORD = 15.0  # what `fit_letters` gives for the start of a word


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What may take the place of columns `start` to `end` (from 0) of a line; `word` is what stands there already."""

    line: int
    start: int
    end: int
    word: str
    items: tuple[Suggestion, ...]


def suggestions(path: Path | None, text: str, line: int, column: int, indent: str = "  ") -> Suggestions | None:
    """Return what may stand at a cursor, line and column from 0; None where there is nothing to say."""
    tree = read_tree(text)
    try:
        return _found(path, tree, place_at(tree, line, column), indent)
    finally:
        tree.let_go()


def _found(path: Path | None, tree: TextTree, place: TextPlace | None, indent: str) -> Suggestions | None:
    if place is None:
        return None
    data = tree.data
    root = root_shape(kind_of(path, data if isinstance(data, dict) else None, tree.text))
    if root is None:
        return None
    question = _Question(root, tree, data, place, path.parent if path else None, indent)
    items = tuple(_once(_items(question)))
    return Suggestions(place.line, place.start, place.end, place.word, items) if items else None


def narrowed(items: Sequence[Suggestion], word: str) -> list[Suggestion]:
    """Return what fits a word: what begins so first, what is gone last; all of it for no word."""
    if not word:
        return list(items)
    found = [(fit, each) for each in items if (fit := _fit(each, word)) > 0]
    return [each for _, each in sorted(found, key=lambda pair: (pair[1].kind == "gone", -pair[0]))]


def opens_by_itself(items: Sequence[Suggestion], word: str) -> bool:
    """Whether what fits a word is worth showing unasked: not what is there already, nor far-fetched for a letter."""
    if any(each.insert == word for each in items):
        return False
    return not word or len(word) > _FAR_FETCHED or any(_fit(each, word) >= _PREFIX for each in items)


def _fit(item: Suggestion, word: str) -> float:
    small = word.casefold()
    if item.text.casefold().startswith(small) or item.insert.casefold().startswith(small):
        return _PREFIX
    found = fit_letters(item.text, small)
    least = 10 * len(small) + _AT_A_WORD if len(small) <= _FAR_FETCHED else 0
    return found[0] if found and found[0] >= least else 0.0


def _once(items: Iterable[Suggestion]) -> Iterator[Suggestion]:
    seen: set[tuple[str, str]] = set()
    for each in items:
        if (each.text, each.insert) not in seen:
            seen.add((each.text, each.insert))
            yield each


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and all that is known to answer it."""

    root: Shape
    tree: TextTree
    data: Value
    place: TextPlace
    folder: Path | None
    indent: str


def _items(asked: _Question) -> Iterator[Suggestion]:
    place, data, folder = asked.place, asked.data, asked.folder
    if place.slot is Slot.PLACEHOLDER:
        yield from placeholders(data, place)
        return
    if place.slot is Slot.TEXT:
        yield from texts(data, place, folder)
        return
    if place.slot is not Slot.KEY:
        yield from values(asked.root, data, place, folder)
    if place.slot is not Slot.VALUE:
        yield from _keys(asked)
    if place.slot is Slot.EITHER and not isinstance(place.path[-1], int):
        yield from _first_items(asked)


def _first_items(asked: _Question) -> Iterator[Suggestion]:
    """Yield the words of a list that has no item yet, each with its dash."""
    place = asked.place
    if any(each.items is not None for each in shapes_at(asked.root, asked.data, place.path)):
        inner = replace(place, path=(*place.path, 0))
        for each in values(asked.root, asked.data, inner, asked.folder):
            yield replace(each, insert=f"- {each.insert}")


def _keys(asked: _Question) -> Iterator[Suggestion]:
    """Yield the keys that are not there yet, those that must be there first."""
    place = asked.place
    here = value_at(asked.data, place.path)
    there = set(here) if isinstance(here, dict) else set()
    if place.has_colon:
        there -= {asked.tree.lines[place.line][place.start : place.end].strip("\"'")}
    found = shapes_at(asked.root, asked.data, place.path)
    names = dict.fromkeys(key for each in found for key in each.properties if key not in there)
    owners = [each for each in found if each.properties]
    must = {key for key in names if all(key in each.required for each in owners)}
    for key in sorted(names, key=lambda each: each not in must):
        shapes = [each.properties[key] for each in owners if key in each.properties]
        if not all(each.is_read_only for each in shapes):
            yield _key(key, shapes, asked, is_needed=key in must)


def _key(key: str, shapes: Sequence[Shape], asked: _Question, *, is_needed: bool) -> Suggestion:
    leaves = alternatives(shapes, None)
    note = next((each.description for each in (*shapes, *leaves) if each.description), "")
    is_preview = any(each.is_preview for each in shapes)
    words = ("needed" if is_needed else "", type_word(leaves), "preview" if is_preview else "")
    ending = _ending(leaves, asked)
    goes_on = bool(ending) and not ending.endswith("- ")
    return Suggestion(key, key + ending, "key", " · ".join(each for each in words if each), note, goes_on)


def _ending(leaves: Sequence[Shape], asked: _Question) -> str:
    """Return what follows a key: a space before a value, or a new line where a mapping or a list begins."""
    place = asked.place
    if place.has_colon:
        return ""
    kinds = {kind for each in leaves for kind in each.types}
    if place.is_flow or not kinds or kinds - {"object", "array"}:
        return f"{place.quote}: "
    lead = "\n" + " " * place.column
    return f":{lead}{asked.indent}" if "object" in kinds else f":{lead}{_list_step(asked.tree, asked.indent)}- "


def _list_step(tree: TextTree, indent: str) -> str:
    """Return how far this file puts a list's dash below its key."""
    first = next((each for each in tree.nodes if each.is_item and each.parent and each.parent.key is not None), None)
    if first is None or first.parent is None or first.line == first.parent.line:
        return indent
    return " " * max(0, first.column - first.parent.column)
