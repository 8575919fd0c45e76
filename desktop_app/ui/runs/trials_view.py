"""The trials of a sweep as a table: number, state, values, metric, duration; the best has a star."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from desktop_app.presenters.trials import BEST, DURATION, LAST, NUMBER, STATE, TrialRow, Trials, runs_of_tail
from desktop_app.ui.runs.cells import Ink, paint_ground, paint_marked, paint_state, paint_text
from desktop_app.ui.runs.words import local_now
from desktop_app.ui.theme import ICON, Space, sized_font, text_sizes, theme_manager
from desktop_app.ui.widgets import dress_table, light_rows
from desktop_app.ui.widgets.labels import state_word

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
COLUMN_ROLE = ROW_ROLE + 1
_NOWHERE = QModelIndex()
_STAR = "mdi6.star"
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class TrialsModel(QAbstractTableModel):
    """Rows of the presenter's `Trials`; `refresh` says that they are others, or say something else."""

    def __init__(self, trials: Trials, parent: QWidget) -> None:
        super().__init__(parent)
        self.trials = trials
        self._handles: list[str] = []
        self._columns = trials.columns
        self._numbers: dict[str, bool] = {}
        self._take()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are shown."""
        return self._columns

    def refresh(self) -> None:
        """Show the rows as they are now; rows that came at the end move nothing else."""
        after = [each.handle for each in self.trials.rows]
        new = runs_of_tail(self._handles, after)
        if self.trials.columns != self._columns or new is None:
            self.beginResetModel()
            self._take()
            self.endResetModel()
            return
        if new:
            self.beginInsertRows(_NOWHERE, len(self._handles), len(after) - 1)
            self._take()
            self.endInsertRows()
        self._say_changed(0, len(self._columns) - 1)

    def tick(self) -> None:
        """Let the durations of live trials grow."""
        place = self._columns.index(DURATION)
        self._say_changed(place, place)

    def _take(self) -> None:
        self._handles = [each.handle for each in self.trials.rows]
        self._columns = self.trials.columns
        for name in self.trials.names:
            values = (each.values.get(name) for each in self.trials.rows)
            self._numbers[f"values/{name}"] = all(value is None or isinstance(value, int | float) for value in values)

    def _say_changed(self, first: int, last: int) -> None:
        if self._handles:
            self.dataChanged.emit(self.index(0, first), self.index(len(self._handles) - 1, last))

    # ----- Qt's side

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return 0 if parent.isValid() else len(self._handles)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heading(column)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self._title(column)
        return _RIGHT if role == Qt.ItemDataRole.TextAlignmentRole and self._is_right(column) else None

    def data(self, index: Index, role: int = 0) -> Any:
        """Called by Qt."""
        if not index.isValid() or index.row() >= len(self.trials.rows):
            return None
        row, column = self.trials.rows[index.row()], self._columns[index.column()]
        if role in (ROW_ROLE, COLUMN_ROLE):
            return row if role == ROW_ROLE else column
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.tr("{}, the best").format(row.number) if column == NUMBER and row.is_best else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.run.reason or self._text(row, column)
        return _RIGHT if role == Qt.ItemDataRole.TextAlignmentRole and self._is_right(column) else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Called by Qt when a header is clicked."""
        wanted = self._columns[column] if 0 <= column < len(self._columns) else NUMBER
        self.beginResetModel()
        self.trials.sort(wanted, descending=order is Qt.SortOrder.DescendingOrder)
        self._take()
        self.endResetModel()

    def _text(self, row: TrialRow, column: str) -> str:
        if column == STATE:
            return self.tr("Ended early") if row.state else state_word(row.run.status)
        return self.trials.cell(row, column, local_now())

    def _heading(self, column: str) -> str:
        """Return a column's title in capitals, but for the names of parameters and of the metric."""
        metric = self.trials.state.primary_metric
        if column in (LAST, BEST):
            return f"{self._title(column).removesuffix(metric).upper()}{metric}"
        return self._title(column) if "/" in column else self._title(column).upper()

    def _title(self, column: str) -> str:
        metric = self.trials.state.primary_metric
        titles = {
            NUMBER: self.tr("Trial"), STATE: self.tr("State"), DURATION: self.tr("Duration"),
            LAST: self.tr("Last {}").format(metric), BEST: self.tr("Best {}").format(metric),
        }  # fmt: skip
        return titles.get(column) or column.partition("/")[2]

    def _is_right(self, column: str) -> bool:
        return column in (LAST, BEST, DURATION) or self._numbers.get(column, False)


