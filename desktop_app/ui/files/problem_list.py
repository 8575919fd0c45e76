"""The problems of a text as a list below it: what, where, and a click that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFont, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
)

from desktop_app.api import Diagnostic
from desktop_app.presenters.editor import count_words
from desktop_app.ui.files.marks import ICONS, ROLES, WORDS
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets import dress_table, label, tool_button
from desktop_app.ui.widgets.tips import tip

_Index = QModelIndex | QPersistentModelIndex
_MESSAGE, _PLACE, _FIX = range(3)
_ROWS_SHOWN = 6
_FIX_SHARE = 0.3


class ProblemModel(QAbstractTableModel):
    """Findings as rows: message, line, and the title of the fix."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Diagnostic, ...] = ()
        theme_manager().changed.connect(self._on_theme)

    def show(self, problems: Sequence[Diagnostic]) -> None:
        """Show other findings."""
        if tuple(problems) != self.problems:
            self.beginResetModel()
            self.problems = tuple(problems)
            self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the number of findings."""
        return 0 if parent.isValid() else len(self.problems)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return 3: message, line, fix."""
        return 0 if parent.isValid() else 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        """Return the columns' names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole and 0 <= section < 3:
            return (self.tr("Problem"), self.tr("Line"), self.tr("Fix"))[section]
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return what a cell shows."""
        if not index.isValid() or not 0 <= index.row() < len(self.problems):
            return None
        found, column = self.problems[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (found.message, self._place(found), found.fix.title if found.fix else "")[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{WORDS[found.severity]}: {found.message}" if column == _MESSAGE else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(found.fix.title if column == _FIX and found.fix else found.message)
        if role == Qt.ItemDataRole.DecorationRole and column == _MESSAGE:
            return icon(ICONS[found.severity], ROLES[found.severity])
        return self._looks(column, role)

    def _looks(self, column: int, role: int) -> Any:
        theme = theme_manager().theme
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor({_PLACE: theme.muted, _FIX: theme.accent}.get(column, theme.text))
        if role == Qt.ItemDataRole.FontRole and column == _FIX:
            font = QFont()
            font.setUnderline(True)
            return font
        return None

    def _place(self, found: Diagnostic) -> str:
        return self.tr("line {}").format(found.line) if found.line else ""

    def _on_theme(self) -> None:
        if self.problems:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.problems) - 1, 2))


class _Fixes(QStyledItemDelegate):
    """A long fix breaks in its middle, so that most of the room is the message's."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: where to leave letters out."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a part of the table at most."""
        wanted, table = super().sizeHint(option, index), self.parent()
        most = table.width() * _FIX_SHARE if isinstance(table, QTableView) else wanted.width()
        return QSize(min(wanted.width(), round(most)), wanted.height())


class _Table(QTableView):
    entered_row = Signal(int)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: a long fix has more room, or less."""
        super().resizeEvent(event)
        self.resizeColumnToContents(_FIX)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter goes to the problem."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_row.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)


class ProblemList(QFrame):
    """Hidden while there is nothing wrong. Enter or a click goes to the line; the fix is clicked, or Ctrl+. pressed."""

    chosen = Signal(Diagnostic)
    fix_asked = Signal(Diagnostic)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.model = ProblemModel(self)
        self._is_wanted = True
        self.table = _Table()
        self.heading = label(role="strong")
        self.fold = tool_button("mdi6.chevron-down", self.tr("Fold the problems"), self._toggle)
        self._build()
        self.hide()

    def show_problems(self, problems: Sequence[Diagnostic]) -> None:
        """Show findings; nothing is shown where there are none."""
        self.model.show(problems)
        self.heading.setText(count_words(problems))
        self.setVisible(bool(problems) and self._is_wanted)
        rows = min(len(problems), _ROWS_SHOWN)
        self.table.setFixedHeight(rows * self.table.verticalHeader().defaultSectionSize() + Space.XS)

    def set_wanted(self, wanted: bool) -> None:
        """Let the list be shown where there is something wrong, or never."""
        self._is_wanted = wanted
        self.setVisible(wanted and bool(self.model.problems))

    def select(self, row: int) -> None:
        """Mark a finding."""
        self.table.setVisible(True)
        self.table.selectRow(row)

    def focus(self) -> None:
        """Give the keyboard to the list."""
        self.table.setVisible(True)
        self.table.setFocus()
        if not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def _build(self) -> None:
        dress_table(self.table, self.tr("Problems"))
        self.table.setModel(self.model)
        self.table.setProperty("role", "bare")
        self.table.horizontalHeader().hide()
        header = self.table.horizontalHeader()
        header.setResizeContentsPrecision(_ROWS_SHOWN)  # or hundreds of findings would be measured, row by row
        header.setSectionResizeMode(_MESSAGE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_PLACE, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_FIX, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setItemDelegateForColumn(_FIX, _Fixes(self.table))
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + Space.M)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.clicked.connect(self._on_click)
        self.table.entered_row.connect(lambda row: self.chosen.emit(self.model.problems[row]))
        fix = QAction(self.tr("Fix"), self.table)
        fix.setShortcut(QKeySequence("Ctrl+."))
        fix.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        fix.triggered.connect(self._fix_current)
        self.table.addAction(fix)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.XS, Space.XS, Space.XS)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.table)

    def _on_click(self, index: QModelIndex) -> None:
        found = self.model.problems[index.row()]
        if index.column() == _FIX and found.fix:
            self.fix_asked.emit(found)
        else:
            self.chosen.emit(found)

    def _fix_current(self) -> None:
        index = self.table.currentIndex()
        if index.isValid() and self.model.problems[index.row()].fix:
            self.fix_asked.emit(self.model.problems[index.row()])

    def _toggle(self) -> None:
        shown = not self.table.isVisible()
        self.table.setVisible(shown)
        self.fold.setIcon(icon("mdi6.chevron-down" if shown else "mdi6.chevron-up", "muted"))
        name = self.tr("Fold the problems") if shown else self.tr("Show the problems")
        self.fold.setAccessibleName(name)
        self.fold.setToolTip(name)
