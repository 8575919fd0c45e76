"""Makes the rows of a designed form: its lines filled with what the file says, then all that no line shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from desktop_app.api import Choice, Value
from desktop_app.core.paths import value_at
from desktop_app.documents.shapes import Shape, branch, shape_at
from desktop_app.presenters.form.changes import move, remove
from desktop_app.presenters.form.design import Box, Design, Items, Line, Table, Tree, When
from desktop_app.presenters.form.leftovers import leftover_sections
from desktop_app.presenters.form.model import Action, Adder, Cell, Control, FormFacts, Row, Section, Start
from desktop_app.presenters.form.notes import notes_for, offers
from desktop_app.presenters.form.paths import below, parts_of
from desktop_app.presenters.form.tree import ANYTHING, YES_NO, adder_row, entry_row, tree_rows, value_cell, value_row

_MISSING = object()
_PIP = "[pip]"


def designed_sections(design: Design, shape: Shape | None, data: Value, facts: FormFacts) -> tuple[Section, ...]:
    """Return the sections of a designed form."""
    whole = _Whole(data, shape or ANYTHING, facts, design)
    made = [Section(part.title, tuple(whole.rows(part.lines)), part.help) for part in design.parts]
    rest = leftover_sections(data, whole.shape, whole.shown | set(design.hidden), paths_of(design))
    return (*(each for each in made if each.rows), *rest)


def paths_of(design: Design) -> set[str]:
    """Return every path that the design may show."""
    found: set[str] = set()
    for part in design.parts:
        for each in part.lines:
            found |= {box.path for box in each.boxes} if isinstance(each, Line) else {each.path.partition("[")[0]}
    return found | set(design.hidden)


class _Whole:
    """A file while its rows are made; `shown` are the paths that have a place by now."""

    def __init__(self, data: Value, shape: Shape, facts: FormFacts, design: Design) -> None:
        self.data = data
        self.shape = shape
        self.facts = facts
        self.shown: set[str] = set()
        self._design_paths = paths_of(design)

    def rows(self, lines: tuple[Line | Table | Items | Tree, ...]) -> Iterator[Row]:
        """Yield the rows of lines."""
        for each in lines:
            if isinstance(each, Line):
                yield from self._line(each)
            elif isinstance(each, Table):
                yield from self._table(each)
            elif isinstance(each, Items):
                yield from self._items(each)
            else:
                yield from self._tree(each)

    # ----- values

    def value(self, path: str) -> Value:
        """Return what the file says at a path; None where it says nothing."""
        return value_at(self.data, parts_of(path))

    def has(self, path: str) -> bool:
        """Whether the file has this key."""
        return value_at(self.data, parts_of(path), _MISSING) is not _MISSING  # type: ignore[arg-type]

    def shape_of(self, path: str) -> Shape:
        """Return what may stand at a path."""
        return shape_at(self.shape, self.data, parts_of(path)) or ANYTHING

    def _knows(self, path: str) -> bool:
        """Whether the schema has a path: a design is for several kinds, of which one may lack it."""
        return self.shape is ANYTHING or knows(self.shape, path)

    def _holds(self, when: When | None) -> bool:
        if when is None:
            return True
        value = self.value(when.path)
        if not when.words:
            return self.has(when.path)
        return isinstance(value, str) and _plain(value) in {_plain(each) for each in when.words}

    # ----- lines

    def _line(self, line: Line) -> Iterator[Row]:
        wanted = [each for each in line.boxes if self._is_wanted(each, line.when)]
        cells = [
            self._cell(each) for each in wanted if not isinstance(self.value(each.path), dict | list) or _flow(each)
        ]
        self.shown |= {each.path for each in cells}
        if cells:
            said = notes_for(line.note, self.data, cells[0], self.facts)
            first = cells[0].path
            yield Row(first, first, line.title, line.help, tuple(cells), notes=said.notes, topology=said.topology)
        for box in wanted:
            value = self.value(box.path)
            if isinstance(value, dict | list) and not _flow(box) and not self._is_parted(box.path):
                self.shown.add(box.path)
                yield value_row(box.title or line.title, value, self.shape_of(box.path), box.path, 0)

    def _is_wanted(self, box: Box, when: When | None) -> bool:
        if self.has(box.path):
            return True
        if box.unless and self.has(box.unless):
            return False
        return self._knows(box.path) and self._holds(when) and (not box.when or self._type_is(box))

    def _type_is(self, box: Box) -> bool:
        holder, _, _last = box.path.rpartition(".")
        return self._holds(When(below(holder, "type"), box.when))

    def _is_parted(self, path: str) -> bool:
        """Whether other lines show what is in it."""
        return any(each.startswith((f"{path}.", f"{path}[")) for each in self._design_paths)

    def _cell(self, box: Box) -> Cell:
        path = box.path
        cell = _cell(box, path, self.value(path), self.shape_of(path), is_present=self.has(path))
        return dataclasses.replace(cell, choices=offers(box.offers, self.facts)) if box.offers else cell

    # ----- tables

    def _table(self, table: Table) -> Iterator[Row]:
        if not self.has(table.path) and not (self._knows(table.path) and self._holds(table.when)):
            return
        data = self.value(table.path)
        if data is not None and not isinstance(data, dict):
            return
        self.shown.add(table.path)
        title = table.title
        for name, value in (data or {}).items():
            path = below(table.path, name)
            for row in self._entry(table, name, value, path):
                yield row if row.title else dataclasses.replace(row, title=title, help=table.help)
                title = ""
        adder = Adder(table.path, f"Add {_article(table.words)}", ways=table.ways)
        yield dataclasses.replace(adder_row(adder, title=title), help=table.help)

    def _entry(self, table: Table, name: str, value: Value, path: str) -> Iterator[Row]:
        key = Cell(path, Control.NAME, f"Name of {name}", name, name, is_present=True, share=3)
        action = (Action("remove", f"Remove {name}", (remove(path),)),)
        if isinstance(value, dict) and table.columns:
            word = value.get("type")
            cells = [
                self._column(each, name, value, path, word) for each in table.columns if _in_entry(each, value, word)
            ]
            said = table.says(value, self.data) if table.says is not None else ""
            yield Row(path, path, cells=(key, *cells), actions=action, notes=(said,) if said else ())
            known = {each.path for each in table.columns}
            yield from self._more(value, path, known)
        elif isinstance(value, dict | list):
            yield Row(path, path, cells=(key,), actions=action)
            yield from tree_rows(value, self.shape_of(path), path, 1)
        else:
            cell = value_cell(path, f"Value of {name}", value, self.shape_of(path))
            plain = dataclasses.replace(cell, control=_plain_control(cell), share=8, choices=(), placeholder="value")
            yield Row(path, path, cells=(key, plain), actions=action)

    def _column(self, box: Box, name: str, entry: Mapping[str, Value], path: str, word: Value) -> Cell:
        here = below(path, box.path)
        cell = _cell(box, here, entry.get(box.path), self.shape_of(here), is_present=box.path in entry)
        return dataclasses.replace(cell, title=f"{box.title} of {name}", prunes=False)

    def _more(self, entry: Mapping[str, Value], path: str, known: set[str]) -> Iterator[Row]:
        shape = branch(self.shape_of(path), dict(entry))
        for key, value in entry.items():
            if key not in known:
                here = below(path, key)
                row = entry_row(key, value, shape.properties.get(key, ANYTHING), here)
                yield dataclasses.replace(row, is_unknown=bool(shape.properties) and key not in shape.properties)

    # ----- lists and trees

    def _items(self, items: Items) -> Iterator[Row]:
        if not self._holds(items.when) and not self.has(items.path.partition("[")[0]):
            return
        path, adder = self._resolved(items)
        data = self.value(path) if path else []
        if data is not None and not isinstance(data, list):
            return
        self.shown.add(path or items.path)
        title = items.title
        found = [(index, each) for index, each in enumerate(data or []) if not _is_skipped(each, items.skip)]
        for place, (index, value) in enumerate(found):
            row = self._item(items, path, index, value)
            yield dataclasses.replace(row, title=title, actions=_item_actions(path, found, place), help=items.help)
            title = ""
        yield dataclasses.replace(adder_row(adder, title=title), key=f"{items.path}+", help=items.help)

    def _item(self, items: Items, path: str, index: int, value: Value) -> Row:
        here = below(path, index)
        title = f"{items.words.capitalize()} {index + 1}"
        if isinstance(value, dict | list):
            return value_row(title, value, self.shape_of(here), here, 0)
        cell = Cell(here, Control.LINE, title, str(value) if value is not None else "", value, is_present=True,
                    placeholder=items.words, prunes=False)  # fmt: skip
        return Row(here, here, cells=(cell,))

    def _resolved(self, items: Items) -> tuple[str, Adder]:
        """Return the list's path, and what adds to it: `[pip]` is the item that holds pip's packages."""
        words = f"Add {_article(items.words)}"
        if _PIP not in items.path:
            count = len(found) if isinstance(found := self.value(items.path), list) else 0
            return items.path, Adder(items.path, words, is_list=True, count=count, ways=(Start("", items.start),))
        outer = items.path.partition("[")[0]
        data = self.value(outer)
        listed = data if isinstance(data, list) else []
        at = next((index for index, each in enumerate(listed) if _is_skipped(each, "pip")), None)
        if at is None:
            way = Start("", {"pip": [items.start]})
            return "", Adder(outer, words, is_list=True, count=len(listed), ways=(way,))
        path = items.path.replace(_PIP, f"[{at}]")
        inner = self.value(path)
        count = len(inner) if isinstance(inner, list) else 0
        return path, Adder(path, words, is_list=True, count=count, ways=(Start("", items.start),))

    def _tree(self, tree: Tree) -> Iterator[Row]:
        if not self.has(tree.path):
            return
        self.shown.add(tree.path)
        row = value_row(tree.title, self.value(tree.path), self.shape_of(tree.path), tree.path, 0)
        actions = (Action("remove", f"Remove {tree.title}", (remove(tree.path),)),)
        yield dataclasses.replace(row, help=tree.help or row.help, actions=actions)


def knows(shape: Shape, path: str) -> bool:
    """Whether a schema, in one of its alternatives, has a path."""
    if not path or shape.values is not None or shape.is_open:
        return True
    here, _, rest = path.partition(".")
    found = [shape.properties[here]] if here in shape.properties else []
    return any(knows(each, rest) for each in found) or any(knows(each, path) for each in shape.any_of)


def _cell(box: Box, path: str, value: Value, shape: Shape, *, is_present: bool) -> Cell:
    """Return the control of a box: as the design says, else as the schema does."""
    made = value_cell(path, box.title, value, shape, is_present=is_present)
    words = box.choices or made.choices or (YES_NO if box.control is Control.BOOLEAN else ())
    return dataclasses.replace(
        made, control=_box_control(box, made, words), choices=_known(words, made), suffix=box.suffix, share=box.share,
        placeholder=box.placeholder or made.placeholder, prunes=True,
        minimum=box.minimum if made.minimum is None else made.minimum,
        empties=path.rpartition(".")[0] if box.is_tag else path, breaks=box.breaks,
    )  # fmt: skip


def _box_control(box: Box, made: Cell, words: tuple[Choice, ...]) -> Control:
    if box.control is None:
        return made.control
    if box.control is Control.CHOICE:
        known = {_plain(each.value) for each in words}
        is_known = made.text == "" or _plain(made.text) in known
        return Control.CHOICE if is_known else Control.SUGGEST
    if box.control in (Control.INTEGER, Control.NUMBER) and isinstance(made.value, str | bool):
        return Control.LINE
    return box.control


def _known(words: tuple[Choice, ...], made: Cell) -> tuple[Choice, ...]:
    """Return the choices, the present one in the file's own spelling."""
    return tuple(
        dataclasses.replace(each, value=made.text) if made.text and _plain(each.value) == _plain(made.text) else each
        for each in words
    )