class TrialDelegate(QStyledItemDelegate):
    """Paints the cells: the best trial's number has a star, its metric stands out."""

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
        row: TrialRow = index.data(ROW_ROLE)
        column: str = index.data(COLUMN_ROLE)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        right = index.data(Qt.ItemDataRole.TextAlignmentRole) is not None
        painter.save()
        paint_ground(painter, option, option.rect, theme)
        area = option.rect.adjusted(Space.S, 0, -Space.S, 0)
        best = theme.color("completed")
        if column == STATE:
            paint_state(painter, area, row.run.status, text, self._strong)
        elif column == NUMBER and row.is_best:
            paint_marked(painter, area, _STAR, text, Ink(self._strong, best))
        elif column == NUMBER:
            paint_text(painter, area.adjusted(ICON + Space.S - 2, 0, 0, 0), text, Ink(self._strong, theme.text))
        elif column == BEST and row.is_best:
            paint_text(painter, area, text, Ink(self._strong, best), right=right)
        else:
            color = theme.muted if column == DURATION else theme.text
            paint_text(painter, area, text, Ink(self._font, color), right=right)
        painter.restore()


class TrialsView(QTableView):
    """The table. `opened` carries the handle of the trial to show, `picked` its number, or None for no trial."""

    opened = Signal(str)
    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        dress_table(self, self.tr("Trials"))
        self._chosen = ""
        self._delegate = TrialDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setProperty("role", "bare")
        light_rows(self)
        font = self.horizontalHeader().font()
        font.setCapitalization(QFont.Capitalization.MixedCase)  # a parameter's name is written as it is
        self.horizontalHeader().setFont(font)
        self.horizontalHeader().setSortIndicatorShown(True)
        self.horizontalHeader().setStretchLastSection(True)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(ROW_ROLE).handle))
        theme_manager().changed.connect(self._restyle)

    def show_model(self, model: TrialsModel) -> None:
        """Show a sweep's trials."""
        old, old_choice = self.model(), self.selectionModel()
        self._chosen = ""
        self.setSortingEnabled(False)
        self.setModel(model)
        for each in (old, old_choice):
            if each is not None:
                each.deleteLater()
        self.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        model.modelReset.connect(self._choose_again)
        self.selectionModel().selectionChanged.connect(lambda _new, _old: self._remember())
        self._restyle()

    @property
    def chosen(self) -> TrialRow | None:
        """The trial that is chosen."""
        index = self.currentIndex()
        row = index.data(ROW_ROLE) if index.isValid() else None
        return row if isinstance(row, TrialRow) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter opens."""
        row = self.chosen
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.opened.emit(row.handle)
        else:
            super().keyPressEvent(event)

    def fit_columns(self) -> None:
        """Make each column as wide as its title and what it is likely to hold."""
        model = self.model()
        if not isinstance(model, TrialsModel):
            return
        self._delegate.refresh()
        strong = QFontMetrics(sized_font(text_sizes().body, bold=True))
        widest = {STATE: "Cancel requested", DURATION: "00:00:00", NUMBER: "0000"}
        header = self.horizontalHeader()
        for place, column in enumerate(model.columns):
            title = str(model.headerData(place, Qt.Orientation.Horizontal, int(Qt.ItemDataRole.DisplayRole)))
            texts = [title, widest.get(column, "0.000000")]
            texts += [str(model.index(row, place).data() or "") for row in range(min(20, model.rowCount()))]
            width = max(strong.horizontalAdvance(each) for each in texts) + 2 * Space.L
            header.resizeSection(place, min(width + (ICON if column in (STATE, NUMBER) else 0), 40 * Space.L))

    def _remember(self) -> None:
        row = self.chosen if self.selectionModel().hasSelection() else None
        self._chosen = row.handle if row is not None else self._chosen
        self.picked.emit(row.number if row is not None else None)

    def _choose_again(self) -> None:
        model = self.model()
        if not isinstance(model, TrialsModel):
            return
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.fit_columns()
        handles = [each.handle for each in model.trials.rows]
        if self._chosen in handles:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(model.index(handles.index(self._chosen), 0), flags)

    def _restyle(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + Space.L + Space.XS)
        self.fit_columns()
