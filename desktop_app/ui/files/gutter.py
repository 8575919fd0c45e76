"""Line numbers beside the text, a mark where something is wrong, and a bulb where it can be mended with a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_app.presenters.editor import worst
from desktop_app.ui.files.marks import ICONS, ROLES
from desktop_app.ui.icons import draw_icon
from desktop_app.ui.theme import Space, Theme, theme_manager

_BULB = "mdi6.lightbulb-on-outline"

if TYPE_CHECKING:
    from desktop_app.ui.files.code_editor import CodeEditor


class Gutter(QWidget):
    """The strip at the editor's left. A click on a mark asks for the problem, one on a number selects nothing."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self._line = 0
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def mark_line(self) -> None:
        """Draw the number of the cursor's line anew, and that of the line it was in before."""
        here = self._editor.textCursor().blockNumber()
        if here != self._line:
            for each in (self._line, here):
                block = self._editor.document().findBlockByNumber(each)
                if block.isValid():
                    place = self._editor.blockBoundingGeometry(block).translated(self._editor.contentOffset())
                    self.update(0, int(place.top()) - 1, self.width(), int(place.height()) + 2)
            self._line = here

    def wanted_width(self) -> int:
        """Return the width that the numbers and the marks need."""
        digits = max(2, len(str(self._editor.blockCount())))
        metrics = QFontMetrics(self.font())
        marks = 2 if self._has_fixes else 1
        return metrics.horizontalAdvance("9") * digits + marks * metrics.height() + 2 * Space.S

    @property
    def _has_fixes(self) -> bool:
        """Whether there is anything to mend: then bulbs get room beside the marks."""
        return any(each.fix for each in self._editor.problems)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(self.wanted_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: numbers and marks of the lines that are seen."""
        theme = theme_manager().theme
        painter = QPainter(self)
        painter.setFont(self.font())
        height = QFontMetrics(self.font()).height()
        here = self._editor.textCursor().blockNumber()
        for block, top in self._editor.visible_lines(event.rect()):
            number = block.blockNumber()
            painter.setPen(QColor(theme.text if number == here else theme.muted))
            room = QRect(0, round(top), self.width() - Space.S, height)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number + 1))
            self._paint_mark(painter, number + 1, QRect(Space.XS, round(top), height, height), theme)
        painter.end()

    def _paint_mark(self, painter: QPainter, line: int, room: QRect, theme: Theme) -> None:
        found = self._editor.problems_at(line)
        severity = worst(found)
        if severity is None:
            return
        shrunk = QRectF(room).adjusted(2, 2, -2, -2)
        draw_icon(painter, shrunk, ICONS[severity], QColor(theme.color(ROLES[severity])))
        if any(each.fix for each in found):
            draw_icon(painter, shrunk.translated(room.width(), 0), _BULB, QColor(theme.accent))

    def _is_on_bulb(self, point: QPoint) -> bool:
        side = QFontMetrics(self.font()).height()
        return self._has_fixes and Space.XS + side <= point.x() < Space.XS + 2 * side

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: go to the line, and to its problem if it has one."""
        line = self._line_at(event.position().toPoint())
        problems = self._editor.problems_at(line)
        if any(each.fix for each in problems) and self._is_on_bulb(event.position().toPoint()):
            self._editor.fix_asked.emit(line)
            return
        self._editor.go_to(line, (problems[0].column or 1) if problems else 1)
        self._editor.setFocus()
        if problems:
            self._editor.problem_asked.emit(self._editor.problems.index(problems[0]))

    def event(self, event: QEvent) -> bool:
        """Called by Qt for everything; tells what is wrong beside the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._editor.show_tip(event.globalPos(), self._line_at(event.pos()))
            return True
        return super().event(event)

    def _line_at(self, point: QPoint) -> int:
        return self._editor.cursorForPosition(QPoint(0, point.y())).blockNumber() + 1
