"""The table of environments: one's own and curated ones, with their status as icon and word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from desktop_app.presenters.environments import HEADERS, EnvironmentRow
from desktop_app.ui.icons import icon
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets import dress_table

_STATUS, _HOLDS = 1, 4
_ICONS = {
    "success": ("mdi6.check-circle-outline", "completed"),
    "warning": ("mdi6.alert-outline", "canceled"),
    "error": ("mdi6.close-circle-outline", "failed"),
    "info": ("mdi6.account-outline", "accent"),
}
_NAME = "AzureML-PyTorch-1.13-GPU mm"  # as long as most names
_LONGEST = "assets/environment/docker-image-plus-conda.yaml mm"  # no wider: what it holds is to be seen as well


class EnvironmentModel(RowModel):
    """The rows that are shown."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(HEADERS, muted=(4, 5), parent=parent)
        self.rows: list[EnvironmentRow] = []

    def set_rows(self, rows: Sequence[EnvironmentRow]) -> None:
        """Show other rows."""
        self.rows = list(rows)
        self.show(len(self.rows), lambda row, column: self.rows[row].cells[column])

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Return a cell's text and looks; a status has its icon and colour."""
        if index.isValid() and index.column() == _STATUS and index.row() < len(self.rows):
            name, ink = _ICONS[self.rows[index.row()].tone]
            if role == Qt.ItemDataRole.DecorationRole:
                return icon(name, ink)
            if role == Qt.ItemDataRole.ForegroundRole:
                return QColor(theme_manager().theme.color(ink))
        return super().data(index, role)


class _EndsInDots(QStyledItemDelegate):
    """Cells that lose their end, not their middle, where there is no room."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:  # noqa: N802 - Qt's
        """Called by Qt."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight


class EnvironmentTable(QTableView):
    """`picked` carries the row that the selection came to; None where nothing is left to select."""

    picked = Signal(object)
    activated_row = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        dress_table(self, self.tr("Environments"))
        self.rows = EnvironmentModel(self)
        self.setModel(self.rows)
        self.setItemDelegateForColumn(_HOLDS, _EndsInDots(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + Space.M)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(_HOLDS, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(Space.XL)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self.picked.emit(self._row(now.row())))
        self.activated.connect(lambda index: self.activated_row.emit(self._row(index.row())))
        self.setColumnWidth(0, self.fontMetrics().horizontalAdvance(_NAME))

    @property
    def current(self) -> EnvironmentRow | None:
        """The row that is selected."""
        return self._row(self.currentIndex().row())

    def set_rows(self, rows: Sequence[EnvironmentRow], keep: str = "") -> None:
        """Show other rows; the selection stays on `keep`, or else goes to the first."""
        self.rows.set_rows(rows)
        at = next((index for index, each in enumerate(rows) if each.target == keep), 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.rows.index(at, 0) if rows else QModelIndex(), flags)
        self._fit_names(rows)
        if rows:
            self.scrollTo(self.rows.index(at, 0))
        self.picked.emit(self.current)

    def _fit_names(self, rows: Sequence[EnvironmentRow]) -> None:
        """Make the names' column as wide as one's own names, which are paths, and never narrower than most others."""
        metrics = self.fontMetrics()
        own = max((metrics.horizontalAdvance(f"{each.name} mm") for each in rows if each.file is not None), default=0)
        least, most = (metrics.horizontalAdvance(each) for each in (_NAME, _LONGEST))
        self.setColumnWidth(0, max(least, min(own, most)))

    def _row(self, at: int) -> EnvironmentRow | None:
        return self.rows.rows[at] if 0 <= at < len(self.rows.rows) else None
