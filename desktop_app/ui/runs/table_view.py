"""The runs table as it looks: a state is icon, word and colour; the name stands out; the rest is quiet."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop_app.presenters.run_words import state_shown
from desktop_app.presenters.runs import Column, RunRow
from desktop_app.ui.runs.cells import Ink, elided, paint_ground, paint_state, paint_text
from desktop_app.ui.runs.table_model import ROW_ROLE, RunsModel
from desktop_app.ui.theme import ICON, Space, Theme, sized_font, text_sizes, theme_manager
from desktop_app.ui.widgets import dress_table, light_rows

Index = QModelIndex | QPersistentModelIndex
_RIGHT = (Column.SIZE, Column.DURATION)


class RunDelegate(QStyledItemDelegate):
    """Paints the cells. One for all columns: fonts and metrics are made once for each theme and font."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._font, self._strong = QFont(), QFont()
        self.refresh()

    def refresh(self) -> None:
        """Take the application's present font."""
        body = text_sizes().body
        self._font, self._strong = sized_font(body), sized_font(body, bold=True)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt for the width of a column that fits its content."""
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        width = QFontMetrics(self._strong).horizontalAdvance(text) + 2 * Space.M
        if index.column() == Column.STATE:
            width += ICON + Space.S
        return QSize(width, QFontMetrics(self._font).height() + Space.L)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Called by Qt for each cell that is to be seen."""
        theme = theme_manager().theme
        area: QRect = option.rect
        painter.save()
        paint_ground(painter, option, area, theme)
        inner = area.adjusted(Space.S, 0, -Space.S, 0)
        row: RunRow = index.data(ROW_ROLE)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        column = Column(index.column())
        if column is Column.STATE:
            paint_state(painter, inner, state_shown(row.run), text, self._strong)
        elif column is Column.RUN:
            self._name(painter, inner, row, theme)
        else:
            quiet = column in (Column.WHERE, Column.FRAMEWORK, Column.STARTED)
            color = theme.muted if quiet else theme.text
            paint_text(painter, inner, text, Ink(self._font, color), right=column in _RIGHT)
        painter.restore()

    def _name(self, painter: QPainter, area: QRect, row: RunRow, theme: Theme) -> None:
        painter.setFont(self._strong)
        name = elided(painter, row.run.display_name, area.width())
        paint_text(painter, area, name, Ink(self._strong, theme.text))
        used = painter.fontMetrics().horizontalAdvance(name) + Space.S
        painter.setFont(self._font)
        if used + painter.fontMetrics().horizontalAdvance(row.run.run) <= area.width():
            paint_text(painter, area.adjusted(used, 0, 0, 0), row.run.run, Ink(self._font, theme.muted))


class RunsView(QTableView):
    """The table. `opened` carries the handle of the run to show; `asked` where a context menu is wanted."""

    opened = Signal(str)
    asked = Signal(QPoint)
    removal_asked = Signal()

    def __init__(self, model: RunsModel) -> None:
        super().__init__()
        self._model = model
        self._chosen: list[str] = []
        self._current = ""
        self._widths: dict[Column, int] = {}
        self.setModel(model)
        dress_table(self, self.tr("Runs"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        light_rows(self)
        self._delegate = RunDelegate(self)
        self.setItemDelegate(self._delegate)
        self._arrange()
        self.doubleClicked.connect(lambda index: self.opened.emit(model.row_at(index).handle))
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._choose_again)
        theme_manager().changed.connect(self._restyle)

    @property
    def handles(self) -> list[str]:
        """The runs that are chosen, from top to bottom."""
        rows = sorted(each.row() for each in self.selectionModel().selectedRows())
        return [self._model.table.rows[each].handle for each in rows]

    def select(self, handle: str) -> None:
        """Choose a run, if it is shown."""
        index = self._model.table.index_of(handle)
        if index is not None:
            self.selectRow(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter opens, Delete asks for removal."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self._model.row_at(self.currentIndex()).handle)
        elif event.key() == Qt.Key.Key_Delete:
            self.removal_asked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for the right button and the menu key."""
        if self.handles:
            at = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
            self.asked.emit(at)

    def _arrange(self) -> None:
        header = self.horizontalHeader()
        header.setSortIndicator(Column.STARTED, Qt.SortOrder.DescendingOrder)
        header.setSortIndicatorShown(True)
        self.setSortingEnabled(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.RUN, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(60)
        header.setAccessibleName(self.tr("Columns of the runs table"))
        self._restyle()

    def _restyle(self) -> None:
        """Fit rows and columns to the font."""
        self._delegate.refresh()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + Space.L + Space.XS)
        strong = QFontMetrics(sized_font(text_sizes().body, bold=True))
        wide = {
            Column.STATE: strong.horizontalAdvance("Not started") + ICON + 4 * Space.S,
            Column.SIZE: strong.horizontalAdvance("2 launchers (16 ranks)") + 2 * Space.M,
            Column.WHERE: strong.horizontalAdvance("workspace · gpu-cluster"),
            Column.FRAMEWORK: strong.horizontalAdvance("FRAMEWORK") + 2 * Space.M + Space.L,
            Column.STARTED: strong.horizontalAdvance("yesterday 17:40 PM") + 2 * Space.S,
            Column.DURATION: strong.horizontalAdvance("DURATION") + 2 * Space.M + Space.L,
        }
        self._widths = wide
        for column, width in wide.items():
            self.setColumnWidth(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the name takes what is left; where that is too little, what matters least gives way."""
        super().resizeEvent(event)
        room = self.viewport().width() - 20 * self.fontMetrics().averageCharWidth()
        others = [column for column in Column if column is not Column.RUN]
        needed = sum(self._widths.get(column, 0) for column in others)
        for column in (Column.FRAMEWORK, Column.WHERE, Column.SIZE):
            hide = needed > room
            self.setColumnHidden(column, hide)
            needed -= self._widths.get(column, 0) if hide else 0

    def _remember(self) -> None:
        self._chosen = self.handles
        current = self.currentIndex()
        self._current = self._model.row_at(current).handle if current.isValid() else ""

    def _choose_again(self) -> None:
        from PySide6.QtCore import QItemSelectionModel

        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for each in self._chosen:
            index = self._model.table.index_of(each)
            if index is not None:
                self.selectionModel().select(self._model.index(index, 0), flags)
        current = self._model.table.index_of(self._current) if self._current else None
        if current is not None:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._model.index(current, 0), flag)
