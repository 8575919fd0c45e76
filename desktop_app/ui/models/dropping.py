"""A model that is dropped on the window, wherever on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from desktop_app.presenters.models.export import TEXTS


class ModelDrop(QObject):
    """Takes one file or folder from any part of the window that does not take files itself."""

    def __init__(self, window: QWidget, dropped: Callable[[Path], object]) -> None:
        super().__init__(window)
        self._window, self._dropped = window, dropped
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def stop(self) -> None:
        """Take no more."""
        self._window.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for what happens to the window."""
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and model_of(event.mimeData()) is not None:
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            path = model_of(event.mimeData())
            if path is not None:
                event.acceptProposedAction()
                self._dropped(path)
                return True
        return super().eventFilter(watched, event)


def model_of(data: QMimeData) -> Path | None:
    """Return what may be a model among what is dragged; whether it is one is looked into once it is dropped."""
    urls = data.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return None if path.suffix.lower() in TEXTS else path
