"""How lines of a log are drawn, and which character lies under a point."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap, QPolygonF

from desktop_app.presenters.logs.folding import Row
from desktop_app.services.logs.merge import LogSource
from desktop_app.ui.theme import Space, Theme, mono_font

Spans = list[tuple[int, int]]
Draw = Callable[[QPainter, QRectF, tuple[object, ...]], None]
_SAMPLE = "M" * 64
_TONES = {"error": "failed", "warning": "canceled", "plain": "text"}
_RANKS = ("accent", "completed", "finalizing", "running", "canceled")
"""Colours of ranks, in turn: those of curves without that of failure, which a log has for errors."""
_STRIPE = 3  # pixels, of the stripe in a rank's colour
_PICTURES = 500


@dataclass(frozen=True, slots=True)
class RowLook:
    """What is marked in a row: columns that are selected, matches, the match one is at, the line one came for.

    `at` says that keys act on the row.
    """

    selected: tuple[int, int] | None = None
    matches: Spans | tuple[()] = ()
    current: tuple[int, int] | None = None
    focused: bool = False
    at: bool = False


class LogPainter:
    """Metrics of the font, places of the columns, and the drawing of one row. Made anew when the font changes."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.font = mono_font()
        self._strong = QFont(self.font)
        self._strong.setBold(True)
        self._metrics = metrics = QFontMetricsF(self.font)
        self.char = metrics.horizontalAdvance(_SAMPLE) / len(_SAMPLE)
        self.height = max(1, round(metrics.height() + 1))
        self._ascent = metrics.ascent()
        self._colors = {tone: QColor(theme.color(role)) for tone, role in _TONES.items()}
        self._muted, self._accent = QColor(theme.muted), QColor(theme.accent)
        self._selection = QColor(theme.tint("accent", 0.28))
        self._match, self._current = QColor(theme.tint("canceled", 0.3)), QColor(theme.tint("canceled", 0.65))
        self._focus, self._error = QColor(theme.tint("accent", 0.12)), QColor(theme.tint("failed", 0.1))
        self._ranks = [QColor(theme.color(role)) for role in _RANKS]
        self._pill, self._hairline = QColor(theme.tint("muted", 0.16)), QColor(theme.border_strong)
        self._surface = QColor(theme.surface)
        self._pictures: dict[tuple[object, ...], QPixmap] = {}
        self.shows_time, self.rank_chars, self.folds = True, 2, False
        self.names: Mapping[int, str] = {}

    def fit(self, sources: Sequence[LogSource], *, folds: bool) -> None:
        """Give the columns the room that these logs need."""
        names = {each.rank: each.name for each in sources if each.name}
        ranks = [each.rank for each in sources if not each.name]
        widest = max([_span_chars(len(ranks), max(ranks, default=0)), *map(len, names.values())])
        self.names, self.rank_chars = names, min(12, widest) if len(sources) > 1 else 0
        self.folds = folds

    @property
    def text_left(self) -> int:
        """Where the text begins, before any scrolling."""
        return round(self._gutter + (2 * self.char if self.folds else 0))

    @property
    def _gutter(self) -> float:
        """Where the marks of rows that can be opened stand, right before the text."""
        left = Space.M + (11.5 * self.char if self.shows_time else 0)
        return left + ((self.rank_chars + 2) * self.char if self.rank_chars else 0) - (self.char if self.folds else 0)

    def is_fold(self, row: Row, x: int, area: QRect, scrolled: int) -> bool:
        """Whether at `x` pixels stands what opens a row: the mark before its text, the count behind it."""
        if row.lines < 2 or not self.folds:
            return False
        pill = self._pill_area(row, area, self.text_left - scrolled)
        return self._gutter - self.char / 2 <= x < self.text_left - 2 or pill.left() <= x <= pill.right()

    def column_at(self, row: Row, x: float) -> int:
        """Return the character of a row's text whose left edge is nearest to `x` pixels from the text's beginning."""
        text = row.line.text
        if text.isascii():
            return max(0, min(len(text), round(x / self.char)))
        metrics = self._metrics
        low, high = 0, len(text)
        while low < high:
            middle = (low + high) // 2
            edge = (metrics.horizontalAdvance(text[:middle]) + metrics.horizontalAdvance(text[: middle + 1])) / 2
            low, high = (middle + 1, high) if edge < x else (low, middle)
        return low

    def width_of(self, row: Row) -> float:
        """Return how wide a row's text is, nearly."""
        return (len(row.line.text) + (len(_times(row)) + 4 if row.lines > 1 else 0)) * self.char

    def areas(self, seen: QRect, width: int) -> Iterator[tuple[int, QRect]]:
        """Yield the number and the place of each row that is there to see in a part of the view."""
        for number in range(
            max(0, (seen.top() - Space.XS) // self.height), (seen.bottom() - Space.XS) // self.height + 1
        ):
            yield number, QRect(0, Space.XS + number * self.height, width, self.height)

    def paint(self, painter: QPainter, row: Row, look: RowLook, area: QRect, scrolled: int) -> None:
        """Draw a row into `area`, its text `scrolled` pixels to the left."""
        left = self.text_left
        base = area.y() + self._ascent + 0.5
        if look.focused or look.at:
            painter.fillRect(area, self._error if row.tone == "error" and look.focused else self._focus)
        if scrolled:  # the text would reach into the columns
            painter.setClipRect(area.adjusted(left - 2, 0, 0, 0))
        self._text(painter, row, look, area, left - scrolled, base)
        painter.setClipping(False)
        if self.shows_time:
            painter.setPen(self._muted)
            painter.drawText(Space.M, round(base), stamp(row.line.time))
        if self.rank_chars:
            self._rank(painter, row, area, round(base))
        if self.folds and (row.lines > 1 or row.part):
            self._mark(painter, row, area)

    def _rank(self, painter: QPainter, row: Row, area: QRect, base: int) -> None:
        """Draw whose line it is, in the rank's colour."""
        color = self._muted if row.lines > 1 else self._ranks[row.line.rank % len(self._ranks)]
        painter.fillRect(QRect(area.x(), area.y(), _STRIPE, area.height()), color)
        painter.setPen(self._accent if row.lines > 1 else color)
        painter.setFont(self._strong)
        span = row.span(self.names)
        if len(span) > self.rank_chars:
            span = span[: self.rank_chars - 1] + "…"
        right = Space.M + (11.5 * self.char if self.shows_time else 0) + self.rank_chars * self.char
        wide = self._advance(span, len(span))
        painter.drawText(QPointF(right - wide, base), span)
        painter.setFont(self.font)

    def _mark(self, painter: QPainter, row: Row, area: QRect) -> None:
        """Draw the mark of a row that can be opened or is open, or the line along its parts."""
        x, y, half = self._gutter + self.char * 0.9, area.y() + area.height() / 2, self.char * 0.42
        if row.part:
            painter.fillRect(QRectF(x, area.y(), 1, area.height()), self._hairline)
            return
        picture = self._picture(painter, ("mark", row.is_open), 2 * half, 2 * half, self._tip)
        painter.drawPixmap(round(x - half), round(y - half), picture)

    def _tip(self, painter: QPainter, area: QRectF, key: tuple[object, ...]) -> None:
        """Draw what points down where a row is open, else at its text."""
        across = [(-1, -0.6), (1, -0.6), (0, 0.8)] if key[1] else [(-0.6, -1), (-0.6, 1), (0.8, 0)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._muted)
        half, middle = area.width() / 2, area.center()
        painter.drawPolygon(QPolygonF([middle + QPointF(half * right, half * down) for right, down in across]))

    def _pill_area(self, row: Row, area: QRect, left: int) -> QRectF:
        """Return where the count of a row's lines stands: behind the text, or at the edge where that is farther."""
        width = (len(_times(row)) + 1.5) * self.char
        x = left + self._advance(row.line.text, len(row.line.text)) + self.char
        x = max(float(self.text_left), min(x, area.right() - width - Space.S))
        return QRectF(x, area.y() + 1, width, area.height() - 2)

    def _count_behind(self, painter: QPainter, row: Row, area: QRect, left: int) -> None:
        """Draw the count where it stands; a text that goes on below it is covered, else neither could be read."""
        pill = self._pill_area(row, area, left)
        if left + self._advance(row.line.text, len(row.line.text)) > pill.left():
            painter.fillRect(QRectF(pill.left() - self.char, area.y(), area.right() + 1, area.height()), self._surface)
        self._count(painter, row, pill)

    def _count(self, painter: QPainter, row: Row, area: QRectF) -> None:
        picture = self._picture(painter, ("count", row.lines), area.width(), area.height(), self._number)
        painter.drawPixmap(area.topLeft().toPoint(), picture)

    def _number(self, painter: QPainter, area: QRectF, key: tuple[object, ...]) -> None:
        """Draw a count on its pill."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._pill)
        painter.drawRoundedRect(area, Space.XS, Space.XS)
        painter.setPen(self._muted)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), f"× {key[1]}")

    def _picture(self, painter: QPainter, key: tuple[object, ...], width: float, height: float, draw: Draw) -> QPixmap:
        """Return what `draw` draws into so many pixels: drawn once, as smooth edges cost more than all of a row."""
        scale = painter.device().devicePixelRatio()
        found = self._pictures.get((*key, scale))
        if found is None:
            if len(self._pictures) >= _PICTURES:
                self._pictures.clear()
            found = self._pictures[*key, scale] = _blank(width, height, scale)
            inner = QPainter(found)
            inner.setRenderHint(QPainter.RenderHint.Antialiasing)
            inner.setFont(self.font)
            draw(inner, QRectF(0, 0, width, height), key)
            inner.end()
        return found

    def _text(self, painter: QPainter, row: Row, look: RowLook, area: QRect, left: int, base: float) -> None:  # noqa: PLR0913, PLR0917 - what it draws, and where
        text = row.line.text
        for start, length in look.matches:
            painter.fillRect(self._span(text, start, start + length, left, area), self._match)
        if look.current is not None:
            start, length = look.current
            painter.fillRect(self._span(text, start, start + length, left, area), self._current)
        if look.selected is not None:
            start, end = look.selected
            painter.fillRect(self._span(text, start, end, left, area), self._selection)
        painter.setPen(self._colors[row.tone])
        first = max(0, int((area.x() - left) / self.char) - 1) if text.isascii() else 0
        count = int(area.width() / self.char) + 4 if text.isascii() else 4 * int(area.width() / self.char) + first
        shown = text[first : first + count]
        painter.drawText(round(left + first * self.char), round(base), shown)
        if row.lines > 1:
            self._count_behind(painter, row, area, left)

    def _span(self, text: str, start: int, end: int, left: int, area: QRect) -> QRectF:
        x = left + self._advance(text, start)
        width = self._advance(text, end) - self._advance(text, start)
        if end > len(text):  # the line's end is selected too
            width += self.char / 2
        return QRectF(x, area.y(), max(1.0, width), area.height())

    def _advance(self, text: str, count: int) -> float:
        count = min(count, len(text))
        if text.isascii():
            return count * self.char
        return self._metrics.horizontalAdvance(text[:count])


def _span_chars(ranks: int, highest: int) -> int:
    """Return how many characters tell who of so many wrote a line: `0–63`, and of few ranks `0, 2` or `0–1, 3`."""
    digits = len(str(highest))
    return max(2 * digits + 1, (3 if ranks > 3 else 2 if ranks > 2 else 0) * (digits + 1))


def _blank(width: float, height: float, scale: float) -> QPixmap:
    """Return a picture with nothing on it, `scale` of its pixels to one of the view."""
    found = QPixmap(math.ceil(width * scale), math.ceil(height * scale))
    found.setDevicePixelRatio(scale)
    found.fill(Qt.GlobalColor.transparent)
    return found


def _times(row: Row) -> str:
    return f"× {row.lines}"


def stamp(seconds: float) -> str:
    """Return the local time of day with tenths, nothing where it isn't known."""
    if seconds <= 0:
        return ""
    parts = time.localtime(seconds)
    return f"{parts.tm_hour:02}:{parts.tm_min:02}:{parts.tm_sec:02}.{int(seconds * 10) % 10}"
