"""What differs between two runs, as a dialog: the same tables as `runs compare`, and how small texts differ."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QGuiApplication, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import RunSnapshot
from desktop_app.services.compare_words import Row, as_text, cells, nothing_differs, sections
from desktop_app.services.run_causes import causes_of
from desktop_app.services.run_compare import Comparison, compare_runs
from desktop_app.services.run_points import points_of
from desktop_app.services.workbench import Workbench
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.theme import Space, mono_font
from desktop_app.ui.widgets import Card, button, dress_tree, label

_DIFF = Qt.ItemDataRole.UserRole


async def compare(workbench: Workbench, runs: Sequence[RunSnapshot]) -> Comparison:
    """Return what differs between two runs, the older one first, so that a change is what the newer one changed."""
    first, second = sorted(runs, key=lambda each: each.created)
    points = await points_of(workbench, first), await points_of(workbench, second)
    causes = await causes_of(workbench.plugins, first, second)
    return await asyncio.to_thread(compare_runs, first, second, points, causes, with_diff=True)


class CompareDialog(QDialog):
    """Shows a comparison; nothing can be changed in it."""

    def __init__(self, found: Comparison, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._found = found
        self.heading = label("", "title", wraps=True)
        self.subtitle = label("", "muted", wraps=True)
        self.tree, self.model = QTreeView(), QStandardItemModel(0, 4, self)
        self.diff = QPlainTextEdit(readOnly=True)
        self.left_out = label("", "small", wraps=True)
        self.copy_button = button(self.tr("&Copy"), "mdi6.content-copy", self.copy)
        self.close_button = button(self.tr("Close"), on_click=self.accept)
        self._build()
        self._fill()
        fit_to_screen(self, QSize(920, 680), parent)

    def copy(self) -> None:
        """Put all of it on the clipboard, with tabs between columns."""
        QGuiApplication.clipboard().setText(as_text(self._found))
        self.copy_button.setText(self.tr("Copied"))

    def _fill(self) -> None:
        found = self._found
        first, second = found.first, found.second
        self.setWindowTitle(self.tr("Compare runs"))
        self.heading.setText(nothing_differs(found) or self.tr("What differs"))
        self.subtitle.setText(self.tr("{} ({}) and {} ({}), older first").format(
            first.display_name, first.run, second.display_name, second.run
        ))  # fmt: skip
        self.model.setHorizontalHeaderLabels(["", first.run, second.run, self.tr("CHANGE")])
        for section in sections(found):
            top = _cell(section.title)
            font = top.font()
            font.setBold(True)
            top.setFont(font)
            for row in section.rows:
                top.appendRow(_cells(row, cells(row, section)))
            self.model.appendRow([top, *(_cell("") for _ in range(3))])
        self.tree.expandAll()
        self.tree.setColumnHidden(3, not found.metrics)
        self.left_out.setText("\n".join(self.tr("Not compared: {}").format(each) for each in found.not_compared))
        self.left_out.setVisible(bool(found.not_compared))
        self.tree.setVisible(not found.same)
        if not found.same:
            self.tree.setCurrentIndex(self.model.index(0, 0, self.model.index(0, 0)))

    def _show_diff(self, index: QModelIndex) -> None:
        lines = index.siblingAtColumn(0).data(_DIFF) or ()
        self.diff.setPlainText("\n".join(lines))
        self.diff.setVisible(bool(lines))

    def _build(self) -> None:
        dress_tree(self.tree, self.tr("What differs"))
        self.tree.setHeaderHidden(False)
        self.tree.setModel(self.model)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.selectionModel().currentRowChanged.connect(lambda now, _old: self._show_diff(now))
        self.diff.setFont(mono_font())
        self.diff.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.diff.setAccessibleName(self.tr("How the chosen file differs"))
        self.diff.hide()
        card = Card(margin=1, spacing=0)
        card.body.addWidget(self.tree)
        card.setVisible(not self._found.same)
        footer = QHBoxLayout()
        footer.setSpacing(Space.S)
        footer.addStretch()
        footer.addWidget(self.copy_button)
        footer.addWidget(self.close_button)
        self.close_button.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self.heading)
        column.addWidget(self.subtitle)
        column.addWidget(card, 3)
        column.addWidget(self.diff, 2)
        column.addWidget(self.left_out)
        if self._found.same:
            column.addStretch(1)
        column.addLayout(footer)


def _cells(row: Row, texts: Sequence[str]) -> list[QStandardItem]:
    made = [_cell(each) for each in (*texts, "")[:4]]
    made[0].setData(row.diff, _DIFF)
    return made


def _cell(text: str) -> QStandardItem:
    made = QStandardItem(" ".join(text.split()))
    made.setToolTip(text)
    return made
