"""How fast each rank is, above the curves of Resources: the slow one in a sentence, and a bar for each figure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import JobBackend, RunSnapshot
from desktop_app.core.rank_words import ranks_by_role
from desktop_app.core.stragglers import Verdict
from desktop_app.services.pace_table import PaceTable, RankRow, table_of
from desktop_app.services.run_paces import Paces, read_paces
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.cells import Ink, paint_ground, paint_text
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets import IconLabel, dress_tree, label

EVERY = 5.0
"""Seconds between two looks at a live run: the ends of its logs are read."""
MOST_ROWS = 8
_PART, _SLOW = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_PICTURES = {
    Verdict.STRAGGLER: ("mdi6.tortoise", "failed"),
    Verdict.LIKELY: ("mdi6.tortoise", "canceled"),
    Verdict.NONE: ("mdi6.check-circle-outline", "completed"),
    Verdict.UNKNOWN: ("mdi6.help-circle-outline", "muted"),
}


class PaceSection(QWidget):
    """Reads and shows how fast the ranks of one run are; hidden where there is one rank or nothing to show."""

    def __init__(self, backend_of: Callable[[str], JobBackend]) -> None:
        super().__init__()
        self._backend_of = backend_of
        self._run: RunSnapshot | None = None
        self._shown: tuple[str, bool] | None = None
        self._due = 0.0
        self._task: asyncio.Task[None] | None = None
        self.picture, self.said = IconLabel(), label("", "strong", wraps=True, selectable=True)
        self.advice = label("", "muted", wraps=True)
        self.view, self.model = QTreeView(), QStandardItemModel(self)
        self.more = label("", "small")
        self._build()
        self.hide()

    def look(self, run: RunSnapshot) -> None:
        """Look how fast the ranks are, if that was not done a moment ago; once is enough for a run that is over."""
        if self._run is None or run.handle != self._run.handle:
            self._shown, self._due = None, 0.0
            self.hide()
        self._run = run
        now = time.monotonic()
        busy = self._task is not None and not self._task.done()
        if not busy and self._shown != (run.handle, True) and now >= self._due:
            self._due = now + EVERY
            self._task = spawn(self._read(run), "read how fast ranks are", lambda _error: None)

    def close_down(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()

    async def _read(self, run: RunSnapshot) -> None:
        paces = await read_paces(self._backend_of(run.handle), run)
        if self._run is not None and self._run.handle == run.handle:
            self._shown = (run.handle, run.is_over)
            self.show_paces(paces, run)

    def show_paces(self, paces: Paces, run: RunSnapshot) -> None:
        """Show the finding and its figures."""
        table = table_of(paces, MOST_ROWS)
        picture, role = _PICTURES[paces.finding.verdict]
        self.picture.set_icon(icon(picture, role))
        self.said.setText(paces.finding.sentence)
        self.advice.setText(paces.advice)
        self.advice.setVisible(bool(paces.advice))
        self.more.setText(self.tr("and {} more ranks").format(table.more))
        self.more.setVisible(table.more > 0)
        self._fill(table, run)
        self.setVisible(len(paces.ranks) > 1 and bool(table.columns))

    def _fill(self, table: PaceTable, run: RunSnapshot) -> None:
        names = ranks_by_role(run)
        self.model.clear()
        self.model.setHorizontalHeaderLabels([self.tr("RANK"), *(each.upper() for each in table.columns)])
        for row in table.rows:
            self.model.appendRow(self._items(row, names.get(row.rank, row.name)))
        header = self.view.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        row_height = self.view.sizeHintForRow(0) if table.rows else 0
        self.view.setFixedHeight(header.sizeHint().height() + row_height * len(table.rows) + Space.XS)

    def _items(self, row: RankRow, name: str) -> list[QStandardItem]:
        first = QStandardItem(self.tr("{} slow").format(name) if row.is_slow else name)
        items = [first]
        for bar in row.bars:
            item = QStandardItem(bar.text or "–")
            item.setData(bar.part, _PART)
            items.append(item)
        for each in items:
            each.setData(row.is_slow, _SLOW)
            each.setEditable(False)
        return items

    def _build(self) -> None:
        dress_tree(self.view, self.tr("How fast each rank is"))
        self.view.setHeaderHidden(False)
        self.view.setRootIsDecorated(False)
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Bars(self.view))
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.header().setStretchLastSection(False)
        line = QHBoxLayout()
        line.setSpacing(Space.XS)
        line.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.S)
        column.addLayout(line)
        column.addWidget(self.advice)
        column.addWidget(self.view)
        column.addWidget(self.more)
        theme_manager().changed.connect(self.view.viewport().update)


class _Bars(QStyledItemDelegate):
    """Paints a figure over a bar as long as its part of the greatest."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Called by Qt for each cell."""
        theme = theme_manager().theme
        area: QRect = option.rect
        painter.save()
        paint_ground(painter, option, area, theme)
        part, is_slow = index.data(_PART), bool(index.data(_SLOW))
        if part is not None:
            room = area.adjusted(0, Space.XS, -Space.S, -Space.XS)
            room.setWidth(max(1, round(room.width() * float(part))) if part else 0)
            painter.fillRect(room, QColor(theme.tint("failed" if is_slow else "accent", 0.25)))
        named = is_slow and part is None  # a figure stands on its bar, where red would be hard to read
        ink = Ink(option.font, theme.color("failed") if named else theme.text)
        paint_text(painter, area.adjusted(Space.S - 2, 0, -Space.S, 0), str(index.data() or ""), ink)
        painter.restore()
