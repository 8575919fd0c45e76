"""Any part of a file as rows: typed controls where the schema says what may stand there, and what else is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from desktop_app.api import Choice, Value
from desktop_app.documents.shapes import Shape, branch
from desktop_app.presenters.form.changes import move, remove
from desktop_app.presenters.form.model import Action, Adder, Cell, Control, Row, Start
from desktop_app.presenters.form.paths import below
from desktop_app.presenters.form.values import shown, text_of

ANYTHING = Shape()
YES_NO = (Choice("true", "Yes"), Choice("false", "No"))
_LONG = 100
_PROSE = frozenset({"description"})
_CODE = frozenset({"command", "prepare_job_command", "script"})
_DEEPEST = 40


def tree_rows(data: Value, shape: Shape | None, path: str = "", depth: int = 0) -> tuple[Row, ...]:
    """Return the rows of what a mapping or list holds, and the one that adds to it."""
    meant = branch(shape or ANYTHING, data)
    if depth > _DEEPEST:
        return ()
    if isinstance(data, list):
        return (*_items(data, meant, path, depth), _list_adder(data, meant, path, depth))
    found = data if isinstance(data, dict) else {}
    entries = [
        dataclasses.replace(
            entry_row(key, value, _child(meant, key), below(path, key), depth), is_unknown=is_unknown(meant, key)
        )
        for key, value in found.items()
    ]
    adder = key_adder(found, meant, path)
    return (*entries, adder_row(adder, depth)) if adder else tuple(entries)


def entry_row(key: str, value: Value, shape: Shape, path: str, depth: int = 0) -> Row:
    """Return the row of a mapping's entry; a mapping or list is a group."""
    actions = (Action("remove", f"Remove {key}", (remove(path),)),)
    return dataclasses.replace(value_row(key, value, shape, path, depth), actions=actions)


def value_row(title: str, value: Value, shape: Shape, path: str, depth: int) -> Row:
    """Return the row of a value: a control, or a group of what a mapping or list holds."""
    if isinstance(value, dict | list):
        children = tree_rows(value, shape, path, depth + 1)
        words = branch(shape, value).description or shape.description
        return Row(path, path, title, words, depth=depth, is_group=True, summary=summary_of(value), children=children)
    return Row(path, path, title, shape.description, (value_cell(path, title, value, shape),), depth=depth)


def _items(data: list[Value], shape: Shape, path: str, depth: int) -> Iterator[Row]:
    last = len(data) - 1
    for index, value in enumerate(data):
        here = below(path, index)
        title = _item_title(value, index)
        row = value_row(title, value, shape.items or ANYTHING, here, depth)
        up = Action("up", f"Move {title} up", (move(here, index - 1),)) if index else None
        down = Action("down", f"Move {title} down", (move(here, index + 1),)) if index < last else None
        actions = (up, down, Action("remove", f"Remove {title}", (remove(here),)))
        yield dataclasses.replace(row, actions=tuple(each for each in actions if each))


def _item_title(value: Value, index: int) -> str:
    named = value.get("name") if isinstance(value, dict) else None
    return named if isinstance(named, str) and named else f"{index + 1}"


def _list_adder(data: list[Value], shape: Shape, path: str, depth: int) -> Row:
    start = Start("", start_value(shape.items or ANYTHING))
    return adder_row(Adder(path, "Add an item", is_list=True, count=len(data), ways=(start,)), depth)


def key_adder(data: Mapping[str, Value], shape: Shape, path: str, leave: frozenset[str] = frozenset()) -> Adder | None:
    """Return what adds a key to a mapping: those that the schema knows, and any where the schema lets them be free."""
    known = [(key, each) for key, each in shape.properties.items() if key not in data and key not in leave]
    is_free = shape.values is not None or shape.is_open or not shape.properties
    ways = (Start("", start_value(shape.values or ANYTHING)),) if is_free else ()
    if not known and not ways:
        return None
    order = sorted(known, key=lambda each: (each[0] not in shape.required, each[0]))
    choices = tuple(Choice(key, key, _first_sentence(each.description)) for key, each in order)
    starts = tuple((key, start_value(each)) for key, each in known)
    return Adder(path, "Add an entry" if is_free else "Add a key", known=choices, starts=starts, ways=ways)


