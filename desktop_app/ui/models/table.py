"""The table of exports as it looks: the verdict is icon, word and colour; the model stands out; the rest is quiet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from desktop_app.presenters.models.page import Column, ModelRow
from desktop_app.presenters.models.words import VERDICTS
from desktop_app.presenters.run_words import ago
from desktop_app.ui.runs.cells import Ink, elided, paint_ground, paint_marked, paint_text
from desktop_app.ui.runs.words import ago_words, local_now, moment
from desktop_app.ui.theme import ICON, Space, Theme, sized_font, text_sizes, theme_manager
from desktop_app.ui.widgets import dress_table, light_rows

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
_NOWHERE = QModelIndex()
_RIGHT = (Column.OPSET, Column.SIZE, Column.ERROR)
_STRETCH = 20
"""Letters of a model's name that are to be read in any room."""


class ModelsModel(QAbstractTableModel):
    """Rows of the presenter's table."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[ModelRow] = ()

    def show(self, rows: Sequence[ModelRow]) -> None:
        """Show other rows; where they are of the same exports, the choice stays."""
        if [each.id for each in rows] == [each.id for each in self.rows]:
            self.rows = rows
            self.tell_changed()
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def tell_changed(self) -> None:
        """Say that every row may say something else: time passed, too."""
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(Column) - 1))

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section].upper()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == Column.ERROR:
            return self.tr("The largest error of an output, as a multiple of what rounding alone makes")
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = 0) -> Any:
        """Called by Qt."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], Column(index.column())
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ago_words(ago(row.when, local_now())) if column is Column.WHEN else row.text(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _tip(self, row: ModelRow, column: Column) -> str | None:
        report = row.report
        if column is Column.VERDICT:
            return row.tip or None
        if column is Column.MODEL:
            about = " · ".join(row.text(each) for each in (Column.ROUTE, Column.OPSET, Column.WHERE))
            parts = (str(report.model.get("path") or row.name), report.output, about)  # columns that may have given way
            return "\n".join(filter(None, parts))
        if column is Column.WHEN:
            return moment(row.when.astimezone())
        return report.output or None if column is Column.WHERE else None

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("Verdict"), self.tr("Model"), self.tr("Route"), self.tr("Opset"), self.tr("Size"),
            self.tr("Largest error"), self.tr("Exported"), self.tr("Where"),
        )  # fmt: skip


class _Delegate(QStyledItemDelegate):
    """Paints the cells; fonts are made once for each theme and font."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._font, self._strong = QFont(), QFont()
        self.refresh()

    def refresh(self) -> None:
        """Take the application's present font."""
        body = text_sizes().body
        self._font, self._strong = sized_font(body), sized_font(body, bold=True)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Called by Qt for each cell that is to be seen."""
        theme = theme_manager().theme
        area: QRect = option.rect
        painter.save()
        paint_ground(painter, option, area, theme)
        inner = area.adjusted(Space.S, 0, -Space.S, 0)
        row: ModelRow = index.data(ROW_ROLE)
        text, column = str(index.data(Qt.ItemDataRole.DisplayRole) or ""), Column(index.column())
        if column is Column.VERDICT:
            paint_marked(painter, inner, row.mark.icon, text, Ink(self._strong, theme.color(row.mark.role)))
        elif column is Column.MODEL:
            self._name(painter, inner, row, theme)
        else:
            quiet = column in (Column.ROUTE, Column.WHEN, Column.WHERE)
            color = theme.muted if quiet else theme.text
            paint_text(painter, inner, text, Ink(self._font, color), right=column in _RIGHT)
        painter.restore()

    def _name(self, painter: QPainter, area: QRect, row: ModelRow, theme: Theme) -> None:
        painter.setFont(self._strong)
        name = elided(painter, row.name, area.width())
        paint_text(painter, area, name, Ink(self._strong, theme.text))
        used = painter.fontMetrics().horizontalAdvance(name) + Space.S
        painter.setFont(self._font)
        file = f"→ {row.file}" if row.file else ""
        if file and used + painter.fontMetrics().horizontalAdvance(file) <= area.width():
            paint_text(painter, area.adjusted(used, 0, 0, 0), file, Ink(self._font, theme.muted))


class ModelsView(QTableView):
    """The table. `opened` carries an export's id; `asked` where a menu is wanted; `removal_asked` for Delete."""

    opened = Signal(str)
    asked = Signal(QPoint)
    removal_asked = Signal()

    def __init__(self, model: ModelsModel) -> None:
        super().__init__()
        self._model = model
        self._chosen = ""
        self._widths: dict[Column, int] = {}
        self.setModel(model)
        dress_table(self, self.tr("Exports"))
        self.setProperty("role", "bare")
        light_rows(self)
        self._delegate = _Delegate(self)
        self.setItemDelegate(self._delegate)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.MODEL, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(40)
        header.setAccessibleName(self.tr("Columns of the exports"))
        self._restyle()
        self.doubleClicked.connect(lambda index: self.opened.emit(model.rows[index.row()].id))
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._choose_again)
        theme_manager().changed.connect(self._restyle)

    @property
    def chosen(self) -> ModelRow | None:
        """The row that is chosen."""
        index = self.currentIndex()
        return self._model.rows[index.row()] if index.isValid() and index.row() < len(self._model.rows) else None

    def select(self, name: str) -> None:
        """Choose an export, if it is shown."""
        self._chosen = name
        self._choose_again()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter opens, Delete asks for removal."""
        row = self.chosen
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.opened.emit(row.id)
        elif event.key() == Qt.Key.Key_Delete and row is not None:
            self.removal_asked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for the right button and the menu key."""
        if self.chosen is not None:
            at = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
            self.asked.emit(at)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the name takes what is left; where that is too little, what matters least gives way."""
        super().resizeEvent(event)
        self._give_way()

    def _give_way(self) -> None:
        room = self.viewport().width() - _STRETCH * self.fontMetrics().averageCharWidth()
        needed = sum(self._widths.values())
        for column in (Column.OPSET, Column.WHERE, Column.ROUTE, Column.SIZE, Column.WHEN):
            hide = needed > room
            self.setColumnHidden(column, hide)
            needed -= self._widths[column] if hide else 0

    def _restyle(self) -> None:
        """Fit rows and columns to the font."""
        self._delegate.refresh()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + Space.L + Space.XS)
        strong = QFontMetrics(sized_font(text_sizes().body, bold=True))
        widest = max((each.word for each in VERDICTS.values()), key=len)
        self._widths = {
            Column.VERDICT: strong.horizontalAdvance(widest) + ICON + 4 * Space.S,
            Column.ROUTE: strong.horizontalAdvance("torch.export (dynamo)") + 2 * Space.S,
            Column.OPSET: strong.horizontalAdvance("OPSET") + 2 * Space.M,
            Column.SIZE: strong.horizontalAdvance("999 MB") + 2 * Space.M,
            Column.ERROR: strong.horizontalAdvance("LARGEST ERROR") + 2 * Space.M,
            Column.WHEN: strong.horizontalAdvance("yesterday 17:40 PM") + 2 * Space.S,
            Column.WHERE: strong.horizontalAdvance("~/projects/digits/outputs"),
        }
        for column, width in self._widths.items():
            self.setColumnWidth(column, width)
        self._give_way()

    def _remember(self) -> None:
        row = self.chosen
        self._chosen = row.id if row is not None else self._chosen

    def _choose_again(self) -> None:
        for at, each in enumerate(self._model.rows):
            if each.id == self._chosen:
                self.selectRow(at)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
