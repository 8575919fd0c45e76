"""Items of a list with a muted note behind each title."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.ui.theme import Space, theme_manager

NOTE = Qt.ItemDataRole.UserRole + 1
"""The role of an item's note."""


class NotedItems(QStyledItemDelegate):
    """Shows a choice's note behind its title."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Called by Qt to paint an item."""
        super().paint(painter, option, index)
        note = index.data(NOTE)
        if not note:
            return
        rect: QRect = option.rect
        metrics = option.fontMetrics
        used = metrics.horizontalAdvance(index.data() or "") + Space.XL + Space.S
        room = rect.adjusted(used, 0, -Space.S, 0)
        painter.save()
        painter.setPen(QColor(theme_manager().theme.muted))
        text = metrics.elidedText(str(note), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's
        """Called by Qt: room for the note as well."""
        size = super().sizeHint(option, index)
        note = index.data(NOTE)
        extra = option.fontMetrics.horizontalAdvance(str(note)) + Space.XL if note else 0
        return QSize(size.width() + extra, size.height())
