"""Tells a person who looks elsewhere that a run has ended, or fell silent."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from desktop_app.ui.icons import icon


class Notifier(QObject):
    """Shows a notification of the desktop's; where there is none, the window asks for attention."""

    def __init__(self, window: QWidget, on_click: Callable[[str], object]) -> None:
        super().__init__(window)
        self._window = window
        self._on_click = on_click
        self._tray: QSystemTrayIcon | None = None
        self._handle = ""

    def notify(self, title: str, text: str, handle: str = "") -> None:
        """Tell of something, unless the window is in front anyway."""
        if self._window.isActiveWindow():
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            self._handle = handle
            tray = self._tray or self._make()
            tray.show()
            tray.showMessage(title, text, icon("mdi6.play-circle-outline", "accent"))

    def close(self) -> None:
        """Take the icon off the desktop's tray."""
        if self._tray is not None:
            self._tray.hide()

    def _make(self) -> QSystemTrayIcon:
        self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
        self._tray.messageClicked.connect(self._clicked)
        return self._tray

    def _clicked(self) -> None:
        self._window.raise_()
        self._window.activateWindow()
        if self._handle:
            self._on_click(self._handle)
