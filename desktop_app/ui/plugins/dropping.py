"""A wheel, a plugin's folder or a folder of wheels that is dropped on the window, wherever on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from desktop_app.presenters.plugins.entering import entering


class PluginDrop(QObject):
    """Takes what is a plugin; everything else is left to others."""

    def __init__(self, window: QWidget, dropped: Callable[[Path], object]) -> None:
        super().__init__(window)
        self._window, self._dropped = window, dropped
        self._known: tuple[Path | None, bool] = (None, False)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def stop(self) -> None:
        """Take no more."""
        self._window.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for what happens to the window."""
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and self._plugin_of(event.mimeData()) is not None:
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            path = self._plugin_of(event.mimeData())
            if path is not None:
                event.acceptProposedAction()
                self._dropped(path)
                return True
        return super().eventFilter(watched, event)

    def _plugin_of(self, data: QMimeData) -> Path | None:
        """Return the plugin that is dragged; a path is looked at once, not at every move of the mouse."""
        urls = data.urls()
        if len(urls) != 1 or not urls[0].isLocalFile():
            return None
        path = Path(urls[0].toLocalFile())
        if self._known[0] != path:
            self._known = (path, entering(path) is not None)
        return path if self._known[1] else None
