"""What a text in a control asks for: a change of the file, or nothing."""

from __future__ import annotations

from desktop_app.api import UserError, Value
from desktop_app.core.paths import split_path
from desktop_app.presenters.form.changes import Change, put, rename, unset
from desktop_app.presenters.form.model import Cell, Control
from desktop_app.presenters.form.values import is_empty, value_of

_PICKED = (Control.CHOICE, Control.BOOLEAN)


def change_for(cell: Cell, text: str, *, settled: bool) -> Change | None:
    """Return the change that a text in a control means, None for none.

    A field that is empty for a moment is still being typed in: only one that is left empty takes its value away.
    Raises UserError for a text that can't stand there.
    """
    if cell.control is Control.NAME:
        return _renamed(cell, text.strip())
    if is_empty(cell, text):
        return _emptied(cell) if settled and cell.is_present else None
    value = value_of(cell, text)
    if cell.is_present and value == cell.value and type(value) is type(cell.value):
        return None
    return put(cell.path, value)


def _renamed(cell: Cell, name: str) -> Change | None:
    if not name:
        raise UserError("A name is needed.", hint="Take the entry away with the cross at its end.")
    return rename(cell.path, name) if name != split_path(cell.path)[-1] else None


def _emptied(cell: Cell) -> Change | None:
    if cell.prunes:
        return unset(cell.empties or cell.path)
    if cell.control in _PICKED:
        return unset(cell.path, prunes=False)
    empty: Value = "" if not cell.types or "string" in cell.types else None
    return put(cell.path, empty) if cell.value != empty else None
