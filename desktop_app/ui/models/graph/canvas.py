"""The graph as one widget that paints itself: drag to pan, wheel to zoom, click to pick, double click to open."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from desktop_app.core.onnx_graph.layout import Box
from desktop_app.presenters.models.graph import Graph, Measures
from desktop_app.ui.models.graph.painting import GraphPainter, SceneIndex
from desktop_app.ui.models.graph.tiles import Tiles
from desktop_app.ui.theme import text_sizes, theme_manager

_STEP = 1.25
_LARGEST, _SMALLEST = 4.0, 0.002
_READABLE = 0.6
_PAN = 0.15  # of the view, for an arrow key


class GraphCanvas(QWidget):
    """`picked` carries an item, -1 for none; `opened` the module that is to be opened or closed."""

    picked = Signal(int)
    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._graph: Graph | None = None
        self.index: SceneIndex | None = None
        self._painter: GraphPainter | None = None
        self.scale = 1.0
        self.corner = QPointF()
        self.item = -1
        self.is_late = False
        """Whether a part of what is seen comes with the next frame only."""
        self._tiles = Tiles(self._paint_part)
        self._pressed: QPoint | None = None
        self._dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Graph of the model"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        theme_manager().changed.connect(self.repaint_all)

    @staticmethod
    def measures() -> Measures:
        """Return how large letters are: the picture's units are the screen's pixels at scale 1."""
        line = text_sizes().pixels * 1.3
        return Measures(text_sizes().pixels * 0.56, line)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(640, 480)

    # ----- what is shown

    def show_scene(self, graph: Graph, index: SceneIndex, keep: int = -1) -> None:
        """Show a scene; with `keep` its box stays where it is on the screen, else the scene is shown from its top."""
        before = self.index.scene.boxes.get(keep) if self.index is not None and keep >= 0 else None
        self._graph, self.index, scene = graph, index, index.scene
        after = scene.boxes.get(keep)
        if before is not None and after is not None:
            self.corner += QPointF(after.middle - before.middle, after.y - before.y)
        elif keep < 0:
            self.show_top()
        if self.item not in scene.boxes:
            self.item = -1
        self.repaint_all()

    def repaint_all(self) -> None:
        """Paint everything anew, as the theme, the letters or the marks changed."""
        if self._graph is not None and self.index is not None:
            self._painter = GraphPainter(self._graph, self.index, self.measures().line)
        self._tiles.forget()
        self.update()

    def pick(self, item: int) -> None:
        """Pick an item, or none (-1)."""
        self.item = item
        said = self._graph.caption(item) if self._graph is not None and item >= 0 else None
        self.setAccessibleDescription(f"{said.title}, {said.detail}" if said else "")
        self.update()
        self.picked.emit(item)

    def go_to(self, item: int) -> None:
        """Pick an item and bring it into the middle, large enough to be read."""
        box = self.index.scene.boxes.get(item) if self.index is not None else None
        if box is None:
            return
        self.scale = max(self.scale, _READABLE + 0.2)
        top = box.y if box.is_frame else box.y + box.height / 2
        self.corner = QPointF(box.middle, top) - QPointF(self.width(), self.height()) / (2 * self.scale)
        self.pick(item)

    def fit(self) -> None:
        """Show the whole graph."""
        if self.index is None:
            return
        scene = self.index.scene
        room = min(self.width() / max(1.0, scene.width), self.height() / max(1.0, scene.height))
        self.scale = min(1.0, max(_SMALLEST, room))
        self.corner = QPointF(
            (scene.width - self.width() / self.scale) / 2, (scene.height - self.height() / self.scale) / 2
        )
        self.update()

    def show_top(self) -> None:
        """Show the whole graph if it can be read then, else its beginning."""
        self.fit()
        if self.scale < _READABLE and self.index is not None:
            scene = self.index.scene
            self.scale = min(1.0, max(_READABLE, self.width() / max(1.0, scene.width)))
            first = min(scene.boxes.values(), key=lambda box: box.y, default=None)
            middle = first.middle if first is not None and scene.width * self.scale > self.width() else scene.width / 2
            self.corner = QPointF(middle - self.width() / self.scale / 2, 0)
        self.update()

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom around a place of the widget, its middle unless another is named."""
        place = around if around is not None else QPointF(self.width() / 2, self.height() / 2)
        fixed = self.corner + place / self.scale
        self.scale = min(_LARGEST, max(_SMALLEST, self.scale * factor))
        self.corner = fixed - place / self.scale
        self._stay_near()
        self.update()

    def pan(self, by: QPointF) -> None:
        """Move the picture by pixels."""
        self.corner -= by / self.scale
        self._stay_near()
        self.update()

    def _stay_near(self) -> None:
        """Keep a part of the graph in sight."""
        if self.index is None:
            return
        scene, margin = self.index.scene, 80 / self.scale
        view = QPointF(self.width(), self.height()) / self.scale
        self.corner = QPointF(
            min(max(self.corner.x(), margin - view.x()), scene.width - margin),
            min(max(self.corner.y(), margin - view.y()), scene.height - margin),
        )

    # ----- Qt's events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: tiles, and over them what is picked and has the focus."""
        painter = QPainter(self)
        theme = theme_manager().theme
        view = QRectF(self.corner, QPointF(self.width(), self.height()) / self.scale + self.corner)
        if self._painter is None:
            painter.fillRect(self.rect(), QColor(theme.surface))
        else:
            self.is_late = self._tiles.draw(painter, view, self.scale, self.devicePixelRatioF(), QColor(theme.surface))
            if self.is_late:
                self.update()
        if self._painter is not None and self.item >= 0:
            painter.save()
            painter.scale(self.scale, self.scale)
            painter.translate(-self.corner)
            self._painter.paint_picked(painter, self.item, self.scale)
            painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.hairline), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_part(self, painter: QPainter, area: QRectF, scale: float) -> None:
        if self._painter is not None:
            self._painter.paint(painter, area, scale)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().resizeEvent(event)
        self._stay_near()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: zoom around the mouse; with Shift, move to the side."""
        steps = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(QPointF((steps or event.angleDelta().x() / 120) * 60, 0))
        elif steps:
            self.zoom(_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._dragged = event.position().toPoint(), False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: drag the picture."""
        if self._pressed is None:
            return
        here = event.position().toPoint()
        moved = here - self._pressed
        if self._dragged or moved.manhattanLength() >= QApplication.startDragDistance():
            self._dragged, self._pressed = True, here
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan(QPointF(moved))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what was pressed and not dragged is picked; a closed module's arrow opens it."""
        pressed, self._pressed = self._pressed, None
        self.unsetCursor()
        if pressed is None or self._dragged or self.index is None:
            return
        item = self.index.box_at(self.corner + event.position() / self.scale)
        self.pick(item)
        if item >= 0 and self._on_arrow(item, event.position()):
            self.opened.emit(item)

    def _on_arrow(self, item: int, place: QPointF) -> bool:
        """Return whether a place is on the arrow that opens or closes a module."""
        if self.index is None or self._graph is None or self._graph.items.group(item) < 0:
            return False
        box, line = self.index.scene.boxes[item], self.measures().line
        point = self.corner + place / self.scale
        is_left = point.x() < box.x + 1.8 * line
        return is_left and (not box.is_frame or point.y() < box.y + 1.8 * line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: open or close a module; the first click picked it."""
        if self.item >= 0 and not self._on_arrow(self.item, event.position()):
            self.opened.emit(self.item)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: arrows follow edges from what is picked, or move the picture; + - 0 zoom; Enter opens."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.item >= 0:
            self.opened.emit(self.item)
        elif key == Qt.Key.Key_Escape and self.item >= 0:
            self.pick(-1)
        elif key == Qt.Key.Key_Home:
            self.show_top()
        elif key in _ARROWS:
            self._arrow(key)
        else:
            super().keyPressEvent(event)

    def _arrow(self, key: Qt.Key) -> None:
        across, down = _ARROWS[key]
        if self.item < 0 or self.index is None:
            self.pan(QPointF(-across * self.width(), -down * self.height()) * _PAN)
            return
        found = self._next(down) if down else self._beside(across)
        if found >= 0:
            self.pick(found)
            self._bring_into_sight(found)

    def _next(self, down: int) -> int:
        """Return where the first edge leads (1) or comes from (-1)."""
        assert self.index is not None
        routes = [self.index.scene.routes[at] for at in self.index.of_item.get(self.item, ())]
        ends = [(each.target if down > 0 else each.source) for each in routes
                if (each.source if down > 0 else each.target) == self.item]  # fmt: skip
        here = self.index.scene.boxes[self.item].middle
        return min(ends, key=lambda each: abs(self._box(each).middle - here), default=-1)

    def _beside(self, across: int) -> int:
        """Return the nearest box at the left (-1) or the right (1) of the picked one."""
        assert self.index is not None
        here = self._box(self.item)
        band = QRectF(0, here.y, self.index.scene.width, here.height)
        near = [(across * (box.middle - here.middle), item) for item, box in self.index.boxes_in(band)]
        return min((each for each in near if each[0] > 1), default=(0.0, -1))[1]

    def _box(self, item: int) -> Box:
        assert self.index is not None
        return self.index.scene.boxes[item]

    def _bring_into_sight(self, item: int) -> None:
        box = self._box(item)
        view = QRectF(self.corner, QPointF(self.width(), self.height()) / self.scale + self.corner)
        if not view.contains(QRectF(box.x, box.y, box.width, min(box.height, view.height() / 2))):
            half = QPointF(self.width(), self.height()) / (2 * self.scale)
            self.corner = QPointF(box.middle, box.y + min(box.height, view.height()) / 2) - half
            self.update()

    def event(self, event: QEvent) -> bool:
        """Called by Qt for all events; tells what is under the mouse where it is too small to be read."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            item = self.index.box_at(self.corner + QPointF(event.pos()) / self.scale) if self.index is not None else -1
            said = self._graph.caption(item) if self._graph is not None and item >= 0 else None
            if said is not None:
                QToolTip.showText(event.globalPos(), "\n".join(filter(None, (said.title, said.detail))), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


_ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
