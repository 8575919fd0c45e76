"""Paints a part of a laid-out graph: only what is in it, and in no more detail than can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from desktop_app.core.onnx_graph.layout import Box, Route, Scene
from desktop_app.core.onnx_graph.steps import Steps
from desktop_app.presenters.models.graph import Graph
from desktop_app.presenters.models.graph_words import END, MODULE, edge_label
from desktop_app.presenters.models.words import Mark
from desktop_app.ui.icons import draw_icon
from desktop_app.ui.theme import RADIUS, Theme, mix, sized_font, text_sizes, theme_manager

FAR, NEAR = 0.16, 0.42
"""Below the first scale boxes are spots of colour and edges straight lines; from the second on there are words."""
_BUCKET = 1024.0
_STEP = 500
_LONG = 24  # buckets: a line through more is looked at for every part of the picture
_MOST_SPOTS = 5000
_MOST_LINES = 4000
_MOST_PICKED = 300  # edges of what is picked


def indexing(scene: Scene) -> Steps[SceneIndex]:
    """Make an index of a scene, in steps."""
    made = SceneIndex(scene)
    yield from made.filling()
    return made


Segment = tuple[float, float, float, float]
"""A part of an edge, from one of its points to the next."""


class SceneIndex:
    """Finds what lies in a part of a scene. Of edges that go the same way for a while, that way is there once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._count = int(scene.height // _BUCKET) + 2
        self._boxes: list[list[int]] = [[] for _ in range(self._count)]
        self._ends: list[list[int]] = [[] for _ in range(self._count)]
        self._starts: list[list[int]] = [[] for _ in range(self._count)]
        self._segments: list[list[Segment]] = [[] for _ in range(self._count)]
        self._long: list[Segment] = []
        self.frames: list[int] = []
        self.of_item: dict[int, list[int]] = {}

    def filling(self) -> Steps[None]:
        """Find a place for everything, in steps."""
        for count, (item, box) in enumerate(self.scene.boxes.items()):
            if box.is_frame:
                self.frames.append(item)
            else:
                self._boxes[self._bucket(box.y)].append(item)
            if count % _STEP == 0:
                yield
        ways: dict[tuple[float, ...], Segment] = {}
        for at, route in enumerate(self.scene.routes):
            if at % _STEP == 0:
                yield
            self._note(at, route, ways)
        yield
        for count, segment in enumerate(ways.values()):
            self._put(segment)
            if count % _STEP == 0:
                yield

    def _note(self, at: int, route: Route, ways: dict[tuple[float, ...], Segment]) -> None:
        points = route.points
        self._starts[self._bucket(points[0][1])].append(at)
        self._ends[self._bucket(points[-1][1])].append(at)
        self.of_item.setdefault(route.source, []).append(at)
        self.of_item.setdefault(route.target, []).append(at)
        for (x, y), (to_x, to_y) in pairwise(points):
            if x != to_x:
                ways[x, y, to_x, to_y] = x, y, to_x, to_y
                continue
            known = ways.get((x, y))
            if known is None or abs(to_y - y) > abs(known[3] - y):
                ways[x, y] = x, y, x, to_y

    def _put(self, segment: Segment) -> None:
        first, last = sorted((self._bucket(segment[1]), self._bucket(segment[3])))
        if last - first > _LONG:
            self._long.append(segment)
            return
        for bucket in range(first, last + 1):
            self._segments[bucket].append(segment)

    def _bucket(self, y: float) -> int:
        return min(self._count - 1, max(0, int(y // _BUCKET)))

    def boxes_in(self, area: QRectF) -> Iterator[tuple[int, Box]]:
        """Yield the boxes, frames not included, that may be seen in a part of the scene."""
        boxes, left, right = self.scene.boxes, area.left(), area.right()
        top, bottom = area.top(), area.bottom()
        for bucket in range(self._bucket(top - _BUCKET), self._bucket(bottom) + 1):
            for item in self._boxes[bucket]:
                box = boxes[item]
                if box.x < right and box.x + box.width > left and box.y < bottom and box.y + box.height > top:
                    yield item, box

    def crowd(self, area: QRectF) -> int:
        """Return about how many boxes are there."""
        return sum(map(len, self._boxes[self._bucket(area.top()) : self._bucket(area.bottom()) + 1]))

    def segments_in(self, area: QRectF) -> Iterator[Segment]:
        """Yield the parts of edges that may be seen there."""
        left, right, top, bottom = area.left(), area.right(), area.top(), area.bottom()
        seen: set[Segment] = set()
        first, last = self._bucket(top), self._bucket(bottom)
        for some in (self._long, *self._segments[first : last + 1]):
            for each in some:
                x, y, to_x, to_y = each
                if (x < left and to_x < left) or (x > right and to_x > right):
                    continue
                if (y < top and to_y < top) or (y > bottom and to_y > bottom) or (first < last and each in seen):
                    continue
                seen.add(each)
                yield each

    def starts_in(self, area: QRectF) -> Iterator[Route]:
        """Yield the edges that begin there."""
        return self._at_point(area, self._starts, 0)

    def ends_in(self, area: QRectF) -> Iterator[Route]:
        """Yield the edges that end there."""
        return self._at_point(area, self._ends, -1)

    def _at_point(self, area: QRectF, buckets: list[list[int]], which: int) -> Iterator[Route]:
        left, right, top, bottom = area.left(), area.right(), area.top(), area.bottom()
        for bucket in range(self._bucket(top), self._bucket(bottom) + 1):
            for at in buckets[bucket]:
                x, y = self.scene.routes[at].points[which]
                if left <= x <= right and top <= y <= bottom:
                    yield self.scene.routes[at]

    def box_at(self, point: QPointF) -> int:
        """Return the item at a place, -1 for none: a box, or else the title of the innermost frame there."""
        area = QRectF(point.x(), point.y(), 0.001, 0.001)
        found = next((item for item, _box in self.boxes_in(area)), -1)
        if found >= 0:
            return found
        inner = [item for item in self.frames if _holds(self.scene.boxes[item], point)]
        return max(inner, key=lambda item: self.scene.boxes[item].depth, default=-1)


def _holds(box: Box, point: QPointF) -> bool:
    return box.x <= point.x() <= box.x + box.width and box.y <= point.y() <= box.bottom


def _add(path: QPainterPath, segment: Segment) -> None:
    """Add a part of an edge to a path: straight where it goes down, bent where it goes aside."""
    x, y, to_x, to_y = segment
    path.moveTo(x, y)
    if abs(to_x - x) < 0.5:
        path.lineTo(to_x, to_y)
    else:
        bend = (to_y - y) / 2
        path.cubicTo(x, y + bend, to_x, to_y - bend, to_x, to_y)


class GraphPainter:
    """Paints a graph in a theme; made anew when the theme or the letters change."""

    def __init__(self, graph: Graph, index: SceneIndex, line: float) -> None:
        self._graph, self._index, self._line = graph, index, line
        self._theme: Theme = theme_manager().theme
        self._title, self._detail = _font(line * 0.78, bold=True), _font(line * 0.68)
        self._edge = QColor(mix(self._theme.surface, self._theme.muted, 0.75))
        self._veil = QColor(self._theme.surface)
        self._veil.setAlphaF(0.75)
        self._fills: dict[tuple[str, float], QColor] = {}

    def paint(self, painter: QPainter, area: QRectF, scale: float) -> None:
        """Paint `area` of the scene; the painter draws in the scene's units already, at this scale."""
        far = scale < FAR
        reach = 9 * self._line  # of what is written beside a box, and of its mark
        area = area.adjusted(-reach, -2 * self._line, self._line, self._line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not far)
        seen = self._paint_frames(painter, area)
        if far:
            self._paint_lines(painter, area)
            self._paint_spots(painter, area)
        else:
            self._paint_edges(painter, area, scale)
            for item in seen if scale >= NEAR / 2 else ():  # over the edges, which would strike them out
                self._paint_frame_title(painter, item, self._index.scene.boxes[item], self._graph.mark(item))
            for item, box in self._index.boxes_in(area):
                self._paint_box(painter, item, box, scale)

    def _paint_frames(self, painter: QPainter, area: QRectF) -> list[int]:
        """Paint the open modules, and return which they are."""
        seen = []
        left, right, top, bottom = area.left(), area.right(), area.top(), area.bottom()
        for item in self._index.frames:
            box = self._index.scene.boxes[item]
            if box.y > bottom or box.y + box.height < top or box.x > right or box.x + box.width < left:
                continue
            rect = _rect(box)
            mark = self._graph.mark(item)
            painter.setPen(QPen(QColor(self._theme.color(mark.role) if mark else self._theme.border_strong), 0))
            painter.setBrush(self._fill("muted", 0.05 + 0.04 * (box.depth % 2)))
            painter.drawRoundedRect(rect, RADIUS, RADIUS)
            seen.append(item)
        return seen

    def _paint_frame_title(self, painter: QPainter, item: int, box: Box, mark: Mark | None) -> None:
        side = self._line
        room = QRectF(box.x + side * 0.5, box.y + side * 0.4, box.width - side, side * 1.2)
        draw_icon(painter, QRectF(room.x(), room.y() + side * 0.1, side, side), "mdi6.chevron-down", self._ink("muted"))
        title, place = self._graph.caption(item).title, room.adjusted(side * 1.2, 0, 0, 0)
        long = min(QFontMetricsF(self._title).horizontalAdvance(title), place.width())
        painter.fillRect(QRectF(place.x(), place.y(), long, place.height()), self._veil)
        painter.setFont(self._title)
        painter.setPen(self._ink("muted"))
        painter.drawText(place, _LEFT, title)
        if mark is not None:
            self._paint_mark(painter, box, mark)

    def _paint_lines(self, painter: QPainter, area: QRectF) -> None:
        every = 1 + self._index.crowd(area) // _MOST_SPOTS
        lines = [QLineF(*each) for each in islice(self._index.segments_in(area), 0, None, every)]
        painter.setPen(QPen(QColor(mix(self._theme.surface, self._theme.muted, 0.45)), 0))
        painter.drawLines(lines)

    def _paint_spots(self, painter: QPainter, area: QRectF) -> None:
        spots: dict[str, list[QRectF]] = {}
        every = 1 + self._index.crowd(area) // _MOST_SPOTS  # from so far that one covers the other
        for item, box in islice(self._index.boxes_in(area), 0, None, every):
            mark = self._graph.mark(item)
            role = f"!{mark.role}" if mark else self._graph.caption(item).role
            spots.setdefault(role, []).append(QRectF(box.x, box.y, box.width, box.height))
        painter.setPen(Qt.PenStyle.NoPen)
        for role, rects in spots.items():
            painter.setBrush(self._fill(role.lstrip("!"), 1.0 if role.startswith("!") else 0.55))
            painter.drawRects(rects)

    def _paint_edges(self, painter: QPainter, area: QRectF, scale: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._edge, max(1.2, 0.8 / scale)))
        bent, straight = QPainterPath(), []
        top, bottom = area.top(), area.bottom()
        for each in islice(self._index.segments_in(area), _MOST_LINES):
            x, y, to_x, to_y = each
            if x == to_x:  # cut off, as lines of a million pixels take their time
                straight.append(QLineF(x, min(max(y, top), bottom), x, min(max(to_y, top), bottom)))
            else:
                _add(bent, each)
        painter.drawLines(straight)
        painter.drawPath(bent)
        if scale < NEAR:
            return
        painter.setBrush(self._edge)
        painter.setPen(Qt.PenStyle.NoPen)
        for route in islice(self._index.ends_in(area), _MOST_LINES):
            painter.drawPolygon(_arrow(route.points))
        self._paint_labels(painter, self._index.starts_in(area))

    def _paint_labels(self, painter: QPainter, routes: Iterable[Route]) -> None:
        painter.setFont(self._detail)
        metrics = QFontMetricsF(self._detail)
        said: set[tuple[int, str]] = set()
        for route in routes:
            label = edge_label(self._graph.items.model, route.tensors)
            if label and (route.source, label) not in said:
                said.add((route.source, label))
                x, y = route.points[0]
                shift = self._line * 0.75 * sum(1 for source, _label in said if source == route.source)
                place = QPointF(x + self._line * 0.4, y + shift + self._line * 0.1)
                painter.fillRect(metrics.boundingRect(label).translated(place), self._veil)
                painter.setPen(self._ink("muted"))
                painter.drawText(place, label)

    def _paint_box(self, painter: QPainter, item: int, box: Box, scale: float) -> None:
        said, mark, rect = self._graph.caption(item), self._graph.mark(item), _rect(box)
        role = mark.role if mark else said.role
        is_module = said.role == MODULE and self._graph.items.group(item) >= 0
        is_end = said.role == END
        strength = 0.0 if is_module else 0.05 if is_end else 0.16 if scale >= NEAR else 0.4
        painter.setPen(QPen(self._ink(role), 2.5 if mark else 1.2))
        painter.setBrush(self._fill(role, strength))
        round_by = box.height / 2 if is_end else RADIUS
        painter.drawRoundedRect(rect, round_by, round_by)
        if scale < NEAR:
            return
        room = rect.adjusted(self._line * 0.5, 0, -self._line * 0.5, 0)
        if is_module:
            side = self._line
            place = QRectF(room.x(), room.center().y() - side / 2, side, side)
            draw_icon(painter, place, "mdi6.chevron-right", self._ink("muted"))
            room = room.adjusted(side, 0, 0, 0)
        self._write(painter, room, said.title, said.detail)
        if mark is not None:
            self._paint_mark(painter, box, mark)

    def _write(self, painter: QPainter, room: QRectF, title: str, detail: str) -> None:
        upper = QRectF(room)
        if detail:
            upper.setHeight(room.height() / 2 + self._line * 0.1)
            painter.setFont(self._detail)
            painter.setPen(self._ink("muted"))
            lower = QRectF(room.x(), upper.bottom() - self._line * 0.15, room.width(), room.bottom() - upper.bottom())
            painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, detail)
        painter.setFont(self._title)
        painter.setPen(self._ink("text"))
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, title)

    def _paint_mark(self, painter: QPainter, box: Box, mark: Mark) -> None:
        side = self._line * 1.1
        place = QRectF(box.x + box.width - side * 0.6, box.y - side * 0.4, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.surface))
        painter.drawEllipse(place)
        draw_icon(painter, place, mark.icon, self._ink(mark.role))

    def paint_picked(self, painter: QPainter, item: int, scale: float) -> None:
        """Paint what is picked, and what flows to and from it, over the rest."""
        box = self._index.scene.boxes.get(item)
        if box is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._ink("accent"), max(1.8, 1.6 / scale)))
        path = QPainterPath()
        for at in self._index.of_item.get(item, ())[:_MOST_PICKED]:
            for one, other in pairwise(self._index.scene.routes[at].points):
                _add(path, (*one, *other))
        painter.drawPath(path)
        painter.setPen(QPen(self._ink("accent"), max(2.5, 2.5 / scale)))
        painter.drawRoundedRect(_rect(box).adjusted(-2, -2, 2, 2), RADIUS, RADIUS)

    def _ink(self, role: str) -> QColor:
        return self._fill(role, 1.0)

    def _fill(self, role: str, strength: float) -> QColor:
        found = self._fills.get((role, strength))
        if found is None:
            color = mix(self._theme.surface, self._theme.color(role), strength)
            found = self._fills[role, strength] = QColor(color)
        return found


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _font(pixels: float, *, bold: bool = False) -> QFont:
    font = sized_font(text_sizes().body, bold=bold)
    font.setPixelSize(max(1, round(pixels)))
    return font


def _rect(box: Box) -> QRectF:
    return QRectF(box.x, box.y, box.width, box.height)


def _arrow(points: tuple[tuple[float, float], ...]) -> QPolygonF:
    x, y = points[-1]
    return QPolygonF([QPointF(x, y), QPointF(x - 3.5, y - 7), QPointF(x + 3.5, y - 7)])
