"""What each step of connecting said: an icon and a word, what was tried, what answered, what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop_app.presenters.clouds.connect import StepRow
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import IconLabel, label
from desktop_app.ui.widgets.layouts import drop_contents


class StepList(QWidget):
    """The steps from the top down; empty and hidden before the first one."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.L)
        self._grid.setVerticalSpacing(Space.S)
        self._grid.setColumnStretch(1, 1)
        self.rows: tuple[StepRow, ...] = ()
        self.hide()

    def show_steps(self, rows: Sequence[StepRow]) -> None:
        """Show these steps."""
        drop_contents(self._grid)
        self.rows = tuple(rows)
        for at, each in enumerate(rows):
            top = Qt.AlignmentFlag.AlignTop
            state = IconLabel(icon(each.icon, each.role), each.word, "small")
            state.setAccessibleName(f"{each.title}: {each.word}")
            self._grid.addWidget(state, at, 0, top)
            self._grid.addLayout(_words(each), at, 1)
        self.setVisible(bool(rows))


def _words(row: StepRow) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(label(row.title, "strong", wraps=True))
    for text in (row.said, row.hint if row.word != "worked" else ""):
        if text:
            column.addWidget(label(text, "muted", wraps=True, selectable=True))
    return column
