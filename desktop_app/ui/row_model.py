"""A table model over rows that are worked out when they are seen: a million of them cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from desktop_app.ui.theme import mono_font, theme_manager
from desktop_app.ui.widgets.tips import tip

_Index = QModelIndex | QPersistentModelIndex
Cell = Callable[[int, int], str]


class RowModel(QAbstractTableModel):
    """`cell(row, column)` is a cell's text. Columns in `mono` are code, those in `right` numbers."""

    def __init__(
        self, headers: Sequence[str], *, mono: Sequence[int] = (), muted: Sequence[int] = (), right: Sequence[int] = (),
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._headers = tuple(headers)
        self._mono, self._muted, self._right = frozenset(mono), frozenset(muted), frozenset(right)
        self._count = 0
        self._cell: Cell = lambda _row, _column: ""
        self._font = QFont(mono_font())
        theme_manager().changed.connect(self._on_theme)

    def show(self, count: int, cell: Cell) -> None:
        """Show other rows; where their number stays, so do the view's selection and place."""
        if count == self._count:
            self._cell = cell
            self._say_changed()
            return
        self.beginResetModel()
        self._count, self._cell = count, cell
        self.endResetModel()

    def show_columns(
        self, headers: Sequence[str], *, mono: Sequence[int] = (), muted: Sequence[int] = (), right: Sequence[int] = ()
    ) -> None:
        """Have other columns; the rows go, as they were made for those before."""
        looks = (tuple(headers), frozenset(mono), frozenset(muted), frozenset(right))
        if looks != (self._headers, self._mono, self._muted, self._right):
            self.beginResetModel()
            self._headers, self._mono, self._muted, self._right = looks
            self._count, self._cell = 0, lambda _row, _column: ""
            self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the number of rows."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self._headers):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headers[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(section)
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return a cell's text and looks."""
        if not index.isValid() or not 0 <= index.row() < self._count:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(index.row(), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._cell(index.row(), column))
        if role == Qt.ItemDataRole.FontRole and column in self._mono:
            return self._font
        if role == Qt.ItemDataRole.ForegroundRole and column in self._muted:
            return QColor(theme_manager().theme.muted)
        return self._alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column in self._right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def _on_theme(self) -> None:
        self._font = QFont(mono_font())
        self._say_changed()

    def _say_changed(self) -> None:
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(self._headers) - 1))