def _in_entry(box: Box, entry: Mapping[str, Value], word: Value) -> bool:
    """Whether an entry of a table has this column."""
    value = entry.get(box.path)
    if isinstance(value, dict) or (isinstance(value, list) and box.control is not Control.FLOW):
        return False
    if box.path in entry or box.path == "type":
        return True
    return isinstance(word, str) and _plain(word) in {_plain(each) for each in box.when}


def _item_actions(path: str, found: list[tuple[int, Value]], place: int) -> tuple[Action, ...]:
    index = found[place][0]
    here = below(path, index)
    up = Action("up", f"Move {index + 1} up", (move(here, found[place - 1][0]),)) if place else None
    last = len(found) - 1
    down = Action("down", f"Move {index + 1} down", (move(here, found[place + 1][0]),)) if place < last else None
    actions = (up, down, Action("remove", f"Remove {index + 1}", (remove(here),)))
    return tuple(each for each in actions if each)


def _plain_control(cell: Cell) -> Control:
    return cell.control if cell.control in (Control.COMMAND, Control.PROSE) else Control.LINE


def _is_skipped(value: Value, key: str) -> bool:
    return bool(key) and isinstance(value, dict) and isinstance(value.get(key, 0), list | None)


def _flow(box: Box) -> bool:
    return box.control is Control.FLOW


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
