"""A config.json that is dropped on the window, wherever on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

_NAMES = frozenset({"config.json", "project.json"})


class ConfigDrop(QObject):
    """Takes the file from any part of the window that does not take files itself."""

    def __init__(self, window: QWidget, dropped: Callable[[Path], object]) -> None:
        super().__init__(window)
        self._window = window
        self._dropped = dropped
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def stop(self) -> None:
        """Take no more."""
        self._window.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for what happens to the window."""
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and config_in(event) is not None:
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            path = config_in(event)
            if path is not None:
                event.acceptProposedAction()
                self._dropped(path)
                return True
        return super().eventFilter(watched, event)


def config_in(event: QDropEvent) -> Path | None:
    """Return the config.json that is dragged, if it is one."""
    return config_of(event.mimeData())


def config_of(data: QMimeData) -> Path | None:
    """Return the config.json that is meant, if it is one."""
    urls = data.urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        path = Path(urls[0].toLocalFile())
        return path if path.name in _NAMES else None
    return None
