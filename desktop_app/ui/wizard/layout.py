"""Where the parts of the wizard's window stand."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from desktop_app.ui.theme import Space


def wizard_layout(
    rail: QWidget, above: Iterable[QWidget], halves: tuple[QWidget, QWidget], footer: QWidget
) -> QHBoxLayout:
    """Return the list of pages at the left; at the right what is said, form and preview, and the buttons."""
    split = QSplitter()
    for at, each in enumerate(halves):
        split.addWidget(each)
        split.setStretchFactor(at, 3 - at)
    split.setSizes([640, 300])
    split.setHandleWidth(1)
    split.setChildrenCollapsible(False)
    right = QVBoxLayout()
    right.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
    right.setSpacing(Space.M)
    for widget in above:
        right.addWidget(widget)
    right.addWidget(split, 1)
    right.addWidget(footer)
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(rail)
    row.addLayout(right, 1)
    return row
