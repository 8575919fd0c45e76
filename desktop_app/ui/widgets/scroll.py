"""A page that scrolls when it does not fit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolled(content: QWidget, name: str, *, has_controls: bool = False) -> QScrollArea:
    """Return `content` in a scroll area without a frame; `name` is its accessible name.

    Where it `has_controls`, Tab goes to them at once: the area is no stop of its own, and scrolls along.
    """
    content.setProperty("role", "scrolled")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName(name)
    if has_controls:
        area.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    return area
