"""Alt by itself opens the menu, as menu bars do on these desktops."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QToolButton


class AltOpensMenu(QObject):
    """Opens a button's menu when Alt is pressed and let go with nothing between; an event filter for the window."""

    def __init__(self, button: QToolButton) -> None:
        super().__init__(button)
        self._button = button
        self._alone = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for every event of the window."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress:
            self._alone = event.key() == Qt.Key.Key_Alt  # type: ignore[attr-defined]
        elif kind in (QEvent.Type.MouseButtonPress, QEvent.Type.WindowDeactivate, QEvent.Type.ShortcutOverride):
            self._alone = self._alone and kind == QEvent.Type.ShortcutOverride
        elif kind == QEvent.Type.KeyRelease and self._alone and event.key() == Qt.Key.Key_Alt:  # type: ignore[attr-defined]
            self._alone = False
            self._button.showMenu()
            return True
        return False
