"""What an environment and another one differ in, as a table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.core.environments import Environment
from desktop_app.presenters.environments import EnvironmentRow, difference_summary
from desktop_app.services.environments.comparing import Difference, compare
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, dress_table, label

Read = Callable[[str], Environment]


class Comparison(QWidget):
    """`read` is called beside the window's thread."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._read = read
        self._target = ""
        self.other = QComboBox()
        self.summary, self.unknown = label(role="strong", wraps=True), label(role="muted", wraps=True)
        self.message = InlineMessage()
        self.table = QTableView()
        headers = (self.tr("Different"), self.tr("This one"), self.tr("The other"), "")
        self.rows = RowModel(headers, mono=(1, 2), muted=(3,), parent=self.table)
        self.difference: Difference | None = None
        self._build()

    def set_others(self, rows: Sequence[EnvironmentRow]) -> None:
        """Offer other environments to compare with; the one that was chosen stays."""
        chosen = self.other.currentData()
        self.other.blockSignals(True)
        self.other.clear()
        for each in rows:
            self.other.addItem(f"{each.name}  ({each.status})", each.target)
        self.other.setCurrentIndex(max(self.other.findData(chosen), 0) if chosen else -1)
        self.other.blockSignals(False)

    def show_environment(self, target: str) -> None:
        """Compare another one, or the same one as its file stands now."""
        self._target = target
        self._start()

    def _build(self) -> None:
        self.other.setAccessibleName(self.tr("Compare with"))
        self.other.setPlaceholderText(self.tr("Choose an environment"))
        self.other.setMinimumContentsLength(16)
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        with_label = label(self.tr("Compare &with"), "muted")
        with_label.setBuddy(self.other)
        dress_table(self.table, self.tr("Differences"))
        self.table.setModel(self.rows)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + Space.S)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for narrow in (0, 3):
            header.setSectionResizeMode(narrow, QHeaderView.ResizeMode.ResizeToContents)
        head = QHBoxLayout()
        head.addWidget(with_label)
        head.addWidget(self.other, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.S, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(head)
        for each in (self.message, self.summary, self.table, self.unknown):
            column.addWidget(each, 1 if each is self.table else 0)
        self.other.currentIndexChanged.connect(lambda _at: self._start())

    def _start(self) -> None:
        target = self.other.currentData()
        if not self._target or not target:
            self.summary.setText(self.tr("Choose what to compare it with."))
            return
        spawn(self._compare(self._target, str(target)), "compare environments", self.message.show_error)

    async def _compare(self, one: str, target: str) -> None:
        found = await asyncio.to_thread(lambda: compare(self._read(one), self._read(target)))
        if not isValid(self) or one != self._target or target != self.other.currentData():
            return
        self.message.hide()
        self.difference = found
        self.summary.setText(difference_summary(found))
        self.unknown.setText("\n".join(found.unknown))
        cells = [(each.name, each.left or "–", each.right or "–", each.note) for each in found.rows]
        self.rows.show(len(cells), lambda row, column: cells[row][column])
