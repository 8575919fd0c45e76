"""Who fell when, as a small picture: a row for ranks that fell alike, its mark as far right as it came later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.core.diagnosis.model import Part
from desktop_app.presenters.failures.falls import FallRow
from desktop_app.ui.icons import draw_icon
from desktop_app.ui.theme import Space, mono_font, sized_font, text_sizes, theme_manager

_ICON = 14
_DOT = 8
_TRACK = 160
"""Width of the line that the marks stand on."""
_LOOKS = {
    Part.CAUSE: ("mdi6.alert-circle-outline", "failed"),
    Part.OWN: ("mdi6.close-circle-outline", "failed"),
    Part.SYMPTOM: ("mdi6.timer-sand", "canceled"),
    Part.ECHO: ("mdi6.call-missed", "canceled"),
    Part.STOPPED: ("mdi6.stop-circle-outline", "canceled"),
    Part.FINISHED: ("mdi6.check-circle-outline", "completed"),
    Part.SILENT: ("mdi6.help-circle-outline", "waiting"),
}


@dataclass(frozen=True, slots=True)
class _Columns:
    """How wide the columns of all rows are, in pixels; a track of 0 where no clock tells."""

    ranks: float = 0.0
    part: float = 0.0
    track: float = 0.0
    when: float = 0.0


class FallPicture(QWidget):
    """Hidden where there is nothing to compare. `picked` carries a row's first rank."""

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[FallRow, ...] = ()
        self.setAccessibleName(self.tr("Who fell when"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, Space.XS, 0, Space.XS)
        self._column.setSpacing(0)
        self.hide()

    def show_falls(self, rows: Sequence[FallRow]) -> None:
        """Show these rows; nothing for none."""
        if tuple(rows) == self.rows:
            return
        self.rows = tuple(rows)
        self.setVisible(bool(rows))
        for each in self.buttons:
            self._column.removeWidget(each)
            each.hide()
            each.deleteLater()
        for row in self.rows:
            self._column.addWidget(_Row(row, self._columns, self._pick))

    @property
    def buttons(self) -> tuple[QAbstractButton, ...]:
        """The rows as they can be clicked."""
        items = (self._column.itemAt(index) for index in range(self._column.count()))
        widgets = (each.widget() for each in items if each is not None)
        return tuple(each for each in widgets if isinstance(each, QAbstractButton))

    def _pick(self, row: FallRow) -> None:
        if row.ranks:
            self.picked.emit(row.ranks[0])

    def _columns(self) -> _Columns:
        bold, body = (QFontMetricsF(sized_font(text_sizes().body, bold=each)) for each in (True, False))
        is_timed = any(each.after for each in self.rows)
        return _Columns(
            max((min(bold.horizontalAdvance(each.called), 260.0) for each in self.rows), default=0.0),
            max((body.horizontalAdvance(each.part_words) for each in self.rows), default=0.0),
            _TRACK if is_timed else 0.0,
            max((body.horizontalAdvance(each.when) for each in self.rows), default=0.0),
        )


class _Row(QAbstractButton):
    """One row. A click shows the log of its first rank."""

    def __init__(self, row: FallRow, columns: Callable[[], _Columns], picked: Callable[[FallRow], None]) -> None:
        super().__init__()
        self._row, self._columns, self._is_under = row, columns, False
        self.setAccessibleName(row.spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if row.ranks:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(self.tr("Show in the log"))
            self.clicked.connect(lambda: picked(row))
        else:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        height = QFontMetricsF(sized_font(text_sizes().body)).height()
        return QSize(360, int(max(height, _ICON) + Space.S))

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self._is_under = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self._is_under = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        x = float(Space.XS)
        if self._row.more:
            self._write(painter, self._row.spoken, x + _ICON + Space.S, self.width(), "muted")
        else:
            self._paint_row(painter, x)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        theme = theme_manager().theme
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self._is_under and self._row.ranks:
            painter.fillRect(self.rect(), QColor(theme.hover))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRoundedRect(area, 4, 4)

    def _paint_row(self, painter: QPainter, x: float) -> None:
        icon, role = _LOOKS[self._row.part]
        columns = self._columns()
        color = QColor(theme_manager().theme.color(role))
        draw_icon(painter, QRectF(x, (self.height() - _ICON) / 2, _ICON, _ICON), icon, color)
        x += _ICON + Space.S
        self._write(painter, self._row.called, x, columns.ranks, bold=True)
        x += columns.ranks + Space.M
        self._write(painter, self._row.part_words, x, columns.part, role)
        x += columns.part + Space.M
        if columns.track:
            self._paint_track(painter, x, columns.track, color)
            x += columns.track + Space.S
            self._write(painter, self._row.when, x, columns.when, "muted")
            x += columns.when + Space.M
        self._write(painter, self._row.text, x, self.width() - x - Space.XS, "muted", mono=True)

    def _paint_track(self, painter: QPainter, x: float, width: float, color: QColor) -> None:
        middle = self.height() / 2
        painter.setPen(QPen(QColor(theme_manager().theme.border_strong), 1))
        painter.drawLine(QPointF(x, middle), QPointF(x + width, middle))
        if self._row.at is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QPointF(x + _DOT / 2 + (width - _DOT) * self._row.place, middle), _DOT / 2, _DOT / 2)

    def _write(  # noqa: PLR0913 - a text, its place, and how it looks
        self,
        painter: QPainter,
        text: str,
        x: float,
        width: float,
        role: str = "text",
        *,
        bold: bool = False,
        mono: bool = False,
    ) -> None:
        font = mono_font() if mono else sized_font(text_sizes().body, bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(theme_manager().theme.color(role)))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width + 1)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(x, 0, width + 1, self.height()), flags, shown)
