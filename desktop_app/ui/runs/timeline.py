"""A run's phases as a line: name, time and bar of each, as wide as it took long."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop_app.presenters.run_page import PhaseView, widths
from desktop_app.ui.icons import STATE_ICONS, draw_icon
from desktop_app.ui.theme import Space, sized_font, text_sizes, theme_manager

_BAR = 8
_ICON = 14
_GAP = Space.S


class Timeline(QWidget):
    """Paints the phases. Everything it shows is also its accessible description."""

    def __init__(self) -> None:
        super().__init__()
        self._phases: Sequence[PhaseView] = ()
        self.setAccessibleName(self.tr("Phases"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.updateGeometry)

    def show_phases(self, phases: Sequence[PhaseView]) -> None:
        """Show how far the run is."""
        if phases != self._phases:
            self._phases = phases
            self.setAccessibleDescription("; ".join(f"{each.name} {each.word} {each.duration}" for each in phases))
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(600, self._text_height() + Space.S + _BAR)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: names may be elided, but not everything."""
        return QSize(240, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Called by Qt: the tool tip tells the phase pointed at."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = next((self._tip(each) for each, area in self._places() if area.contains(event.pos())), "")
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for phase, area in self._places():
            self._paint_phase(painter, phase, area)
        painter.end()

    def _paint_phase(self, painter: QPainter, phase: PhaseView, area: QRectF) -> None:
        theme = theme_manager().theme
        color = QColor(theme.state_color(phase.status))
        height = self._text_height()
        x = area.x()
        if phase.happened:
            icon = STATE_ICONS[phase.status.value if phase.lasts or phase.word != "done" else "Completed"]
            draw_icon(painter, QRectF(x, (height - _ICON) / 2, _ICON, _ICON), icon, color)
            x += _ICON + Space.XS
        painter.setFont(sized_font(text_sizes().body, bold=phase.happened))
        painter.setPen(QColor(theme.text if phase.happened else theme.muted))
        x += self._write(painter, phase.name, QRectF(x, 0, area.right() - x, height)) + Space.S
        painter.setFont(sized_font(text_sizes().body))
        painter.setPen(QColor(theme.muted))
        self._write(painter, phase.duration, QRectF(x, 0, area.right() - x, height))
        bar = QRectF(area.x(), height + Space.S, area.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        if phase.is_moment or not phase.happened:
            painter.setBrush(QColor(theme.hairline))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        if phase.happened:
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(bar.topLeft(), self._filled(phase, bar)), _BAR / 2, _BAR / 2)

    @staticmethod
    def _filled(phase: PhaseView, bar: QRectF) -> QSizeF:
        """Return what of a bar is coloured: all of it, and of what was but a moment a dot."""
        return QSizeF(_BAR, _BAR) if phase.is_moment else bar.size()

    @staticmethod
    def _write(painter: QPainter, text: str, area: QRectF) -> float:
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(area.width() + 1)))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
        return float(metrics.horizontalAdvance(shown))

    def _places(self) -> list[tuple[PhaseView, QRectF]]:
        if not self._phases:
            return []
        strong = QFontMetricsF(sized_font(text_sizes().body, bold=True))
        least = [
            strong.horizontalAdvance(f"{each.name}{each.duration}") + 2 * Space.S + (_ICON + Space.XS) * each.happened
            for each in self._phases
        ]
        found, x = [], 0.0
        for each, width in zip(self._phases, widths(self._phases, self.width(), _GAP, least), strict=True):
            found.append((each, QRectF(x, 0, width, self.height())))
            x += width + _GAP
        return found

    def _tip(self, phase: PhaseView) -> str:
        return f"{phase.name}: {phase.word}" + (f", {phase.duration}" if phase.happened else "")

    def _text_height(self) -> int:
        return round(QFontMetricsF(sized_font(text_sizes().body, bold=True)).height())