def adder_row(adder: Adder, depth: int = 0, title: str = "") -> Row:
    """Return the row of an adder."""
    return Row(f"{adder.path}+", adder.path, title, depth=depth, adder=adder)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].strip().rstrip(".")


def _child(shape: Shape, key: str) -> Shape:
    return shape.properties.get(key, shape.values) or ANYTHING


def is_unknown(shape: Shape, key: str) -> bool:
    """Whether the schema doesn't know a key of a mapping."""
    return bool(shape.properties) and key not in shape.properties and shape.values is None and not shape.is_open


def start_value(shape: Shape) -> Value:
    """Return what a new entry begins with: its default, its one word, or something empty of its type."""
    meant = branch(shape, shape.default)
    if shape.default is not None:
        return shape.default
    if meant.enum:
        return meant.enum[0]
    if "string" in meant.types or not meant.types:
        return ""
    if "object" in meant.types:
        return _required_of(meant)
    starts: dict[str, Value] = {"array": [], "integer": int(meant.minimum or 0), "number": meant.minimum or 0}
    return next((starts[each] for each in meant.types if each in starts), False)


def _required_of(shape: Shape) -> dict[str, Value]:
    return {key: start_value(shape.properties[key]) for key in shape.required if not shape.properties[key].any_of}


def summary_of(value: Value) -> str:
    """Return a group in few words, for when it is closed."""
    if isinstance(value, list):
        return f"{len(value)} item{'' if len(value) == 1 else 's'}" if value else "empty"
    if isinstance(value, dict):
        return ", ".join(list(value)[:4]) + (", …" if len(value) > 4 else "") if value else "empty"
    return text_of(value)


def value_cell(path: str, title: str, value: Value, shape: Shape, *, is_present: bool = True) -> Cell:
    """Return the control for one plain value, as the schema wants it."""
    meant = branch(shape, value)
    types = tuple(dict.fromkeys(_types(shape)))
    control = _control(path, value, meant, types)
    words = tuple(Choice(text_of(each), text_of(each)) for each in _words(shape))
    return Cell(
        path, control, title, shown(text_of(value)), value, is_present,
        placeholder=default_words(shape), choices=YES_NO if control is Control.BOOLEAN else words, types=types,
        minimum=meant.minimum, maximum=meant.maximum, prunes=False, help=shape.description or meant.description,
    )  # fmt: skip


def _control(path: str, value: Value, meant: Shape, types: tuple[str, ...]) -> Control:
    last = path.rpartition(".")[2]
    if isinstance(value, str) and (last in _CODE or "\n" in value.rstrip("\n") or len(value) > _LONG):
        return Control.PROSE if last in _PROSE else Control.COMMAND
    if meant.enum:
        return Control.CHOICE if value in meant.enum or value is None else Control.SUGGEST
    if set(types) <= {"boolean", "null"} and types and isinstance(value, bool | None):
        return Control.BOOLEAN
    if not types and isinstance(value, bool):
        return Control.BOOLEAN
    numbers = {"integer": Control.INTEGER, "number": Control.NUMBER}
    if isinstance(value, int | float | None) and types and set(types) <= {"integer", "number", "null"}:
        return numbers["number" if "number" in types else "integer"]
    return Control.FILE if meant.is_file else Control.LINE


def _types(shape: Shape) -> Iterator[str]:
    yield from shape.types
    for each in shape.any_of:
        yield from _types(each)


def _words(shape: Shape) -> Iterator[Value]:
    yield from shape.enum
    for each in shape.any_of:
        yield from _words(each)


def default_words(shape: Shape) -> str:
    """Return the default as a placeholder."""
    if shape.default is None or isinstance(shape.default, dict | list):
        return ""
    return f"{text_of(shape.default)} (default)"
