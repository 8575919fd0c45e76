"""The ranks of a run as one picture: a cell each, by node, coloured by state, with an icon on those that failed."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
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

from desktop_app.api import RankState, RunStatus
from desktop_app.core.rank_words import RankName, launches, names_of
from desktop_app.presenters.run_page import rank_tip
from desktop_app.ui.icons import STATE_ICONS, draw_icon
from desktop_app.ui.theme import Space, mix, sized_font, text_sizes, theme_manager

_GAP = 6
_EDGE = 2
"""Room around the cells for the ring of the one that has the focus."""
_MOST_ROWS = 4
"""Rows of cells that are seen without scrolling."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A node's cells, as places among all ranks: where its name is written, and where its first cell is."""

    node: int
    ranks: Sequence[int]
    x: int
    y: int
    columns: int


class RankGrid(QAbstractScrollArea):
    """`picked` carries the rank that was clicked or taken with Enter, -1 when it was taken back.

    Only cells that are seen are painted, so thousands of ranks cost what a screenful costs.
    """

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._ranks: tuple[RankState, ...] = ()
        self._names: Mapping[int, RankName] = {}
        self._nodes = 1
        self._first: int | None = None
        self._picked = -1
        self._at = 0
        self._groups: list[_Group] = []
        self._places: dict[int, int] = {}
        self._by_node: list[tuple[int, list[int]]] = []
        self._told: tuple[object, ...] = ()
        self._wide: list[int] = []
        self._height = self._side = self._label_side = self._width = 0
        self._dress()

    def show_ranks(self, ranks: Sequence[RankState], nodes: int, first_failed: int | None, framework: str = "") -> None:
        """Show the ranks in their present states."""
        ranks = tuple(ranks)
        if ranks == self._ranks and nodes == self._nodes and first_failed == self._first:
            return
        self._ranks, self._nodes, self._first = ranks, nodes, first_failed
        told = (nodes, framework, *((each.rank, each.node, each.role) for each in ranks))
        if told != self._told:  # else they are where they were: thousands change their states every second
            self._told = told
            self._names = names_of(ranks, framework)
            self._places = {each.rank: index for index, each in enumerate(ranks)}
            self._by_node = _by_node(ranks)
            self._side, self._wide = 0, []
            self._at = min(self._at, max(0, len(ranks) - 1))
            self._arrange()
        self._describe()
        self.viewport().update()

    @property
    def chosen(self) -> int:
        """The rank that is picked, -1 for none."""
        return self._picked

    def pick(self, rank: int) -> None:
        """Mark the rank whose log is shown, -1 for none, without telling."""
        self._picked = rank
        self.viewport().update()

    @property
    def cell(self) -> int:
        """The side of a cell: room for the longest name, or number, of a rank."""
        if not self._side:  # measured once: cells are placed by it, and there may be thousands
            metrics = QFontMetrics(sized_font(text_sizes().small, bold=True))
            widest = max((each.short for each in self._names.values()), key=len, default="0")
            self._side = max(metrics.height() + Space.L, metrics.horizontalAdvance(widest) + 2 * Space.S)
        return self._side

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: all cells, up to a few rows."""
        most = self._label_height() + _MOST_ROWS * (self.cell + _GAP)
        return QSize(480, min(max(self._height, self._label_height() + self.cell + _EDGE), most))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(160, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: nodes flow into rows, anew only where these have another width."""
        super().resizeEvent(event)
        if self.viewport().width() == self._width:
            self._fit_bar()
        else:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: paints the cells that are seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(0, -self.verticalScrollBar().value())
        seen = event.rect().translated(0, self.verticalScrollBar().value())
        theme = theme_manager().theme
        for group in self._seen_groups(seen):
            painter.setFont(sized_font(text_sizes().small))
            painter.setPen(QColor(theme.muted))
            place = QRect(group.x + _EDGE, group.y, 200, self._label_height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignTop), self._label(group.node))
            painter.setFont(sized_font(text_sizes().small, bold=True))
            for rank, area in self._cells(group, seen):
                self._paint_cell(painter, rank, area)
        painter.end()

    def _paint_cell(self, painter: QPainter, rank: RankState, area: QRect) -> None:
        theme = theme_manager().theme
        failed = rank.status is RunStatus.FAILED
        first = rank.rank == self._first
        color = QColor(theme.state_color(rank.status))
        inner = QRectF(area).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(color, 2 if first or rank.rank == self._picked else 1))
        painter.setBrush(
            QColor(mix(theme.surface, theme.state_color(rank.status), 0.22 if rank.rank == self._picked else 0.12))
        )
        painter.drawRoundedRect(inner, 6, 6)
        painter.setPen(color)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self._names[rank.rank].short)
        if failed or rank.status is RunStatus.UNKNOWN:
            side = max(12, area.width() // 2 - 3)
            place = QRectF(area.right() - side + 4, area.y() - 4, side, side)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.surface))
            painter.drawEllipse(place)
            draw_icon(painter, place, STATE_ICONS[rank.status.value], color)
        if self.hasFocus() and self._ranks[self._at].rank == rank.rank:
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(-2, -2, 2, 2), 8, 8)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: arrows go from rank to rank, Enter picks, Esc takes back."""
        group = self._group_at(self._at)
        row = group.columns if group else 1
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -row, Qt.Key.Key_Down: row}
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(self._ranks) - 1}
        key = Qt.Key(event.key())
        if key in steps:
            self._go(self._at + steps[key])
        elif key in ends:
            self._go(ends[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._ranks:
            self._toggle(self._ranks[self._at].rank)
        elif key == Qt.Key.Key_Escape and self._picked >= 0:
            self._toggle(self._picked)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: a click picks a rank, another takes it back."""
        index = self._index_at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._at = index
            self._toggle(self._ranks[index].rank)
            self._describe()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the press did it all."""
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the ring shows where one is."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().focusOutEvent(event)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: tool tips by cell."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._index_at(event.pos())
            QToolTip.showText(event.globalPos(), self._tip(index) if index is not None else "", self)
            return True
        return super().viewportEvent(event)

    # ----- the rest

    def _toggle(self, rank: int) -> None:
        self._picked = -1 if rank == self._picked else rank
        self.viewport().update()
        self.picked.emit(self._picked)

    def _go(self, index: int) -> None:
        self._at = max(0, min(index, len(self._ranks) - 1))
        area, bar = self._area_at(self._at), self.verticalScrollBar()
        if area is not None and not bar.value() <= area.top() <= bar.value() + self.viewport().height() - self.cell:
            bar.setValue(area.top() - self._label_height())
        self._describe()
        self.viewport().update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self._tip(self._at) if self._ranks else "")

    def _tip(self, index: int) -> str:
        rank = self._ranks[index]
        said = rank_tip(rank, first=rank.rank == self._first, nodes=self._nodes)
        name = self._names[rank.rank]
        return f"{said} · {name.name}" if name.role else said

    def _measure_anew(self) -> None:
        """Fit the cells to another size of letters."""
        self._side, self._label_side, self._wide = 0, 0, []
        self._arrange()

    def _arrange(self) -> None:
        """Place the nodes side by side while there is room, then below each other."""
        cell, label = self.cell + _GAP, self._label_height()
        self._width = self.viewport().width()
        width = max(self._width - 2 * _EDGE, cell)
        self._groups, x, y, lowest = [], 0, 0, 0
        for (node, ranks), wide in zip(self._by_node, self._label_widths(), strict=True):
            columns = max(1, min(len(ranks), (width + _GAP) // cell))
            if x and x + columns * cell > width + _GAP:
                x, y = 0, lowest + _GAP
            self._groups.append(_Group(node, ranks, x, y, columns))
            rows = -(-len(ranks) // columns)
            lowest = max(lowest, y + label + rows * cell)
            x += max(columns * cell, wide) + Space.L
        self._height = max(0, lowest - _GAP + _EDGE)
        self._fit_bar()
        self.updateGeometry()
        self.viewport().update()

    def _label_widths(self) -> list[int]:
        """Return how wide the name of each node is: measured once, as there may be thousands."""
        if len(self._wide) != len(self._by_node):
            letters = QFontMetrics(sized_font(text_sizes().small))
            self._wide = [letters.horizontalAdvance(self._label(node)) for node, _ in self._by_node]
        return self._wide

    def _fit_bar(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self.cell + _GAP)
        self.viewport().update()

    def _seen_groups(self, seen: QRect) -> Iterator[_Group]:
        """Yield the nodes of which something is seen."""
        label, step = self._label_height(), self.cell + _GAP
        for each in self._groups:
            height = label + -(-len(each.ranks) // each.columns) * step
            if each.y <= seen.bottom() and each.y + height >= seen.top():
                yield each

    def _cells(self, group: _Group, seen: QRect) -> Iterator[tuple[RankState, QRect]]:
        """Yield a node's cells of which something is seen."""
        step, top = self.cell + _GAP, group.y + self._label_height()
        first = max(0, (seen.top() - top) // step) * group.columns
        last = max(0, (seen.bottom() - top) // step + 1) * group.columns
        for place in range(first, min(last, len(group.ranks))):
            area = self._area(group, place)
            if area.intersects(seen):
                yield self._ranks[group.ranks[place]], area

    def _area(self, group: _Group, place: int) -> QRect:
        row, column = divmod(place, group.columns)
        step, top = self.cell + _GAP, group.y + self._label_height()
        return QRect(group.x + column * step + _EDGE, top + row * step, self.cell, self.cell)

    def _area_at(self, index: int) -> QRect | None:
        group = self._group_at(index)
        return None if group is None else self._area(group, group.ranks.index(index))

    def _group_at(self, index: int) -> _Group | None:
        if not self._ranks:
            return None
        node = self._ranks[index].node
        at = bisect.bisect_left(self._groups, node, key=lambda each: each.node)
        return self._groups[at] if at < len(self._groups) and self._groups[at].node == node else None

    def _index_at(self, at: QPoint) -> int | None:
        spot = QRect(at + QPoint(0, self.verticalScrollBar().value()), QSize(1, 1))
        hit = (rank for group in self._seen_groups(spot) for rank, _area in self._cells(group, spot))
        rank = next(hit, None)
        return None if rank is None else self._places[rank.rank]

    def _label(self, node: int) -> str:
        """Return what stands above a node's cells; one node alone needs no number."""
        if self._nodes > 1:
            return self.tr("node {}").format(node)
        return self.tr("launcher") if launches(self._ranks) else self.tr("ranks")

    def _label_height(self) -> int:
        if not self._label_side:  # as the side of a cell: asked for with every cell that is painted
            self._label_side = QFontMetrics(sized_font(text_sizes().small)).height() + Space.XS
        return self._label_side

    def _dress(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Ranks"))
        self.setToolTip(self.tr("A click shows the log of one rank"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        theme_manager().changed.connect(self._measure_anew)


def _by_node(ranks: Sequence[RankState]) -> list[tuple[int, list[int]]]:
    """Return the nodes in their order, and at which places their ranks are."""
    nodes: dict[int, list[int]] = {}
    for place, each in enumerate(ranks):
        nodes.setdefault(each.node, []).append(place)
    return sorted(nodes.items())
