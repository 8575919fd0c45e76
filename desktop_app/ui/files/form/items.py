"""A form as the list of what stands below each other: headings and the rows of all groups that are open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop_app.presenters.form.model import FormModel, Row
from desktop_app.ui.theme import Space


@dataclass(frozen=True, slots=True)
class Item:
    """A heading (`row` is None) or a row; `gap` is the space above it."""

    key: str
    gap: int
    row: Row | None = None
    text: str = ""
    help: str = ""
    is_tree: bool = False
    is_open: bool = False


def items_of(model: FormModel, open_groups: Mapping[str, bool]) -> list[Item]:
    """Return what is shown, from top to bottom; `open_groups` says what the person folded out or in."""
    found: list[Item] = []
    for number, section in enumerate(model.sections):
        if section.title:
            gap = Space.L if found else 0
            found.append(Item(f"#{number} {section.title}", gap, None, section.title, section.help))
        for index, row in enumerate(section.rows):
            found += _with_children(row, open_groups, _gap(row, index, section.is_tree), is_tree=section.is_tree)
    return found


def _gap(row: Row, index: int, is_tree: bool) -> int:
    if is_tree or row.depth:
        return Space.XS
    return Space.S + 2 if row.title and index else Space.XS


def _with_children(row: Row, open_groups: Mapping[str, bool], gap: int, *, is_tree: bool) -> Iterator[Item]:
    is_open = row.is_group and open_groups.get(row.key, row.is_open)
    yield Item(row.key, gap, row, is_tree=is_tree, is_open=is_open)
    if is_open:
        for each in row.children:
            yield from _with_children(each, open_groups, Space.XS, is_tree=is_tree)
