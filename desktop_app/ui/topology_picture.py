"""Nodes and ranks as a picture: one widget that paints what is seen of 1 or of 100,000 ranks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip

from desktop_app.api import Topology
from desktop_app.presenters.rank_cells import Cells, Mark, PlainCells, in_words
from desktop_app.presenters.topology import describe, lay_out
from desktop_app.ui.role_legend import role_color
from desktop_app.ui.theme import RADIUS, sized_font, text_sizes, theme_manager

_LETTERS = 14
"""Pixels of letters for which the picture has its plain size."""
_STEPS = {
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Left: -1,
}


class TopologyPicture(QAbstractScrollArea):
    """Draws a topology. Arrow keys and the mouse pick a rank; the accessible description says the same in words."""

    rank_picked = Signal(int)

    def __init__(self, *, most_height: int = 180) -> None:
        super().__init__()
        self._topology = Topology()
        self._cells: Cells = PlainCells(self._topology)
        self._picked = -1
        self._most_height = most_height
        self._note = ""
        self._layout = lay_out(self._topology, 400, most_height)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(self.tr("Ranks"))
        theme_manager().changed.connect(self._lay_out)
        self.show_topology(self._topology)

    @property
    def topology(self) -> Topology:
        """What is drawn."""
        return self._topology

    @property
    def picked(self) -> int:
        """The rank that is picked, -1 for none."""
        return self._picked

    def show_topology(self, topology: Topology) -> None:
        """Draw ranks that are all alike."""
        self.show_cells(PlainCells(topology))
        self.setAccessibleDescription(describe(topology))

    def show_cells(self, cells: Cells, note: str = "") -> None:
        """Draw other ranks; `note` stands at the first node, such as MASTER_ADDR for what it is to the others."""
        self._cells, self._note = cells, note
        self._topology = cells.topology if cells.total else Topology(0, 0)
        self._picked = min(self._picked, cells.total - 1)
        self.setAccessibleDescription(in_words(cells))
        self._lay_out()

    def pick(self, rank: int) -> None:
        """Pick a rank and show it."""
        if not 0 <= rank < self._cells.total or rank == self._picked:
            return
        self._picked = rank
        self.setAccessibleDescription(f"{in_words(self._cells)}. {self._cells.mark(rank).says}")
        box, bar = self._layout.rank(self._cells.cell_of(rank)), self.verticalScrollBar()
        if not bar.value() <= box.y <= bar.value() + self.viewport().height() - box.height:
            bar.setValue(int(box.y - self.viewport().height() / 2))
        self.viewport().update()
        self.rank_picked.emit(rank)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: as high as the picture is, up to the most there may be."""
        return QSize(400, self._wanted_height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(120, self._wanted_height())

    def _wanted_height(self) -> int:
        if not self._topology.world_size:
            return 0
        return int(min(self._layout.height, self._most_height * self._layout.scale)) + 4

    def _lay_out(self) -> None:
        if self._topology.world_size:
            width = max(60, self.viewport().width() - 2)
            scale = max(1.0, text_sizes().pixels / _LETTERS)
            self._layout = lay_out(self._topology, width, self._most_height * scale, scale)
            self.verticalScrollBar().setRange(0, max(0, int(self._layout.height - self.viewport().height() + 3)))
            self.verticalScrollBar().setPageStep(self.viewport().height())
            self.verticalScrollBar().setSingleStep(int(self._layout.cell + self._layout.gap))
        self.updateGeometry()
        self.viewport().update()

    # ----- Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another width, another layout."""
        super().resizeEvent(event)
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: only the nodes and ranks that are seen."""
        if not self._topology.world_size:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scrolled = self.verticalScrollBar().value()
        painter.translate(1, 1 - scrolled)
        top, bottom = event.rect().top() + scrolled - 1, event.rect().bottom() + scrolled + 1
        for node in self._layout.nodes_between(top, bottom):
            self._paint_title(painter, node)
            for cell in self._layout.ranks_between(node, top, bottom):
                rank = self._cells.rank_in(cell)
                if rank is not None:
                    self._paint_rank(painter, rank, cell)
        painter.end()

    def _paint_title(self, painter: QPainter, node: int) -> None:
        box = self._layout.node(node)
        painter.setFont(sized_font(text_sizes().small))
        metrics = QFontMetrics(painter.font())
        text = self.tr("node {}").format(node)
        if node == 0 and self._note and metrics.horizontalAdvance(f"{text} · {self._note}") <= self._title_room():
            text = f"{text} · {self._note}"
        painter.setPen(QColor(theme_manager().theme.muted))
        room = QRectF(box.x, box.y, max(box.width, self._title_room()), self._layout.title - 3)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _title_room(self) -> float:
        alone = self._topology.nodes == 1 or self._layout.nodes_across == 1
        return self.viewport().width() - 2 if alone else self._layout.node_width + self._layout.node_gap - 6

    def _paint_rank(self, painter: QPainter, rank: int, cell: int) -> None:
        theme, mark = theme_manager().theme, self._cells.mark(rank)
        box = self._layout.rank(cell)
        room = QRectF(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1)
        radius = RADIUS if self._layout.has_numbers else 2
        picked, color = rank == self._picked, role_color(mark.role)
        painter.setPen(QPen(QColor(theme.color(color)), 2 if picked else 1))
        painter.setBrush(QColor(theme.color(color) if picked else theme.tint(color, 0.16)))
        painter.drawRoundedRect(room, radius, radius)
        if self._layout.has_numbers:
            painter.setPen(QColor(theme.on_accent if picked else theme.color(color)))
            self._write(painter, room, mark)

    def _write(self, painter: QPainter, room: QRectF, mark: Mark) -> None:
        """Write what a rank is called, where it fits; the tool tip says it all."""
        painter.setFont(sized_font(text_sizes().small, bold=True))
        if QFontMetrics(painter.font()).horizontalAdvance(mark.short) <= room.width() - 3:
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, mark.short)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: pick the rank under the mouse."""
        found = self.rank_at(event.position().x(), event.position().y())
        if found is not None:
            self.pick(found)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the press has done it."""
        event.accept()

    def rank_at(self, x: float, y: float) -> int | None:
        """Return the rank at a place of the viewport."""
        if not self._topology.world_size:
            return None
        cell = self._layout.rank_at(x - 1, y - 1 + self.verticalScrollBar().value())
        return None if cell is None else self._cells.rank_in(cell)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for the viewport's events; tells which rank is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.rank_at(event.pos().x(), event.pos().y())
            if found is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self._cells.mark(found).says, self)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: arrows go from rank to rank, up and down from row to row."""
        step = self._step(Qt.Key(event.key()))
        if step is None or not self._topology.world_size:
            super().keyPressEvent(event)
            return
        self.pick(max(0, min(self._cells.total - 1, self._picked + step)) if self._picked >= 0 else 0)

    def _step(self, key: Qt.Key) -> int | None:
        row = self._topology.processes_per_node * (self._layout.nodes_across if self._layout.nodes_across > 1 else 1)
        more = {Qt.Key.Key_Down: row, Qt.Key.Key_Up: -row, Qt.Key.Key_Home: -self._topology.world_size,
                Qt.Key.Key_End: self._topology.world_size}  # fmt: skip
        return _STEPS.get(key, more.get(key))
