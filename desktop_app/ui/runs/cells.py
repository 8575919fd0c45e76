"""What cells of tables with runs have in common: the ground, and a state as icon, word and colour."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from desktop_app.api import RunStatus
from desktop_app.ui.icons import STATE_ICONS, draw_icon
from desktop_app.ui.theme import ICON, Space, Theme, theme_manager
from desktop_app.ui.widgets.tables import is_lit

MIDDLE = Qt.AlignmentFlag.AlignVCenter


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, area: QRect, theme: Theme) -> None:
    """Paint what lies below a cell that is chosen or pointed at."""
    state: QStyle.StateFlag = option.state
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(area, QColor(theme.selection))
    elif state & QStyle.StateFlag.State_MouseOver or is_lit(option):
        painter.fillRect(area, QColor(theme.hover))


@dataclass(frozen=True, slots=True)
class Ink:
    """What a text is written with."""

    font: QFont
    color: str


def paint_state(painter: QPainter, area: QRect, status: RunStatus | str, text: str, font: QFont) -> None:
    """Paint a state's icon and word in its colour."""
    color = theme_manager().theme.state_color(status)
    paint_marked(painter, area, STATE_ICONS[str(status)], text, Ink(font, color))


def paint_marked(painter: QPainter, area: QRect, picture: str, text: str, ink: Ink) -> None:
    """Paint an icon and a word."""
    top = area.center().y() - ICON / 2 + 0.5
    draw_icon(painter, QRectF(area.x(), top, ICON, ICON), picture, QColor(ink.color))
    paint_text(painter, area.adjusted(ICON + Space.S - 2, 0, 0, 0), text, ink)


def paint_text(painter: QPainter, area: QRect, text: str, ink: Ink, *, right: bool = False) -> None:
    """Paint a text in the middle of its row, cut where there is no room."""
    painter.setFont(ink.font)
    painter.setPen(QColor(ink.color))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.drawText(area, int(MIDDLE | side), elided(painter, text, area.width()))


def elided(painter: QPainter, text: str, width: int) -> str:
    """Return as much of a text as has room."""
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
