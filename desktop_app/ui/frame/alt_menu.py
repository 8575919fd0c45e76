"""Alt by itself opens the menu, as menu bars do on these desktops."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolButton

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride)
_ENDS = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.WindowDeactivate)


class AltOpensMenu(QObject):
    """Opens a button's menu when Alt is pressed and let go with nothing between; an event filter for the window.

    While Alt is held it filters the whole application: what another key does may come to a control alone, and of a
    key that is a shortcut nothing comes but the question whether a control wants it (ShortcutOverride).
    """

    def __init__(self, button: QToolButton) -> None:
        super().__init__(button)
        self._button = button
        self._alone = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for every event of the window."""
        kind = event.type()
        if kind in _KEYS and isinstance(event, QKeyEvent):
            return self._see(event)
        if kind in _ENDS:
            self._take(alone=False)
        return False

    def _see(self, event: QKeyEvent) -> bool:
        others = event.modifiers() & ~Qt.KeyboardModifier.AltModifier
        if event.key() != Qt.Key.Key_Alt or others:
            self._take(alone=False)
        elif event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._take(alone=True)
        elif event.type() == QEvent.Type.KeyRelease and self._alone:
            self._take(alone=False)
            self._button.showMenu()
            return True
        return False

    def _take(self, *, alone: bool) -> None:
        application = QCoreApplication.instance()
        if alone == self._alone or application is None:
            return
        self._alone = alone
        if alone:
            application.installEventFilter(self)
        else:
            application.removeEventFilter(self)
