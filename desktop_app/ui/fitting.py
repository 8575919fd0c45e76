"""How large a dialog opens: as it likes to be, but never larger than its screen."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QWidget

_FRAME = QSize(24, 64)  # what the desktop draws around a window, at most


def fit_to_screen(dialog: QDialog, wanted: QSize, parent: QWidget | None) -> QSize:
    """Give `dialog` the size it wants, or what its screen has room for; returns that."""
    screen = parent.screen() if parent is not None else dialog.screen()
    size = wanted.boundedTo(screen.availableSize() - _FRAME)
    dialog.resize(size)
    return size
