"""What every list of the Cloud page is put together from: messages, a question, work that goes on, and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop_app.ui.clouds.rows import StateRows
from desktop_app.ui.clouds.work_strip import WorkStrip
from desktop_app.ui.runs.confirm import Confirm
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, InlineMessage, dress_table


class TablePane(QWidget):
    """`chosen` when another row is; `activated` for Enter and a double click."""

    chosen = Signal()
    activated = Signal()

    def __init__(self, name: str, headers: Sequence[str], stretch: int, *, right: Sequence[int] = ()) -> None:
        super().__init__()
        self.message, self.confirm, self.strip = InlineMessage(), Confirm(), WorkStrip()
        self.model = StateRows([each.upper() for each in headers], right=right, parent=self)
        self.view = QTableView()
        self.below = QVBoxLayout()
        self._stack = QStackedLayout()
        self._body = QWidget()
        self._build(name, stretch)

    @property
    def row(self) -> int:
        """The chosen row, -1 for none."""
        return self.view.currentIndex().row()

    def show_rows(self, count: int, cell: Callable[[int, int], str]) -> None:
        """Show rows; the choice stays where it can."""
        row = self.row
        self.model.show(count, cell)
        if count:
            self.view.selectRow(min(max(0, row), count - 1))
        self._stack.setCurrentIndex(0 if count else self._stack.count() - 1)
        self.chosen.emit()

    def set_empty(self, state: EmptyState) -> None:
        """Say what stands where there are no rows; once."""
        self._stack.addWidget(state)
        if not self.model.rowCount():
            self._stack.setCurrentIndex(1)

    def _build(self, name: str, stretch: int) -> None:
        dress_table(self.view, name)
        self.view.setModel(self.model)
        self.view.setProperty("role", "bare")
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        self.view.selectionModel().currentRowChanged.connect(lambda _now, _old: self.chosen.emit())
        self.view.activated.connect(lambda _index: self.activated.emit())
        table = QVBoxLayout(self._body)
        table.setContentsMargins(0, 0, 0, 0)
        table.setSpacing(0)
        table.addWidget(self.view, 1)
        table.addLayout(self.below)
        self._stack.addWidget(self._body)
        notes = QVBoxLayout()
        notes.setContentsMargins(Space.M, 0, Space.M, 0)
        notes.setSpacing(Space.S)
        for each in (self.message, self.confirm, self.strip):
            notes.addWidget(each)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(notes)
        column.addLayout(self._stack, 1)


class DetailsLine(QLabel):
    """What there is to say of the chosen row, below the table: wrapped, to be selected, and a stop of Tab."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", "muted")
        flag = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flag.TextSelectableByMouse | flag.TextSelectableByKeyboard)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        self.hide()

    def say(self, text: str) -> None:
        """Say this; hidden where there is nothing to say. What is selected stays while the text does."""
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))


def tool_row(*widgets: QWidget) -> QWidget:
    """Return tools for a tab, side by side; in more room than they need a line to type in grows, buttons don't."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(Space.XS)
    if not any(isinstance(each, QLineEdit) for each in widgets):
        row.addStretch()
    for each in widgets:
        row.addWidget(each)
    return made
