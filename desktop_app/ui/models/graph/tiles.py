"""The picture in tiles, each painted once: a frame paints a few new ones, and the others are merely copied.

What there was no time for is shown as it was before, stretched, until its turn comes in the next frame. So no frame
takes long, however large the graph.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

SIDE = 384
"""Pixels of the screen."""
BUDGET = 0.007
"""Seconds of a frame in which tiles are painted."""
_MOST = 160

Key = tuple[int, int]


class Tiles:
    """Tiles at one scale, and those of the scale before."""

    def __init__(self, paint: Callable[[QPainter, QRectF, float], None]) -> None:
        self._paint = paint
        self._scale = self._ratio = 1.0
        self._tiles: OrderedDict[Key, QPixmap] = OrderedDict()
        self._before: tuple[float, OrderedDict[Key, QPixmap]] = (1.0, OrderedDict())

    def forget(self) -> None:
        """Let go of all tiles: the picture is another one."""
        self._tiles = OrderedDict()
        self._before = (1.0, OrderedDict())

    def draw(self, painter: QPainter, view: QRectF, scale: float, ratio: float, ground: QColor) -> bool:
        """Draw the part `view` of the picture at a scale; returns whether anything has to come with the next frame."""
        if (scale, ratio) != (self._scale, self._ratio):
            if self._tiles:
                self._before = (self._scale, self._tiles) if ratio == self._ratio else (1.0, OrderedDict())
            self._tiles, self._scale, self._ratio = OrderedDict(), scale, ratio
        painter.fillRect(QRectF(0, 0, view.width() * scale, view.height() * scale), ground)
        until, late, made = perf_counter() + BUDGET, False, 0
        side = SIDE / ratio
        for key in self._keys(view, side / scale):
            place = QRectF(
                round((key[0] * side / scale - view.x()) * scale * ratio) / ratio,
                round((key[1] * side / scale - view.y()) * scale * ratio) / ratio, side, side,
            )  # fmt: skip
            tile = self._tiles.get(key)
            if tile is None and (made == 0 or perf_counter() < until):
                tile = self._make(key, ground)
                made += 1
            if tile is None:
                late = True
                self._stand_in(painter, place, key)
            else:
                self._tiles.move_to_end(key)
                painter.drawPixmap(place.topLeft(), tile)
        return late

    @staticmethod
    def _keys(view: QRectF, units: float) -> list[Key]:
        columns = range(int(view.left() // units), int(view.right() // units) + 1)
        rows = range(int(view.top() // units), int(view.bottom() // units) + 1)
        return [(column, row) for row in rows for column in columns]

    def _make(self, key: Key, ground: QColor) -> QPixmap:
        tile = QPixmap(SIDE, SIDE)
        tile.setDevicePixelRatio(self._ratio)
        tile.fill(ground)
        units = SIDE / self._ratio / self._scale
        area = QRectF(key[0] * units, key[1] * units, units, units)
        painter = QPainter(tile)
        painter.scale(self._scale, self._scale)
        painter.translate(-area.topLeft())
        self._paint(painter, area, self._scale)
        painter.end()
        self._tiles[key] = tile
        if len(self._tiles) > _MOST:
            self._tiles.popitem(last=False)
        return tile

    def _stand_in(self, painter: QPainter, place: QRectF, key: Key) -> None:
        """Draw what the tiles of the scale before have of a tile."""
        scale, tiles = self._before
        units, old_units = SIDE / self._ratio / self._scale, SIDE / self._ratio / scale
        area = QRectF(key[0] * units, key[1] * units, units, units)
        painter.save()
        painter.setClipRect(place)
        for old in self._keys(area, old_units):
            tile = tiles.get(old)
            if tile is not None:
                corner = (
                    place.topLeft() + (QPointF(old[0] * old_units, old[1] * old_units) - area.topLeft()) * self._scale
                )
                side = old_units * self._scale
                painter.drawPixmap(QRectF(corner.x(), corner.y(), side, side), tile, QRectF(tile.rect()))
        painter.restore()
