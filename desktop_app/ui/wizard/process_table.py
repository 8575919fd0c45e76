"""A row for each process of a job, and all variables of the one that is picked."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHeaderView, QTableView, QVBoxLayout, QWidget

from desktop_app.presenters.rank_pages import RankPages, where_text
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.theme import Space
from desktop_app.ui.variables_pane import VariablesPane
from desktop_app.ui.widgets import dress_table

_ROWS = 5
"""As many are seen, at least, without scrolling."""
_LINES = 7
QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's own, which PySide does not name


class ProcessTable(QWidget):
    """`picked` carries the rank whose row was chosen. Rows are asked for when they are painted."""

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._pages: RankPages | None = None
        self._rank = -1
        self.rows = RowModel((), parent=self)
        self.table = QTableView()
        self.pane = VariablesPane(self.tr("Variables of the process"))
        self._build()

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to, from above."""
        return (self.table, *self.pane.controls)

    def show_pages(self, pages: RankPages) -> None:
        """Show the processes of a job; the one that was picked stays so, where there still is one."""
        if pages is self._pages:
            return
        self._pages = pages
        headers = [self.tr("Process") if pages.has_names else self.tr("Rank"), self.tr("Node"), self.tr("Local rank")]
        headers += [self.tr("GPU")] if pages.has_gpus else []
        known = len(headers)
        every = range(known + len(pages.variables))
        self.rows.show_columns([*headers, *pages.variables], mono=range(known, len(every)), muted=range(1, len(every)))
        self.rows.show(pages.count, self._cell)
        self.pick(max(0, min(self._rank, pages.count - 1)))
        self._show_variables()

    def show_rows_again(self) -> None:
        """Rows that were not at hand have come."""
        if self._pages is not None:
            self.rows.show(self._pages.count, self._cell)
            self._show_variables()

    def pick(self, rank: int) -> None:
        """Choose a row."""
        if 0 <= rank < self.rows.rowCount() and rank != self.table.currentIndex().row():
            self.table.selectRow(rank)

    def _cell(self, rank: int, column: int) -> str:
        row = self._pages.row(rank) if self._pages is not None else None
        if self._pages is None or row is None:
            return ""
        own = [row.name, str(row.node), str(row.local_rank), *([row.gpu or "–"] if self._pages.has_gpus else [])]
        if column < len(own):
            return own[column]
        return row.environment.get(self._pages.variables[column - len(own)], "")

    def _show_row(self, rank: int) -> None:
        if rank >= 0:
            self._rank = rank
            self._show_variables()
            self.picked.emit(rank)

    def _show_variables(self) -> None:
        row = self._pages.row(self._rank) if self._pages is not None and self._rank >= 0 else None
        if row is None:
            self.pane.hide()
            self._fit()
            return
        self.pane.show_variables(where_text(row), tuple(row.environment.items()))
        self.pane.setVisible(bool(row.environment))
        self._fit()

    def _fit(self) -> None:
        """Let a short table take no more than its rows, where there is something to show below it."""
        height, count = self.table.verticalHeader().defaultSectionSize(), self.rows.rowCount()
        bars = self.table.horizontalHeader().sizeHint().height() + self.table.horizontalScrollBar().sizeHint().height()
        frame = bars + 2 * self.table.frameWidth()
        self.table.setMinimumHeight(frame + min(max(count, 1), _ROWS) * height)
        self.table.setMaximumHeight(QWIDGETSIZE_MAX if self.pane.isHidden() else frame + max(count, 1) * height)

    def _build(self) -> None:
        dress_table(self.table, self.tr("What each process sees"))
        self.table.setModel(self.rows)
        height = self.table.fontMetrics().height() + Space.S + 2
        self.table.verticalHeader().setDefaultSectionSize(height)
        header = self.table.horizontalHeader()
        header.setResizeContentsPrecision(0)  # what is seen: all rows would all be asked for
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _old: self._show_row(now.row()))
        self.pane.text.setMinimumHeight(_LINES * self.fontMetrics().height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self.table, 1)
        column.addWidget(self.pane, 1)
