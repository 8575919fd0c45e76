"""The wheel scrolls the page: over a control it acts only where the control has the focus."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


class _CalmWheel(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for a control's events."""
        if event.type() == QEvent.Type.Wheel and not cast("QWidget", watched).hasFocus():
            event.ignore()
            return True
        return False


def calm_wheel(*controls: QWidget) -> None:
    """Let the wheel over controls scroll what they are in, unless they were chosen by a click or a key before."""
    for each in controls:
        if each.focusPolicy() is Qt.FocusPolicy.WheelFocus:
            each.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        each.installEventFilter(_CalmWheel(each))
