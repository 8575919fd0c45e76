"""How tables and trees look and behave everywhere."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QTableView, QTreeView

from desktop_app.ui.theme import Space

_LIT = "lit_row"


def dress_table(view: QTableView, name: str) -> None:
    """Rows to pick as a whole, no grid, headers in capitals at the left; `name` is the accessible name."""
    view.setAccessibleName(name)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setTabKeyNavigation(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + Space.L + Space.XS)
    header = view.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    font = header.font()
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    header.setFont(font)


def dress_tree(view: QTreeView, name: str) -> None:
    """A tree without header and frame, rows of one height; `name` is the accessible name."""
    view.setAccessibleName(name)
    view.setHeaderHidden(True)
    view.setUniformRowHeights(True)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setIndentation(Space.L + Space.XS)
    view.setProperty("role", "bare")


def light_rows(view: QTableView) -> None:
    """Let the whole row that is pointed at light up, where Qt by itself lights a cell; its delegate asks `is_lit`."""
    view.setMouseTracking(True)
    _RowLight(view)


def is_lit(option: QStyleOptionViewItem) -> bool:
    """Whether a cell that is to be painted is of the row that is pointed at."""
    view: Any = option.widget
    row: int | None = view.property(_LIT)
    return row is not None and row >= 0 and row == view.rowAt(option.rect.top())


class _RowLight(QObject):
    """Keeps what row is pointed at as a property of its view, and has the rows painted again that change."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        view.viewport().installEventFilter(self)
        view.verticalScrollBar().valueChanged.connect(lambda: self._light(-1))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._light(self._view.rowAt(event.position().toPoint().y()))
        elif event.type() == QEvent.Type.Leave:
            self._light(-1)
        return False

    def _light(self, row: int) -> None:
        before = self._view.property(_LIT)
        if row == before:
            return
        self._view.setProperty(_LIT, row)
        port = self._view.viewport()
        for each in {row, before} - {None, -1}:
            port.update(0, self._view.rowViewportPosition(each), port.width(), self._view.rowHeight(each))
