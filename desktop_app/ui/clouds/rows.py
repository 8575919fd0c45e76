"""A table's rows whose state has an icon and a colour of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from desktop_app.ui.icons import icon
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.theme import theme_manager

Look = Callable[[int], tuple[str, str]]
Tip = Callable[[int], str]


class StateRows(RowModel):
    """`look(row)` gives icon and colour role of the column `state`; `tip(row)` what is said beyond the cell's text."""

    state = 1
    look: Look = staticmethod(lambda _row: ("", ""))
    tip: Tip = staticmethod(lambda _row: "")

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Return a cell's text and looks."""
        if index.isValid() and index.column() == self.state and index.row() < self.rowCount():
            picture, ink = self.look(index.row())
            if role == Qt.ItemDataRole.DecorationRole and picture:
                return icon(picture, ink)
            if role == Qt.ItemDataRole.ForegroundRole and ink:
                return QColor(theme_manager().theme.color(ink))
        if role == Qt.ItemDataRole.ToolTipRole and index.isValid() and (said := self.tip(index.row())):
            return said
        return super().data(index, role)
