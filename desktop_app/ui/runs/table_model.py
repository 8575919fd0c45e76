"""The runs as a Qt model: tells the view of exactly the rows that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop_app.api import JobBackend, RunSnapshot
from desktop_app.core.words import clock_text
from desktop_app.presenters.clouds.run_files import is_cloud
from desktop_app.presenters.clouds.run_files import where as workspace_of
from desktop_app.presenters.run_words import ago, duration_of, origin_short, state_shown
from desktop_app.presenters.runs import Column, RunRow, RunsTable
from desktop_app.services.run_store import RunStore
from desktop_app.services.stalls import StallWatch
from desktop_app.ui.runs.words import ago_words, local_now, moment
from desktop_app.ui.widgets.labels import state_word

ROW_ROLE = int(Qt.ItemDataRole.UserRole)
"""The whole `RunRow`, for delegates."""

Index = QModelIndex | QPersistentModelIndex
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_NOWHERE = QModelIndex()


class RunsModel(QAbstractTableModel):
    """Rows of the presenter's table; follows the store until `close()`."""

    def __init__(
        self,
        store: RunStore,
        backends: Mapping[str, JobBackend],
        parent: QObject | None = None,
        stalls: StallWatch | None = None,
    ) -> None:
        super().__init__(parent)
        self._stalls = stalls or StallWatch()
        self._store = store
        self._titles = {name: each.title for name, each in backends.items()}
        self.table = RunsTable(self, self.where)
        self.table.load(store.runs.values())
        restated = self._stalls.changed.connect(lambda _handles: self._restate())
        self._endings = (store.changed.connect(self._follow), restated)

    def close(self) -> None:
        """Listen to nothing any longer."""
        for each in self._endings:
            each()

    def where(self, run: RunSnapshot) -> str:
        """Return where a run runs, as a person calls it; of one from a bundle, whose that was."""
        if run.from_bundle:
            return origin_short(run)
        return workspace_of(run) if is_cloud(run) else self._titles.get(run.backend, run.backend)

    def row_at(self, index: Index) -> RunRow:
        """Return the run of an index."""
        return self.table.rows[index.row()]

    def tick(self) -> None:
        """Let the durations of live runs grow."""
        first = None
        for index, row in enumerate((*self.table.rows, None)):
            if row is not None and row.is_live:
                first = index if first is None else first
            elif first is not None:
                self.dataChanged.emit(self.index(first, Column.DURATION), self.index(index - 1, Column.DURATION))
                first = None

    def tick_ages(self) -> None:
        """Say anew how long ago runs began, and for how long they are quiet."""
        self._restate()
        if self.table.rows:
            last = self.index(len(self.table.rows) - 1, Column.STARTED)
            self.dataChanged.emit(self.index(0, Column.STARTED), last)

    def _restate(self) -> None:
        if self.table.rows:
            last = self.index(len(self.table.rows) - 1, Column.STATE)
            self.dataChanged.emit(self.index(0, Column.STATE), last)

    # ----- Qt's side

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return 0 if parent.isValid() else len(self.table.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles_of_columns()[section].upper()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._titles_of_columns()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (Column.DURATION, Column.SIZE):
            return _RIGHT
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Called by Qt."""
        if not index.isValid() or index.row() >= len(self.table.rows):
            return None
        row, column = self.table.rows[index.row()], Column(index.column())
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (Column.DURATION, Column.SIZE):
            return _RIGHT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Called by Qt when a header is clicked."""
        wanted = Column(column) if 0 <= column < len(Column) else Column.STARTED
        self.table.sort(wanted, descending=order is Qt.SortOrder.DescendingOrder)

    # ----- the presenter's side (Watcher)

    def begin_insert(self, index: int, count: int = 1) -> None:
        """Rows are about to come."""
        self.beginInsertRows(_NOWHERE, index, index + count - 1)

    def begin_remove(self, index: int) -> None:
        """A row is about to go."""
        self.beginRemoveRows(_NOWHERE, index, index)

    def end_insert(self) -> None:
        """The rows came."""
        self.endInsertRows()

    def end_remove(self) -> None:
        """The row went."""
        self.endRemoveRows()

    def changed(self, index: int) -> None:
        """A row says something else."""
        self.dataChanged.emit(self.index(index, 0), self.index(index, len(Column) - 1))

    def begin_reset(self) -> None:
        """All is about to change."""
        self.beginResetModel()

    def end_reset(self) -> None:
        """All changed."""
        self.endResetModel()

    def _follow(self, handles: Iterable[str]) -> None:
        self.table.update(handles, self._store.get)

    def _titles_of_columns(self) -> tuple[str, ...]:
        return (
            self.tr("State"), self.tr("Run"), self.tr("Ranks"), self.tr("Where"),
            self.tr("Framework"), self.tr("Started"), self.tr("Duration"),
        )  # fmt: skip

    def _text(self, row: RunRow, column: Column) -> str:
        run = row.run
        if column is Column.STARTED:
            return ago_words(ago(row.began, local_now()))
        if column is Column.DURATION:
            seconds = duration_of(run, local_now())
            return "–" if seconds is None else clock_text(seconds)
        plain = {
            Column.STATE: self._stalls.text(run.handle).capitalize() or state_word(state_shown(run)),
            Column.RUN: run.display_name,
            Column.SIZE: row.size,
            Column.WHERE: self.where(run),
            Column.FRAMEWORK: row.framework,
        }
        return plain[column]

    def _tip(self, row: RunRow, column: Column) -> str | None:
        run = row.run
        if column is Column.STATE:
            return self._stalls.sentence(run.handle) or run.reason or None
        if column is Column.RUN:
            tags = (f"{key}: {value}" for key, value in run.tags.items())
            about = f"{row.size} · {self.where(run)} · {row.framework}"  # columns that may have given way
            parts = (run.display_name, run.run, run.experiment, about, *tags)
            return "\n".join(each for each in parts if each)
        if column is Column.STARTED:
            return moment(row.began.astimezone())
        return None
