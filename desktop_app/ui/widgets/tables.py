"""How tables and trees look and behave everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QTableView, QTreeView

from desktop_app.ui.theme import Space


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
