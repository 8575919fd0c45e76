"""How lines of a log are drawn, and which character lies under a point."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from desktop_app.presenters.log_merge import Row
from desktop_app.presenters.run_words import rank_span
from desktop_app.ui.theme import Space, Theme, mono_font

Spans = list[tuple[int, int]]
_SAMPLE = "M" * 64
_TONES = {"error": "failed", "warning": "canceled", "plain": "text"}


@dataclass(frozen=True, slots=True)
class RowLook:
    """What is marked in a row: columns that are selected, matches, the match one is at, the line one came for."""

    selected: tuple[int, int] | None = None
    matches: Spans | tuple[()] = ()
    current: tuple[int, int] | None = None
    focused: bool = False


class LogPainter:
    """Metrics of the font, places of the columns, and the drawing of one row. Made anew when the font changes."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.font = mono_font()
        self._strong = QFont(self.font)
        self._strong.setBold(True)
        metrics = QFontMetricsF(self.font)
        self.char = metrics.horizontalAdvance(_SAMPLE) / len(_SAMPLE)
        self.height = max(1, round(metrics.height() + 1))
        self._ascent = metrics.ascent()
        self._colors = {tone: QColor(theme.color(role)) for tone, role in _TONES.items()}
        self._muted, self._accent = QColor(theme.muted), QColor(theme.accent)
        self._selection = QColor(theme.tint("accent", 0.28))
        self._match, self._current = QColor(theme.tint("canceled", 0.3)), QColor(theme.tint("canceled", 0.65))
        self._focus, self._error = QColor(theme.tint("accent", 0.12)), QColor(theme.tint("failed", 0.1))
        self.shows_time, self.rank_chars = True, 2
        self.names: Mapping[int, str] = {}

    @property
    def text_left(self) -> int:
        """Where the text begins, before any scrolling."""
        left = Space.M + (11.5 * self.char if self.shows_time else 0)
        return round(left + ((self.rank_chars + 2) * self.char if self.rank_chars else 0))

    def column_at(self, row: Row, x: float) -> int:
        """Return the character of a row's text whose left edge is nearest to `x` pixels from the text's beginning."""
        text = row.line.text
        if text.isascii():
            return max(0, min(len(text), round(x / self.char)))
        metrics = QFontMetricsF(self.font)
        low, high = 0, len(text)
        while low < high:
            middle = (low + high) // 2
            edge = (metrics.horizontalAdvance(text[:middle]) + metrics.horizontalAdvance(text[: middle + 1])) / 2
            low, high = (middle + 1, high) if edge < x else (low, middle)
        return low

    def width_of(self, row: Row) -> float:
        """Return how wide a row's text is, nearly."""
        return (len(row.line.text) + (24 if row.lines > 1 else 0)) * self.char

    def paint(self, painter: QPainter, row: Row, look: RowLook, area: QRect, scrolled: int) -> None:
        """Draw a row into `area`, its text `scrolled` pixels to the left."""
        left = self.text_left
        base = area.y() + self._ascent + 0.5
        if look.focused:
            painter.fillRect(area, self._error if row.tone == "error" else self._focus)
        if scrolled:  # the text would reach into the columns
            painter.setClipRect(area.adjusted(left - 2, 0, 0, 0))
        self._text(painter, row, look, area, left - scrolled, base)
        painter.setClipping(False)
        x = float(Space.M)
        if self.shows_time:
            painter.setPen(self._muted)
            painter.drawText(round(x), round(base), stamp(row.line.time))
            x += 11.5 * self.char
        if self.rank_chars:
            painter.setPen(self._accent)
            painter.setFont(self._strong)
            span = rank_span(row.ranks, self.names)
            if len(span) > self.rank_chars:
                span = span[: self.rank_chars - 1] + "…"
            place = QRectF(x, area.y(), self.rank_chars * self.char, area.height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), span)
            painter.setFont(self.font)

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
        if row.lines > 1 and first + count >= len(text):
            painter.setPen(self._muted)
            note = f"  (same on {row.lines} ranks)"
            painter.drawText(round(left + self._advance(text, len(text))), round(base), note)

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
        return QFontMetricsF(self.font).horizontalAdvance(text[:count])


def stamp(seconds: float) -> str:
    """Return the local time of day with tenths, nothing where it isn't known."""
    if seconds <= 0:
        return ""
    parts = time.localtime(seconds)
    return f"{parts.tm_hour:02}:{parts.tm_min:02}:{parts.tm_sec:02}.{int(seconds * 10) % 10}"
