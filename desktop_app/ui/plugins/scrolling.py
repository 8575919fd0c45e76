"""What scrolls on this page: its scroll bar stands in the page's margin, so that cards end where the head does."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import scrolled

EDGE = Space.L + Space.XS
"""The page's margin."""
_BAR = 12
_GAP = 4


def in_margin(name: str, *parts: QLayout | QWidget) -> QHBoxLayout:
    """Return parts below each other, scrolled where they don't fit; to be put into a page without a right margin."""
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(0, 0, EDGE - _GAP, Space.L)
    column.setSpacing(Space.M)
    for each in parts:
        if isinstance(each, QWidget):
            column.addWidget(each)
        else:
            column.addLayout(each)
    column.addStretch()
    area = scrolled(content, name, has_controls=True)
    _follow(area, column)
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, _GAP, 0)
    row.addWidget(area)
    return row


def _follow(area: QScrollArea, column: QVBoxLayout) -> None:
    """Give way to the bar while there is one."""

    def fit(_least: int, most: int) -> None:
        right = EDGE - _GAP - (_BAR if most > 0 else 0)
        column.setContentsMargins(0, 0, right, Space.L)

    area.verticalScrollBar().rangeChanged.connect(fit)


def page_column(page: QWidget, *parts: QLayout | QWidget) -> QVBoxLayout:
    """Return the page's layout with what stands above what scrolls; that goes to its end."""
    above = QVBoxLayout()
    above.setContentsMargins(0, 0, EDGE, 0)
    above.setSpacing(Space.M)
    for each in parts:
        if isinstance(each, QWidget):
            above.addWidget(each)
        else:
            above.addLayout(each)
    column = QVBoxLayout(page)
    column.setContentsMargins(EDGE, Space.L, 0, 0)
    column.setSpacing(Space.M)
    column.addLayout(above)
    return column
