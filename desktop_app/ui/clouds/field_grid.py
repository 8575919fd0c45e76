"""Captions at the left, controls at the right, and below each control what there is to say of it."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import label

_SPIN_MARGIN = 9  # where a line edit has its text: Fusion draws that of a spin box further left


def level_spin(spin: QSpinBox) -> QSpinBox:
    """Let a spin box's text begin where that of the fields above and below it does."""
    spin.lineEdit().setTextMargins(_SPIN_MARGIN, 0, 0, 0)
    return spin


class FieldGrid:
    """Not a form layout: that gives wrapped words the height of one line."""

    def __init__(self) -> None:
        self.grid = QGridLayout()
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(Space.L)
        self.grid.setVerticalSpacing(Space.XS)
        self.grid.setColumnStretch(1, 1)

    def add(self, caption: str, control: QWidget, *said: QWidget) -> QLabel:
        """Add a control with its caption, which is returned, and the words below it."""
        at = self.grid.rowCount()
        title = label(caption, "muted")
        self.grid.addWidget(title, at, 0, Qt.AlignmentFlag.AlignVCenter)
        for place, each in enumerate((control, *said)):
            self.grid.addWidget(each, at + place, 1)
        self.grid.setRowMinimumHeight(at + 1 + len(said), Space.XS)
        return title

    def hide_until(self, control: QWidget) -> None:
        """Hide what stands above a control, and the room between."""
        at = self.grid.indexOf(control)
        for index in range(at - 1):  # its caption comes right before it
            item = self.grid.itemAt(index)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
        row, *_place = cast("tuple[int, int, int, int]", self.grid.getItemPosition(at))
        for each in range(row):
            self.grid.setRowMinimumHeight(each, 0)
