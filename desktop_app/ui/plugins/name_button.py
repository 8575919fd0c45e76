"""A plugin's name as a button that leads to its page; a long one gives way, and is whole in the tool tip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from desktop_app.ui.widgets.tips import tip as as_tip

_EDGE = 8


class NameButton(QPushButton):
    """Reads as a heading."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__(_shown(name))
        self._whole = name
        self.setProperty("role", "name")
        self.setAutoDefault(False)
        self.setAccessibleName(name)
        self.setToolTip(as_tip(tip))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: room for the whole name."""
        return QSize(self._width(self._whole), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a few letters are enough."""
        least = min(self._width(self._whole), self._width("mmmmmm…"))
        return QSize(least, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another part of the name may be hidden now."""
        super().resizeEvent(event)
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width() - _EDGE)
        if self.text() != _shown(shown):
            self.setText(_shown(shown))

    def _width(self, text: str) -> int:
        self.ensurePolished()
        return self.fontMetrics().horizontalAdvance(text) + _EDGE + 1


def _shown(text: str) -> str:
    return text.replace("&", "&&")
